// What an act changes, in words.

import { h, hhmm } from "./dom.js";

const FIELDS = {
  "arrival.expected": "预计到 expected arrival",
  "departure.expected": "预计发 expected departure",
  "arrival.best": "到 arrival",
  "departure.best": "发 departure",
  "arrival.unknown": "到达晚点未定 arrival delay unknown",
  "departure.unknown": "出发晚点未定 departure delay unknown",
  track: "股道 track",
  platform: "站台 platform",
  gates: "检票口 gates",
  areas: "候车区 areas",
  exits: "出站口 exits",
  check_in_open: "开检 check-in opens",
  check_in_close: "停检 check-in closes",
  state: "状态 state",
  hand: "人工 by hand",
  due: "执行 due",
  start: "始 from",
  end: "止 until",
  targets: "目标 at",
  texts: "内容 text",
};
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const USUAL = new Set(["planned", "automatic"]);
const MOST = 40;

function shown(value, zone) {
  return value === "" ? "—" : INSTANT.test(value) ? hhmm(value, zone) : value;
}

/** The train's number and the rule, of a task's or a call's id. */
export function trainOf(id) {
  const parts = id.split("/");
  return parts.length >= 4 ? decodeURIComponent(parts[2]) + (parts.length > 4 ? ` ${parts[4]}` : "") : id;
}

/** A list of changes; those of calls first, then one line for each task. */
export function changeList(changes, zone) {
  const lines = new Map();
  for (const each of changes) {
    const key = `${each.kind} ${each.id}`;
    if (!lines.has(key)) {
      lines.set(key, [each.kind, each.id, [], false]);
    }
    if (each.before === "" && USUAL.has(each.after)) {
      lines.get(key)[3] = each.kind === "task";
      continue; // a new task: when and what says it
    }
    lines.get(key)[2].push(`${FIELDS[each.field] ?? each.field}: ${shown(each.before, zone)} → ${shown(each.after, zone)}`);
  }
  const all = [...lines.values()].sort(([a], [b]) => a.localeCompare(b));
  const more = all.length - MOST;
  return h(
    "ul",
    { class: "changes" },
    all.slice(0, MOST).map(([kind, id, words, made]) =>
      h("li", { class: kind }, h("b", {}, trainOf(id)), made ? h("i", {}, " 由主机新建 new, made by the hub: ") : " ", words.join("; ")),
    ),
    more > 0 ? h("li", {}, `另有 ${more} 项 and ${more} more`) : null,
    all.length ? null : h("li", {}, "无变化 nothing changes here"),
  );
}
