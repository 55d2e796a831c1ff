// A timetable out of a file: dropped here or chosen, read by the hub, and drafted; with what came of it.

import { element, refill } from "../desk/element.js";

const WORDS_AFTER = /[\s,;]+/;

export class ImportView {
  /** `check()` has the draft checked. */
  constructor(desk, model, check) {
    Object.assign(this, { desk, model, check });
    const { t } = desk;
    this.input = element("input", {
      type: "file",
      id: "plans-file",
      accept: ".csv,.txt,.xlsx,.zip",
      "aria-label": t({ zh: "时刻表文件", en: "Timetable file" }),
      onchange: () => this.chosen(this.input.files[0]),
    });
    this.free = element("input", { type: "checkbox", id: "plans-without-track" });
    const field = (id, words, more = {}) =>
      element("label", { for: id }, t(words), " ", element("input", { type: "text", id, ...more }));
    this.feed = element(
      "fieldset",
      {},
      element("legend", {}, t({ zh: "GTFS（.zip）", en: "Of a GTFS feed (.zip)" })),
      field("plans-stops", { zh: "本站 stop_id", en: "The station's stop_id" }, { placeholder: "8000105 8000106" }),
      field("plans-classes", { zh: "等级", en: "Classes" }, { placeholder: "ICE=高速动车 type:2=快速" }),
      field("plans-tracks", { zh: "股道", en: "Tracks" }, { placeholder: "7a=7" }),
      element(
        "label",
        { for: "plans-numbers-from" },
        t({ zh: "车次取自", en: "Train number from" }),
        " ",
        element(
          "select",
          { id: "plans-numbers-from" },
          ["trip_short_name", "trip_id"].map((name) => element("option", { value: name }, name)),
        ),
      ),
    );
    this.drop = element(
      "div",
      {
        class: "plans-drop",
        ondragover: (event) => {
          event.preventDefault();
          this.drop.classList.add("over");
        },
        ondragleave: () => this.drop.classList.remove("over"),
        ondrop: (event) => {
          event.preventDefault();
          this.drop.classList.remove("over");
          this.chosen(event.dataTransfer.files[0]);
        },
      },
      element(
        "p",
        {},
        t({
          zh: "把文件拖到这里，或选择：CSV（UTF-8、GB18030）、Excel .xlsx 的第一张表、GTFS .zip",
          en: "Drop a file here, or choose one: CSV (UTF-8, GB18030), the first sheet of an Excel .xlsx, a GTFS .zip",
        }),
      ),
      this.input,
    );
    this.report = element("div", { class: "scroll plans-report", role: "status" });
    const track = element(
      "label",
      { for: "plans-without-track" },
      this.free,
      " ",
      t({ zh: "没有空闲股道的行也导入", en: "Bring in rows for which no track is free, too" }),
    );
    this.node = element("div", { class: "plans-column plans-import" }, this.drop, track, this.feed, this.report);
  }

  show() {
    const may = this.desk.may("importTimetable");
    this.drop.hidden = this.feed.hidden = !may;
    if (!may) {
      refill(
        this.report,
        element(
          "p",
          { class: "idle" },
          this.desk.t({ zh: "导入需要主管角色", en: "Importing needs the role of a supervisor" }),
        ),
      );
    }
  }

  value(id) {
    return this.node.querySelector(`#${id}`).value;
  }

  query(file) {
    const query = new URLSearchParams();
    query.set("kind", /\.zip$/i.test(file.name) ? "gtfs" : "timetable");
    query.set("without_track", this.free.checked ? "yes" : "no");
    if (query.get("kind") === "gtfs") {
      query.set("number_from", this.value("plans-numbers-from"));
      for (const [name, id] of [
        ["stop", "plans-stops"],
        ["class", "plans-classes"],
        ["track", "plans-tracks"],
      ]) {
        this.value(id)
          .split(WORDS_AFTER)
          .filter(Boolean)
          .forEach((word) => query.append(name, word));
      }
    }
    return query;
  }

  async chosen(file) {
    if (!file || !this.desk.may("importTimetable")) {
      return;
    }
    refill(this.report, element("p", { class: "idle" }, `${file.name} …`));
    try {
      const answer = await this.model.upload(file, this.query(file));
      this.paint(file.name, answer);
    } catch (problem) {
      this.desk.problem(problem);
      refill(this.report, element("p", { class: "bad" }, `${file.name}: ${problem.message} ${problem.hint ?? ""}`));
    }
    this.input.value = "";
  }

  paint(name, { problem, faults, report }) {
    const { t } = this.desk;
    if (report === null) {
      refill(
        this.report,
        element("p", { class: "bad" }, `${name}: ${problem}`),
        this.list({ zh: "错误", en: "Faults" }, faults.map(said)),
      );
      return;
    }
    const { drafted, rows, allotted, unallotted, names_added, left_out, warnings } = report;
    refill(
      this.report,
      element(
        "h2",
        { class: drafted ? "good" : "bad" },
        drafted
          ? this.model.drafted.length
            ? t({ zh: `${name}：${rows} 行已存入草稿`, en: `${name}: ${rows} rows are in the draft` })
            : t({ zh: `${name}：${rows} 行，与所用的相同`, en: `${name}: ${rows} rows, the same as are used` })
          : t({
              zh: `${name}：未导入，${report.faults.length} 个错误`,
              en: `${name}: nothing was imported, faults: ${report.faults.length}`,
            }),
      ),
      drafted && this.model.drafted.length && this.desk.may("checkDraft")
        ? element(
            "button",
            { type: "button", class: "chief", onclick: () => this.check() },
            t({ zh: "检查与预览", en: "Check and preview" }),
          )
        : null,
      allotted
        ? element("p", {}, t({ zh: `${allotted} 行已分配股道`, en: `${allotted} rows were given a track` }))
        : null,
      this.list({ zh: "错误", en: "Faults" }, report.faults.map(said)),
      this.list(
        { zh: "没有股道", en: "Without a track" },
        unallotted.map((row) => `${row.number} (${row.line}): ${row.reason}`),
      ),
      this.list(
        { zh: "略过", en: "Left out" },
        left_out.map((each) => `${each.reason}: ${each.trips.join(", ")}`),
      ),
      this.list({ zh: "新站名（按拼音，请修订）", en: "New stations (named by pinyin: mend them)" }, names_added),
      this.list({ zh: "提醒", en: "Warnings" }, warnings.map(said)),
    );
  }

  list(words, items) {
    return items.length
      ? element(
          "details",
          { open: items.length <= 30 },
          element("summary", {}, `${this.desk.t(words)} (${items.length})`),
          element(
            "ul",
            {},
            items.map((item) => element("li", {}, item)),
          ),
        )
      : null;
  }
}

const said = ({ place, problem, allowed }) => `${place}: ${problem}${allowed ? ` (${allowed})` : ""}`;
