// What stays in sight whatever pane is open: lamps, alarms, what is due next, the subsystems, the last notes.

import { element, refill } from "../desk/element.js";
import { alarmLines } from "./alarms.js";
import { dueLines } from "./due.js";
import { lamps } from "./lamps.js";
import { noteLines } from "./notes.js";
import { subsystemRows } from "./subsystems.js";

const SECTIONS = [
  { id: "alarms", words: { zh: "当前告警", en: "Alarms now" }, tag: "ol", topics: ["alarm", "connection"], lines: alarmLines, hides: true, live: "assertive" },
  { id: "due", words: { zh: "即将执行", en: "Due next" }, tag: "ol", topics: ["task", "call", "minute", "state"], lines: dueLines },
  { id: "subsystems", words: { zh: "子系统", en: "Subsystems" }, tag: "table", topics: ["subscribers", "state"], lines: subsystemRows },
  { id: "notes", words: { zh: "记事", en: "Notes" }, tag: "ol", topics: ["state"], lines: noteLines },
];

export class Rail {
  constructor(place, desk) {
    this.place = place;
    this.desk = desk;
    this.lamps = document.getElementById("lamps");
    this.lists = new Map();
    for (const section of SECTIONS) {
      desk.on(section.topics, () => this.fill(section));
    }
    desk.on(["state", "subscribers", "connection"], () => this.shine());
  }

  /** Draw all of it, in the language of the page. */
  paint() {
    const made = SECTIONS.map((section) => {
      const list = element(section.tag, { id: section.id, "aria-live": section.live });
      this.lists.set(section.id, list);
      const title = element("h2", { id: `${section.id}-title` }, this.desk.t(section.words));
      return element("section", { "aria-labelledby": `${section.id}-title`, tabindex: "0", hidden: Boolean(section.hides) }, title, list);
    });
    refill(this.place, made);
    SECTIONS.forEach((section) => this.fill(section));
    this.shine();
  }

  fill({ id, lines, hides }) {
    const list = this.lists.get(id);
    const items = lines(this.desk);
    same(list, items);
    if (hides) {
      list.parentElement.hidden = !items.length;
    }
  }

  shine() {
    same(this.lamps, lamps(this.desk));
  }
}

/** Have `list` hold these, and leave alone what is there already, so that nothing flickers or is read out again. */
function same(list, items) {
  while (list.children.length > items.length) {
    list.lastElementChild.remove();
  }
  items.forEach((item, number) => {
    const there = list.children[number];
    if (there === undefined) {
      list.append(item);
    } else if (!there.isEqualNode(item)) {
      there.replaceWith(item);
    }
  });
}
