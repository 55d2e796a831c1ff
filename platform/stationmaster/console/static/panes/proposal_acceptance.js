// What is taken by itself: for each source and field of the feed, whether it is accepted at once or waits for a person.

import { element, refill } from "../desk/element.js";
import { fieldName, SOURCES } from "./proposal_values.js";

const OFTEN = ["timetable", "stage_plan", "report", "bureau"]; // sources that feeds speak for
const EVENT_FIELDS = ["planned", "expected", "unknown", "actual"];
const FIELDS = [
  ...["arrival", "departure"].flatMap((event) => EVENT_FIELDS.map((field) => `${event}.${field}`)),
  ...["track", "gates", "areas", "exits", "check_in", "formation", "running", "turnaround"],
];

/** A table to look at and to change; `read` asks for it again. */
export function acceptances(desk) {
  const { t } = desk;
  const table = element("tbody", {});
  const may = desk.may("acceptance");
  let off = new Set();

  async function read() {
    const answer = await desk.attempt(() => desk.api.get("/api/v1/proposals"));
    if (answer !== null) {
      off = new Set(answer.acceptances.map(({ id }) => id));
      paint();
    }
  }

  async function change(source, field, automatic) {
    const what = `${t(SOURCES[source])} · ${fieldName(t, field)}`;
    const words = automatic ? { zh: `自动接受：${what}`, en: `Taken by itself: ${what}` } : { zh: `需确认：${what}`, en: `Waits for a person: ${what}` };
    await desk.attempt(() => desk.act([{ do: "acceptance", source, field, automatic }], { words }));
    await read();
  }

  function paint() {
    const cell = (source, field) =>
      element(
        "td",
        {},
        element("input", {
          type: "checkbox",
          checked: !off.has(`${source}/${field}`),
          disabled: !may,
          "data-acceptance": `${source}/${field}`,
          "aria-label": `${t(SOURCES[source])} ${fieldName(t, field)}`,
          onchange: (event) => change(source, field, event.target.checked),
        }),
      );
    refill(
      table,
      FIELDS.map((field) => element("tr", {}, element("th", { scope: "row" }, fieldName(t, field)), OFTEN.map((source) => cell(source, field)))),
    );
  }

  const node = element(
    "details",
    { class: "acceptance", ontoggle: (event) => event.target.open && read() },
    element("summary", {}, t({ zh: "自动接受（按来源与项目）", en: "Taken by itself, by source and field" })),
    element(
      "table",
      {},
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, t({ zh: "项目", en: "Field" })), OFTEN.map((source) => element("th", { scope: "col" }, t(SOURCES[source]))))),
      table,
    ),
  );
  return { node, read };
}
