// The track plan: where every train is, on the station's own tracks. Three layers: drawing, legend, trains.

import { element, refill } from "../desk/element.js";
import { Base, button, shape } from "./plan_base.js";
import { Card } from "./plan_card.js";
import { Devices } from "./plan_devices.js";
import { Legend } from "./plan_legend.js";
import { Trains } from "./plan_trains.js";
import { View } from "./plan_view.js";

/** What is told to the page when other devices are marked on the plan; `detail` is the list of them. */
const MARKED = "stationmaster:marked";

function open(root, desk) {
  const { t } = desk;
  const layer = (name) => shape("g", { class: name });
  const layers = Object.fromEntries(["drawing", "occupied", "devices", "trains"].map((name) => [name, layer(`plan-layer-${name}`)]));
  const stage = shape("svg", { class: "plan-stage", role: "group", "aria-label": t({ zh: "站场图", en: "Track plan" }), preserveAspectRatio: "xMidYMid meet" });
  stage.append(...Object.values(layers));
  const card = element("aside", { class: "plan-card", hidden: true, "aria-label": t({ zh: "列车", en: "Train" }) });
  const legendPlace = element("aside", { class: "plan-legend", hidden: true, "aria-label": t({ zh: "图例", en: "Legend" }) });
  const offPlan = element("output", { class: "plan-off" });
  const marks = element("span", { class: "plan-marks" });
  const toggle = (id, words, run) => {
    const made = button(t(words), () => {
      const on = made.getAttribute("aria-pressed") !== "true";
      made.setAttribute("aria-pressed", String(on));
      run(on);
    });
    made.id = id;
    made.setAttribute("aria-pressed", "false");
    return made;
  };

  const view = new View(stage, { mayMark: () => devices.shown, onMark: (area) => devices.markIn(area) });
  const base = new Base(stage, layers.drawing);
  const legend = new Legend(root, legendPlace, desk);
  const cards = new Card(card, desk, { onClose: (id) => trains.point(id) });
  const devices = new Devices({ layer: layers.devices, base, legend, desk, onMarked: (marked) => tellMarked(marked) });
  const trains = new Trains({
    layer: layers.trains,
    tracks: layers.occupied,
    base,
    legend,
    desk,
    onOpen: (train) => cards.open(train.id),
    onOffPlan: (off) => {
      offPlan.textContent = off.length ? `${t({ zh: "图上没有其股道", en: "On tracks that are not drawn" })}: ${off.map((train) => `${train.number} (${train.track})`).join(", ")}` : "";
    },
    onDrawing: (drawing) => draw(drawing),
  });
  const devicesToggle = toggle("plan-devices", { zh: "设备", en: "Devices" }, (on) => devices.show(on));
  const legendToggle = toggle("plan-legend", { zh: "图例", en: "Legend" }, (on) => (legendPlace.hidden = !on));
  root.append(
    element(
      "div",
      { class: "bar" },
      devicesToggle,
      legendToggle,
      button("−", () => view.further(), { "aria-label": t({ zh: "缩小", en: "Further away" }) }),
      button("+", () => view.nearer(), { "aria-label": t({ zh: "放大", en: "Nearer" }) }),
      button(t({ zh: "全图", en: "Whole" }), () => view.fit()),
      marks,
      offPlan,
    ),
    element("div", { class: "plan-body" }, element("div", { class: "plan-middle" }, stage, card), legendPlace),
  );

  let drawing = null;
  async function draw(wanted) {
    drawing = wanted;
    if (wanted === null || root.hidden) {
      return;
    }
    if (wanted.identity === base.identity) {
      return;
    }
    const { places } = await desk.api.get("/api/v1/station");
    const platforms = new Map(places.filter((place) => place.kind === "track").map((place) => [place.id, place.platform]));
    if (await base.show(wanted, desk.language, platforms)) {
      view.fit(base.box);
      base.measure(platforms);
      trains.redraw();
      await devices.show(devices.shown);
    }
  }

  function tellMarked(marked) {
    document.dispatchEvent(new CustomEvent(MARKED, { detail: marked }));
    refill(
      marks,
      marked.length
        ? [
            element("strong", {}, t({ zh: `已选 ${marked.length} 件设备`, en: `${marked.length} marked` })),
            " ",
            button(t({ zh: "对其操作…", en: "Act on them…" }), () => desk.go("devices", { mark: marked }), { id: "plan-act" }),
            button(t({ zh: "取消选择", en: "Clear" }), () => devices.clear()),
          ]
        : devices.shown
          ? [element("span", { class: "dim" }, t({ zh: "点击选择，按住 Shift 拖框选择多件", en: "Click to mark; drag with Shift to mark several" }))]
          : [],
    );
  }

  const follow = () => (document.hidden || root.hidden ? trains.close() : trains.open());
  document.addEventListener("visibilitychange", follow);
  for (const key of ["ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown", "Home", "End"]) {
    desk.key(key, { zh: "上一列、下一列车", en: "To another train" }, () => !card.contains(document.activeElement) && trains.press(key));
  }
  layers.trains.addEventListener("dblclick", (event) => {
    const call = event.target.closest(".train")?.dataset.call;
    if (call) {
      desk.go("day", { call });
    }
  });
  const train = () => document.activeElement?.closest?.(".train")?.dataset.call;
  desk.key("Enter", { zh: "打开列车卡片", en: "The train's card" }, () => (train() ? cards.open(train()) : false));
  desk.key(" ", { zh: "打开列车卡片", en: "The train's card" }, () => (train() ? cards.open(train()) : false));
  desk.key("D", { zh: "在到发表中显示该列车", en: "Show the train in the day" }, () => (train() ? desk.go("day", { call: train() }) : false));
  desk.key("+", { zh: "放大", en: "Nearer" }, () => view.nearer());
  desk.key("-", { zh: "缩小", en: "Further away" }, () => view.further());
  desk.key("0", { zh: "全图", en: "The whole plan" }, () => view.fit());
  desk.on(["theme"], () => legend.apply());
  desk.on(["call"], () => {
    cards.paint();
    trains.named();
  });
  const ready = desk.attempt(() => legend.load());

  return {
    async show(argument) {
      await ready;
      follow();
      await draw(drawing);
      if (argument?.call) {
        trains.point(argument.call);
        cards.open(argument.call, { focus: false });
      }
      if (devices.shown && !argument?.mark) {
        await devices.show(true);
      }
      if (argument?.mark) {
        devicesToggle.setAttribute("aria-pressed", "true");
        await devices.show(true);
        devices.markOnly(argument.mark.map((each) => (typeof each === "string" ? each : each.key)));
      }
    },
    hide() {
      trains.close();
      devices.close();
    },
    end() {
      document.removeEventListener("visibilitychange", follow);
    },
  };
}

export default { id: "plan", words: { zh: "站场图", en: "Plan" }, key: "2", style: "/console/panes/plan.css", open };
