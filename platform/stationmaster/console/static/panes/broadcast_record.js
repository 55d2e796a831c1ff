// Proof of play: what was said when and where, how it ended, and its sound.

import { element, refill } from "../desk/element.js";
import { clock } from "./broadcast_zone.js";
import { named, trainOf } from "./station.js";

const PAGE = 50;
const AGAIN_MS = 10_000;
const OUTCOMES = {
  done: { zh: "已播", en: "said" },
  interrupted: { zh: "中断", en: "interrupted" },
  failed: { zh: "未播", en: "not said" },
};

export class Played {
  /** `asked()` says whether there is somebody to ask. */
  constructor(desk, { player, asked }) {
    Object.assign(this, { desk, player, asked });
    const { t } = desk;
    this.plays = [];
    this.zones = [];
    this.only = element("input", { type: "checkbox", checked: true, onchange: () => this.read() });
    this.rows = element("tbody", {});
    this.idle = element("p", { class: "empty" }, t({ zh: "没有记录。", en: "Nothing was said." }));
    this.more = element("button", { type: "button", onclick: () => this.older() }, t({ zh: "更早的", en: "Earlier" }));
    this.now = null;
    this.last = 0;
    const heads = [{ zh: "时刻", en: "At" }, { zh: "分区", en: "Zone" }, { zh: "车次", en: "Train" }, { zh: "内容", en: "Words" }, { zh: "结果", en: "Outcome" }, { zh: "声音", en: "Sound" }];
    this.node = element(
      "section",
      { class: "played" },
      element("h2", {}, t({ zh: "播音记录", en: "What was said" })),
      element("div", { class: "bar" }, element("label", {}, this.only, " ", t({ zh: "只看本分区", en: "This zone only" })), this.more),
      element("table", { "aria-label": t({ zh: "播音记录", en: "What was said" }) }, element("thead", {}, element("tr", {}, heads.map((each) => element("th", { scope: "col" }, t(each))))), this.rows),
      this.idle,
    );
  }

  /** Of which of the zones; another one is read at once, the same one now and then. */
  zone(id, zones) {
    this.zones = zones;
    const other = id !== this.now;
    this.now = id;
    if (other || performance.now() - this.last > AGAIN_MS) {
      this.read();
    }
  }

  async ask(before = null) {
    const asked = new URLSearchParams({ count: String(PAGE) });
    if (this.only.checked && this.now !== null) {
      asked.set("zone", this.now);
    }
    if (before !== null) {
      asked.set("before", String(before));
    }
    return (await this.desk.api.get(`/api/v1/broadcast/played?${asked}`)).plays;
  }

  async read() {
    if (!this.asked()) {
      return;
    }
    this.last = performance.now();
    try {
      this.plays = await this.ask();
      this.paint();
    } catch (problem) {
      if (problem.status === 0 || problem.code?.startsWith("neighbour")) {
        return; // the pane says so already
      }
      this.desk.problem(problem);
    }
  }

  async older() {
    const last = this.plays.at(-1);
    if (last !== undefined) {
      const found = await this.desk.attempt(() => this.ask(last.n));
      this.plays = [...this.plays, ...(found ?? [])];
      this.more.disabled = found !== null && found.length < PAGE;
      this.paint();
    }
  }

  paint() {
    const { desk } = this;
    const { t } = desk;
    refill(this.rows, this.plays.map((play) => this.row(play)));
    this.idle.hidden = this.plays.length > 0;
    this.idle.textContent = t({ zh: "没有记录。", en: "Nothing was said." });
  }

  row(play) {
    const { desk } = this;
    const { t } = desk;
    const train = play.call ? trainOf(desk, play) : t({ zh: "人工", en: "By hand" });
    const hear = () => desk.attempt(() => this.player.play(desk, { path: `/api/v1/broadcast/sound?play=${play.n}` }, { name: train }));
    return element(
      "tr",
      { "data-play": play.n },
      element("td", { class: "time" }, clock(desk, play.begun ?? play.ended)),
      element("td", {}, this.zoneName(play.target)),
      element("td", { class: "number" }, train),
      element("td", { class: "words" }, play.texts[desk.language] ?? Object.values(play.texts)[0] ?? ""),
      element("td", { class: play.outcome === "done" ? "" : "bad" }, t(OUTCOMES[play.outcome] ?? play.outcome), play.detail ? element("span", { class: "said" }, play.detail) : null),
      element("td", {}, play.file ? element("button", { type: "button", "aria-label": `${t({ zh: "听", en: "Hear" })} ${train}`, onclick: hear }, "♪") : null),
    );
  }

  zoneName(id) {
    const zone = this.zones.find((each) => each.id === id);
    return zone ? named(this.desk, zone.names, id) : id;
  }
}
