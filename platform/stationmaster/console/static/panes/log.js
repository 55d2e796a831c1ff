// The log: everything that was done, for auditors. Searched, paged, exported and checked; nothing in it can be changed.

import { element, refill } from "../desk/element.js";
import { dateOf } from "../words.js";
import { fieldOf, rolesOf, subjectOf, wordsOf } from "./audit_words.js";
import { kindWords, LOG_KINDS, shown, whenIn, whenZoneIsKnown } from "./log_words.js";

const PAGE = 100;
const W = {
  when: { zh: "时间", en: "When" },
  kind: { zh: "类别", en: "Kind" },
  who: { zh: "谁", en: "Who" },
  origin: { zh: "来自", en: "From where" },
  subject: { zh: "对象", en: "What about" },
  words: { zh: "内容", en: "What" },
  changes: { zh: "由 → 到", en: "From → to" },
  why: { zh: "原因", en: "Why" },
  since: { zh: "自", en: "From" },
  until: { zh: "至", en: "Until" },
  text: { zh: "文字", en: "Text" },
  any: { zh: "全部类别", en: "Any kind" },
  search: { zh: "查询", en: "Search" },
  older: { zh: "更早的记录", en: "Older records" },
  csv: { zh: "导出 CSV", en: "Export CSV" },
  jsonl: { zh: "导出 JSON", en: "Export JSON" },
  check: { zh: "校验日志", en: "Check the log" },
  nothing: { zh: "没有符合的记录。", en: "No record is so." },
  end: { zh: "末条记录", en: "Last record" },
  fresh: { zh: "有新的记录", en: "There are new records" },
};
const FAULTS = {
  altered: { zh: "被改动", en: "altered" },
  beginning: { zh: "开头缺失", en: "its beginning is missing" },
  broken: { zh: "与前一条不连续", en: "does not follow the one before" },
  end: { zh: "末尾缺失", en: "its end is missing" },
  gap: { zh: "缺少记录", en: "records are missing" },
  rewritten: { zh: "被重写", en: "written anew" },
};

class LogPane {
  constructor(root, desk) {
    this.desk = desk;
    this.next = null;
    const { t } = desk;
    this.body = element("tbody", {});
    this.idle = element("p", { class: "idle", hidden: true }, t(W.nothing));
    this.more = element("button", { type: "button", id: "log-older", hidden: true, onclick: () => this.read(true) }, t(W.older));
    this.head = element("output", { id: "log-head" });
    this.verdict = element("p", { id: "log-verdict", role: "status", hidden: true });
    const heads = ["when", "kind", "who", "origin", "subject", "words", "changes", "why"].map((name) => element("th", { scope: "col" }, t(W[name])));
    const table = element("table", { class: "log", "aria-label": t({ zh: "操作日志", en: "The log" }) }, element("thead", {}, element("tr", {}, heads)), this.body);
    const region = { class: "scroll", tabindex: "0", role: "region", "aria-label": t({ zh: "记录", en: "Records" }) };
    whenZoneIsKnown(desk, () => this.read());
    root.append(this.bar(), this.verdict, element("div", region, table, this.idle, this.more));
  }

  bar() {
    const { t } = this.desk;
    const field = (name, given) => (this[name] = element("input", { id: `log-${name}`, autocomplete: "off", ...given }));
    const label = (name, node) => element("span", { class: "together" }, element("label", { for: `log-${name}` }, t(W[name])), " ", node);
    const kinds = Object.keys(LOG_KINDS).map((kind) => element("option", { value: kind }, kindWords(kind, t)));
    this.kind = element("select", { id: "log-kind" }, element("option", { value: "" }, t(W.any)), kinds);
    const button = (name, run, more = {}) => element("button", { type: "button", id: `log-${name}`, onclick: run, ...more }, t(W[name]));
    return element(
      "form",
      { class: "bar", onsubmit: (event) => (event.preventDefault(), this.read()) },
      label("text", field("text", { type: "search", size: 14 })),
      label("who", field("who", { type: "search", size: 8 })),
      label("kind", this.kind),
      label("since", field("since", { type: "datetime-local" })),
      label("until", field("until", { type: "datetime-local" })),
      element("button", { type: "submit", class: "chief", id: "log-search" }, t(W.search)),
      button("csv", () => this.export("csv")),
      button("jsonl", () => this.export("jsonl")),
      button("check", () => this.check()),
      this.head,
    );
  }

  /** What is asked for, as the address has it. */
  wanted(more = {}) {
    const asked = { text: this.text.value.trim(), who: this.who.value.trim(), kind: this.kind.value, since: this.since.value, until: this.until.value, ...more };
    return new URLSearchParams(Object.entries(asked).filter(([, value]) => value !== "" && value !== null));
  }

  async read(further = false) {
    const before = further ? this.next : null;
    const page = await this.desk.attempt(() => this.desk.api.get(`/api/v1/log?${this.wanted({ limit: PAGE, before })}`));
    if (page === null) {
      return;
    }
    const rows = page.records.map((record) => this.row(record));
    if (further) {
      this.body.append(...rows);
    } else {
      refill(this.body, rows);
    }
    this.next = page.next;
    this.more.hidden = page.next === null;
    this.idle.hidden = this.body.childElementCount > 0;
    if (page.head !== null) {
      this.head.textContent = `${this.desk.t(W.end)} ${page.head.sequence}:${page.head.hash.slice(0, 12)}…`;
      this.head.title = `${page.head.sequence}:${page.head.hash}`;
    }
  }

  row(record) {
    const { t, world, language } = this.desk;
    const day = dateOf(record.at, world.zone, language).slice(0, 10);
    const changed = record.changes.filter(({ field, before, after }) => before !== after && !field.startsWith("provenance."));
    const value = (field, text) => (field === "roles" ? rolesOf(shown(text, world.zone), t) : shown(text, world.zone));
    const lines = changed.map(({ subject, field, before, after }) =>
      element("li", {}, element("span", { class: "dim" }, `${subjectOf(subject, t)} ${fieldOf(subject, field, t)} `), value(field, before), " → ", element("strong", {}, value(field, after))),
    );
    const many = lines.length > 3;
    const list = element("ul", {}, lines);
    const summary = element("summary", {}, `${lines.length} ${t({ zh: "项", en: "fields" })}`);
    const who = record.who || record.login ? [record.who, " ", element("span", { class: "dim" }, record.login)] : t({ zh: "中心", en: "the hub" });
    return element(
      "tr",
      { "data-sequence": record.sequence, title: `${record.sequence} · ${record.hash}` },
      element("td", { class: "time" }, `${day} ${whenIn(record.at, world.zone)}`),
      element("td", {}, kindWords(record.kind, t)),
      element("td", {}, who),
      element("td", {}, record.origin),
      element("td", { class: "wraps" }, subjectOf(record.subject, t)),
      element("td", { class: "wraps" }, wordsOf(record, t)),
      element("td", { class: "wraps" }, many ? element("details", {}, summary, list) : list),
      element("td", { class: "wraps" }, record.why),
    );
  }

  export(format) {
    const link = element("a", { href: `/api/v1/log/export?${this.wanted({ format })}`, download: `log.${format}` });
    document.body.append(link);
    link.click();
    link.remove();
  }

  async check() {
    const { t } = this.desk;
    const found = await this.desk.attempt(() => this.desk.api.get("/api/v1/log/check"));
    if (found === null) {
      return;
    }
    const { proof } = found;
    const whole = { zh: `✓ 日志完整：${proof.records} 条记录均未改动`, en: `✓ The log is whole: ${proof.records} records are what was written` };
    const broken = proof.faults.map(({ sequence, code }) => `${sequence}: ${t(FAULTS[code] ?? { zh: code, en: code })}`).join("; ");
    this.verdict.className = proof.faults.length ? "bad" : "good";
    this.verdict.textContent = proof.faults.length ? `⚠ ${t({ zh: "日志有问题", en: "The log is not whole" })} · ${broken}` : `${t(whole)} · ${t(W.end)} ${proof.last}:${proof.hash}`;
    this.verdict.hidden = false;
    await this.read();
  }
}

export default {
  id: "log",
  words: { zh: "日志", en: "Log" },
  style: "/console/panes/audit.css",
  roles: ["auditor"],
  open(root, desk) {
    const pane = new LogPane(root, desk);
    return { show: () => void pane.read(), hide() {} };
  },
};
