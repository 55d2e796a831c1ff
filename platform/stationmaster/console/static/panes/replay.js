// Any past minute as it was: trains, boards and what was said. A slider over the day, minute by minute, or played. The
// pane never looks like the present: it is striped, and says on every line of its head that this has been.

import { element, refill, setText } from "../desk/element.js";
import { clock, dayOf, instantOf, typedTime } from "./day_times.js";
import { boardsThen, callsThen, saidThen } from "./replay_tables.js";
import { stationOf } from "./station.js";

const MINUTE = 60;
const MINUTES = 1440;
const STEP_MS = 1000;
const SPEEDS = [1, 2, 5, 10, 30]; // minutes in a second
const GRADES = {
  fresh: { zh: "正常", en: "fresh" },
  late: { zh: "迟缓", en: "late" },
  lost: { zh: "中断", en: "lost" },
};
const W = {
  past: { zh: "回放：这是过去", en: "REPLAY: this is the past" },
  day: { zh: "日期", en: "Day" },
  minute: { zh: "时刻", en: "Minute" },
  back: { zh: "后退一分钟", en: "A minute back" },
  on: { zh: "前进一分钟", en: "A minute on" },
  play: { zh: "播放", en: "Play" },
  stop: { zh: "停止", en: "Stop" },
  speed: { zh: "速度", en: "Speed" },
  ago: { zh: "一小时前", en: "An hour ago" },
  board: { zh: "引导屏", en: "Board" },
  find: { zh: "车次", en: "Train" },
  a_second: { zh: "分钟/秒", en: "min/s" },
  grade: { zh: "信息源", en: "Feed" },
  waits: { zh: "待确认", en: "Proposals" },
  conflicts: { zh: "冲突", en: "Conflicts" },
  modes: { zh: "人工", en: "Manual" },
  end: { zh: "已到现在", en: "That is now" },
};

class Replay {
  constructor(root, desk) {
    this.desk = desk;
    this.then = null;
    this.station = null;
    this.asked = 0;
    this.playing = null;
    this.build(root);
    desk.key("ArrowLeft", W.back, () => this.step(-1));
    desk.key("ArrowRight", W.on, () => this.step(1));
    desk.key(" ", W.play, () => this.toggle());
  }

  build(root) {
    const { t } = this.desk;
    const label = (input, words) => element("span", { class: "pair" }, element("label", { for: input.id }, t(words)), " ", input);
    const button = (id, text, words, run) =>
      element("button", { type: "button", id: `replay-${id}`, "aria-label": t(words), title: t(words), onclick: run }, text);
    this.date = element("input", { id: "replay-day", type: "date", onchange: () => this.go(this.chosen()) });
    this.time = element("input", { id: "replay-time", size: 5, autocomplete: "off", onchange: () => this.typed() });
    this.slider = element("input", {
      id: "replay-slider",
      type: "range",
      min: 0,
      max: MINUTES - 1,
      step: 1,
      "aria-label": t(W.minute),
      oninput: () => this.go(this.chosen()),
    });
    this.speed = element(
      "select",
      { id: "replay-speed" },
      SPEEDS.map((speed) => element("option", { value: speed }, `${speed} ${t(W.a_second)}`)),
    );
    this.board = element("select", { id: "replay-board", onchange: () => this.paintBoards() });
    this.filter = element("input", { id: "replay-find", size: 8, autocomplete: "off", oninput: () => this.paintCalls() });
    this.player = button("play", "▶", W.play, () => this.toggle());
    this.mark = element("strong", { class: "mark", role: "status" }, t(W.past));
    this.facts = element("output", {});
    this.fault = element("p", { class: "fault", role: "alert" });
    root.classList.add("replay");
    const head = element("div", { class: "bar" }, [
      this.mark,
      label(this.date, W.day),
      label(this.time, W.minute),
      button("back", "◀", W.back, () => this.step(-1)),
      this.player,
      button("on", "▶|", W.on, () => this.step(1)),
      label(this.speed, W.speed),
      element("button", { type: "button", onclick: () => this.go(this.desk.now() - 60 * MINUTE) }, t(W.ago)),
      label(this.filter, W.find),
      this.facts,
    ]);
    this.calls = element("div", { class: "scroll", tabindex: "0" });
    this.boards = element("div", { class: "scroll boards", tabindex: "0" });
    this.said = element("div", { class: "scroll said", tabindex: "0" });
    const side = element("div", { class: "side" }, element("div", { class: "bar" }, label(this.board, W.board)), this.boards, this.said);
    root.append(head, this.slider, this.fault, element("div", { class: "halves" }, this.calls, side));
  }

  async show(argument) {
    this.station ??= await this.desk.attempt(() => stationOf(this.desk));
    this.listBoards();
    if (this.then === null || argument?.at) {
      this.go(argument?.at ?? this.desk.now() - MINUTE);
    }
  }

  hide() {
    this.stop();
  }

  /** The instant that the slider and the date say. */
  chosen() {
    const minute = Number(this.slider.value);
    return instantOf(this.date.value || dayOf(this.desk.now(), this.zone), Math.floor(minute / 60), minute % 60, this.zone);
  }

  typed() {
    const found = typedTime(this.time.value.trim());
    if (found !== null) {
      this.slider.value = found.hour * 60 + found.minute;
      this.go(this.chosen());
    }
  }

  get zone() {
    return this.desk.world.zone ?? this.station?.station?.zone;
  }

  step(minutes) {
    this.go((this.at ?? this.desk.now()) + minutes * MINUTE);
  }

  toggle() {
    if (this.playing === null) {
      setText(this.player, "■");
      this.player.setAttribute("aria-label", this.desk.t(W.stop));
      this.playing = setInterval(() => this.further(), STEP_MS);
    } else {
      this.stop();
    }
  }

  stop() {
    clearInterval(this.playing);
    this.playing = null;
    setText(this.player, "▶");
    this.player.setAttribute("aria-label", this.desk.t(W.play));
  }

  /** One step of playing; the next waits until this one is there. */
  further() {
    if (this.waiting) {
      return;
    }
    const next = this.at + Number(this.speed.value) * MINUTE;
    if (next > this.desk.now()) {
      this.stop();
      this.desk.tell(W.end);
    } else {
      this.go(next);
    }
  }

  /** Show this minute; of several asked for quickly only the last one is shown. */
  async go(instant) {
    this.at = Math.min(Math.floor(instant / MINUTE) * MINUTE, Math.floor(this.desk.now() / MINUTE) * MINUTE);
    const time = clock(this.at, this.zone);
    this.date.value = dayOf(this.at, this.zone);
    this.time.value = time;
    const [hour, minute] = time.split(":").map(Number);
    this.slider.value = hour * 60 + minute;
    this.slider.setAttribute("aria-valuetext", time);
    setText(this.mark, `${this.desk.t(W.past)} · ${this.date.value} ${time}`);
    const mine = ++this.asked;
    if (this.waiting) {
      return;
    }
    this.waiting = true;
    try {
      this.then = await this.desk.api.get(`/api/v1/past?at=${new Date(this.at * 1000).toISOString().replace(".000", "")}`);
      setText(this.fault, "");
      this.paint();
    } catch (problem) {
      setText(this.fault, [problem.message, problem.hint].filter(Boolean).join(" "));
      this.stop();
    }
    this.waiting = false;
    if (mine !== this.asked) {
      this.go(this.at);
    }
  }

  listBoards() {
    const boards = this.station?.boards ?? [];
    const names = (board) => Object.fromEntries(board.names)[this.desk.language] ?? board.id;
    refill(this.board, boards.map((board) => element("option", { value: board.id, selected: board.id === this.board.value }, names(board))));
  }

  paint() {
    const { t } = this.desk;
    const { grade, proposals, conflicts, modes } = this.then;
    const parts = [[W.grade, t(GRADES[grade] ?? grade)], [W.waits, proposals.length], [W.conflicts, conflicts.length], [W.modes, modes.length]];
    setText(this.facts, parts.map(([words, value]) => `${t(words)} ${value}`).join(" · "));
    this.paintCalls();
    this.paintBoards();
    refill(this.said, saidThen(this.desk, this.then, this.station));
  }

  paintCalls() {
    if (this.then !== null) {
      refill(this.calls, callsThen(this.desk, this.then, this.filter.value.trim().toUpperCase(), this.zone));
    }
  }

  paintBoards() {
    if (this.then !== null) {
      refill(this.boards, boardsThen(this.desk, this.then, this.board.value));
    }
  }
}

export default {
  id: "replay",
  words: { zh: "回放", en: "Replay" },
  style: "/console/panes/replay.css",
  roles: [],
  open(root, desk) {
    const replay = new Replay(root, desk);
    return { show: (argument) => void replay.show(argument), hide: () => replay.hide(), end: () => replay.hide() };
  },
};
