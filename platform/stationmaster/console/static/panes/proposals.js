// What the feed changed and nobody has taken: what stands, what it says, how long that may wait; accept and reject.

import { element, refill } from "../desk/element.js";
import { focusCurrent, markCurrent, redrawn, stepFrom } from "../desk/walking.js";
import { hhmm } from "../words.js";
import { acceptances } from "./proposal_acceptance.js";
import { fieldName, proposed, provenance, SOURCES, standing, WHY } from "./proposal_values.js";
import { ProposalWatch, SOUND, USUAL } from "./proposal_watch.js";
import { beep } from "./sound.js";

const HEADS = [
  { zh: "车次", en: "Train" },
  { zh: "项目", en: "Field" },
  { zh: "现在", en: "Now" },
  { zh: "设定者", en: "Set by" },
  { zh: "变更为", en: "Proposed" },
  { zh: "来源", en: "Source" },
  { zh: "原因", en: "Why it waits" },
  { zh: "等待", en: "Waits" },
  { zh: "影响旅客", en: "Matters" },
];
const MINUTE_S = 60;

let watch = null;

class Proposals {
  constructor(root, desk) {
    this.desk = desk;
    this.marked = new Set();
    this.current = null;
    const { t } = desk;
    this.count = element("output", {});
    this.body = element("tbody", {});
    this.idle = element("p", { class: "idle" }, t({ zh: "没有待确认的变更。", en: "Nothing waits for a decision." }));
    this.all = element("input", { type: "checkbox", "aria-label": t({ zh: "全部标记", en: "Mark all" }), onchange: () => this.markAll(this.all.checked) });
    const heads = HEADS.map((words) => element("th", { scope: "col" }, t(words)));
    this.table = element(
      "table",
      { "aria-label": t({ zh: "待确认的变更", en: "Changes that wait for a decision" }) },
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, this.all), heads, element("th", { scope: "col" }, t({ zh: "处理", en: "Decide" })))),
      this.body,
    );
    this.acceptances = acceptances(desk);
    root.append(this.bar(), element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t({ zh: "变更", en: "Changes" }) }, this.table, this.idle, this.acceptances.node));
    this.keys();
    this.repaint = () => this.paint();
    watch.listeners.add(this.repaint);
    desk.on(["proposal", "call", "minute"], this.repaint);
    desk.on(["acceptance"], () => this.acceptances.read());
    this.paint();
  }

  bar() {
    const { desk } = this;
    const { t } = desk;
    const may = desk.may("decide");
    const button = (words, run, more = {}) => element("button", { type: "button", disabled: !may, onclick: run, ...more }, t(words));
    const kept = { ...USUAL, ...desk.preferences.get(SOUND, USUAL) };
    const keep = () => desk.preferences.set(SOUND, { on: on.checked, volume: Number(volume.value) });
    const on = element("input", { type: "checkbox", checked: kept.on, onchange: keep });
    const volume = element("input", { type: "range", min: 5, max: 100, step: 5, value: kept.volume, "aria-label": t({ zh: "提示音量", en: "Volume of the tone" }), onchange: keep });
    return element(
      "div",
      { class: "bar" },
      button({ zh: "接受 A", en: "Accept A" }, () => this.decide(true), { class: "chief", id: "accept" }),
      button({ zh: "拒绝 R", en: "Reject R" }, () => this.decide(false), { id: "reject" }),
      button({ zh: "标记本车次 T", en: "Mark its train T" }, () => this.markLike("call")),
      button({ zh: "标记本来源 S", en: "Mark its source S" }, () => this.markLike("source")),
      element("label", {}, on, " ", t({ zh: "提示音", en: "Tone" })),
      volume,
      element("button", { type: "button", onclick: () => beep(Number(volume.value) / 100) }, t({ zh: "试听", en: "Try" })),
      this.count,
    );
  }

  keys() {
    const { desk } = this;
    desk.key("A", { zh: "接受（标记的或当前的）", en: "Accept what is marked, else this one" }, () => this.decide(true));
    desk.key("R", { zh: "拒绝", en: "Reject it" }, () => this.decide(false));
    desk.key("T", { zh: "标记本车次的全部", en: "Mark all of its train" }, () => this.markLike("call"));
    desk.key("S", { zh: "标记本来源的全部", en: "Mark all of its source" }, () => this.markLike("source"));
    desk.key(" ", { zh: "标记", en: "Mark it" }, (event) => (event.target.closest("button") ? false : this.mark(this.current)));
    desk.key("ArrowDown", { zh: "下一项", en: "Next" }, (event) => this.move(event, 1));
    desk.key("ArrowUp", { zh: "上一项", en: "Previous" }, (event) => this.move(event, -1));
    desk.key("Enter", { zh: "打开车次", en: "Open its train" }, (event) => (event.target.closest("tr[data-id]") === event.target ? this.openTrain() : false));
  }

  open() {
    return watch.open();
  }

  paint() {
    const { t } = this.desk;
    const open = this.open();
    const ids = new Set(open.map(({ id }) => id));
    this.marked = new Set([...this.marked].filter((id) => ids.has(id)));
    const before = this.order ?? [];
    if (!ids.has(this.current)) {
      const place = before.indexOf(this.current);
      this.current = before.slice(place + 1).find((id) => ids.has(id)) ?? before.slice(0, Math.max(0, place)).findLast((id) => ids.has(id)) ?? open[0]?.id ?? null;
    }
    this.order = open.map(({ id }) => id);
    redrawn(this.body, "id", () => refill(this.body, open.map((proposal) => this.row(proposal))));
    this.idle.hidden = open.length > 0;
    this.table.hidden = !open.length;
    this.all.checked = open.length > 0 && this.marked.size === open.length;
    const marked = this.marked.size ? ` · ${t({ zh: "已标记", en: "marked" })} ${this.marked.size}` : "";
    this.count.textContent = `${open.length} ${t({ zh: "项待确认", en: "waiting" })}${marked}`;
  }

  row(proposal) {
    const { desk } = this;
    const { t, world } = desk;
    const { id } = proposal;
    const call = world.calls.get(proposal.call);
    const how = watch.waiting.get(id);
    const presses = watch.presses(proposal);
    const may = desk.may("decide");
    const words = `${call?.number ?? ""} ${fieldName(t, proposal.field)}`;
    const decide = (accept, label) =>
      element("button", { type: "button", disabled: !may, "aria-label": `${t(label)} ${words}`, onclick: () => this.send([id], accept) }, t(label));
    return element(
      "tr",
      {
        "data-id": id,
        tabindex: id === this.current ? "0" : "-1",
        class: [this.marked.has(id) ? "marked" : "", id === this.current ? "current" : ""].join(" "),
        "aria-selected": null,
        onfocus: () => this.choose(id),
        onclick: () => this.choose(id),
      },
      element("td", {}, element("input", { type: "checkbox", checked: this.marked.has(id), "aria-label": `${t({ zh: "标记", en: "Mark" })} ${words}`, onchange: () => this.mark(id) })),
      element("td", { class: "number" }, call?.number ?? proposal.call),
      element("td", {}, fieldName(t, proposal.field)),
      element("td", {}, standing(desk, call, proposal.field)),
      element("td", { class: "dim" }, provenance(desk, call, proposal.field)),
      element("td", { class: "moved" }, `→ ${proposed(desk, proposal)}`),
      element("td", {}, t(SOURCES[proposal.source] ?? proposal.source)),
      element("td", {}, t(WHY[proposal.why] ?? proposal.why)),
      element("td", { class: how && how.warn_at <= desk.now() ? "bad" : "" }, this.since(proposal.at)),
      element("td", { class: presses ? "bad" : "" }, this.matters(how)),
      element("td", {}, decide(true, { zh: "接受", en: "Accept" }), " ", decide(false, { zh: "拒绝", en: "Reject" })),
    );
  }

  since(at) {
    const minutes = Math.max(0, Math.floor((this.desk.now() - at) / MINUTE_S));
    return `${hhmm(at, this.desk.world.zone)} · ${minutes} ${this.desk.t({ zh: "分", en: "min" })}`;
  }

  matters(how) {
    const { t, world } = this.desk;
    if (how === undefined) {
      return "…";
    }
    if (how.matters_at === null) {
      return t({ zh: "不再涉及旅客", en: "to nobody any more" });
    }
    const left = Math.ceil((how.matters_at - this.desk.now()) / MINUTE_S);
    if (left <= 0) {
      return `! ${t({ zh: "正在显示或广播", en: "shown or said now" })}`;
    }
    return `${hhmm(how.matters_at, world.zone)} · ${t({ zh: `${left} 分后`, en: `in ${left} min` })}`;
  }

  choose(id) {
    if (this.current !== id) {
      this.current = id;
      markCurrent(this.body, "id", id);
    }
  }

  move(event, step) {
    if (event.target.matches?.("input[type=range]") || !this.order.length) {
      return false;
    }
    this.choose(stepFrom(this.body, this.order, this.current, step));
    focusCurrent(this.body);
    return true;
  }

  mark(id) {
    if (id === null) {
      return;
    }
    this.marked.delete(id) || this.marked.add(id);
    this.choose(id);
    this.paint();
  }

  markAll(on) {
    this.marked = new Set(on ? this.order : []);
    this.paint();
  }

  markLike(what) {
    const like = this.desk.world.proposals.get(this.current);
    if (like !== undefined) {
      this.open()
        .filter((each) => each[what] === like[what])
        .forEach(({ id }) => this.marked.add(id));
      this.paint();
    }
  }

  decide(accept) {
    const ids = this.marked.size ? [...this.marked] : this.current === null ? [] : [this.current];
    if (ids.length && this.desk.may("decide")) {
      this.send(ids, accept);
    }
  }

  async send(ids, accept) {
    const { desk } = this;
    const chosen = ids.map((id) => desk.world.proposals.get(id)).filter(Boolean);
    const trains = [...new Set(chosen.map(({ call }) => desk.world.calls.get(call)?.number ?? call))].join(" ");
    const words = accept ? { zh: `已接受：${trains}`, en: `Accepted: ${trains}` } : { zh: `已拒绝：${trains}`, en: `Rejected: ${trains}` };
    const known = chosen.map(({ id, revision }) => ({ kind: "proposal", id, revision }));
    const done = await desk.attempt(() => desk.act([{ do: "decide", proposals: chosen.map(({ id }) => id), accept }], { words, known }));
    if (done) {
      ids.forEach((id) => this.marked.delete(id));
    }
    this.paint();
  }

  openTrain() {
    const proposal = this.desk.world.proposals.get(this.current);
    if (proposal !== undefined) {
      this.desk.go("day", { call: proposal.call });
    }
  }
}

export default {
  id: "proposals",
  words: { zh: "变更确认", en: "Proposals" },
  key: "3",
  style: "/console/panes/broadcast.css",
  /** From the start of the page on, whichever pane is open. */
  begin(desk) {
    watch = new ProposalWatch(desk);
  },
  open(root, desk) {
    const pane = new Proposals(root, desk);
    return { show: () => watch.read(), end: () => watch.listeners.delete(pane.repaint) };
  },
};
