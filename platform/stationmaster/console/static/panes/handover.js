// A change of shift: the sheet of this moment, signed by who goes and by who comes; and the sheets of before. It prints.

import { element, refill } from "../desk/element.js";
import { dateOf } from "../words.js";
import { deedsOf, saidOf, subjectOf } from "./audit_words.js";
import { showConfirmations } from "./confirming.js";
import { SECTIONS } from "./handover_words.js";
import { whenIn, whenZoneIsKnown } from "./log_words.js";

/** Sections whose words are the hub's own. */
const CODED = new Set(["manual", "acceptance", "held", "proposals", "conflicts", "trains", "devices"]);
const W = {
  now: { zh: "现在的交接单", en: "The sheet of now" },
  again: { zh: "刷新", en: "Refresh" },
  print: { zh: "打印", en: "Print" },
  before: { zh: "以前的交接单", en: "Sheets of before" },
  title: { zh: "交接班记录", en: "Change of shift" },
  from: { zh: "自", en: "from" },
  to: { zh: "至", en: "to" },
  nothing: { zh: "无", en: "Nothing" },
  more: { zh: "仅显示前", en: "Only the first" },
  of: { zh: "项，共", en: "of" },
  notes: { zh: "交班说明", en: "What else the next shift should know" },
  give: { zh: "签名交班", en: "Sign and hand over" },
  take: { zh: "签名接班", en: "Sign and take over" },
  gone: { zh: "交班人", en: "Handed over by" },
  come: { zh: "接班人", en: "Taken over by" },
  waits: { zh: "尚无人接班：接班人请以本人账户登录后签名。", en: "Nobody has taken over yet: who comes logs in under his own name and signs." },
  given: { zh: "已签名交班", en: "Handed over" },
  taken: { zh: "已签名接班", en: "Taken over" },
  number: { zh: "第", en: "No." },
};

class HandoverPane {
  constructor(root, desk) {
    this.desk = desk;
    this.body = element("div", { class: "sheet-of" });
    this.bar = element("div", { class: "bar no-print" });
    whenZoneIsKnown(desk, () => this.read());
    root.append(this.bar, element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": desk.t(W.title) }, this.body));
  }

  async read(number = null) {
    const { api } = this.desk;
    const found = await this.desk.attempt(() =>
      Promise.all([api.get(number === null ? "/api/v1/handover" : `/api/v1/handovers/${number}`), api.get("/api/v1/handovers")]),
    );
    if (found === null) {
      return;
    }
    const [told, { handovers }] = found;
    this.paintBar(handovers, number);
    if (number === null) {
      this.paintNow(told);
    } else {
      refill(this.body, this.signed(told.handover));
    }
  }

  paintBar(handovers, number) {
    const { t } = this.desk;
    const chosen = element(
      "select",
      { id: "handover-which", "aria-label": t(W.before), onchange: () => this.read(chosen.value === "" ? null : Number(chosen.value)) },
      element("option", { value: "", selected: number === null }, t(W.now)),
      handovers.map(({ id, sheet, gone, come }) =>
        element("option", { value: id, selected: id === number }, `${id} · ${this.stamp(sheet.at)} · ${gone.name} → ${come?.name ?? "…"}`),
      ),
    );
    const button = (words, run, id) => element("button", { type: "button", id, onclick: run }, t(words));
    refill(this.bar, chosen, button(W.again, () => this.read(number), "handover-again"), button(W.print, () => print(), "handover-print"));
  }

  paintNow({ sheet, last, open }) {
    const { desk } = this;
    const { t } = desk;
    const parts = [];
    if (open && last !== null) {
      const own = last.gone.login === desk.world.person?.login;
      const take = element("button", { type: "button", class: "chief", id: "handover-take", onclick: () => this.take(last.id) }, t(W.take));
      parts.push(this.signed(last), element("p", { class: "no-print" }, t(W.waits), " ", desk.may("takeHandover") && !own ? take : null), element("hr", {}));
    }
    parts.push(this.sheet(sheet, t(W.now)));
    if (desk.may("giveHandover")) {
      const notes = element("textarea", { id: "handover-notes", rows: 4, maxlength: 10000 }, desk.preferences.get("handover.notes", ""));
      notes.addEventListener("change", () => desk.preferences.set("handover.notes", notes.value));
      parts.push(
        element("h3", {}, element("label", { for: "handover-notes" }, t(W.notes))),
        notes,
        element("p", { class: "no-print" }, element("button", { type: "button", class: "chief", id: "handover-give", onclick: () => this.give(notes.value) }, t(W.give))),
      );
    }
    refill(this.body, parts);
  }

  /** A sheet with its signatures. */
  signed({ id, sheet, notes, gone, come }) {
    const { t } = this.desk;
    const signature = (words, who) => element("p", { class: "signed" }, `${t(words)}: `, element("strong", {}, who ? `${who.name} (${who.login})` : "____________"), who ? ` · ${this.stamp(who.at)}` : "");
    return [
      this.sheet(sheet, `${t(W.title)} ${t(W.number)} ${id}`),
      element("h3", {}, t(W.notes)),
      element("div", { class: "notes" }, notes || t(W.nothing)),
      signature(W.gone, gone),
      signature(W.come, come),
    ];
  }

  sheet(sheet, title) {
    const { t } = this.desk;
    return element(
      "section",
      {},
      element("h2", {}, `${title} · ${t(W.from)} ${this.stamp(sheet.since)} ${t(W.to)} ${this.stamp(sheet.at)}`),
      sheet.sections.map((section) => this.section(section)),
    );
  }

  section({ id, total, items }) {
    const { t, world } = this.desk;
    const words = SECTIONS[id] ?? { title: { zh: id, en: id }, at: W.from };
    const head = element("h3", {}, `${t(words.title)} · ${total}`);
    if (total === 0) {
      return [head, element("p", { class: "dim signed" }, t(W.nothing))];
    }
    const rows = items.map(({ subject, words: what, at, by }) =>
      element(
        "tr",
        {},
        subject ? element("th", { scope: "row", class: "wraps" }, subjectOf(subject, t)) : element("td", {}),
        element("td", { class: "wraps" }, this.what(id, what)),
        element("td", {}, at === null ? "" : `${t(words.at)} ${whenIn(at, world.zone).slice(0, 5)}`),
        element("td", {}, CODED.has(id) ? saidOf(by, t) : by),
      ),
    );
    const less = items.length < total ? element("p", { class: "dim" }, `${t(W.more)} ${items.length} ${t(W.of)} ${total}`) : null;
    return [head, element("table", { class: "sheet", "aria-label": t(words.title) }, element("tbody", {}, rows)), less];
  }

  /** What is told of an item: coded words in the person's language, instants as times; what people wrote as it is. */
  what(section, words) {
    const { t, world } = this.desk;
    if (section === "acts") {
      return deedsOf(words, t);
    }
    return CODED.has(section) ? saidOf(words, t).replace(/\b1\d{9}\b/g, (instant) => whenIn(Number(instant), world.zone).slice(0, 5)) : words;
  }

  stamp(instant) {
    const { world, language } = this.desk;
    return `${dateOf(instant, world.zone, language).slice(5, 10)} ${whenIn(instant, world.zone).slice(0, 5)}`;
  }

  async give(notes) {
    if ((await this.desk.attempt(() => this.desk.api.post("/api/v1/handover", { notes }))) !== null) {
      this.desk.preferences.set("handover.notes", "");
      this.desk.tell(W.given, { kind: "ok" });
      await this.read();
    }
  }

  async take(number) {
    if ((await this.desk.attempt(() => this.desk.api.post(`/api/v1/handovers/${number}/signature`))) !== null) {
      this.desk.tell(W.taken, { kind: "ok" });
      await this.read(number);
    }
  }
}

export default {
  id: "handover",
  words: { zh: "交接班", en: "Shift" },
  style: "/console/panes/audit.css",
  roles: [],
  begin(desk) {
    document.head.append(element("link", { rel: "stylesheet", href: "/console/panes/audit.css" }));
    showConfirmations(desk);
  },
  open(root, desk) {
    const pane = new HandoverPane(root, desk);
    return { show: () => void pane.read(), hide() {} };
  },
};
