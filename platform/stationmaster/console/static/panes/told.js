// What passengers were told of a train that is no longer so: who heard what, which boards showed what, and the
// announcement that puts it right, ready to be sent. Opened for an act or a train: desk.go("told", { act } or { call }).

import { element, refill } from "../desk/element.js";
import { clock } from "./day_times.js";
import { FIELDS, SOURCES } from "./day_words.js";
import { named, stationOf } from "./station.js";
import { offerCorrections } from "./told_watch.js";

const ACTS = 60; // that can be chosen from
const W = {
  choose: { zh: "操作", en: "Act" },
  train: { zh: "车次", en: "Train" },
  look: { zh: "查看", en: "Look" },
  again: { zh: "刷新", en: "Refresh" },
  heard: { zh: "已播出、现已不符", en: "Heard, and no longer so" },
  shown: { zh: "已显示、现已不符", en: "Shown, and no longer so" },
  right: { zh: "更正广播", en: "Putting it right" },
  nothing: { zh: "没有旅客听到或看到现已不符的内容。", en: "Nobody has heard or seen anything that is no longer so." },
  none: { zh: "无", en: "nothing" },
  off: { zh: "已撤下", en: "taken off" },
  proved: { zh: "已回读证实", en: "read back" },
  said: { zh: "已播", en: "Said" },
  showed: { zh: "当时显示", en: "Showed" },
  now: { zh: "现应为", en: "Now" },
  when: { zh: "时间", en: "When" },
  zones: { zh: "分区", en: "Zones" },
  boards: { zh: "引导屏", en: "Boards" },
  because: { zh: "原因", en: "Because" },
  announce: { zh: "播放更正", en: "Announce" },
  release: { zh: "立即播放预案", en: "Say it now" },
  undo: { zh: "撤销此操作", en: "Undo this act" },
  both: { zh: "撤销并播放更正", en: "Undo and announce" },
  pick: { zh: "选择一项操作，或输入车次。", en: "Choose an act, or type a train's number." },
  unknown: { zh: "没有此车次", en: "There is no such train" },
};

class ToldPane {
  constructor(root, desk) {
    this.desk = desk;
    this.query = null; // { act } or { call }
    this.asked = 0;
    const { t } = desk;
    this.acts = element("select", { id: "told-act", onchange: () => this.acts.value && this.show({ act: this.acts.value }) });
    this.number = element("input", { id: "told-train", autocomplete: "off", size: 8 });
    const find = element("form", { class: "bar", onsubmit: (event) => (event.preventDefault(), this.find()) }, [
      element("label", { for: "told-act" }, t(W.choose)),
      this.acts,
      element("label", { for: "told-train" }, t(W.train)),
      this.number,
      element("button", { type: "submit" }, t(W.look)),
      element("button", { type: "button", onclick: () => this.show(this.query) }, t(W.again)),
    ]);
    this.body = element("div", { class: "scroll told", tabindex: "0", "aria-live": "polite" });
    root.append(find, this.body);
    desk.on(["act", "person", "minute"], () => this.listActs());
    this.listActs();
    this.idle();
  }

  get zone() {
    return this.desk.world.zone ?? this.station?.station?.zone;
  }

  idle() {
    refill(this.body, element("p", { class: "idle" }, this.desk.t(W.pick)));
  }

  listActs() {
    const acts = [...this.desk.world.acts.values()].sort((one, other) => other.revision - one.revision).slice(0, ACTS);
    const option = (act) => element("option", { value: act.id, selected: act.id === this.query?.act }, this.named(act));
    refill(this.acts, element("option", { value: "" }, "—"), acts.map(option));
  }

  /** An act in one line: when, who, what to which trains. */
  named(act) {
    const trains = act.calls.map((id) => this.desk.world.calls.get(id)?.number ?? decodeURIComponent(id.split("/")[2] ?? id));
    const does = [...new Set(act.deeds.map((deed) => deed.do))].join(", ");
    const more = trains.length > 3 ? `${trains.slice(0, 3).join(" ")} +${trains.length - 3}` : trains.join(" ");
    return [clock(act.at, this.zone), act.by, does, more, act.why].filter(Boolean).join(" · ");
  }

  find() {
    const wanted = this.number.value.trim().toUpperCase();
    const calls = [...this.desk.world.calls.values()].filter((call) => call.numbers.includes(wanted));
    const now = this.desk.now();
    const time = (call) => Math.abs((call.departure ?? call.arrival).planned - now);
    const nearest = calls.sort((one, other) => time(one) - time(other))[0];
    if (nearest === undefined) {
      this.desk.tell(W.unknown, { kind: "warn" });
    } else {
      this.show({ call: nearest.id });
    }
  }

  async show(query) {
    this.query = query ?? this.query;
    if (this.query === null) {
      return;
    }
    const mine = ++this.asked;
    const [name, id] = Object.entries(this.query)[0];
    const answers = await this.desk.attempt(() =>
      Promise.all([this.desk.api.get(`/api/v1/told?${name}=${encodeURIComponent(id)}`), stationOf(this.desk)]),
    );
    if (mine !== this.asked || answers === null) {
      return;
    }
    [this.told, this.station] = answers;
    this.listActs();
    this.paint();
  }

  paint() {
    const { act, told } = this.told;
    const { t } = this.desk;
    const title = act === null ? told.calls.map((id) => this.train(id)).join(", ") : this.named(act);
    const parts = [element("h2", {}, title)];
    if (act !== null && act.undone === "" && this.desk.may("undo")) {
      parts.push(element("p", { class: "buttons" }, this.button(W.undo, () => this.undo(act))));
    }
    if (!told.heard.length && !told.shown.length) {
      parts.push(element("p", { class: "good" }, t(W.nothing)));
    }
    if (told.corrections.length) {
      parts.push(element("h3", {}, t(W.right)), told.corrections.map((each) => this.correction(each)));
    }
    if (told.heard.length) {
      parts.push(this.table(W.heard, [W.train, W.when, W.zones, W.said, W.now, W.because], told.heard.map((each) => this.heard(each))));
    }
    if (told.shown.length) {
      const heads = [W.train, W.when, W.boards, W.showed, W.now];
      parts.push(this.table(W.shown, heads, grouped(told.shown.map((each) => this.shown(each))).map((each) => this.row(each))));
    }
    refill(this.body, parts);
  }

  table(caption, heads, rows) {
    const { t } = this.desk;
    const head = element("thead", {}, element("tr", {}, heads.map((words) => element("th", { scope: "col" }, t(words)))));
    return element("table", {}, element("caption", {}, t(caption)), head, element("tbody", {}, rows));
  }

  heard({ call, zones, texts, now, because }) {
    const { t } = this.desk;
    const times = [...new Set(zones.map(({ at }) => clock(at, this.zone)))].join(" ");
    return element("tr", {}, [
      element("th", { scope: "row" }, this.train(call)),
      element("td", {}, times),
      element("td", {}, zones.map(({ zone }) => this.place("zones", zone)).join(", ")),
      element("td", { class: "words" }, this.words(texts)),
      element("td", { class: "words" }, now.length ? this.words(now) : t(W.none)),
      element("td", { class: "words" }, because.map((item) => this.because(item)).join("; ")),
    ]);
  }

  because({ field, source, by, at }) {
    const { t } = this.desk;
    const from = by || t(SOURCES[source] ?? source);
    return `${t(FIELDS[field] ?? field)} (${from}, ${clock(at, this.zone)})`;
  }

  /** What differed on boards, in words: the fields that were other ones, as they were and as they are. */
  shown({ call, boards, since, until, texts, now, proved }) {
    const { t } = this.desk;
    const present = new Map(now.map((text) => [`${text.name} ${text.language}`, text.text]));
    const after = ({ name, language }) => present.get(`${name} ${language}`);
    const mine = ({ language }) => language === this.desk.language || language === "";
    const differs = (text) => (now.length === 0 ? text.name === "number" : (after(text) ?? text.text) !== text.text);
    const differing = texts.filter((text) => mine(text) && differs(text));
    return {
      call,
      when: `${clock(since, this.zone)}–${until === null ? "" : clock(until, this.zone)}`,
      then: differing.map(({ text }) => text || "—").join(" · "),
      now: now.length === 0 ? t(W.off) : differing.map((text) => after(text) || "—").join(" · "),
      boards: boards.map((id) => this.place("boards", id) + (proved.includes(id) ? ` ✓ ${t(W.proved)}` : "")),
    };
  }

  row({ call, when, then, now, boards }) {
    return element("tr", {}, [
      element("th", { scope: "row" }, this.train(call)),
      element("td", {}, when),
      element("td", { class: "words" }, boards.join(", ")),
      element("td", { class: "words" }, then),
      element("td", { class: "words" }, now),
    ]);
  }

  correction({ call, deed, texts, task }) {
    const { t } = this.desk;
    const zones = deed.targets.map((id) => this.place("zones", id)).join(", ");
    const words = texts.map(({ language, text }) => element("p", { lang: language === "zh" ? "zh-CN" : language }, text));
    const send = task
      ? this.button(W.release, () => this.send([{ do: "handle", tasks: [task], how: "now" }]), "handle")
      : this.button(W.announce, () => this.send([deed]), "announce");
    return element("article", {}, element("h4", {}, this.train(call), element("small", {}, ` ${t(W.zones)}: ${zones}`)), words, send);
  }

  button(words, run, deed = "undo") {
    const may = this.desk.may(deed);
    return element("button", { type: "button", class: "chief", disabled: !may, onclick: run }, this.desk.t(words));
  }

  async send(deeds) {
    const done = await this.desk.attempt(() => this.desk.act(deeds, { words: W.right }));
    if (done !== null) {
      await this.show();
    }
  }

  /** Take the act back; where something was said because of it, the correction goes with it if the person wants. */
  async undo(act) {
    const deed = { do: "undo", act: act.id };
    const { told, refused } = await this.desk.api.post("/api/v1/acts/preview", { id: "told-preview", deeds: [deed] });
    const said = refused === null ? told.corrections.filter(({ task }) => task === "") : [];
    const send = (deeds) => this.send(deeds);
    if (said.length === 0) {
      await send([deed]);
      return;
    }
    const texts = said.flatMap(({ texts: words }) => words.map(({ text }) => element("p", {}, text)));
    const chosen = await this.desk.ask({
      title: W.undo,
      fields: [{ node: element("div", {}, texts) }, { name: "say", words: W.right, kind: "checkbox", value: true }],
      ok: W.both,
    });
    if (chosen !== null) {
      await send([deed, ...(chosen.say ? said.map((each) => each.deed) : [])]);
    }
  }

  words(texts) {
    const mine = texts.find(({ language }) => language === this.desk.language) ?? texts[0];
    return mine?.text ?? this.desk.t(W.none);
  }

  train(id) {
    return this.desk.world.calls.get(id)?.number ?? decodeURIComponent(id.split("/")[2] ?? id);
  }

  place(kind, id) {
    return named(this.desk, this.station?.[kind]?.find((each) => each.id === id)?.names, id);
  }
}

/** Boards that showed the same of the same train at the same time stand together. */
function grouped(shown) {
  const found = new Map();
  for (const each of shown.filter(({ then }) => then !== "")) {
    const key = JSON.stringify([each.call, each.when, each.then, each.now]);
    const known = found.get(key);
    found.set(key, known ? { ...known, boards: [...new Set([...known.boards, ...each.boards])] } : each);
  }
  return [...found.values()];
}

export default {
  id: "told",
  words: { zh: "已告知", en: "Told" },
  style: "/console/panes/told.css",
  roles: [],
  begin: offerCorrections,
  open(root, desk) {
    const pane = new ToldPane(root, desk);
    return { show: (argument) => void pane.show(argument) };
  },
};
