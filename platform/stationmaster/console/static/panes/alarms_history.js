// What was wrong before: every standing of each alarm, found by time, words and severity, in pages.

import { element, refill } from "../desk/element.js";
import { called, lasting, moment, said, SEVERITIES } from "./alarms_words.js";

const PAGE = 200;
const SPANS = [
  [3600, { zh: "一小时", en: "Last hour" }],
  [86_400, { zh: "一天", en: "Last day" }],
  [7 * 86_400, { zh: "一周", en: "Last week" }],
  [0, { zh: "全部", en: "All" }],
];
const HEADS = [
  { zh: "级别", en: "Severity" },
  { zh: "告警", en: "Alarm" },
  { zh: "起", en: "Began" },
  { zh: "止", en: "Ended" },
  { zh: "时长", en: "Lasted" },
  { zh: "次数", en: "Times" },
  { zh: "确认", en: "Acknowledged" },
];

export class AlarmHistory {
  constructor(desk) {
    this.desk = desk;
    this.before = null;
    this.asked = 0;
    const { t } = desk;
    const changed = () => this.read();
    this.text = element("input", { type: "search", id: "alarm-find", "aria-label": t({ zh: "查找", en: "Find" }), placeholder: t({ zh: "查找…", en: "Find…" }), oninput: () => this.soon() });
    this.span = element("select", { "aria-label": t({ zh: "时间", en: "Time" }), onchange: changed }, SPANS.map(([value, words]) => element("option", { value, selected: value === 86_400 }, t(words))));
    this.severity = element(
      "select",
      { "aria-label": t({ zh: "级别", en: "Severity" }), onchange: changed },
      element("option", { value: "" }, t({ zh: "全部级别", en: "Any severity" })),
      Object.entries(SEVERITIES).map(([value, words]) => element("option", { value }, t(words))),
    );
    this.parts = element("input", { type: "checkbox", id: "alarm-past-parts", onchange: changed });
    this.body = element("tbody", {});
    this.more = element("button", { type: "button", id: "alarm-more", hidden: true, onclick: () => this.read(this.before) }, t({ zh: "更早…", en: "Earlier…" }));
    this.idle = element("p", { class: "idle" }, t({ zh: "没有记录。", en: "Nothing was." }));
    const heads = HEADS.map((words) => element("th", { scope: "col" }, t(words)));
    const table = element("table", { "aria-label": t({ zh: "告警记录", en: "What was wrong" }) }, element("thead", {}, element("tr", {}, heads)), this.body);
    this.node = element(
      "div",
      { class: "alarm-history" },
      element("div", { class: "bar" }, this.text, this.span, this.severity, element("label", {}, this.parts, " ", t({ zh: "含同因告警", en: "Parts too" }))),
      element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t({ zh: "告警历史", en: "History of alarms" }) }, table, this.idle, this.more),
    );
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.read(), 250);
  }

  /** Ask for the newest that fit, or for those before a number. */
  async read(before = null) {
    const mine = ++this.asked;
    const query = new URLSearchParams({ limit: String(PAGE) });
    const span = Number(this.span.value);
    const heads = this.parts.checked ? "" : "yes";
    const given = { heads, text: this.text.value.trim(), severity: this.severity.value, from: span ? String(this.desk.now() - span) : "", before: before ?? "" };
    Object.entries(given).forEach(([name, value]) => value !== "" && query.set(name, value));
    const found = await this.desk.attempt(() => this.desk.api.get(`/api/v1/alarms/history?${query}`));
    if (found === null || mine !== this.asked) {
      return;
    }
    const rows = found.alarms.map((alarm) => this.row(alarm));
    if (before === null) {
      refill(this.body, rows);
    } else {
      this.body.append(...rows);
    }
    this.before = found.before;
    this.more.hidden = found.before === null;
    this.idle.hidden = this.body.children.length > 0;
  }

  row(alarm) {
    const { t, language, world } = this.desk;
    const at = (instant) => moment(instant, { zone: world.zone, now: this.desk.now() });
    const { sign, kind, ...severity } = SEVERITIES[alarm.severity];
    const { by, at: when, why } = alarm.acknowledged ?? {};
    const part = alarm.part_of === null ? null : element("span", { class: "said" }, t({ zh: `属于 ${alarm.part_of} 号`, en: `part of no. ${alarm.part_of}` }));
    return element(
      "tr",
      { "data-number": alarm.number },
      element("td", { class: kind }, `${sign} ${t(severity)}`),
      element("td", { class: "words" }, element("b", {}, called(alarm, language)), " ", said(alarm, language), part),
      element("td", { class: "time" }, at(alarm.raised)),
      element("td", { class: "time" }, alarm.ended === null ? t({ zh: "仍在", en: "stands" }) : at(alarm.ended)),
      element("td", { class: "time" }, lasting((alarm.ended ?? this.desk.now()) - alarm.since)),
      element("td", { class: "time" }, String(alarm.times)),
      element("td", {}, alarm.acknowledged === null ? "–" : [by, at(when), why].filter(Boolean).join(" · ")),
    );
  }
}
