// The card of a train: the chief facts of its call, and the acts that are most often wanted while one looks at tracks.

import { element, refill } from "../desk/element.js";
import { hhmm, nameIn } from "../words.js";
import { Acts } from "./day_acts.js";
import { Foresight } from "./day_foresight.js";
import { KINDS } from "./day_words.js";

const WAYS = [
  ["arrival", { zh: "到", en: "Arr." }],
  ["departure", { zh: "发", en: "Dep." }],
];
const MINUTES = [1, 5, 10];

export class Card {
  constructor(place, desk, { onClose }) {
    Object.assign(this, { place, desk, onClose, doing: new Acts(desk), foresight: new Foresight(desk) });
    this.id = null;
    place.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        event.preventDefault();
        event.stopPropagation();
        this.close();
      }
    });
  }

  /** Show a call's card; `focus`: the keyboard goes into it. */
  open(id, { focus = true } = {}) {
    this.id = id;
    this.paint();
    if (focus) {
      this.place.querySelector("button")?.focus();
    }
  }

  close() {
    const id = this.id;
    this.id = null;
    this.paint();
    this.onClose(id);
  }

  paint() {
    const call = this.id === null ? null : this.desk.world.calls.get(this.id);
    this.place.hidden = !call;
    if (!call) {
      refill(this.place);
      return;
    }
    const held = document.activeElement?.dataset?.act;
    refill(this.place, this.head(call), this.facts(call), this.acts(call));
    if (held) {
      this.place.querySelector(`[data-act="${held}"]`)?.focus();
    }
  }

  head(call) {
    const { t, language, world } = this.desk;
    const name = (station) => nameIn(language, station, world) || station;
    return element(
      "div",
      {},
      element("h2", {}, call.numbers.join("/"), element("small", {}, " ", t(KINDS[call.kind]), " · ", call.train_class)),
      element("p", {}, `${name(call.origin)} — ${name(call.destination)}`),
    );
  }

  facts(call) {
    const { t, world } = this.desk;
    const time = (instant) => hhmm(instant, world.zone);
    const rows = WAYS.filter(([event]) => call[event] !== null).map(([event, words]) => {
      const { planned, actual, best } = call[event];
      const minutes = best === null ? null : Math.trunc((best - planned) / 60);
      const now = actual !== null ? t({ zh: "实际", en: "actual" }) : t({ zh: "预计", en: "expected" });
      return element(
        "tr",
        {},
        element("th", { scope: "row" }, t(words)),
        element("td", {}, time(planned)),
        element("td", {}, best === null ? t({ zh: "晚点未定", en: "unknown" }) : `${time(best)} ${now}`),
        element("td", { class: minutes > 0 ? "late" : minutes < 0 ? "early" : "" }, minutes ? `${minutes > 0 ? "+" : "−"}${Math.abs(minutes)}` : ""),
      );
    });
    const where = [
      [{ zh: "股道", en: "Track" }, call.track],
      [{ zh: "站台", en: "Platform" }, call.platform],
      [{ zh: "检票口", en: "Gates" }, call.gates.join(" ")],
      [{ zh: "检票", en: "Check-in" }, call.check_in_open === null ? "" : `${time(call.check_in_open)}–${time(call.check_in_close)}`],
      [{ zh: "编组", en: "Formation" }, call.formation],
      [{ zh: "立折", en: "Leaves as" }, call.turnaround],
    ].filter(([, value]) => value);
    const list = where.map(([words, value]) => element("div", {}, element("dt", {}, t(words)), element("dd", {}, value)));
    return [element("table", {}, element("tbody", {}, rows)), element("dl", {}, list)];
  }

  acts(call) {
    const { desk } = this;
    const { t } = desk;
    const act = (name, words, run, deed) =>
      deed && !desk.may(deed) ? null : element("button", { type: "button", "data-act": name, onclick: () => desk.attempt(run) }, t(words));
    const next = WAYS.map(([event]) => event).find((event) => call[event] !== null && call[event].actual === null);
    const number = call.numbers.join("/");
    const made = [act("day", { zh: "在到发表中显示", en: "Show in the day" }, async () => desk.go("day", { call: call.id }))];
    const perform = (deeds, words) => this.doing.perform(deeds, [call], { words });
    if (next) {
      const minute = () => Math.floor(desk.now() / 60) * 60; // of when it is pressed
      const done = next === "arrival" ? { zh: "现已到达", en: "Arrived now" } : { zh: "现已开出", en: "Departed now" };
      const said = (words) => ({ zh: `${number} ${words.zh}`, en: `${number} ${words.en.toLowerCase()}` });
      made.push(act("actual", done, () => perform([{ do: "actual", call: call.id, event: next, at: minute() }], said(done)), "actual"));
      for (const minutes of MINUTES) {
        const words = { zh: `+${minutes} 分`, en: `+${minutes} min` };
        const deeds = [{ do: "delay", call: call.id, event: next, minutes, cumulative: true }];
        made.push(act(`delay-${minutes}`, words, () => perform(deeds, said(words)), "delay"));
      }
      const unknown = { zh: "晚点未定", en: "Delay unknown" };
      made.push(act("unknown", unknown, () => perform([{ do: "unknown", call: call.id, event: next }], said(unknown)), "unknown"));
      made.push(act("track", { zh: "改股道…", en: "Other track…" }, () => this.otherTrack(call), "track"));
    }
    made.push(element("button", { type: "button", "data-act": "close", onclick: () => this.close() }, t({ zh: "关闭 Esc", en: "Close Esc" })));
    return element("div", { class: "buttons" }, made);
  }

  async otherTrack(call) {
    const { desk } = this;
    const station = await desk.api.get("/api/v1/station");
    const options = station.places.filter((place) => place.kind === "track").map((place) => [place.id, Object.fromEntries(place.names)]);
    const deeds = ({ track }) => (track === call.track ? [] : [{ do: "track", call: call.id, track }]);
    const given = await desk.ask({
      title: { zh: `${call.numbers.join("/")} 改股道`, en: `Another track for ${call.numbers.join("/")}` },
      fields: [{ name: "track", words: { zh: "股道", en: "Track" }, kind: "select", value: call.track, options }],
      watch: (values, note) => this.foresight.list(deeds(values), note),
    });
    if (given !== null && deeds(given).length) {
      const words = { zh: `${call.numbers.join("/")} → ${given.track}道`, en: `${call.numbers.join("/")} to track ${given.track}` };
      await this.doing.perform(deeds(given), [call], { words });
    }
  }
}
