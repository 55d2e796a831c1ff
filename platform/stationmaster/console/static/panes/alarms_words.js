// The words of the alarms' pane: lists, states, and how long something has been so.

import { hhmm } from "../words.js";

const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86_400;

export const LISTS = [
  { id: "open", words: { zh: "当前", en: "Open" } },
  { id: "shelved", words: { zh: "已搁置", en: "Shelved" } },
  { id: "suppressed", words: { zh: "已抑制", en: "Suppressed" } },
  { id: "history", words: { zh: "历史", en: "History" } },
];

export const STATES = {
  unacknowledged: { zh: "未确认", en: "New" },
  acknowledged: { zh: "已确认", en: "Acknowledged" },
  returned: { zh: "已消失未确认", en: "Over, not seen" },
  shelved: { zh: "已搁置", en: "Shelved" },
  suppressed: { zh: "已抑制", en: "Suppressed" },
};

export const SEVERITIES = {
  alarm: { zh: "严重", en: "Grave", sign: "■", kind: "bad" },
  warning: { zh: "警告", en: "Warning", sign: "▲", kind: "late" },
};

/** How long it has been so, shortly: 40 s, 12 min, 3 h 05, 2 d. */
export function lasting(seconds) {
  if (seconds < MINUTE_S) {
    return `${Math.max(0, Math.round(seconds))} s`;
  }
  if (seconds < HOUR_S) {
    return `${Math.floor(seconds / MINUTE_S)} min`;
  }
  if (seconds < DAY_S) {
    const minutes = String(Math.floor((seconds % HOUR_S) / MINUTE_S)).padStart(2, "0");
    return `${Math.floor(seconds / HOUR_S)} h ${minutes}`;
  }
  return `${Math.floor(seconds / DAY_S)} d`;
}

const formats = new Map();

/** The date of an instant in a zone, YYYY-MM-DD; formats are made once, since that is what costs. */
function day(instant, zone) {
  if (!formats.has(zone)) {
    formats.set(zone, new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short" }));
  }
  return formats.get(zone).format(new Date(instant * 1000));
}

/** The time of an instant, with its date where that is not today. */
export function moment(instant, { zone, now }) {
  if (instant === null || instant === undefined) {
    return "";
  }
  const time = hhmm(instant, zone);
  const date = day(instant, zone);
  return date === day(now, zone) ? time : `${date.slice(5)} ${time}`;
}

/** What is wrong, in the page's language. */
export const said = (alarm, language) => (language === "zh" ? alarm.zh : alarm.en) || alarm.id;
export const called = (alarm, language) => (language === "zh" ? alarm.name_zh : alarm.name_en) || alarm.code;
export const advised = (alarm, language) => (language === "zh" ? alarm.do_zh : alarm.do_en) ?? "";
