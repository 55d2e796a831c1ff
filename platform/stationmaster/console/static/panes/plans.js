// The plan desk: the next days' plans, and the timetable, the rules and all other files that they are made of.

import { element, refill } from "../desk/element.js";
import { CheckView } from "./plans_check.js";
import { DaysView } from "./plans_days.js";
import { ImportView } from "./plans_import.js";
import { DraftModel } from "./plans_model.js";
import { FilesView } from "./plans_text.js";
import { TimetableView } from "./plans_timetable.js";
import { VersionsView } from "./plans_versions.js";
import { VIEWS } from "./plans_words.js";

let last = "days"; // the view that was seen last

class Plans {
  constructor(root, desk) {
    this.desk = desk;
    this.tabs = element("nav", { class: "bar plans-views", "aria-label": desk.t({ zh: "计划台", en: "Plan desk" }) });
    this.status = element("div", { class: "bar plans-draft", role: "status" });
    this.place = element("div", { class: "plans-place" });
    root.append(this.tabs, this.status, this.place);
    this.model = new DraftModel(desk, () => this.paint());
    this.views = {
      days: new DaysView(desk),
      timetable: new TimetableView(desk, this.model),
      files: new FilesView(desk, this.model, (name) => this.show("files", { file: name })),
      import: new ImportView(desk, this.model, () => this.check()),
      versions: new VersionsView(desk, this.model),
    };
    this.result = new CheckView(desk, this.model, {
      jump: (fault) => this.jump(fault),
      apply: () => this.apply(),
      close: () => this.leaveCheck(),
    });
    this.checking = false; // whether what a check said is what is seen
    this.now = last;
    this.grown = new AbortController();
    const leaving = (event) => (this.views.files.unsaved() || this.views.timetable.unsaved()) && event.preventDefault();
    addEventListener("beforeunload", leaving, { signal: this.grown.signal });
    desk.on(["plan", "row"], () => this.views.days.changed());
    desk.on("person", () => this.paint());
    desk.key("Ctrl+Enter", { zh: "检查草稿", en: "Check the draft" }, () => this.check());
    Object.keys(VIEWS).forEach((view, place) => {
      desk.key(`Alt+Shift+${place + 1}`, VIEWS[view], () => this.show(view));
    });
    this.paint();
  }

  /** Show one of the views; `argument` is for it. */
  show(view = this.now, argument = null) {
    this.checking = false;
    this.now = view;
    this.paint();
    refill(this.place, this.views[view].node);
    this.desk.attempt(() => this.views[view].show(argument));
  }

  /** The pane is drawn anew: nothing that was typed is lost, and the person finds himself where he was. */
  end() {
    last = this.now;
    this.views.files.keep();
    this.views.timetable.keep();
    this.grown.abort();
  }

  refresh() {
    return this.desk.attempt(() => this.model.load());
  }

  paint() {
    const { t, may } = { t: this.desk.t, may: (name) => this.desk.may(name) };
    const { model } = this;
    refill(
      this.tabs,
      Object.entries(VIEWS).map(([view, words]) =>
        element(
          "button",
          {
            type: "button",
            "data-view": view,
            "aria-pressed": String(view === this.now && !this.checking),
            onclick: () => this.show(view),
          },
          t(words),
        ),
      ),
    );
    const drafted = model.drafted;
    const who = [...new Set(drafted.map((file) => file.by))].join("、");
    const names = drafted.map((file) => (file.stale ? `${file.name} ⚠` : file.name)).join(", ");
    const button = (id, words, run, more = {}) =>
      element("button", { type: "button", id, onclick: run, ...more }, t(words));
    refill(
      this.status,
      model.busy ? element("strong", {}, model.busy) : null,
      drafted.length
        ? element(
            "span",
            { id: "plans-drafted" },
            element(
              "strong",
              {},
              t({
                zh: `草稿 ${drafted.length} 个文件`,
                en: `Draft of ${drafted.length} file${drafted.length === 1 ? "" : "s"}`,
              }),
            ),
            ` ${names} — ${who}`,
          )
        : element(
            "span",
            { id: "plans-drafted", class: "dim" },
            t({ zh: "没有草稿：当前所用即全部", en: "Nothing is drafted: what is used is all there is" }),
          ),
      drafted.length && may("checkDraft")
        ? button(
            "plans-check",
            { zh: "检查与预览 Ctrl+Enter", en: "Check and preview Ctrl+Enter" },
            () => this.check(),
            { class: "chief" },
          )
        : null,
      drafted.length && may("dropDraft")
        ? button("plans-drop", { zh: "放弃草稿", en: "Drop the draft" }, () => this.drop())
        : null,
    );
    this.views?.[this.now].draftChanged?.();
  }

  /** Have the draft checked, and show what comes of it. What is typed and not yet saved is saved first. */
  async check() {
    await this.desk.attempt(async () => {
      const view = this.views[this.now];
      if (view.unsaved?.() && !(await view.save())) {
        return;
      }
      await this.model.check();
      this.checking = true;
      this.paint();
      this.result.paint();
      refill(this.place, this.result.node);
      this.result.node.focus();
    });
  }

  leaveCheck() {
    this.show(this.now);
  }

  jump({ file, place }) {
    if (file === "timetable.csv") {
      this.show("timetable", { place });
    } else {
      this.show("files", { file, place });
    }
  }

  async apply() {
    const asked = await this.desk.ask({
      title: { zh: "启用草稿", en: "Apply the draft" },
      fields: [{ name: "why", words: { zh: "原因", en: "Why" }, required: true, maxlength: 500 }],
      ok: { zh: "启用", en: "Apply" },
    });
    if (asked === null || !asked.why.trim()) {
      return;
    }
    const before = this.model.versions[0]?.number ?? 1;
    const applied = await this.desk.attempt(() => this.model.apply(asked.why.trim()));
    if (applied !== null) {
      const { number } = applied.version;
      this.desk.tell(
        { zh: `第 ${number} 版已启用`, en: `Version ${number} is used now` },
        {
          actions: [
            {
              words: { zh: "恢复前一版", en: "Put the version before back" },
              run: () => this.views.versions.putBack(Math.max(before, number - 1)),
            },
          ],
        },
      );
      this.show(this.now);
    }
  }

  async drop() {
    const sure = await this.desk.ask({
      title: { zh: "放弃全部草稿？", en: "Drop the whole draft?" },
      ok: { zh: "放弃", en: "Drop it" },
      danger: true,
    });
    if (sure !== null) {
      await this.desk.attempt(() => this.model.drop());
      this.show(this.now);
    }
  }
}

export default {
  id: "plans",
  words: { zh: "计划台", en: "Plan desk" },
  key: "8",
  style: "/console/panes/plans.css",
  roles: [],
  open(root, desk) {
    const plans = new Plans(root, desk);
    plans.show();
    return {
      show(argument) {
        plans.refresh();
        if (argument?.view) {
          plans.show(argument.view, argument);
        }
      },
      hide() {},
      end: () => plans.end(),
    };
  },
};
