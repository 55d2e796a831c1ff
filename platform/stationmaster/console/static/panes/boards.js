// Boards: each as it really is beside what it should be, texts on one or many, their light, and what is manual.

import { element, refill } from "../desk/element.js";
import { focusCurrent, markCurrent, redrawn, stepFrom } from "../desk/walking.js";
import { hhmm } from "../words.js";
import { BoardView } from "./boards_view.js";
import { Modes } from "./boards_modes.js";
import { askText, texts } from "./boards_text.js";
import { command } from "./commanding.js";
import { named, stationOf } from "./station.js";

const LOOK_MS = 3000;
const SOON_MS = 1000; // after something has changed
const HEADS = [
  { zh: "屏", en: "Board" },
  { zh: "状态", en: "Condition" },
  { zh: "显示/应显", en: "Shown / due" },
  { zh: "差异", en: "Differences" },
  { zh: "读回", en: "Read back" },
];
const CONDITIONS = {
  ok: { zh: "正常", en: "well" },
  off: { zh: "已关", en: "off" },
  degraded: { zh: "降级", en: "degraded" },
  faulty: { zh: "故障", en: "faulty" },
  absent: { zh: "无应答", en: "does not answer" },
  unknown: { zh: "未知", en: "unknown" },
};

class Boards {
  constructor(root, desk) {
    this.desk = desk;
    this.boards = [];
    this.devices = new Map();
    this.types = new Map();
    this.marked = new Set();
    this.chosen = null;
    this.shown = false;
    const { t } = desk;
    this.rows = element("tbody", {});
    this.count = element("output", {});
    this.all = element("input", { type: "checkbox", "aria-label": t({ zh: "全部标记", en: "Mark all" }), onchange: () => this.markAll(this.all.checked) });
    this.wrong = element("input", { type: "checkbox", onchange: () => this.paint() });
    this.view = new BoardView(desk);
    this.texts = element("div", {});
    this.modes = new Modes(desk);
    const heads = HEADS.map((words) => element("th", { scope: "col" }, t(words)));
    const table = element(
      "table",
      { class: "boards", "aria-label": t({ zh: "显示屏", en: "Boards" }) },
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, this.all), heads)),
      this.rows,
    );
    const region = (words, ...inside) => element("div", { tabindex: "0", role: "region", "aria-label": t(words) }, inside);
    root.append(
      this.bar(),
      this.modes.node,
      element("div", { class: "halves" }, region({ zh: "显示屏列表", en: "List of boards" }, table), region({ zh: "所选的屏", en: "The chosen board" }, this.view.node, this.texts)),
    );
    this.keys();
    desk.on(["task", "mode", "act"], () => this.shown && this.soon());
    desk.on(["mode", "person"], () => this.modes.paint());
    this.timer = setInterval(() => this.shown && !document.hidden && this.read(), LOOK_MS);
  }

  bar() {
    const { desk } = this;
    const { t } = desk;
    const button = (words, run, { may = "doCommand", ...more } = {}) =>
      element("button", { type: "button", disabled: !desk.may(may), onclick: run, ...more }, t(words));
    return element(
      "div",
      { class: "bar" },
      button({ zh: "文字… X", en: "Text… X" }, () => this.text(), { may: "show", class: "chief", id: "board-text" }),
      button({ zh: "开 O", en: "On O" }, () => this.light("on"), { id: "board-on" }),
      button({ zh: "关 F", en: "Off F" }, () => this.light("off"), { id: "board-off" }),
      button({ zh: "亮度… B", en: "Brightness… B" }, () => this.brightness(), { id: "board-brightness" }),
      button({ zh: "测试", en: "Test" }, () => this.light("test"), { id: "board-test" }),
      element("label", {}, this.wrong, " ", t({ zh: "只看有差异的", en: "Only what differs" })),
      this.count,
    );
  }

  keys() {
    const { desk } = this;
    desk.key("X", { zh: "在屏上显示文字", en: "Put a text on boards" }, () => desk.may("show") && this.text());
    desk.key("O", { zh: "开屏", en: "Switch on" }, () => this.light("on"));
    desk.key("F", { zh: "关屏", en: "Switch off" }, () => this.light("off"));
    desk.key("B", { zh: "亮度", en: "Brightness" }, () => this.brightness());
    desk.key(" ", { zh: "标记", en: "Mark it" }, (event) => (event.target.closest("button, input, select, summary") ? false : this.mark(this.chosen)));
    desk.key("ArrowDown", { zh: "下一块屏", en: "Next board" }, (event) => this.move(event, 1));
    desk.key("ArrowUp", { zh: "上一块屏", en: "Previous board" }, (event) => this.move(event, -1));
  }

  show(argument) {
    this.shown = true;
    if (argument?.board) {
      this.chosen = argument.board;
    }
    this.read();
    this.modes.paint();
  }

  hide() {
    this.shown = false;
  }

  end() {
    clearInterval(this.timer);
  }

  soon() {
    this.waiting ??= setTimeout(() => {
      this.waiting = null;
      this.read();
    }, SOON_MS);
  }

  async read() {
    try {
      const [boards, devices, station] = await Promise.all([
        this.desk.api.get("/api/v1/boards"),
        this.desk.api.get("/api/v1/devices?kind=board"),
        stationOf(this.desk),
      ]);
      this.boards = boards.boards;
      this.devices = new Map(devices.devices.flatMap((device) => [...new Set([device.id, ...device.targets])].map((target) => [target, device])));
      this.types = new Map(station.boards.map((board) => [board.id, board]));
      this.paint();
      await this.view.read();
    } catch (problem) {
      if (problem.status !== 0) {
        this.desk.problem(problem);
      }
    }
  }

  /** The boards that are listed. */
  listed() {
    return this.wrong.checked ? this.boards.filter((board) => board.differences || this.ill(board)) : this.boards;
  }

  ill(board) {
    const condition = this.devices.get(board.id)?.condition;
    return condition !== undefined && !["ok", "off"].includes(condition);
  }

  paint() {
    const { desk } = this;
    const { t } = desk;
    const listed = this.listed();
    if (!listed.some(({ id }) => id === this.chosen)) {
      this.chosen = listed[0]?.id ?? null;
    }
    redrawn(this.rows, "board", () => refill(this.rows, listed.map((board) => this.row(board))));
    const differing = this.boards.filter(({ lasting }) => lasting).length;
    const marked = this.marked.size ? ` · ${t({ zh: "已标记", en: "marked" })} ${this.marked.size}` : "";
    this.count.textContent = `${this.boards.length} ${t({ zh: "块屏", en: "boards" })} · ${differing} ${t({ zh: "有持续差异", en: "differ lastingly" })}${marked}`;
    this.all.checked = listed.length > 0 && listed.every(({ id }) => this.marked.has(id));
    desk.count("boards", differing, differing > 0);
    this.view.choose(this.boards.find(({ id }) => id === this.chosen) ?? null, this.types.get(this.chosen));
    refill(this.texts, texts(desk, this.chosen));
  }

  row(board) {
    const { desk } = this;
    const { t } = desk;
    const name = named(desk, board.names, board.id);
    const device = this.devices.get(board.id);
    const light = device?.readings.find((reading) => reading.name === "brightness")?.value;
    const condition = device === undefined ? t({ zh: "无设备", en: "not told of" }) : [t(CONDITIONS[device.condition] ?? device.condition), light].filter(Boolean).join(" · ");
    const proof = board.at === null ? t({ zh: "未读回", en: "never" }) : `${hhmm(board.at, desk.world.zone)} ${board.proved ? "✓" : t({ zh: "仅已发送", en: "sent only" })}`;
    return element(
      "tr",
      {
        "data-board": board.id,
        tabindex: board.id === this.chosen ? "0" : "-1",
        class: [board.id === this.chosen ? "current" : "", this.marked.has(board.id) ? "marked" : ""].join(" "),
        onclick: () => this.choose(board.id),
        onfocus: () => this.choose(board.id),
      },
      element("td", {}, element("input", { type: "checkbox", checked: this.marked.has(board.id), "aria-label": `${t({ zh: "标记", en: "Mark" })} ${name}`, onchange: () => this.mark(board.id) })),
      element("td", {}, name),
      element("td", { class: this.ill(board) ? (device.condition === "unknown" ? "dim" : "bad") : "" }, condition),
      element("td", {}, `${board.shown} / ${board.due}`),
      element("td", { class: board.lasting ? "bad" : board.differences ? "moved" : "" }, board.differences ? `${board.lasting ? "! " : ""}${board.differences}` : ""),
      element("td", { class: board.at === null ? "dim" : "" }, proof),
    );
  }

  choose(id) {
    if (id !== this.chosen) {
      this.chosen = id;
      markCurrent(this.rows, "board", id);
      this.view.choose(this.boards.find((board) => board.id === id) ?? null, this.types.get(id));
      refill(this.texts, texts(this.desk, id));
      this.view.read();
    }
  }

  mark(id) {
    if (id !== null) {
      this.marked.delete(id) || this.marked.add(id);
      this.paint();
    }
  }

  markAll(on) {
    this.marked = new Set(on ? this.listed().map(({ id }) => id) : []);
    this.paint();
  }

  move(event, step) {
    const ids = this.listed().map(({ id }) => id);
    if (!ids.length || event.target.closest?.("input, select, .modes")) {
      return false;
    }
    this.choose(stepFrom(this.rows, ids, this.chosen, step));
    focusCurrent(this.rows);
    return true;
  }

  /** The boards that an act is about: those that are marked, or the chosen one. */
  targets() {
    return this.marked.size ? [...this.marked] : this.chosen === null ? [] : [this.chosen];
  }

  text() {
    return askText(this.desk, this.targets(), this.boards);
  }

  async light(action, parameters = {}) {
    const { desk } = this;
    const devices = this.targets();
    if (!devices.length || !desk.may("doCommand")) {
      return;
    }
    const names = devices.length > 3 ? `${devices.length} ${desk.t({ zh: "块屏", en: "boards" })}` : devices.map((id) => this.nameOf(id)).join(", ");
    const verbs = { on: { zh: "已开", en: "On" }, off: { zh: "已关", en: "Off" }, brightness: { zh: "亮度", en: "Brightness" }, test: { zh: "已测试", en: "Tested" } };
    await command(desk, { kind: "guidance", action, devices, parameters, words: `${desk.t(verbs[action])} ${parameters.percent ? `${parameters.percent}%` : ""}: ${names}` });
    await this.read();
  }

  async brightness() {
    const values = await this.desk.ask({
      title: { zh: "亮度", en: "Brightness" },
      fields: [{ name: "percent", words: { zh: "百分比（空：按时段自动）", en: "Percent (empty: by the time of day)" }, kind: "number", min: 0, max: 100, value: "" }],
    });
    if (values !== null) {
      await this.light("brightness", values.percent === null ? {} : { percent: String(values.percent) });
    }
  }

  nameOf(id) {
    return named(this.desk, this.boards.find((board) => board.id === id)?.names, id);
  }
}

export default {
  id: "boards",
  words: { zh: "显示屏", en: "Boards" },
  key: "5",
  style: "/console/panes/broadcast.css",
  open(root, desk) {
    return new Boards(root, desk);
  },
};
