// Alarms: what is wrong, one row for each cause; who knows of it, what is put aside for a while, and what was wrong before.

import { element, refill } from "../desk/element.js";
import { focusCurrent, markCurrent, redrawn, stepFrom } from "../desk/walking.js";
import { AlarmActs } from "./alarms_acts.js";
import { AlarmHistory } from "./alarms_history.js";
import { alarmRow, HEADS, partsRow } from "./alarms_rows.js";
import { AlarmWatch, SOUND, USUAL } from "./alarms_watch.js";
import { LISTS } from "./alarms_words.js";
import { beep } from "./sound.js";

const MOST = 400; // rows that are shown; more than that nobody reads

let watch = null;

class Alarms {
  constructor(root, desk) {
    this.desk = desk;
    this.list = "open";
    this.marked = new Set();
    this.opened = new Set();
    this.current = null;
    this.acts = new AlarmActs(desk, () => watch.read());
    this.history = new AlarmHistory(desk);
    const { t } = desk;
    this.lists = element("div", { class: "alarm-lists", role: "group", "aria-label": t({ zh: "列表", en: "Lists" }) });
    this.count = element("output", { id: "alarm-count" });
    this.flood = element("p", { class: "flood", role: "alert", hidden: true });
    this.body = element("tbody", {});
    this.idle = element("p", { class: "idle" }, t({ zh: "没有告警。", en: "Nothing is wrong." }));
    this.all = element("input", { type: "checkbox", "aria-label": t({ zh: "全部标记", en: "Mark all" }), onchange: () => this.markAll(this.all.checked) });
    const heads = HEADS.map((words) => element("th", { scope: "col" }, t(words)));
    heads[2].className = "time";
    heads.at(-1).className = "time";
    this.table = element("table", { "aria-label": t({ zh: "告警列表", en: "List of alarms" }) }, element("thead", {}, element("tr", {}, element("th", { scope: "col" }, this.all), heads)), this.body);
    this.region = element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t({ zh: "告警列表", en: "List of alarms" }) }, this.table, this.idle);
    root.append(this.bar(), this.flood, this.region, this.history.node);
    this.keys();
    this.repaint = () => this.paint();
    watch.listeners.add(this.repaint);
    desk.on(["minute"], this.repaint);
    this.paint();
  }

  bar() {
    const { desk } = this;
    const { t } = desk;
    const button = (id, words, run, may) => element("button", { type: "button", id, disabled: !desk.may(may), onclick: run, class: id === "alarm-ack" ? "chief" : null }, t(words));
    const kept = { ...USUAL, ...desk.preferences.get(SOUND, USUAL) };
    const keep = () => desk.preferences.set(SOUND, { on: this.tone.checked, volume: Number(volume.value) });
    this.tone = element("input", { type: "checkbox", id: "alarm-tone", checked: kept.on, onchange: keep });
    const volume = element("input", { type: "range", min: 5, max: 100, step: 5, value: kept.volume, "aria-label": t({ zh: "提示音量", en: "Volume of the tone" }), onchange: keep });
    return element(
      "div",
      { class: "bar" },
      this.lists,
      button("alarm-ack", { zh: "确认 A", en: "Acknowledge A" }, () => this.acknowledge(), "acknowledgeAlarm"),
      button("alarm-ack-note", { zh: "备注… N", en: "With a note… N" }, () => this.acts.acknowledgeWithWords(this.targets()), "acknowledgeAlarm"),
      button("alarm-shelve", { zh: "搁置… S", en: "Shelve… S" }, () => this.shelve(), "shelveAlarm"),
      element("label", {}, this.tone, " ", t({ zh: "提示音", en: "Tone" })),
      volume,
      element("button", { type: "button", onclick: () => beep(Number(volume.value) / 100) }, t({ zh: "试听", en: "Try" })),
      this.count,
    );
  }

  keys() {
    const { desk } = this;
    desk.key("A", { zh: "确认（标记的或当前的）", en: "Acknowledge what is marked, else this one" }, () => this.acknowledge());
    desk.key("Shift+A", { zh: "确认全部", en: "Acknowledge all" }, () => this.acts.acknowledge(this.listed().map(({ alarm }) => alarm).filter(Boolean)));
    desk.key("N", { zh: "确认并备注", en: "Acknowledge with a note" }, () => this.acts.acknowledgeWithWords(this.targets()));
    desk.key("S", { zh: "搁置", en: "Shelve" }, () => this.shelve());
    desk.key("U", { zh: "取回", en: "Take back from the shelf" }, () => this.list === "shelved" && this.acts.unshelve(this.chosenKeys()));
    desk.key("P", { zh: "在平面图上显示", en: "Show on the plan" }, () => this.acts.plan(this.targets()));
    desk.key("D", { zh: "在设备表中显示", en: "Show among the devices" }, () => this.acts.devices(this.targets()));
    desk.key("L", { zh: "下一个列表", en: "Next list" }, () => this.choose(LISTS[(LISTS.findIndex(({ id }) => id === this.list) + 1) % LISTS.length].id));
    desk.key(" ", { zh: "标记", en: "Mark it" }, (event) => (event.target.closest("button, input, select") ? false : this.mark(this.current)));
    desk.key("Enter", { zh: "展开同因告警", en: "Show its parts" }, (event) => (event.target.closest("tr[data-key]") === event.target ? this.open(this.current) : false));
    desk.key("ArrowDown", { zh: "下一条", en: "Next" }, (event) => this.move(event, 1));
    desk.key("ArrowUp", { zh: "上一条", en: "Previous" }, (event) => this.move(event, -1));
  }

  show(argument) {
    if (argument?.key) {
      this.choose("open");
      this.setCurrent(argument.key);
      focusCurrent(this.body);
    }
  }

  choose(list) {
    this.list = list;
    this.marked.clear();
    this.current = null;
    if (list === "history") {
      this.history.read();
    }
    this.paint();
  }

  /** What the list has: { key, alarm, shelf }; a shelved alarm that does not stand has no `alarm`. */
  listed() {
    const all = watch.all;
    if (all === null) {
      return [];
    }
    const plain = (alarm) => ({ key: alarm.key, alarm, shelf: null });
    return {
      open: () => [...all.alarms, ...all.returned].map(plain),
      shelved: () => all.shelved.map(({ shelf, alarm }) => ({ key: shelf.key, alarm, shelf })),
      suppressed: () => all.suppressed.map(plain),
      history: () => [],
    }[this.list]();
  }

  paint() {
    const { t } = this.desk;
    const { counts } = watch;
    const numbers = { open: counts.unacknowledged + counts.acknowledged + counts.returned, shelved: counts.shelved, suppressed: counts.suppressed };
    refill(
      this.lists,
      LISTS.map(({ id, words }) =>
        element("button", { type: "button", "data-list": id, "aria-pressed": String(id === this.list), onclick: () => this.choose(id) }, t(words), id in numbers ? ` ${numbers[id]}` : null),
      ),
    );
    const past = this.list === "history";
    this.history.node.hidden = !past;
    this.region.hidden = past;
    this.flood.hidden = !counts.flood;
    const flood = { zh: `告警泛滥：十分钟内 ${counts.within_ten_minutes} 条新告警`, en: `Alarm flood: ${counts.within_ten_minutes} new alarms in ten minutes` };
    if (counts.flood && this.flood.textContent !== t(flood)) {
      this.flood.textContent = t(flood);
    }
    this.paintRows();
  }

  paintRows() {
    const { t } = this.desk;
    const listed = this.listed();
    const keys = listed.map(({ key }) => key);
    this.marked = new Set([...this.marked].filter((key) => keys.includes(key)));
    if (!keys.includes(this.current)) {
      const place = Math.max(0, (this.order ?? []).indexOf(this.current));
      this.current = keys[Math.min(place, keys.length - 1)] ?? null;
    }
    this.order = keys;
    redrawn(this.body, "key", () => refill(this.body, listed.slice(0, MOST).map((entry) => this.rows(entry))));
    this.table.hidden = !listed.length;
    this.idle.hidden = listed.length > 0;
    this.all.checked = listed.length > 0 && this.marked.size === listed.length;
    const { unacknowledged, grave } = watch.counts;
    const more = listed.length > MOST ? ` · ${t({ zh: `显示前 ${MOST} 条`, en: `the first ${MOST} are shown` })}` : "";
    this.count.textContent = `${t({ zh: `${unacknowledged} 条未确认，其中严重 ${grave} 条`, en: `${unacknowledged} new, ${grave} of them grave` })}${more}`;
  }

  rows({ key, alarm, shelf }) {
    const about = { marked: this.marked.has(key), current: key === this.current, open: this.opened.has(key), shelf, hear: this.hearing() };
    const shown = alarm ?? gone(shelf);
    const row = alarmRow(this.desk, shown, about);
    return this.opened.has(key) && shown.parts_total ? [row, partsRow(this.desk, shown)] : row;
  }

  hearing() {
    return {
      marked: (key, on) => this.mark(key, on),
      chosen: (key) => this.setCurrent(key),
      opened: (key) => this.open(key),
      act: (name, alarm) =>
        ({
          acknowledge: () => this.acts.acknowledge([alarm]),
          shelve: () => this.acts.shelve([alarm]),
          unshelve: () => this.acts.unshelve([alarm.key]),
          plan: () => this.acts.plan([alarm]),
        })[name](),
    };
  }

  /** The alarms that an act is about: those that are marked, else the current one. */
  targets() {
    const keys = this.chosenKeys();
    return this.listed().filter(({ key, alarm }) => alarm !== null && keys.includes(key)).map(({ alarm }) => alarm);
  }

  chosenKeys() {
    return this.marked.size ? [...this.marked] : [this.current].filter((key) => key !== null);
  }

  acknowledge() {
    return this.acts.acknowledge(this.targets());
  }

  shelve() {
    if (this.list === "open" && this.desk.may("shelveAlarm")) {
      this.acts.shelve(this.targets().filter(({ ended }) => ended === null));
    }
  }

  mark(key, on = !this.marked.has(key)) {
    if (key !== null) {
      this.marked[on ? "add" : "delete"](key);
      this.paintRows();
    }
  }

  markAll(on) {
    this.marked = new Set(on ? this.order : []);
    this.paintRows();
  }

  open(key) {
    this.opened[this.opened.has(key) ? "delete" : "add"](key);
    this.paintRows();
  }

  setCurrent(key) {
    if (key !== this.current) {
      this.current = key;
      markCurrent(this.body, "key", key);
    }
  }

  move(event, by) {
    if (this.list === "history" || event.target.closest("input, select")) {
      return false;
    }
    if (!this.order.length) {
      return false;
    }
    this.setCurrent(stepFrom(this.body, this.order, this.current, by));
    focusCurrent(this.body);
    return true;
  }

  end() {
    watch.listeners.delete(this.repaint);
  }
}

/** A shelved alarm that does not stand now, by what its shelf knows. */
function gone(shelf) {
  const words = { zh: shelf.alarm, en: shelf.alarm, name_zh: "", name_en: "", do_zh: "", do_en: "" };
  const nothing = { number: null, severity: "warning", state: "shelved", since: shelf.at, ended: null, times: 1, acknowledged: null };
  return { key: shelf.key, id: shelf.alarm, identity: shelf.identity, code: "", subject: "", targets: [], parts: [], parts_total: 0, ...words, ...nothing };
}

export default {
  id: "alarms",
  words: { zh: "告警", en: "Alarms" },
  key: "7",
  style: "/console/panes/alarms.css",
  begin(desk) {
    watch = new AlarmWatch(desk);
  },
  open(root, desk) {
    const alarms = new Alarms(root, desk);
    return { show: (argument) => alarms.show(argument), hide() {}, end: () => alarms.end() };
  },
};
