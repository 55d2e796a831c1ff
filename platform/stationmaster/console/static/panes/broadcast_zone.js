// One zone's queue: what plays, what was cut and goes on, what waits, what waits for a person, and what the hub has next.

import { element, refill } from "../desk/element.js";
import { hhmm } from "../words.js";
import { named, trainOf } from "./station.js";

const MOST_NEXT = 12;
const OPEN = ["planned"];
const WHY = {
  feed: { zh: "信息过旧", en: "feed too old" },
  held: { zh: "已保留", en: "held" },
  manual: { zh: "人工模式", en: "manual" },
};

/** HH:MM:SS of an ISO time in the station's zone. */
export function clock(desk, iso) {
  if (!iso) {
    return "";
  }
  const parts = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: desk.world.zone };
  return new Intl.DateTimeFormat("zh-CN", parts).format(new Date(iso));
}

export class ZoneQueue {
  /** `act(how, task)` is called for what a person does with one announcement. */
  constructor(desk, { act }) {
    this.desk = desk;
    this.act = act;
    this.title = element("h2", { hidden: true });
    this.list = element("div", {});
    this.node = element("div", { class: "queue" }, this.title, this.list);
  }

  paint(zone) {
    const { desk } = this;
    const { t } = desk;
    this.title.hidden = zone === null;
    this.title.textContent = zone === null ? "" : named(desk, zone.names, zone.id);
    if (this.list.contains(document.activeElement) && zone?.id === this.zone) {
      const key = JSON.stringify(zone) + this.upcoming(zone).map(({ id, revision }) => id + revision);
      if (key === this.key) {
        return; // nothing new: a button keeps its focus
      }
    }
    this.zone = zone?.id ?? null;
    if (zone === null) {
      refill(this.list);
      return;
    }
    this.key = JSON.stringify(zone) + this.upcoming(zone).map(({ id, revision }) => id + revision);
    const focused = this.list.contains(document.activeElement) ? document.activeElement.dataset.act : null;
    refill(
      this.list,
      this.part({ zh: "正在播音", en: "Playing" }, zone.playing ? [zone.playing] : [], (play) => `${clock(desk, play.begun)} → ${clock(desk, play.ends)}`, []),
      this.part({ zh: "中断后继续", en: "Goes on after what cut it" }, zone.cut, ({ why }) => why, ["skip"]),
      this.part({ zh: "排队", en: "In the queue" }, zone.queue, ({ due }) => clock(desk, due), ["hold", "skip"]),
      this.part({ zh: "等待人工", en: "Waits for a person" }, zone.kept_back, ({ why }) => t(WHY[why] ?? why), ["now", "release", "skip"]),
      this.part({ zh: "接下来", en: "Next" }, this.upcoming(zone), (task) => `${hhmm(task.due, desk.world.zone)}${task.held ? ` ${t(WHY.held)}` : ""}`, ["now", "hold", "skip"]),
    );
    if (focused) {
      this.list.querySelector(`[data-act="${CSS.escape(focused)}"]`)?.focus();
    }
  }

  /** What the hub has planned for this zone and broadcast has not been given yet. */
  upcoming(zone) {
    const there = new Set([zone.playing, ...zone.cut, ...zone.queue, ...zone.kept_back].filter(Boolean).map(({ task }) => task));
    return [...this.desk.world.tasks.values()]
      .filter((task) => task.kind === "announcement" && OPEN.includes(task.state) && task.due !== null && task.targets.includes(zone.id) && !there.has(task.id))
      .sort((one, other) => one.due - other.due || one.priority - other.priority)
      .slice(0, MOST_NEXT);
  }

  part(title, tasks, when, acts) {
    const { t } = this.desk;
    if (!tasks.length) {
      return [];
    }
    return [
      element("h2", {}, t(title), element("span", { class: "figures" }, ` ${tasks.length}`)),
      element("table", { "aria-label": t(title) }, element("tbody", {}, tasks.map((task) => this.row(task, when(task), acts)))),
    ];
  }

  row(task, when, acts) {
    const { desk } = this;
    const { t } = desk;
    const id = task.task ?? task.id;
    const train = trainOf(desk, task);
    const may = desk.may("handle");
    const names = { now: { zh: "立即", en: "Now" }, hold: { zh: "保留", en: "Hold" }, release: { zh: "放行", en: "Release" }, skip: { zh: "不播", en: "Skip" } };
    const held = task.held === true || task.why === "held";
    const shown = acts.filter((act) => (act === "hold" ? !held : true)).concat(held && !acts.includes("release") ? ["release"] : []);
    const buttons = shown.map((act) =>
      element("button", { type: "button", disabled: !may, "data-act": `${act} ${id}`, "aria-label": `${t(names[act])} ${train}`, onclick: () => this.act(act, task) }, t(names[act])),
    );
    const texts = Array.isArray(task.texts) ? Object.fromEntries(task.texts.filter(({ name }) => name === "speech").map(({ language, text }) => [language, text])) : task.texts;
    return element(
      "tr",
      { "data-task": id },
      element("td", { class: "time" }, when),
      element("td", { class: "number" }, train),
      element("td", { class: "words", title: Object.values(texts ?? {}).join("\n") }, texts?.[desk.language] ?? Object.values(texts ?? {})[0] ?? ""),
      element("td", {}, buttons),
    );
  }
}
