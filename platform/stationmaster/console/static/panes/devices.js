// Devices: every one that a subsystem has told of, with its state and since when; several are marked and made to do something.

import { element, refill } from "../desk/element.js";
import { DeviceActs } from "./devices_acts.js";
import { Conditions } from "./devices_conditions.js";
import { DeviceGrid, placed } from "./devices_grid.js";
import { DeviceStore } from "./devices_store.js";
import { ACTIONS, CONDITIONS, ILL, KINDS, PLACES } from "./devices_words.js";

const ALL = { kind: { zh: "全部类型", en: "Any kind" }, place: { zh: "全部位置", en: "Any place" }, condition: { zh: "全部状态", en: "Any condition" }, subsystem: { zh: "全部子系统", en: "Any subsystem" } };
const NOT_WELL = "ill";
const CONDITIONS_MS = 2000;

class Devices {
  constructor(root, desk) {
    this.desk = desk;
    this.wish = { kind: "", place: "", condition: "", subsystem: "", text: "" };
    this.marks = null; // what another pane wants marked as soon as it is known
    this.of = "devices";
    this.shown = false;
    this.table = element("div", { id: "device-table", class: "ag-theme-balham" });
    this.conditions = new Conditions(desk);
    this.conditions.node.hidden = true;
    root.append(this.bar(), this.acting(), this.table, this.conditions.node);
    this.grid = new DeviceGrid(this.table, desk, {
      wanted: (row) => this.wanted(row),
      marked: () => this.marked(),
      opened: (row) => desk.go("plan", { mark: [row.id] }),
    });
    this.store = new DeviceStore(desk, (made) => this.changed(made));
    this.acts = new DeviceActs(desk, (ids, outcome) => this.store.outcome(ids, outcome));
    this.keys();
    desk.on(["minute"], () => this.grid.tick());
    this.timer = setInterval(() => this.shown && this.of === "conditions" && this.conditions.read(), CONDITIONS_MS);
    this.marked();
  }

  bar() {
    const { t } = this.desk;
    this.selects = Object.fromEntries(
      Object.entries(ALL).map(([name, words]) => [
        name,
        element("select", { id: `device-${name}`, "aria-label": t(words), onchange: (event) => this.choose(name, event.target.value) }, element("option", { value: "" }, t(words))),
      ]),
    );
    const conditions = Object.entries(CONDITIONS).map(([value, words]) => element("option", { value }, t(words)));
    this.selects.condition.append(element("option", { value: NOT_WELL }, t({ zh: "不正常的", en: "Not well" })), ...conditions);
    this.find = element("input", { type: "search", id: "device-find", "aria-label": t({ zh: "查找", en: "Find" }), placeholder: t({ zh: "查找… /", en: "Find… /" }), oninput: () => this.choose("text", this.find.value.trim().toLowerCase()) });
    this.count = element("output", { id: "device-count" });
    const which = [
      ["devices", { zh: "设备", en: "Devices" }],
      ["conditions", { zh: "子系统、线路与时钟", en: "Subsystems, lines, clocks" }],
    ];
    this.which = which.map(([id, words]) => element("button", { type: "button", "data-of": id, "aria-pressed": String(id === this.of), onclick: () => this.turn(id) }, t(words)));
    this.filters = element("span", { class: "device-filters" }, this.find, Object.values(this.selects).flatMap((select) => [" ", select]));
    return element("div", { class: "bar device-bar" }, element("span", { role: "group" }, this.which), this.filters, this.count);
  }

  acting() {
    const { t } = this.desk;
    this.buttons = Object.fromEntries(
      Object.entries(ACTIONS).map(([name, { words, danger }]) => [
        name,
        element("button", { type: "button", id: `device-${name}`, class: danger ? "danger" : null, onclick: () => this.act(name) }, t(words)),
      ]),
    );
    this.onPlan = element("button", { type: "button", id: "device-plan", onclick: () => this.plan() }, t({ zh: "平面图 P", en: "On the plan P" }));
    this.said = element("output", { id: "device-marked", "aria-live": "polite" });
    this.actbar = element("div", { class: "device-acts" }, this.said, Object.values(this.buttons), this.onPlan);
    return this.actbar;
  }

  keys() {
    const { desk } = this;
    for (const [name, { key, words }] of Object.entries(ACTIONS)) {
      desk.key(key, words, () => this.act(name));
    }
    desk.key("P", { zh: "在平面图上显示", en: "Show on the plan" }, () => this.plan());
    desk.key("/", { zh: "查找", en: "Find" }, () => this.find.focus());
    desk.key("Ctrl+A", { zh: "标记全部（所列的）", en: "Mark all that are listed" }, () => this.grid.markAll());
    desk.key("Escape", { zh: "取消标记", en: "Unmark all" }, () => this.grid.unmark());
    desk.key("Enter", { zh: "回到表格", en: "Back to the table" }, (event) => (event.target.closest("button, .ag-root") ? false : this.grid.focus()));
  }

  show(argument) {
    this.shown = true;
    if (argument?.mark) {
      this.turn("devices");
      this.marks = new Set(argument.mark.map((each) => (typeof each === "string" ? each : each.key)));
      this.markWanted();
    }
    this.store.start();
    if (this.of === "conditions") {
      this.conditions.read();
    }
  }

  hide() {
    this.shown = false;
    this.store.stop();
  }

  /** Show the devices, or the subsystems, lines and clocks. */
  turn(of) {
    this.of = of;
    const devices = of === "devices";
    this.which.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.of === of)));
    this.table.hidden = this.actbar.hidden = this.filters.hidden = this.count.hidden = !devices;
    this.conditions.node.hidden = devices;
    if (!devices) {
      this.conditions.read();
    }
  }

  choose(name, value) {
    this.wish[name] = value;
    this.grid.filter();
    this.marked();
  }

  wanted(row) {
    const { kind, place, condition, subsystem, text } = this.wish;
    const { device } = row;
    const fits =
      (!kind || device.kind === kind) &&
      (!place || row.places.includes(place)) &&
      (!subsystem || device.identity === subsystem) &&
      (!condition || (condition === NOT_WELL ? ILL.includes(device.condition) : device.condition === condition));
    return fits && (!text || [row.id, device.kind, device.detail, ...device.targets, placed(this.desk, row)].join(" ").toLowerCase().includes(text));
  }

  changed(made) {
    this.grid.change(made);
    if (made.add.length || made.remove.length) {
      this.offer();
    }
    this.markWanted();
    this.marked();
  }

  /** Offer in the filters what there is. */
  offer() {
    const { t } = this.desk;
    const rows = [...this.store.rows.values()];
    const words = {
      kind: (value) => t(KINDS[value] ?? value),
      subsystem: (value) => value,
      place: (value) => `${t(PLACES[value.slice(0, value.indexOf("."))])} ${value.slice(value.indexOf(".") + 1)}`,
    };
    const found = {
      kind: rows.map(({ device }) => device.kind),
      subsystem: rows.map(({ device }) => device.identity),
      place: rows.flatMap(({ places }) => places),
    };
    for (const [name, values] of Object.entries(found)) {
      const options = [...new Set(values)].sort().map((value) => element("option", { value, selected: value === this.wish[name] }, words[name](value)));
      refill(this.selects[name], element("option", { value: "" }, t(ALL[name])), options);
    }
  }

  /** Mark what another pane wants marked: devices by their id, others by the board or zone that they serve. */
  markWanted() {
    if (this.marks === null || !this.store.rows.size) {
      return;
    }
    const marks = this.marks;
    this.marks = null;
    for (const [name, select] of Object.entries(this.selects)) {
      select.value = "";
      this.wish[name] = "";
    }
    this.find.value = this.wish.text = "";
    this.grid.filter();
    const found = this.grid.markOnly(({ id, device }) => marks.has(id) || marks.has(device.identity) || device.targets.some((target) => marks.has(target)));
    if (!found) {
      this.desk.tell({ zh: "没有对应的设备", en: "No such device is known" }, { kind: "warn" });
    }
  }

  /** Say how many are marked, and offer what can be done to them. */
  marked() {
    if (!this.grid) {
      return;
    }
    const { t } = this.desk;
    const rows = this.grid.marked();
    const possible = this.acts.possible(rows);
    for (const [name, button] of Object.entries(this.buttons)) {
      button.disabled = !possible.has(name) || !this.desk.may("doCommand");
    }
    this.onPlan.disabled = !rows.length;
    this.said.textContent = t({ zh: `已标记 ${rows.length} 台`, en: `${rows.length} marked` });
    let ill = 0;
    this.store.rows.forEach(({ device }) => (ill += ILL.includes(device.condition)));
    this.count.textContent = t({ zh: `${this.grid.shown()} / ${this.store.rows.size} 台，${ill} 台不正常`, en: `${this.grid.shown()} of ${this.store.rows.size}, ${ill} not well` });
  }

  act(name) {
    if (this.of === "devices") {
      this.acts.act(name, this.grid.marked());
    }
  }

  plan() {
    const mark = this.grid.marked().map(({ id }) => id);
    if (mark.length) {
      this.desk.go("plan", { mark });
    }
  }

  end() {
    clearInterval(this.timer);
    this.store.stop();
    this.grid.end();
  }
}

export default {
  id: "devices",
  words: { zh: "设备", en: "Devices" },
  key: "6",
  style: "/console/panes/devices.css",
  open(root, desk) {
    const devices = new Devices(root, desk);
    return { show: (argument) => devices.show(argument), hide: () => devices.hide(), end: () => devices.end() };
  },
};
