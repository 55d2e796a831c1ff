// What is due next: announcements, notices and check-in by their time, with where and for which train.

import { hhmm } from "./words.js";

const MOST = 24;
const list = document.getElementById("due");

function moment(task, now) {
  if (task.state !== "planned" && task.state !== "begun") {
    return null;
  }
  if (task.due !== null) {
    return now <= task.valid_until ? task.due : null;
  }
  if (task.kind !== "check_in") {
    return null; // rows and lights come and go by the minute; they are seen where they are
  }
  return [task.start, task.end].find((at) => at !== null && at > now) ?? null;
}

function words(task, now) {
  if (task.kind === "check_in") {
    return task.start > now ? "开检 opens" : "停检 closes";
  }
  const held = task.awaits === null || task.due > now ? "" : "等待报点 held: ";
  return `${task.kind === "notice" ? "通告" : "广播"} ${held}${task.rule}`;
}

function make() {
  const item = document.createElement("li");
  item.append(document.createElement("time"), document.createElement("b"), document.createElement("span"));
  return item;
}

/** Paint the next tasks at `now`. */
export function paintDue(world, now) {
  const due = [];
  const unsigned = !world.state?.executors.includes("notice"); // no post can sign: they would only crowd the list
  for (const task of world.tasks.values()) {
    const at = task.kind === "notice" && unsigned ? null : moment(task, now);
    if (at !== null) {
      due.push({ at, task });
    }
  }
  due.sort((one, two) => one.at - two.at || (one.task.id < two.task.id ? -1 : 1));
  const lines = due.slice(0, MOST).map(({ at, task }) => [
    hhmm(at, world.zone),
    world.calls.get(task.call)?.number ?? "",
    `${words(task, now)} → ${task.targets.join(" ")}`,
  ]);
  while (list.children.length > lines.length) {
    list.lastElementChild.remove();
  }
  lines.forEach((texts, number) => {
    const item = list.children[number] ?? list.appendChild(make());
    texts.forEach((text, place) => {
      if (item.children[place].textContent !== text) {
        item.children[place].textContent = text;
      }
    });
    item.title = texts.join(" ");
  });
}
