// What a check of the draft said: every fault, with the way to it; or else what the draft would change.

import { element, refill } from "../desk/element.js";
import { hhmm } from "../words.js";
import { differences } from "./plans_rows.js";
import { CHANGES, kindWords } from "./plans_words.js";

const MOST_IDS = 30;

export class CheckView {
  /** `hear`: jump(fault), apply(), close(). */
  constructor(desk, model, hear) {
    Object.assign(this, { desk, model, hear });
    this.node = element("div", { class: "plans-result scroll", tabindex: "-1" });
  }

  paint() {
    const { t } = this.desk;
    const { checked } = this.model;
    if (checked === null) {
      refill(
        this.node,
        element("p", { class: "idle" }, t({ zh: "草稿已变，请再检查", en: "The draft is another: check it again" })),
      );
      return;
    }
    const good = checked.faults.length === 0;
    refill(
      this.node,
      element(
        "div",
        { class: "bar" },
        element(
          "button",
          { type: "button", id: "plans-back", onclick: () => this.hear.close() },
          t({ zh: "← 返回编辑", en: "← Back to editing" }),
        ),
        good
          ? element("strong", { class: "good" }, t({ zh: "✓ 没有错误", en: "✓ No faults" }))
          : element(
              "strong",
              { class: "bad" },
              t({
                zh: `✕ ${checked.faults.length} 个错误，不能启用`,
                en: `✕ ${checked.faults.length} fault${checked.faults.length === 1 ? "" : "s"}: it cannot be applied`,
              }),
            ),
        good && this.desk.may("applyDraft") && this.model.drafted.length
          ? element(
              "button",
              { type: "button", id: "plans-apply", class: "chief", onclick: () => this.hear.apply() },
              t({ zh: "启用…", en: "Apply…" }),
            )
          : null,
      ),
      this.faults({ zh: "错误", en: "Faults" }, checked.faults),
      checked.preview ? this.preview(checked.preview) : null,
      this.faults({ zh: "提醒", en: "Warnings" }, checked.warnings),
      checked.summary.length
        ? element(
            "details",
            {},
            element("summary", {}, t({ zh: "概要", en: "Summary" })),
            checked.summary.map((line) => element("p", {}, line)),
          )
        : null,
    );
  }

  faults(words, faults) {
    const { t } = this.desk;
    if (!faults.length) {
      return null;
    }
    const heads = [
      { zh: "文件", en: "File" },
      { zh: "位置", en: "Place" },
      { zh: "问题", en: "Problem" },
      { zh: "允许", en: "Allowed" },
    ];
    return element(
      "section",
      {},
      element("h2", {}, `${t(words)} (${faults.length})`),
      element(
        "table",
        { class: "plans-faults" },
        element(
          "thead",
          {},
          element(
            "tr",
            {},
            heads.map((head) => element("th", { scope: "col" }, t(head))),
          ),
        ),
        element(
          "tbody",
          {},
          faults.map((fault) =>
            element(
              "tr",
              {},
              element("td", {}, fault.file),
              element(
                "td",
                {},
                element("button", { type: "button", onclick: () => this.hear.jump(fault) }, fault.place),
              ),
              element("td", { class: "wraps" }, fault.problem),
              element("td", { class: "wraps dim" }, fault.allowed),
            ),
          ),
        ),
      ),
    );
  }

  preview({ configuration, plans, tasks, samples }) {
    const { t } = this.desk;
    const nothing = !configuration.length && !plans.length;
    return element(
      "section",
      { id: "plans-preview" },
      element("h2", {}, t({ zh: "将会改变", en: "What would change" })),
      nothing ? element("p", {}, t({ zh: "没有任何变化", en: "Nothing" })) : null,
      configuration.length
        ? element(
            "ul",
            {},
            configuration.map((each) => this.kind(each)),
          )
        : null,
      plans.map(({ day, rows, waiting }) => [
        differences({ zh: `${day} 的计划`, en: `Plan of ${day}` }, rows, this.desk, rows.length <= 20),
        waiting
          ? element(
              "p",
              { class: "moved" },
              t({
                zh: `其中 ${waiting} 行已核对、锁定或已开行，待人决定`,
                en: `${waiting} of these rows would wait for a decision: checked, locked, or the train has run`,
              }),
            )
          : null,
      ]),
      this.tasks(tasks),
      this.samples(samples),
    );
  }

  kind({ kind, added, changed, gone }) {
    const { t } = this.desk;
    const ids = (list) => list.slice(0, MOST_IDS).join(", ") + (list.length > MOST_IDS ? ` … (${list.length})` : "");
    const part = (change, list) =>
      list.length ? element("span", { class: `plans-${change}` }, ` ${t(CHANGES[change])}: ${ids(list)}. `) : null;
    return element(
      "li",
      {},
      element("strong", {}, t(kindWords(kind))),
      part("added", added),
      part("changed", changed),
      part("gone", gone),
    );
  }

  tasks({ made, moved, changed, gone, tomorrow, first }) {
    const { t } = this.desk;
    const count = made + moved + changed + gone;
    if (!count) {
      return element("p", {}, t({ zh: "没有任务变化", en: "No task would change" }));
    }
    const zone = this.desk.world.zone;
    const heads = [
      { zh: "变化", en: "Change" },
      { zh: "日期", en: "Day" },
      { zh: "车次", en: "Train" },
      { zh: "规则", en: "Rule" },
      { zh: "原时刻", en: "Before" },
      { zh: "新时刻", en: "After" },
    ];
    return element(
      "details",
      { open: true },
      element(
        "summary",
        {},
        t({
          zh: `任务：新增 ${made}，改时 ${moved}，内容改 ${changed}，减 ${gone}；其中明日 ${tomorrow}`,
          en: `Tasks: ${made} made, ${moved} moved, ${changed} changed, ${gone} gone; ${tomorrow} of them tomorrow`,
        }),
      ),
      element(
        "table",
        {},
        element(
          "thead",
          {},
          element(
            "tr",
            {},
            heads.map((head, at) => element("th", { scope: "col", class: at > 3 ? "time" : null }, t(head))),
          ),
        ),
        element(
          "tbody",
          {},
          first.map((task) =>
            element(
              "tr",
              { class: `plans-${task.change}` },
              element("td", {}, t(CHANGES[task.change])),
              element("td", {}, task.day ?? ""),
              element("th", { scope: "row" }, task.number),
              element("td", {}, task.rule),
              element("td", { class: "time" }, hhmm(task.before, zone)),
              element("td", { class: "time" }, hhmm(task.after, zone)),
            ),
          ),
        ),
      ),
      count > first.length
        ? element(
            "p",
            { class: "dim" },
            t({ zh: `另有 ${count - first.length} 项`, en: `and ${count - first.length} more` }),
          )
        : null,
    );
  }

  samples(samples) {
    const { t } = this.desk;
    if (!samples.length) {
      return null;
    }
    return element(
      "section",
      {},
      element("h2", {}, t({ zh: `文本样例（${samples[0].number}）`, en: `Sample texts (${samples[0].number})` })),
      samples.map(({ template, language, before, after }) =>
        element(
          "dl",
          { class: "plans-sample" },
          element("dt", {}, `${template} · ${language}`),
          element("dd", { lang: language }, element("del", {}, before || "—")),
          element("dd", { lang: language }, element("ins", {}, after || "—")),
        ),
      ),
    );
  }
}
