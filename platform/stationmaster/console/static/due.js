// What is due next: announcements and check-in by their time, with where and for which train.

import { hhmm } from "./words.js";

const MOST = 24;
const WORDS = { check_in: "检票 Check-in", announcement: "广播 Announce", display: "引导 Display" };
const list = document.getElementById("due");

function moment(task, now) {
  if (task.state !== "planned" && task.state !== "begun") {
    return null;
  }
  if (task.due !== null) {
    return now <= task.valid_until ? task.due : null;
  }
  if (task.kind !== "check_in") {
    return null; // rows come and go by the minute; the boards show them
  }
  return [task.start, task.end].find((at) => at !== null && at > now) ?? null;
}

function words(task, call, now) {
  const number = call?.number ?? "";
  const where = task.targets.join(" ");
  const what = task.kind === "check_in" ? (task.start > now ? "开检 Open" : "停检 Close") : task.rule;
  const held = task.awaits === null ? "" : " · 等待报点 awaits report";
  return `${number} ${WORDS[task.kind]} ${what} → ${where}${held}`;
}

/** Paint the next tasks at `now`. */
export function paintDue(world, now) {
  const due = [];
  for (const task of world.tasks.values()) {
    const at = moment(task, now);
    if (at !== null) {
      due.push({ at, task });
    }
  }
  due.sort((one, two) => one.at - two.at || (one.task.id < two.task.id ? -1 : 1));
  const texts = due.slice(0, MOST).map(({ at, task }) => [hhmm(at, world.zone), words(task, world.calls.get(task.call), now)]);
  while (list.children.length > texts.length) {
    list.lastElementChild.remove();
  }
  texts.forEach(([time, text], number) => {
    let item = list.children[number];
    if (item === undefined) {
      item = list.appendChild(document.createElement("li"));
      item.append(document.createElement("time"), document.createElement("span"));
    }
    if (item.firstElementChild.textContent !== time) {
      item.firstElementChild.textContent = time;
    }
    if (item.lastElementChild.textContent !== text) {
      item.lastElementChild.textContent = text;
      item.lastElementChild.title = text;
    }
  });
}
