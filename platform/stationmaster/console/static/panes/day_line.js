// The line in which acts are typed, for the train that has the focus or for all that are marked. While something is
// typed, what it would do is said; Enter does it, Escape gives up and goes back into the table.

import { element, setText } from "../desk/element.js";
import { deedsOf } from "./day_typed.js";

const MOST_KEPT = 30;

export class Line {
  /** `targets()`: the calls that are meant; `event()`: that of the focused cell; `back()` goes back into the table. */
  constructor(desk, acts, { targets, event, back, foresight }) {
    Object.assign(this, { desk, acts, targets, event, back, foresight });
    const { t } = desk;
    this.kept = []; // what was typed before, the newest last
    this.place = 0;
    this.begun = null; // { calls, seen, event } as they were when the person began to type
    this.input = element("input", {
      id: "day-line",
      type: "text",
      autocomplete: "off",
      spellcheck: "false",
      placeholder: t({ zh: "+15  10:25  =  ?  t12  g3A  x 原因", en: "+15  10:25  =  ?  t12  g3A  x reason" }),
      "aria-label": t({ zh: "对所选车次的操作", en: "Act on the chosen trains" }),
      "aria-describedby": "day-said",
      oninput: () => this.look(),
      onfocus: () => this.begin(),
      onblur: () => this.input.value === "" && this.cease(),
      onkeydown: (event) => this.press(event),
    });
    this.said = element("output", { id: "day-said", role: "status" });
    this.who = element("b", { id: "day-who" });
  }

  /** Open the line with a beginning, as a key does. */
  open(beginning) {
    this.input.value = beginning;
    this.input.focus();
    this.input.setSelectionRange(beginning.length, beginning.length);
    this.begin();
    this.look();
  }

  begin() {
    const calls = this.targets();
    this.begun = { calls, seen: this.acts.seen(calls), event: this.event() };
    this.name(calls);
  }

  cease() {
    this.begun = null;
    this.foresight.cease();
    this.name(this.targets());
    setText(this.said, "");
    this.said.className = "";
  }

  /** Say whom an act would be about. */
  name(calls) {
    const { t } = this.desk;
    const numbers = calls.slice(0, 4).map((call) => call.number);
    const more = calls.length > 4 ? ` +${calls.length - 4}` : "";
    const words = calls.length ? `${numbers.join(" ")}${more}` : t({ zh: "未选车次", en: "No train chosen" });
    setText(this.who, calls.length > 1 ? `${words} (${calls.length})` : words);
  }

  /** The present calls of those that were meant when the person began: as they are now. */
  present() {
    return this.begun.calls.map(({ id }) => this.desk.world.calls.get(id)).filter(Boolean);
  }

  read() {
    const { world } = this.desk;
    return deedsOf(this.input.value, this.present(), {
      event: this.begun.event,
      zone: world.zone,
      now: this.desk.now(),
    });
  }

  look() {
    const { t } = this.desk;
    if (this.begun === null) {
      this.begin();
    }
    if (this.input.value.trim() === "") {
      this.say("", "");
      return;
    }
    if (!this.begun.calls.length) {
      this.say(t({ zh: "先选一列车", en: "Choose a train first" }), "bad");
      return;
    }
    const { deeds, calls, wrong } = this.read();
    this.say(wrong ? t(wrong) : this.acts.said(deeds, calls, t), wrong ? "dim" : "");
    if (!wrong) {
      this.foresight.note(deeds, this.said);
    }
  }

  say(text, kind) {
    setText(this.said, text);
    this.said.className = kind;
  }

  press(event) {
    if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      this.enter();
    } else if (event.key === "Escape") {
      event.preventDefault();
      this.give();
    } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      event.preventDefault();
      this.place = Math.min(this.kept.length, Math.max(0, this.place + (event.key === "ArrowUp" ? -1 : 1)));
      this.input.value = this.kept[this.place] ?? "";
      this.look();
    }
  }

  /** Do what stands in the line. */
  enter() {
    const typed = this.input.value.trim();
    if (typed === "" || !this.begun?.calls.length) {
      this.look();
      return;
    }
    const { deeds, calls, wrong } = this.read();
    if (wrong) {
      this.say(this.desk.t(wrong), "bad");
      return;
    }
    const seen = Object.fromEntries(calls.map(({ id }) => [id, this.begun.seen[id]]));
    this.kept = [...this.kept.filter((each) => each !== typed), typed].slice(-MOST_KEPT);
    this.place = this.kept.length;
    this.give();
    this.acts.perform(deeds, calls, { seen });
  }

  /** Empty the line and go back. */
  give() {
    this.input.value = "";
    this.cease();
    this.back();
  }
}
