// The keys of the table, and the buttons for the same things. A letter opens the line with what it stands for; what it
// would do is said before Enter does it.

import { element } from "../desk/element.js";

/** Letters that open the line: the key, what it begins with, its words, and the deed that one must be allowed. */
const LINES = [
  ["+", "+", { zh: "晚点 +分", en: "Late by minutes" }, "delay"],
  ["-", "-", { zh: "早点 −分", en: "Early by minutes" }, "delay"],
  ["=", "=", { zh: "实际到发（现在）", en: "Happened now" }, "actual"],
  ["U", "?", { zh: "晚点未定", en: "Delay unknown" }, "unknown"],
  ["Shift+U", "??", { zh: "不再未定", en: "Delay known again" }, "unknown"],
  ["T", "t", { zh: "改股道", en: "Track" }, "track"],
  ["G", "g", { zh: "改检票口", en: "Gates" }, "places"],
  ["W", "w", { zh: "改候车区", en: "Waiting areas" }, "places"],
  ["E", "e", { zh: "改出站口", en: "Exits" }, "places"],
  ["C", "c", { zh: "检票时间", en: "Check-in times" }, "check_in"],
  ["F", "f", { zh: "编组", en: "Formation" }, "formation"],
  ["V", "l", { zh: "立折", en: "Turnaround" }, "turnaround"],
  ["X", "x ", { zh: "停运", en: "Suspend" }, "running"],
  ["R", "r", { zh: "恢复开行", en: "Restore" }, "running"],
  ["L", "k ", { zh: "锁定字段", en: "Lock a field" }, "lock"],
  ["Shift+L", "u ", { zh: "解锁字段", en: "Unlock a field" }, "lock"],
  ["M", "m", { zh: "转人工", en: "Manual" }, "mode"],
  ["A", "auto", { zh: "转自动", en: "Automatic" }, "mode"],
];

/** Keys that open a sheet: the key, its words, the deed, and which sheet; these have buttons too. */
const SHEETS = [
  ["D", { zh: "晚点…", en: "Delay…" }, "delay", "delay"],
  ["K", { zh: "股道…", en: "Track…" }, "track", "track"],
  ["P", { zh: "位置…", en: "Places…" }, "places", "places"],
  ["Shift+C", { zh: "检票…", en: "Check-in…" }, "check_in", "checkIn"],
  ["S", { zh: "停运…", en: "Suspend…" }, "running", "suspend"],
  ["N", { zh: "加开…", en: "Extra…" }, "add", "extra"],
  ["B", { zh: "广播…", en: "Announce…" }, "announce", "announce"],
  ["I", { zh: "详情…", en: "Details…" }, null, "details"],
];

/** Add the keys of the table to the desk. */
export function keys(day, desk) {
  const option = { pane: "day" };
  for (const [key, beginning, words, deed] of LINES) {
    desk.key(key, words, () => (desk.may(deed) ? day.line.open(beginning) : false), option);
  }
  for (const [key, words, deed, sheet] of SHEETS) {
    desk.key(key, words, () => (deed === null || desk.may(deed) ? void day.sheets[sheet]() : false), option);
  }
  desk.key("/", { zh: "查找", en: "Find" }, () => day.toolbar.find.select(), option);
  desk.key("Escape", { zh: "取消全部标记", en: "Unmark all" }, () => day.grid.unmark(), option);
  desk.key("J", { zh: "到表格中", en: "Into the table" }, () => day.grid.enter(), option);
}

/** The buttons beside the line. */
export function buttons(day) {
  const { desk } = day;
  const made = SHEETS.map(([key, words, deed, sheet]) =>
    element(
      "button",
      {
        type: "button",
        "data-sheet": sheet,
        title: key,
        disabled: deed !== null && !desk.may(deed),
        onclick: () => day.sheets[sheet](),
      },
      desk.t(words),
    ),
  );
  return element("div", { class: "acts", role: "group", "aria-label": desk.t({ zh: "操作", en: "Acts" }) }, made);
}
