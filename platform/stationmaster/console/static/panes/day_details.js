// Everything about one train: where each of its values came from, its locks, its tasks with what can be done with them,
// and what people did to it. It follows the train while it is open.

import { element, refill } from "../desk/element.js";
import { states } from "./day_state.js";
import { originOf } from "./day_provenance.js";
import { isLocked } from "./day_columns.js";
import { clock } from "./day_times.js";
import { FIELDS, HANDLING, LOCKABLE, STATES, TASKS } from "./day_words.js";

const OPEN = new Set(["planned", "begun"]);
const USUAL_HANDS = ["now", "hold", "skip"];

export class Details {
  constructor(desk, acts, id) {
    Object.assign(this, { desk, acts, id });
    this.tasks = [];
    this.place = element("div", { class: "details", tabindex: "-1", "data-first": true });
  }

  /** Show it until it is closed. */
  async open() {
    const { desk, id } = this;
    const call = desk.world.calls.get(id);
    const off = desk.on(["call", "task", "act", "minute"], (changed) => this.changed(changed));
    await this.read();
    await desk.ask({
      title: `${call.numbers.join("/")} ${call.origin} — ${call.destination}`,
      fields: [{ node: this.place }],
      ok: { zh: "关闭", en: "Close" },
    });
    off();
  }

  changed({ call, task, act, minute }) {
    if (minute !== undefined || act !== undefined || call === null || call?.has(this.id)) {
      this.paint();
    }
    if (task === null || [...(task ?? [])].some((each) => each.startsWith(`${this.id}/`))) {
      this.desk.attempt(() => this.read());
    }
  }

  async read() {
    const told = await this.desk.api.get(`/api/v1/calls/${this.id.split("/").map(encodeURIComponent).join("/")}`);
    this.tasks = told.tasks;
    this.paint();
  }

  paint() {
    const { t, world } = this.desk;
    const call = world.calls.get(this.id);
    if (call === undefined) {
      refill(this.place, element("p", {}, t({ zh: "此车次已不在", en: "The train is gone" })));
      return;
    }
    const focused = document.activeElement?.dataset?.act;
    const now = this.desk.now();
    refill(
      this.place,
      element(
        "p",
        {},
        states(call, now)
          .map(({ words }) => t(words))
          .join(" · "),
      ),
      this.fields(call, now),
      this.taskList(now),
      this.done(),
    );
    if (focused) {
      this.place.querySelector(`[data-act="${CSS.escape(focused)}"]`)?.focus();
    }
  }

  /** The fields that are not the plan's, and all that can be locked. */
  fields(call, now) {
    const { t, world } = this.desk;
    const names = [...new Set([...call.provenance.map(({ field }) => field), ...LOCKABLE])].filter((field) => {
      const [event] = field.split(".");
      return !["arrival", "departure"].includes(event) || call[event] !== null;
    });
    const rows = names.map((field) => {
      const item = call.provenance.find((each) => each.field === field);
      const held = item !== undefined && isLocked(item, now);
      const label = held ? { zh: "解锁", en: "Unlock" } : { zh: "锁定", en: "Lock" };
      const lock = LOCKABLE.includes(field)
        ? this.button(`lock ${field}`, label, "lock", () =>
            this.acts.perform([{ do: "lock", call: call.id, field, locked: !held }], [call]),
          )
        : null;
      const from =
        item === undefined ? t({ zh: "日计划", en: "day plan" }) : originOf(item, { t, zone: world.zone, now });
      return element(
        "tr",
        {},
        element("th", { scope: "row" }, t(FIELDS[field] ?? field)),
        element("td", {}, from),
        element("td", {}, lock),
      );
    });
    return element(
      "table",
      {},
      element("caption", {}, t({ zh: "来源与锁定", en: "Sources and locks" })),
      element("tbody", {}, rows),
    );
  }

  taskList() {
    const { t, world } = this.desk;
    const at = (task) => task.due ?? task.start;
    const rows = [...this.tasks]
      .sort((one, other) => (at(one) ?? 0) - (at(other) ?? 0))
      .map((task) => {
        const hands = OPEN.has(task.state)
          ? task.held
            ? ["release", ...USUAL_HANDS]
            : USUAL_HANDS
          : task.state === "skipped"
            ? ["automatic"]
            : ["now"];
        const state = [
          t(STATES[task.state]),
          task.held ? t(HANDLING.hold) : "",
          task.awaits ? t({ zh: "等报点", en: "awaits report" }) : "",
        ];
        return element(
          "tr",
          {},
          element("td", { class: "time" }, clock(at(task), world.zone)),
          element("td", {}, t(TASKS[task.kind]), element("small", {}, task.rule)),
          element("td", {}, state.filter(Boolean).join(" · ")),
          element(
            "td",
            {},
            hands.map((how) => this.button(`${how} ${task.id}`, HANDLING[how], "handle", () => this.handle(task, how))),
          ),
        );
      });
    return element("table", {}, element("caption", {}, t({ zh: "任务", en: "Tasks" })), element("tbody", {}, rows));
  }

  handle(task, how) {
    const { number } = this.desk.world.calls.get(this.id);
    const words = {
      zh: `${number} ${task.rule} ${HANDLING[how].zh}`,
      en: `${number} ${task.rule}: ${HANDLING[how].en}`,
    };
    return this.acts.perform([{ do: "handle", tasks: [task.id], how }], [], { words });
  }

  /** What people did to the train, the newest first. */
  done() {
    const { t, world } = this.desk;
    const items = [...world.acts.values()]
      .filter((act) => act.calls.includes(this.id))
      .sort((one, other) => other.at - one.at || other.revision - one.revision)
      .map((act) => {
        const undo =
          act.undone === ""
            ? this.button(`undo ${act.id}`, { zh: "撤销", en: "Undo" }, "undo", () => this.desk.undo(act.id))
            : t({ zh: "已撤销", en: "undone" });
        return element(
          "li",
          {},
          element("time", {}, clock(act.at, world.zone)),
          ` ${act.by} `,
          act.deeds.map((deed) => deed.do).join(", "),
          act.why ? ` (${act.why}) ` : " ",
          undo,
        );
      });
    const title = element("h3", {}, t({ zh: "操作记录", en: "What was done" }));
    return items.length ? element("div", {}, title, element("ul", {}, items)) : null;
  }

  button(act, words, deed, run) {
    return element(
      "button",
      { type: "button", "data-act": act, disabled: !this.desk.may(deed), onclick: run },
      this.desk.t(words),
    );
  }
}
