// One alarm as a row of the table, and its parts below it.

import { element } from "../desk/element.js";
import { marksOf } from "./alarms_acts.js";
import { advised, called, lasting, moment, said, SEVERITIES, STATES } from "./alarms_words.js";

export const HEADS = [
  { zh: "级别", en: "Severity" },
  { zh: "状态", en: "State" },
  { zh: "自", en: "Since" },
  { zh: "告警", en: "Alarm" },
  { zh: "处理", en: "What to do" },
  { zh: "操作", en: "Acts" },
];

/** What an alarm's row shows; `hear`: marked(key, on), chosen(key), opened(key), act(name, alarm). */
export function alarmRow(desk, alarm, { marked, current, open, hear, shelf = null }) {
  const { t, language, world } = desk;
  const now = desk.now();
  const { sign, kind, ...severity } = SEVERITIES[alarm.severity];
  const state = shelf === null ? alarm.state : "shelved";
  const button = (name, words, may = null) =>
    element("button", { type: "button", class: name, tabindex: "-1", disabled: may !== null && !desk.may(may), onclick: () => hear.act(name, alarm) }, t(words));
  const fresh = alarm.state === "unacknowledged" || alarm.state === "returned";
  return element(
    "tr",
    {
      class: [marked ? "marked" : "", current ? "current" : "", fresh && shelf === null ? "fresh" : "", alarm.state].join(" "),
      "data-key": alarm.key,
      "data-code": alarm.code,
      tabindex: current ? "0" : "-1",
      onclick: (event) => event.target.closest("button, input") || hear.chosen(alarm.key),
      ondblclick: () => hear.opened(alarm.key),
      onfocus: () => hear.chosen(alarm.key),
    },
    element(
      "td",
      {},
      element("input", {
        type: "checkbox",
        tabindex: "-1",
        checked: marked,
        "aria-label": t({ zh: "标记", en: "Mark" }),
        onchange: (event) => hear.marked(alarm.key, event.target.checked),
      }),
    ),
    element("td", { class: kind }, `${sign} ${t(severity)}`),
    element("td", { class: "alarm-state" }, element("b", {}, t(STATES[state])), who(desk, alarm), until(desk, shelf)),
    element("td", { class: "time" }, moment(alarm.since, { zone: world.zone, now }), element("span", { class: "figures" }, " ", lasting((alarm.ended ?? now) - alarm.since))),
    element("td", { class: "words" }, element("b", {}, called(alarm, language)), " ", said(alarm, language), figures(desk, alarm, { open, hear })),
    element("td", { class: "words dim" }, advised(alarm, language)),
    element(
      "td",
      { class: "acts" },
      fresh && shelf === null ? button("acknowledge", { zh: "确认", en: "Acknowledge" }, "acknowledgeAlarm") : null,
      shelf === null && alarm.ended === null ? button("shelve", { zh: "搁置…", en: "Shelve…" }, "shelveAlarm") : null,
      shelf === null ? null : button("unshelve", { zh: "取回", en: "Take back" }, "unshelveAlarm"),
      marksOf(alarm).length ? button("plan", { zh: "平面图", en: "On the plan" }) : null,
    ),
  );
}

/** The parts of an alarm, in a row below it. */
export function partsRow(desk, alarm) {
  const { t, language } = desk;
  const more = alarm.parts_total - alarm.parts.length;
  const parts = alarm.parts.map((part) => {
    const { sign, kind } = SEVERITIES[part.severity];
    return element("li", { "data-key": part.key }, element("i", { class: kind, "aria-hidden": "true" }, sign), " ", said(part, language));
  });
  return element(
    "tr",
    { class: "alarm-parts", "data-parts": alarm.key },
    element("td", {}),
    element("td", { colspan: HEADS.length }, element("ul", {}, parts, more > 0 ? element("li", {}, t({ zh: `另有 ${more} 项`, en: `and ${more} more` })) : null)),
  );
}

function figures(desk, alarm, { open, hear }) {
  const { t } = desk;
  const times = alarm.times > 1 ? t({ zh: `反复 ${alarm.times} 次`, en: `came ${alarm.times} times` }) : null;
  const parts = alarm.parts_total
    ? element(
        "button",
        { type: "button", class: "parts", tabindex: "-1", "aria-expanded": String(open), onclick: () => hear.opened(alarm.key) },
        t({ zh: `${alarm.parts_total} 项同因告警`, en: `${alarm.parts_total} part${alarm.parts_total > 1 ? "s" : ""}` }),
        open ? " ▾" : " ▸",
      )
    : null;
  return [times === null ? null : element("span", { class: "times moved" }, ` ×${alarm.times} `, times), parts === null ? null : [" ", parts]];
}

function who(desk, alarm) {
  if (alarm.acknowledged === null) {
    return null;
  }
  const { by, at, why } = alarm.acknowledged;
  const when = moment(at, { zone: desk.world.zone, now: desk.now() });
  return element("span", { class: "said" }, [by, when, why].filter(Boolean).join(" · "));
}

function until(desk, shelf) {
  if (shelf === null) {
    return null;
  }
  const when = moment(shelf.until, { zone: desk.world.zone, now: desk.now() });
  const words = desk.t({ zh: `至 ${when}`, en: `until ${when}` });
  return element("span", { class: "said" }, [words, shelf.by, shelf.why].filter(Boolean).join(" · "));
}
