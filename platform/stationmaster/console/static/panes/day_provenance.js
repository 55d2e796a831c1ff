// Where what stands in a cell came from: source, when, by whom, and until when it is locked.

import { COLUMNS, isLocked } from "./day_columns.js";
import { clock } from "./day_times.js";
import { FIELDS, SOURCES } from "./day_words.js";

const BY_ID = new Map(COLUMNS.map((column) => [column.id, column]));

/** One field's provenance in words; without one it is the plan's. */
export function originOf(item, { t, zone, now }) {
  const parts = [t(SOURCES[item.source] ?? item.source), item.by, clock(item.at, zone)];
  if (isLocked(item, now)) {
    const until =
      item.until === null ? "" : t({ zh: ` 至 ${clock(item.until, zone)}`, en: ` until ${clock(item.until, zone)}` });
    parts.push(`${t({ zh: "已锁定", en: "locked" })}${until}`);
  }
  return parts.filter(Boolean).join(" · ");
}

/** Everything that is to be said of a cell: what stands in it in full, and where each part of it came from. */
export function told(row, columnId, { t, zone, now }) {
  const { id, words, fields = [] } = BY_ID.get(columnId) ?? BY_ID.get("number"); // the boxes to mark are the train's
  const cell = row.cells[id];
  const lines = fields
    .map((field) => row.call.provenance.find((item) => item.field === field))
    .filter(Boolean)
    .map((item) => `${t(FIELDS[item.field] ?? item.field)}: ${originOf(item, { t, zone, now })}`);
  const plan = fields.length && !lines.length ? [t({ zh: "来源: 日计划", en: "from: the day plan" })] : [];
  return [`${row.call.number} ${t(words)}: ${cell.text || "–"}`, cell.more, ...lines, ...plan].filter(Boolean);
}
