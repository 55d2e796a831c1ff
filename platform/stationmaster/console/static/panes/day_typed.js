// What an operator types, made into deeds. One line says one thing, for one train or for all that are marked:
//
//   +15  -3       late, early by so many minutes of the plan      a+15  d+15   of the arrival, of the departure
//   ++5  --5      so many more, fewer than now                    +15!         and check-in stays as it is
//   10:25  1025   expected then                                   0            as planned again
//   =  =10:26     happened now, then                              =-           the report is taken back
//   ?  ??         delay unknown, known again
//   t12           track                                           g3A 3B  w1  e2   gates, areas, exits (g- none)
//   c9:40-10:01   check-in, c: as the rule says                   f8+8         formation
//   lG2402  l-    turns into that train, into none                x reason     suspended, r: runs again
//   k track       lock a field, u track: unlock                   m  auto      manual, automatic
//
// Nothing here knows of the page: `deedsOf` gives deeds and what they would change, or words of what is wrong.

import { clock, nearest, signed, typedTime } from "./day_times.js";
import { FIELDS, LOCKABLE } from "./day_words.js";

const MINUTE_S = 60;
const UNKNOWN = { zh: "晚点未定", en: "delay unknown" };
const KNOWN = { zh: "不再未定", en: "known again" };

const wrong = (zh, en) => ({ wrong: { zh, en } });
const EVENTS = { a: "arrival", 到: "arrival", d: "departure", 发: "departure" };

/** The events that a line is about: those it names, the one of the cell, or all that the train still has to come. */
function eventsOf(call, named, { past = false } = {}) {
  const all = named === null ? ["arrival", "departure"] : [named];
  const there = all.filter((name) => call[name] !== null);
  return named !== null || past ? there : there.filter((name) => call[name].actual === null);
}

/** One saying: whether it fits the text, and what it makes of a call. In the order in which they are tried. */
const SAYINGS = [
  {
    sign: /^(\+\+|--|−−|\+|-|−)(\d{1,4})(!?)$/,
    deeds(call, [, sign, digits, keep], { event }) {
      const cumulative = sign.length === 2;
      const minutes = (sign[0] === "+" ? 1 : -1) * Number(digits);
      return eventsOf(call, event).map((name) => ({
        do: "delay",
        call: call.id,
        event: name,
        minutes,
        cumulative,
        check_in: keep === "",
      }));
    },
  },
  {
    sign: /^0(!?)$/,
    deeds: (call, [, keep], { event }) =>
      eventsOf(call, event).map((name) => ({
        do: "expect",
        call: call.id,
        event: name,
        at: null,
        check_in: keep === "",
      })),
  },
  {
    sign: /^(\d{1,2}[:：.]\d{2}|\d{3,4})(!?)$/,
    deeds(call, [, text, keep], { event, zone }) {
      const time = typedTime(text);
      if (time === null) {
        return wrong(`${text} 不是时间`, `${text} is no time`);
      }
      const name =
        event ??
        (call.departure === null || (call.arrival !== null && call.arrival.actual === null) ? "arrival" : "departure");
      if (call[name] === null) {
        return [];
      }
      return [
        {
          do: "expect",
          call: call.id,
          event: name,
          at: nearest(time, call[name].planned, zone),
          check_in: keep === "",
        },
      ];
    },
  },
  {
    sign: /^[=＝]\s*(-|\d{1,2}[:：.]\d{2}|\d{3,4})?$/,
    deeds(call, [, text], { event, zone, now }) {
      const open = ["arrival", "departure"].filter((name) => call[name] !== null);
      const took =
        text === "-"
          ? open.findLast((name) => call[name].actual !== null)
          : open.find((name) => call[name].actual === null);
      const name = event ?? took;
      if (name === undefined || call[name] === null) {
        return [];
      }
      if (text === "-") {
        return [{ do: "actual", call: call.id, event: name, at: null }];
      }
      const time = text === undefined ? null : typedTime(text);
      if (text !== undefined && time === null) {
        return wrong(`${text} 不是时间`, `${text} is no time`);
      }
      return [
        {
          do: "actual",
          call: call.id,
          event: name,
          at: time === null ? now - (now % MINUTE_S) : nearest(time, now, zone),
        },
      ];
    },
  },
  {
    sign: /^([?？]{1,2})$/,
    deeds: (call, [, signs], { event }) =>
      eventsOf(call, event).map((name) => ({ do: "unknown", call: call.id, event: name, unknown: signs.length === 1 })),
  },
  { sign: /^(?:t|股道?)\s*(\S+)$/i, deeds: (call, [, track]) => [{ do: "track", call: call.id, track }] },
  ...[
    ["gates", /^(?:g|检?票?口)\s*(.*)$/i],
    ["areas", /^(?:w|候车?区?)\s*(.*)$/i],
    ["exits", /^(?:e|出站?口?)\s*(.*)$/i],
  ].map(([field, sign]) => ({ sign, deeds: (call, [, text]) => placesOf(call, field, text) })),
  { sign: /^(?:c|检)\s*(.*)$/i, deeds: (call, [, text], about) => checkInOf(call, text, about) },
  { sign: /^(?:f|编组?)\s*(.+)$/i, deeds: (call, [, formation]) => [{ do: "formation", call: call.id, formation }] },
  {
    sign: /^(?:l|立折?)\s*(-|[A-Za-z]?\d+)$/i,
    deeds: (call, [, number]) =>
      call.kind === "terminus"
        ? [{ do: "turnaround", call: call.id, number: number === "-" ? "" : number.toUpperCase() }]
        : [],
  },
  {
    sign: /^(?:x|停运?)\s*(.*)$/i,
    deeds: (call, [, reason]) => [{ do: "running", call: call.id, running: "suspended", reason }],
  },
  { sign: /^(?:r|恢复)$/i, deeds: (call) => [{ do: "running", call: call.id, running: "scheduled", reason: "" }] },
  { sign: /^(?:k|锁)\s+(\S+)$/i, deeds: (call, [, field]) => lockOf(call, field, true) },
  { sign: /^(?:u|解锁?)\s+(\S+)$/i, deeds: (call, [, field]) => lockOf(call, field, false) },
  { sign: /^(?:m|人工)$/i, deeds: (call) => [{ do: "mode", scope: `call.${call.id}`, manual: true }] },
  { sign: /^(?:auto|自动)$/i, deeds: (call) => [{ do: "mode", scope: `call.${call.id}`, manual: false }] },
];

function placesOf(call, field, text) {
  const given = text.split(/[\s,，、]+/).filter(Boolean);
  if (!given.length) {
    return wrong("请输入名称，“-” 表示没有", "Type the names, - for none");
  }
  return [{ do: "places", call: call.id, [field]: given.length === 1 && given[0] === "-" ? [] : given }];
}

/** Check-in from and until; an empty text gives it back to the rule, one with an end left out sets the other. */
function checkInOf(call, text, { zone }) {
  if (call.departure === null) {
    return [];
  }
  if (text === "") {
    return [{ do: "check_in", call: call.id, opens: null, closes: null }];
  }
  const parts = text.split(/\s*[-–—~至]\s*/);
  const times = parts.map((part) => (part === "" ? undefined : typedTime(part)));
  if (parts.length !== 2 || times.includes(null)) {
    return wrong(`${text} 应如 9:40-10:01`, `${text}: say it as 9:40-10:01`);
  }
  const near = call.departure.best ?? call.departure.planned;
  const [opens, closes] = times.map((time, end) =>
    time === undefined ? (end ? call.hand_close : call.hand_open) : nearest(time, near, zone),
  );
  return [{ do: "check_in", call: call.id, opens, closes }];
}

function lockOf(call, word, locked) {
  const field = LOCKABLE.find(
    (name) => name === word.toLowerCase() || FIELDS[name].zh === word || FIELDS[name].en === word.toLowerCase(),
  );
  return field === undefined
    ? wrong(`没有字段 ${word}`, `There is no field ${word}`)
    : [{ do: "lock", call: call.id, field, locked }];
}

/**
 * The deeds that `text` asks for, of all `calls`: { deeds, calls } with the calls that it is about, or { wrong }.
 * `about` is { event, zone, now }: `event` is that of the cell in which it was typed, or null.
 */
export function deedsOf(text, calls, about) {
  const typed = text.trim();
  const named = /^([ad到发])\s*(?=[+\-−=＝?？\d])(.+)$/i.exec(typed);
  const said = named ? named[2] : typed;
  const event = named ? EVENTS[named[1].toLowerCase()] : (about.event ?? null);
  for (const { sign, deeds } of SAYINGS) {
    const found = sign.exec(said);
    if (found === null) {
      continue;
    }
    const made = calls.map((call) => deeds(call, found, { ...about, event }));
    const fault = made.find((each) => each.wrong);
    if (fault) {
      return fault;
    }
    const all = made.flat();
    return all.length
      ? { deeds: all, calls: calls.filter((_, place) => made[place].length) }
      : wrong("这些车次没有这样的事项", "None of these trains has that");
  }
  return wrong(`不明白 “${typed}”`, `“${typed}” is not understood`);
}

/** What a deed would make of a call, in short words, before it is done. */
export function foretold(deed, call, { zone, t }) {
  const name = (event) => t(event === "arrival" ? { zh: "到", en: "arr." } : { zh: "发", en: "dep." });
  const event = deed.event === undefined ? null : call[deed.event];
  switch (deed.do) {
    case "delay": {
      const from = deed.cumulative ? (event.best ?? event.planned) : event.planned;
      const at = from + deed.minutes * MINUTE_S;
      const now = clock(event.best ?? event.planned, zone);
      const minutes = Math.trunc((at - event.planned) / MINUTE_S);
      return `${name(deed.event)} ${now}→${clock(at, zone)} (${signed(minutes)})`;
    }
    case "expect":
      return deed.at === null
        ? `${name(deed.event)} ${t({ zh: "按计划", en: "as planned" })} ${clock(event.planned, zone)}`
        : `${name(deed.event)} →${clock(deed.at, zone)} (${signed(Math.trunc((deed.at - event.planned) / MINUTE_S))})`;
    case "actual":
      return deed.at === null
        ? `${name(deed.event)} ${t({ zh: "撤销报点", en: "report taken back" })}`
        : `${name(deed.event)} ✓${clock(deed.at, zone)}`;
    case "unknown":
      return `${name(deed.event)} ${t(deed.unknown ? UNKNOWN : KNOWN)}`;
    case "track":
      return `${t(FIELDS.track)} ${call.track}→${deed.track}`;
    case "places":
      return ["gates", "areas", "exits"]
        .filter((field) => deed[field] !== undefined)
        .map((field) => `${t(FIELDS[field])} ${call[field].join(" ") || "–"}→${deed[field].join(" ") || "–"}`)
        .join(", ");
    case "check_in":
      return deed.opens === null && deed.closes === null
        ? t({ zh: "检票按规则", en: "check-in by rule" })
        : `${t(FIELDS.check_in)} ${clock(deed.opens, zone)}–${clock(deed.closes, zone)}`;
    case "formation":
      return `${t(FIELDS.formation)} ${call.formation || "–"}→${deed.formation}`;
    case "turnaround":
      return `${t(FIELDS.turnaround)} ${call.turnaround || "–"}→${deed.number || "–"}`;
    case "running":
      return t(
        deed.running === "suspended"
          ? { zh: `停运 ${deed.reason}`, en: `suspended ${deed.reason}` }
          : { zh: "恢复开行", en: "runs again" },
      );
    case "lock":
      return `${t(deed.locked ? { zh: "锁定", en: "lock" } : { zh: "解锁", en: "unlock" })} ${t(FIELDS[deed.field])}`;
    case "mode":
      return t(deed.manual ? { zh: "转人工", en: "manual" } : { zh: "转自动", en: "automatic" });
    default:
      return deed.do;
  }
}
