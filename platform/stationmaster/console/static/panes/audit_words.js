// Words of the hub's own in records and on sheets, in the person's language: deeds, fields, sources, states.

import { CONFLICTS, FIELDS, HANDLING, RUNNING, SOURCES, TASKS } from "./day_words.js";
import { CONDITIONS } from "./devices_words.js";
import { ROLES } from "./people_sheets.js";

/** What people can do, by the deed's own word. */
export const DEEDS = {
  acceptance: { zh: "自动接受设置", en: "automatic acceptance" },
  actual: { zh: "报点", en: "report" },
  add: { zh: "增开列车", en: "extra train" },
  announce: { zh: "广播", en: "announcement" },
  check_in: { zh: "检票时间", en: "check-in" },
  check_rows: { zh: "核对计划", en: "plan ticked off" },
  decide: { zh: "变更确认", en: "decision" },
  decide_rows: { zh: "计划差异确认", en: "decision on plans" },
  delay: { zh: "晚点", en: "delay" },
  expect: { zh: "预计时间", en: "expected time" },
  formation: { zh: "编组", en: "formation" },
  handle: { zh: "任务处理", en: "task handled" },
  lock: { zh: "锁定", en: "lock" },
  lock_plan: { zh: "锁定计划", en: "plan locked" },
  mode: { zh: "自动/手动", en: "automatic or manual" },
  places: { zh: "检票口与候车区", en: "places" },
  replan: { zh: "计划时间", en: "planned time" },
  running: { zh: "开行状态", en: "running" },
  show: { zh: "显示文字", en: "text on boards" },
  track: { zh: "股道", en: "track" },
  turnaround: { zh: "立折", en: "turnaround" },
  undo: { zh: "撤销", en: "undo" },
  unknown: { zh: "晚点未定", en: "delay unknown" },
};
const MORE = {
  arrival: { zh: "到达", en: "arrival" },
  departure: { zh: "发车", en: "departure" },
  unknown: { zh: "未定", en: "unknown" },
  manual: { zh: "手动", en: "manual" },
  locked: { zh: "已锁定", en: "locked" },
  contradiction: { zh: "矛盾", en: "contradiction" },
  station: { zh: "全站", en: "the whole station" },
};
const ACCOUNT = {
  name: { zh: "姓名", en: "name" },
  roles: { zh: "角色", en: "roles" },
  subsystems: { zh: "子系统页面", en: "at subsystems" },
  password: { zh: "密码", en: "password" },
  locked: { zh: "锁定", en: "locked" },
};
const SAID = { ...FIELDS, ...CONFLICTS, ...TASKS, ...SOURCES, ...RUNNING, ...CONDITIONS, ...MORE };
const DONE = { made: { zh: "新建", en: "made" }, changed: { zh: "变更", en: "changed" }, removed: { zh: "删除", en: "removed" }, unchanged: { zh: "未变", en: "unchanged" } };

const each = (words, known, t) => words.replace(/[a-z][a-z_.-]*[a-z]/g, (word) => (Object.hasOwn(known, word) ? t(known[word]) || word : word));

/** Coded words of a sheet's item. */
export const saidOf = (words, t) => each(words, SAID, t);

/** An act's deeds, and its reason as it was written. */
export function deedsOf(words, t) {
  const at = words.search(/[:(]/);
  const deeds = at < 0 ? words : words.slice(0, at);
  return `${each(deeds, { ...HANDLING, ...DEEDS }, t)}${at < 0 ? "" : words.slice(at)}`;
}

/** What a record says, where its words are the hub's own. */
export function wordsOf({ kind, words }, t) {
  if (kind === "act" || kind === "act-refused" || kind.startsWith("confirmation")) {
    return deedsOf(words, t);
  }
  return kind === "account" ? each(words, DONE, t) : words;
}

/** What a field is called: of a call, or of an account. */
export function fieldOf(subject, field, t) {
  const known = subject.startsWith("account ") ? ACCOUNT : FIELDS;
  return Object.hasOwn(known, field) ? t(known[field]) : field;
}

/** What a record or an item is about: trains by their numbers, scopes by their names. */
export function subjectOf(subject, t) {
  return subject
    .split(" ")
    .map((part) => part.match(/^(?:call\.)?[^/]+\/\d{4}-\d\d-\d\d\/([^/]+)\/\d+$/)?.[1] ?? part)
    .map((part) => (/%[0-9A-F]{2}/.test(part) ? decoded(part) : part))
    .map((part) => (part === "station" ? t(MORE.station) : part))
    .map((part) => (part.startsWith("kind.") ? each(part.slice(5), SAID, t) : part))
    .join(" ");
}

/** Roles as they are called, of a value that lists them. */
export const rolesOf = (value, t) => each(value, ROLES, t);

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // it was no percent-encoding after all
  }
}
