// What is due next: announcements, notices and check-in by their time, with where and for which train.

import { element } from "../desk/element.js";
import { hhmm } from "../words.js";

const MOST = 24;
const OPEN = new Set(["planned", "begun"]);

const KIND = { notice: { zh: "通告", en: "notice" }, announcement: { zh: "广播", en: "say" }, message: { zh: "文字", en: "show" } };
const HELD = { zh: "等待报点 ", en: "held " };
const OPENS = { zh: "开检", en: "check-in opens" };
const CLOSES = { zh: "停检", en: "check-in closes" };

/** When a task next begins or ends; null where that is over, or is seen where it is. */
function moment(task, now) {
  if (!OPEN.has(task.state)) {
    return null;
  }
  if (task.due !== null) {
    return now <= task.valid_until ? task.due : null;
  }
  if (task.kind !== "check_in") {
    return null; // rows and lights come and go by the minute
  }
  return [task.start, task.end].find((at) => at !== null && at > now) ?? null;
}

function words(task, now, t) {
  if (task.kind === "check_in") {
    return t(task.start > now ? OPENS : CLOSES);
  }
  const held = task.awaits === null || task.due > now ? "" : t(HELD);
  return `${t(KIND[task.kind] ?? task.kind)} ${held}${task.rule}`;
}

export function dueLines(desk) {
  const { world, t } = desk;
  const now = desk.now();
  const unsigned = !world.state?.executors.includes("notice"); // no post can sign: they would only crowd the list
  const due = [];
  for (const task of world.tasks.values()) {
    const at = task.kind === "notice" && unsigned ? null : moment(task, now);
    if (at !== null) {
      due.push({ at, task });
    }
  }
  due.sort((one, two) => one.at - two.at || (one.task.id < two.task.id ? -1 : 1));
  return due.slice(0, MOST).map(({ at, task }) => {
    const texts = [hhmm(at, world.zone), world.calls.get(task.call)?.number ?? "", `${words(task, now, t)} → ${task.targets.join(" ")}`];
    return element("li", { title: texts.join(" ") }, element("time", {}, texts[0]), element("b", {}, texts[1]), element("span", {}, texts[2]));
  });
}
