// The tables of a past minute: trains as they stood, the rows of one board, and what was said before.

import { element } from "../desk/element.js";
import { gravest, lastOf, sectionOf, states } from "./day_state.js";
import { clock } from "./day_times.js";
import { STATES as TASK_STATES } from "./day_words.js";
import { named } from "./station.js";

const NEAR_S = 3 * 3600;
const STATES = {
  ...TASK_STATES,
  done: { zh: "已播", en: "done" },
  begun: { zh: "正在播", en: "being said" },
  interrupted: { zh: "中断", en: "interrupted" },
  expired: { zh: "过时未播", en: "too old" },
  unconfirmed: { zh: "未证实", en: "unconfirmed" },
  failed: { zh: "失败", en: "failed" },
};
const W = {
  train: { zh: "车次", en: "Train" },
  from: { zh: "始发", en: "From" },
  to: { zh: "终到", en: "To" },
  arrival: { zh: "到", en: "Arr." },
  departure: { zh: "发", en: "Dep." },
  expected: { zh: "预计", en: "Expected" },
  track: { zh: "股道", en: "Track" },
  platform: { zh: "站台", en: "Platform" },
  gates: { zh: "检票口", en: "Gates" },
  state: { zh: "状态", en: "State" },
  showed: { zh: "当时显示", en: "What it showed" },
  blank: { zh: "当时无内容", en: "It showed nothing" },
  said: { zh: "此前一小时的广播", en: "Said in the hour before" },
  silent: { zh: "此前一小时没有广播", en: "Nothing was said in the hour before" },
  none: { zh: "没有列车", en: "No trains" },
};

/** The trains of the day as they stood; `wanted`: those with such a number only, else the nearest hours first. */
export function callsThen(desk, then, wanted, zone) {
  const { t, world } = desk;
  const found = then.calls.filter((call) => (wanted ? call.numbers.some((number) => number.includes(wanted)) : true));
  if (!found.length) {
    return element("p", { class: "idle" }, t(W.none));
  }
  const heads = [W.train, W.from, W.to, W.arrival, W.departure, W.track, W.platform, W.gates, W.state];
  const rows = found.map((call) => {
    const stands = states(call, then.at);
    const last = lastOf(call);
    const over = last.actual !== null || sectionOf(call, then.at) === "past";
    const far = Math.abs((last.best ?? last.planned) - then.at) > NEAR_S;
    return element("tr", { class: [over || far ? "over" : "", call.running].join(" ") }, [
      element("th", { scope: "row", class: "number" }, call.number),
      element("td", {}, place(world, desk, call.origin)),
      element("td", {}, place(world, desk, call.destination)),
      element("td", { class: "time" }, times(call.arrival, zone)),
      element("td", { class: "time" }, times(call.departure, zone)),
      element("td", { class: call.track === call.planned_track ? "" : "moved" }, call.track),
      element("td", {}, call.platform),
      element("td", {}, call.gates.join(" ")),
      element("td", { class: `state ${gravest(stands)}` }, stands.map(({ words }) => t(words)).join(" · ")),
    ]);
  });
  return table(t, heads, rows);
}

/** The rows of a board. */
export function boardsThen(desk, then, board) {
  const { t } = desk;
  const rows = then.boards.find((each) => each.board === board)?.rows ?? [];
  if (!rows.length) {
    return element("p", { class: "idle" }, t(W.blank));
  }
  const text = (row, name) => {
    const found = row.texts.filter((each) => each.name === name);
    return (found.find(({ language }) => language === desk.language) ?? found.find(({ language }) => language === "") ?? found[0])?.text ?? "";
  };
  const cells = ["number", "destination", "planned", "expected", "track", "platform", "gates", "status"];
  const body = rows.map((row) => {
    const words = cells.map((name) => text(row, name));
    const plain = words.every((word) => !word) ? row.texts.map((each) => each.text).join(" ") : null;
    return element("tr", {}, plain === null ? words.map((word) => element("td", {}, word)) : element("td", { colspan: cells.length }, plain));
  });
  const heads = [W.train, W.to, W.departure, W.expected, W.track, W.platform, W.gates, W.state];
  return [element("h2", {}, t(W.showed)), table(t, heads, body)];
}

/** What was said in every zone, the newest first. */
export function saidThen(desk, then, station) {
  const { t } = desk;
  const zone = desk.world.zone ?? station?.station?.zone;
  const said = then.zones.flatMap(({ zone: where, said: each }) => each.map((item) => ({ where, ...item })));
  if (!said.length) {
    return element("p", { class: "idle" }, t(W.silent));
  }
  said.sort((one, other) => (other.ended ?? other.begun ?? other.due) - (one.ended ?? one.begun ?? one.due));
  const name = (id) => named(desk, station?.zones?.find((each) => each.id === id)?.names, id);
  const words = (texts) => (texts.find(({ language }) => language === desk.language) ?? texts[0])?.text ?? "";
  const items = said.map((item) =>
    element("li", { class: item.state }, [
      element("time", {}, clock(item.ended ?? item.begun ?? item.due, zone)),
      element("b", {}, name(item.where)),
      element("span", { class: item.state === "done" ? "good" : "warn" }, t(STATES[item.state] ?? item.state)),
      element("p", {}, words(item.texts)),
    ]),
  );
  return [element("h2", {}, t(W.said)), element("ol", {}, items)];
}

function table(t, heads, rows) {
  const head = element("thead", {}, element("tr", {}, heads.map((words) => element("th", { scope: "col" }, t(words)))));
  return element("table", {}, head, element("tbody", {}, rows));
}

function place(world, desk, name) {
  return world.names[name]?.[desk.language] ?? name;
}

/** Planned, and what was known instead of it. */
function times(event, zone) {
  if (event === null) {
    return "";
  }
  const planned = clock(event.planned, zone);
  if (event.actual !== null) {
    return [planned, element("small", { class: "good" }, `✓${clock(event.actual, zone)}`)];
  }
  if (event.best === null) {
    return [planned, element("small", { class: "bad" }, "?")];
  }
  const best = clock(event.best, zone);
  return best === planned ? planned : [planned, element("small", { class: event.best > event.planned ? "late" : "early" }, best)];
}
