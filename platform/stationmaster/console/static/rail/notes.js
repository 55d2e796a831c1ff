// The last notes of the journal, newest first.

import { element } from "../desk/element.js";
import { CONFLICTS, FIELDS, RUNNING, SOURCES } from "../panes/day_words.js";
import { hhmm } from "../words.js";

const SHOWN = 25;
const TOLD = 2;
/** What each note's code is called. */
export const CODES = {
  "account-changed": { zh: "账户变更", en: "account changed" },
  "account-made": { zh: "新建账户", en: "account made" },
  "account-removed": { zh: "删除账户", en: "account removed" },
  "call-overdue": { zh: "逾时", en: "overdue" },
  "call-unplanned": { zh: "计划外", en: "unplanned" },
  conflict: { zh: "冲突", en: "conflict" },
  "conflict-over": { zh: "冲突解除", en: "conflict over" },
  "feed-fresh": { zh: "调度信息恢复", en: "feed fresh" },
  "feed-late": { zh: "调度信息迟到", en: "feed late" },
  "feed-lost": { zh: "调度信息中断", en: "feed lost" },
  "lock-over": { zh: "锁定失效", en: "lock over" },
  "plan-changed": { zh: "计划变更", en: "plan changed" },
  proposed: { zh: "待确认", en: "to be decided" },
  quarantined: { zh: "不予采信", en: "quarantined" },
  "report-cancelled": { zh: "报点撤销", en: "report cancelled" },
  "report-changed": { zh: "报点更正", en: "report changed" },
  "task-expired": { zh: "过期未做", en: "not done in time" },
  "task-unconfirmed": { zh: "未证实", en: "unconfirmed" },
  "turnaround-broken": { zh: "立折中断", en: "turnaround broken" },
  "unknown-after-report": { zh: "报点后又称未定", en: "unknown after its report" },
};

const EVENTS = { arrival: { zh: "到达", en: "arrival" }, departure: { zh: "发车", en: "departure" } };
const WORDS = { ...SOURCES, ...FIELDS, ...CONFLICTS, ...RUNNING, ...EVENTS };
const LEFT_OUT = /^(?:before|after)\.|^(?:by|changed|day|departure|hint|why)$/; // the log and the panes have them
const CODED = new Set(["event", "field", "fields", "kind", "running", "source"]);
const COUNTED = { taken: { zh: "采用", en: "taken" }, waiting: { zh: "待定", en: "waiting" } };

/** A note's subject in short: trains by their numbers, of a task its rule besides; a feed is named by the code. */
function subject(text) {
  if (text === "feed") {
    return "";
  }
  const [kind, both] = text.split(":");
  if (both !== undefined && CONFLICTS[kind]) {
    return both.split("|").map(subject).join(", ");
  }
  const parts = text.split("/");
  if (parts.length !== 4 && parts.length !== 6) {
    return text;
  }
  return [parts[2], parts[4] ?? ""].map(decodeURIComponent).join(" ").trim();
}

/** What a note says besides, one thing after the other; where a word is nobody's own it stays as it is. */
function details(detail, t) {
  return detail
    .filter(([key]) => !LEFT_OUT.test(key))
    .map(([key, value]) => {
      if (key === "targets") {
        return `→ ${value}`;
      }
      if (Object.hasOwn(COUNTED, key)) {
        return `${t(COUNTED[key])} ${value}`;
      }
      return CODED.has(key) ? value.replace(/[a-z][a-z_.]*/g, (word) => (Object.hasOwn(WORDS, word) ? t(WORDS[word]) || word : word)) : value;
    });
}

/** Notes of one minute and one code are one line; a commit can bring dozens of them. */
function grouped(all, zone, t) {
  const groups = new Map();
  for (const { at, note } of all) {
    const time = hhmm(at, zone);
    const name = `${time} ${note.code}`;
    const group = groups.get(name) ?? { time, code: note.code, texts: [] };
    group.texts.push([subject(note.subject), ...details(note.detail, t)].filter(Boolean).join(" "));
    groups.delete(name);
    groups.set(name, group);
  }
  return [...groups.values()];
}

export function noteLines({ world, t }) {
  return grouped(world.state?.notes ?? [], world.zone, t)
    .slice(-SHOWN)
    .reverse()
    .map(({ time, code, texts }) => {
      const more = texts.length > TOLD ? ` … (${texts.length})` : "";
      const words = element("span", { title: texts.join("\n") }, element("b", {}, t(CODES[code] ?? code)), ` ${texts.slice(-TOLD).reverse().join("; ")}${more}`);
      return element("li", {}, element("time", {}, time), words);
    });
}
