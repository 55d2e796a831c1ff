// The columns of the table of calls: what stands in each cell, of which fields of the call it speaks, how it sorts, and
// what may be typed into it. A cell is { text, kind, sort, more }: `kind` is a class, `more` is told on hover, focus.

import { gravest, plannedOf, states } from "./day_state.js";
import { clock, late, signed } from "./day_times.js";
import { CONFLICTS, FIELDS, KINDS, LOCKABLE, RUNNING, TASKS } from "./day_words.js";

const EVENT_FIELDS = ["actual", "expected", "unknown"];
const LAST = Number.MAX_SAFE_INTEGER;

const plain = (text, sort = text) => ({ text, kind: "", sort });
const many = (values) => plain(values.join(" "));
const boards = (call) => call.kind === "origin" || call.kind === "through"; // nobody is let in to the others

/** The time by which an event is best known, as far as it is another than its plan. */
function now(event, { zone, t }) {
  if (event === null) {
    return plain("", LAST);
  }
  if (event.actual !== null) {
    const minutes = late(event);
    return {
      text: `✓${clock(event.actual, zone)}`,
      kind: minutes > 0 ? "late" : minutes < 0 ? "early" : "done",
      sort: event.actual,
    };
  }
  if (event.best === null) {
    return { text: t({ zh: "未定", en: "unknown" }), kind: "bad", sort: LAST - 1 };
  }
  const minutes = late(event);
  const kind = event.overdue ? "bad" : minutes > 0 ? "late" : minutes < 0 ? "early" : "";
  return {
    text: minutes || event.overdue ? `${clock(event.best, zone)}${event.overdue ? "!" : ""}` : "",
    kind,
    sort: event.best,
  };
}

function minutesOf(event) {
  const minutes = late(event);
  if (event === null || (minutes === null && event.best !== null)) {
    return plain("", LAST);
  }
  if (minutes === null) {
    return { text: "?", kind: "bad", sort: LAST - 1 };
  }
  const kind = minutes > 0 ? "late" : minutes < 0 ? "early" : "";
  return { text: minutes === 0 && event.actual === null ? "" : signed(minutes), kind, sort: minutes };
}

function moved(now, planned) {
  const other = planned !== "" && planned !== now;
  return { text: other ? `${planned}→${now}` : now, kind: other ? "moved" : "", sort: place(now) };
}

/** Places sort as people count: 2 before 10, 3A before 3B. */
export function place(name) {
  return name.replace(/\d+/g, (digits) => digits.padStart(5, "0"));
}

function checkIn(call, { zone, now: at, t }) {
  if (call.check_in_open === null) {
    return plain("", LAST);
  }
  const over = (call.departure?.actual ?? null) !== null;
  const open = !over && at >= call.check_in_open && (call.check_in_close === null || at < call.check_in_close);
  const closed = !over && !open && at >= call.check_in_open;
  const sign = open ? "▶" : closed ? "■" : "";
  const more = open
    ? t({ zh: "正在检票", en: "Checking in" })
    : closed
      ? t({ zh: "停止检票", en: "Check-in closed" })
      : "";
  return {
    text: `${sign}${clock(call.check_in_open, zone)}–${clock(call.check_in_close, zone)}`,
    kind: open ? "good" : "",
    sort: call.check_in_open,
    more,
  };
}

function state(call, { now: at, t, language }) {
  const found = states(call, at);
  const join = language === "zh" ? " · " : " · ";
  return {
    text: found.map(({ words }) => t(words)).join(join),
    kind: gravest(found),
    sort: found.map(({ name }) => name).join(" "),
  };
}

function locks(call, { t, now: at }) {
  const held = call.provenance.filter((item) => isLocked(item, at)).map((item) => t(FIELDS[item.field] ?? item.field));
  return { text: held.join(" "), kind: held.length ? "held" : "", sort: -held.length };
}

/** Whether a lock still holds. */
export function isLocked(item, now) {
  return item.locked && (item.until === null || now < item.until);
}

const byTime = (event) => (event === null ? plain("", LAST) : null);

/**
 * The columns in their usual order. `cell(call, about)` where about is { now, zone, t, language, names, proposals,
 * conflicts, next, manual } of this call; `fields` are those of its provenance; `edit` what may be typed into it;
 * `width` in rem, one for both languages or one for each.
 */
export const COLUMNS = [
  {
    id: "number",
    words: { zh: "车次", en: "Train" },
    width: 5.3,
    pinned: "left",
    cell: (call) => ({
      text: call.numbers.join("/"),
      kind: "number",
      sort: place(call.number),
      more: call.train_class,
    }),
  },
  { id: "state", words: { zh: "状态", en: "State" }, width: 7.6, fields: ["running"], cell: state },
  {
    id: "places",
    words: { zh: "始发 — 终到", en: "From — to" },
    width: [8.4, 10.5],
    cell: (call, { language, names }) => {
      const spoken = (name) => (language === "zh" ? name : (names[name]?.[language] ?? name));
      return {
        ...plain(`${spoken(call.origin)} — ${spoken(call.destination)}`),
        more: [call.origin, call.destination].map((name) => `${name} ${names[name]?.en ?? ""}`.trim()).join(" — "),
      };
    },
  },
  { id: "kind", words: { zh: "类", en: "Kind" }, width: [2.4, 4], cell: (call, { t }) => plain(t(KINDS[call.kind])) },
  ...["arrival", "departure"].flatMap((event) => {
    const [short, zh, en] = event === "arrival" ? ["arr", "到", "Arr."] : ["dep", "发", "Dep."];
    return [
      {
        id: `${short}Plan`,
        words: { zh: `${zh}计`, en: `${en}` },
        width: 2.9,
        kind: "time",
        fields: [`${event}.planned`],
        cell: (call, { zone }) => byTime(call[event]) ?? plain(clock(call[event].planned, zone), call[event].planned),
      },
      {
        id: `${short}Now`,
        words: { zh: `${zh}现`, en: `${short[0].toUpperCase()} now` },
        width: [3.5, 3.9],
        kind: "time",
        fields: EVENT_FIELDS.map((name) => `${event}.${name}`),
        edit: event,
        cell: (call, about) => now(call[event], about),
      },
      {
        id: `${short}Late`,
        words: { zh: `${zh}±`, en: `${short[0].toUpperCase()} ±` },
        width: 2.6,
        kind: "time",
        fields: EVENT_FIELDS.map((name) => `${event}.${name}`),
        edit: event,
        cell: (call) => minutesOf(call[event]),
      },
    ];
  }),
  {
    id: "track",
    words: { zh: "股道", en: "Track" },
    width: 3.4,
    fields: ["track"],
    edit: "track",
    cell: (call) => moved(call.track, call.planned_track),
  },
  {
    id: "platform",
    words: { zh: "站台", en: "Plat." },
    width: 2.9,
    fields: ["track"],
    cell: (call) => moved(call.platform, call.planned_platform),
  },
  {
    id: "gates",
    words: { zh: "检票口", en: "Gates" },
    width: 4.4,
    fields: ["gates"],
    edit: "gates",
    cell: (call) => (boards(call) ? many(call.gates) : plain("")),
  },
  {
    id: "checkIn",
    words: { zh: "检票", en: "Check-in" },
    width: 5.9,
    kind: "time",
    fields: ["check_in"],
    edit: "check_in",
    cell: checkIn,
  },
  {
    id: "next",
    words: { zh: "下一任务", en: "Next task" },
    width: 8,
    cell: (call, { next, zone, t }) =>
      next === null
        ? plain("", LAST)
        : {
            ...plain(`${clock(next.at, zone)} ${t(TASKS[next.task.kind])} ${next.task.rule}`, next.at),
            kind: next.held ? "held" : "",
          },
  },
  {
    id: "proposals",
    words: { zh: "待决", en: "Open" },
    width: 4,
    cell: (call, { proposals, t }) => ({
      text: proposals.length
        ? `${proposals.length} ${proposals.map(({ field }) => t(FIELDS[field] ?? field)).join(" ")}`
        : "",
      kind: proposals.length ? "late" : "",
      sort: -proposals.length,
    }),
  },
  {
    id: "conflicts",
    words: { zh: "冲突", en: "Conflicts" },
    width: 6,
    cell: (call, { conflicts, t, zone }) => ({
      text: conflicts
        .map(
          ({ kind, place: where, other, begins }) => `${t(CONFLICTS[kind])} ${where} ${other} ${clock(begins, zone)}`,
        )
        .join("; "),
      kind: conflicts.some(({ grave }) => grave) ? "bad" : conflicts.length ? "late" : "",
      sort: -conflicts.length,
    }),
  },
  {
    id: "areas",
    words: { zh: "候车区", en: "Areas" },
    width: 4,
    fields: ["areas"],
    edit: "areas",
    cell: (call) => many(call.areas),
  },
  {
    id: "exits",
    words: { zh: "出站口", en: "Exits" },
    width: 4,
    fields: ["exits"],
    edit: "exits",
    cell: (call) => many(call.exits),
  },
  {
    id: "formation",
    words: { zh: "编组", en: "Formation" },
    width: 6,
    fields: ["formation"],
    edit: "formation",
    cell: (call) => plain(call.formation),
  },
  {
    id: "turnaround",
    words: { zh: "立折", en: "Turns into" },
    width: 4.6,
    fields: ["turnaround"],
    edit: "turnaround",
    cell: (call) => plain(call.turnaround),
  },
  {
    id: "running",
    words: { zh: "开行", en: "Running" },
    width: 6,
    fields: ["running"],
    cell: (call, { t }) => ({
      text: `${t(RUNNING[call.running])} ${call.reason}`.trim(),
      kind: call.running === "suspended" ? "bad" : "",
      sort: call.running,
    }),
  },
  { id: "locks", words: { zh: "锁定", en: "Locks" }, width: 6, fields: LOCKABLE, cell: locks },
  {
    id: "manual",
    words: { zh: "自动/人工", en: "Mode" },
    width: 4.4,
    cell: (call, { manual, t }) => ({
      text: manual ? t({ zh: "人工", en: "manual" }) : "",
      kind: manual ? "held" : "",
      sort: manual ? 0 : 1,
    }),
  },
  {
    id: "unconfirmed",
    words: { zh: "未证实", en: "Unconf." },
    width: 3.8,
    cell: (call) => ({
      text: call.unconfirmed ? "!" : "",
      kind: call.unconfirmed ? "bad" : "",
      sort: call.unconfirmed ? 0 : 1,
    }),
  },
  { id: "class", words: { zh: "等级", en: "Class" }, width: 5, cell: (call) => plain(call.train_class) },
  { id: "date", words: { zh: "日期", en: "Date" }, width: 5.6, cell: (call) => plain(call.service_date) },
];

/** All cells of a call by column; a field that is locked marks its cell. */
export function cellsOf(call, about) {
  const held = new Set(call.provenance.filter((item) => isLocked(item, about.now)).map((item) => item.field));
  const cells = {};
  for (const { id, cell, fields = [] } of COLUMNS) {
    const made = cell(call, about);
    cells[id] = { more: "", ...made, locked: id !== "locks" && fields.some((field) => held.has(field)) };
  }
  cells.number.sort = `${cells.number.sort} ${call.id}`;
  return cells;
}

/** Whether two cells are told apart by anybody. */
export function sameCell(one, other) {
  return (
    one === other ||
    (one?.text === other?.text &&
      one?.kind === other?.kind &&
      one?.locked === other?.locked &&
      one?.more === other?.more &&
      one?.sort === other?.sort)
  );
}

/** The usual order: by planned time. */
export function usual(one, other) {
  return plannedOf(one) - plannedOf(other) || (one.id < other.id ? -1 : one.id > other.id ? 1 : 0);
}
