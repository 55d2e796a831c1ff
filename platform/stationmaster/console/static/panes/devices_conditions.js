// Subsystems, lines, gateways and clocks: how each is, and since when.

import { element, refill } from "../desk/element.js";
import { lasting, moment } from "./alarms_words.js";
import { STATES, THINGS } from "./devices_words.js";

const HEADS = [
  { zh: "类别", en: "What" },
  { zh: "名称", en: "Name" },
  { zh: "状态", en: "State" },
  { zh: "自", en: "Since" },
  { zh: "说明", en: "Detail" },
];

export class Conditions {
  constructor(desk) {
    this.desk = desk;
    const { t } = desk;
    this.body = element("tbody", {});
    const heads = HEADS.map((words) => element("th", { scope: "col" }, t(words)));
    const label = t({ zh: "子系统、线路与时钟", en: "Subsystems, lines and clocks" });
    const table = element("table", { "aria-label": label }, element("thead", {}, element("tr", {}, heads)), this.body);
    this.node = element("div", { class: "scroll device-conditions", tabindex: "0", role: "region", "aria-label": label }, table);
  }

  async read() {
    try {
      const { now, conditions } = await this.desk.api.get("/api/v1/conditions");
      refill(this.body, conditions.map((each) => this.row(each, now)));
    } catch (problem) {
      if (problem.status !== 0 && problem.status !== 401) {
        this.desk.problem(problem);
      }
    }
  }

  row({ kind, id, state, since, detail }, now) {
    const { t, world } = this.desk;
    const known = STATES[state] ?? { zh: state, en: state, sign: "▲", kind: "late" };
    const before = { zh: "启动之前", en: "before the hub's start" };
    return element(
      "tr",
      { "data-condition": `${kind}/${id}` },
      element("td", {}, t(THINGS[kind] ?? kind)),
      element("th", { scope: "row" }, id),
      element("td", { class: known.kind }, `${known.sign} ${t(known)}`),
      element("td", { class: "time" }, since === null ? t(before) : `${moment(since, { zone: world.zone, now })}  ${lasting(now - since)}`),
      element("td", { class: "dim" }, detail),
    );
  }
}
