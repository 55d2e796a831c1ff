// How planned calls, and what differs between two plans, are written.

import { element } from "../desk/element.js";
import { hhmm, nameIn } from "../words.js";
import { CHANGES, FIELDS, KINDS } from "./plans_words.js";

const DAY_S = 86_400;

/** HH:MM of an instant, with +1 on the day after `day`. */
function wall(instant, day, zone) {
  if (instant === null || instant === undefined) {
    return "";
  }
  const date = new Intl.DateTimeFormat("sv-SE", { timeZone: zone }).format(new Date(instant * 1000));
  const days = Math.round((Date.parse(date) - Date.parse(day)) / (DAY_S * 1000));
  return hhmm(instant, zone) + (days ? ` ${days > 0 ? "+" : ""}${days}` : "");
}

/** The cells of a planned call. */
export function rowCells(planned, day, { t, language, world }, zone) {
  const station = (name) => [name, language === "zh" ? null : element("small", {}, nameIn(language, name, world))];
  return [
    element("th", { scope: "row", class: "number" }, planned.numbers.join("/")),
    element("td", {}, planned.train_class),
    element("td", {}, t(KINDS[planned.kind])),
    element("td", {}, station(planned.origin), " → ", station(planned.destination)),
    element("td", { class: "time" }, wall(planned.arrival, day, zone)),
    element("td", { class: "time" }, wall(planned.departure, day, zone)),
    element("td", {}, planned.track),
    element("td", {}, planned.gates.join(" ")),
    element("td", {}, planned.formation),
  ];
}

/** One field that differs: before → after. */
export function fieldText({ field, before, after }, { t }) {
  return element(
    "span",
    { class: "plans-field" },
    `${t(FIELDS[field] ?? field)} `,
    element("del", {}, before || "—"),
    " → ",
    element("ins", {}, after || "—"),
  );
}

/** A list of what is added, gone and changed, that opens and closes. */
export function differences(words, list, desk, open = false) {
  return element(
    "details",
    { open: open && list.length > 0 },
    element("summary", {}, desk.t(words), ` (${list.length})`),
    list.length ? differenceTable(list, desk) : null,
  );
}

/** What is added, gone and changed between two plans, as a table. */
export function differenceTable(list, desk) {
  const head = [
    { zh: "差异", en: "Change" },
    { zh: "车次", en: "Train" },
    { zh: "时刻", en: "Time" },
    { zh: "内容", en: "What" },
  ];
  return element(
    "table",
    {},
    element(
      "thead",
      {},
      element(
        "tr",
        {},
        head.map((words) => element("th", { scope: "col" }, desk.t(words))),
      ),
    ),
    element(
      "tbody",
      {},
      list.map(({ change, number, at, fields }) =>
        element(
          "tr",
          { class: `plans-${change}` },
          element("td", {}, desk.t(CHANGES[change])),
          element("th", { scope: "row" }, number),
          element("td", { class: "time" }, at),
          element(
            "td",
            { class: "state" },
            fields.map((field) => fieldText(field, desk)),
          ),
        ),
      ),
    ),
  );
}

/** Whether a row is one that the person searches for: each of his words stands in it somewhere. */
export function searched(text) {
  const words = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
  return ({ planned, proposed, before }) => {
    const call = planned ?? proposed ?? before;
    const said = [
      ...call.numbers,
      call.train_class,
      call.kind,
      call.origin,
      call.destination,
      call.track,
      ...call.gates,
      call.formation,
    ];
    const whole = said.join(" ").toLowerCase();
    return words.every((word) => whole.includes(word));
  };
}
