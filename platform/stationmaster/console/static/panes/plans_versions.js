// Every version of the station's files: who applied it, when and why; each can be put back.

import { element, refill } from "../desk/element.js";
import { dateOf, hhmm } from "../words.js";

const HEADS = [
  { zh: "版本", en: "Version" },
  { zh: "时间", en: "When" },
  { zh: "何人", en: "Who" },
  { zh: "原因", en: "Why" },
  { zh: "改变的文件", en: "Changed files" },
  { zh: "恢复", en: "Put back" },
];
const MOST_NAMES = 6;

export class VersionsView {
  constructor(desk, model) {
    Object.assign(this, { desk, model });
    this.body = element("tbody", {});
    const head = element(
      "thead",
      {},
      element(
        "tr",
        {},
        HEADS.map((words) => element("th", { scope: "col" }, desk.t(words))),
      ),
    );
    this.node = element("div", { class: "scroll" }, element("table", { class: "plans-versions" }, head, this.body));
  }

  async show() {
    await this.model.load();
  }

  draftChanged() {
    const { t } = this.desk;
    const { versions } = this.model;
    refill(
      this.body,
      versions.length
        ? versions.map((version, place) => this.line(version, place === 0))
        : element(
            "tr",
            {},
            element(
              "td",
              { colspan: String(HEADS.length), class: "idle" },
              t({ zh: "还没有启用过草稿", en: "No draft has been applied yet" }),
            ),
          ),
    );
  }

  line({ number, at, by, why, changed, again }, used) {
    const { t, world, language } = this.desk;
    const names =
      changed.slice(0, MOST_NAMES).join(", ") + (changed.length > MOST_NAMES ? ` … (${changed.length})` : "");
    const what = again ? t({ zh: `恢复第 ${again} 版；`, en: `version ${again} again; ` }) : "";
    return element(
      "tr",
      { class: used ? "marked" : null },
      element("th", { scope: "row" }, String(number)),
      element("td", {}, `${dateOf(at, world.zone, language).slice(0, 10)} ${hhmm(at, world.zone)}`),
      element("td", {}, by || t({ zh: "原有", en: "found" })),
      element("td", { class: "wraps" }, what + why),
      element("td", { class: "wraps" }, names),
      element(
        "td",
        {},
        used
          ? element("strong", {}, t({ zh: "在用", en: "in use" }))
          : this.desk.may("putBackVersion")
            ? element(
                "button",
                { type: "button", "data-version": String(number), onclick: () => this.ask(number) },
                t({ zh: "恢复…", en: "Put back…" }),
              )
            : null,
      ),
    );
  }

  async ask(number) {
    const asked = await this.desk.ask({
      title: { zh: `恢复第 ${number} 版`, en: `Put version ${number} back` },
      fields: [{ name: "why", words: { zh: "原因", en: "Why" }, required: true, maxlength: 500 }],
      ok: { zh: "恢复", en: "Put back" },
    });
    if (asked !== null && asked.why.trim()) {
      await this.putBack(number, asked.why.trim());
    }
  }

  async putBack(number, why = this.desk.t({ zh: "撤销", en: "undo" })) {
    const applied = await this.desk.attempt(() => this.model.putBack(number, why));
    if (applied !== null) {
      this.desk.tell({
        zh: `第 ${number} 版已恢复，成为第 ${applied.version.number} 版`,
        en: `Version ${number} is used again, as version ${applied.version.number}`,
      });
    }
  }
}
