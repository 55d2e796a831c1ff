// The station's files as texts: one is edited at a time, with its lines numbered and its faults beside them.

import { element, refill, setText } from "../desk/element.js";
import { lineOf, spanOf } from "./plans_reading.js";

const ABSENT = "-.-"; // the tag of a file that is not there
const LARGEST = 4_000_000; // bytes, as the hub has it
const NO_UTF8 = "\ufffd";
const LAYOUT = /^layouts\/[A-Za-z0-9][A-Za-z0-9_-]{0,60}\.toml$/;

let kept = null; // what was typed and not saved when the pane was drawn anew, as in another language

export class FilesView {
  /** `chosen(name)` shows another file. */
  constructor(desk, model, chosen) {
    Object.assign(this, { desk, model, chosen });
    this.name = "rules.toml";
    this.tag = ABSENT;
    this.saved = ""; // the text as the hub has it
    const { t } = desk;
    this.list = element("ul", { class: "plans-files", "aria-label": t({ zh: "文件", en: "Files" }) });
    this.numbers = element("pre", { class: "plans-numbers", "aria-hidden": "true" });
    this.area = element("textarea", {
      id: "plans-text",
      spellcheck: "false",
      autocomplete: "off",
      wrap: "off",
      oninput: () => this.typed(),
      onscroll: () => (this.numbers.scrollTop = this.area.scrollTop),
      onkeydown: (event) => this.press(event),
    });
    this.title = element("h2", {});
    this.told = element("span", { class: "dim", role: "status" });
    this.saving = element(
      "button",
      { type: "button", id: "plans-save", onclick: () => this.save() },
      t({ zh: "存入草稿 Ctrl+S", en: "Save to the draft Ctrl+S" }),
    );
    this.dropping = element(
      "button",
      { type: "button", onclick: () => this.drop() },
      t({ zh: "放弃此文件的草稿", en: "Drop this file's draft" }),
    );
    this.source = element("input", {
      type: "file",
      id: "plans-source",
      hidden: true,
      onchange: () => this.read(this.source.files[0]),
    });
    this.reading = element(
      "button",
      { type: "button", id: "plans-read", onclick: () => this.source.click() },
      t({ zh: "从本机文件读入…", en: "Read from a file…" }),
    );
    this.faults = element("ol", { class: "plans-lines" });
    const text = element("div", { class: "plans-editor" }, this.numbers, this.area);
    const bar = element("div", { class: "bar" }, this.title, this.saving, this.dropping, this.reading, this.source, this.told);
    this.node = element(
      "div",
      { class: "plans-split" },
      this.list,
      element("div", { class: "plans-column" }, bar, text, this.faults),
    );
  }

  /** Keep what is not saved for the next drawing of the pane. */
  keep() {
    kept = this.unsaved() ? { name: this.name, tag: this.tag, saved: this.saved, text: this.area.value } : null;
  }

  restore() {
    if (kept !== null) {
      Object.assign(this, { name: kept.name, tag: kept.tag, saved: kept.saved });
      this.area.value = kept.text;
      this.area.setAttribute("aria-label", kept.name);
      kept = null;
      this.numbered();
      this.draftChanged();
    }
  }

  async show(argument) {
    this.restore();
    const name = argument?.file ?? this.name;
    if (name !== this.name || !this.unsaved()) {
      await this.open(name);
    }
    if (argument?.place) {
      this.jump(argument.place);
    }
  }

  async open(name) {
    if (this.unsaved() && !(await this.save())) {
      return;
    }
    this.name = name;
    const found = await this.model.file(name);
    this.taken(found, found?.text ?? "");
    this.area.scrollTop = 0;
  }

  taken(body, text) {
    this.tag = body?.file.tag ?? ABSENT;
    this.saved = body?.text ?? "";
    this.area.value = text;
    this.area.readOnly = !this.desk.may("putStationFile");
    this.area.setAttribute("aria-label", this.name);
    this.numbered();
    this.draftChanged();
  }

  unsaved() {
    return this.area.value !== this.saved;
  }

  typed() {
    this.numbered();
    this.paintBar();
  }

  numbered() {
    const count = this.area.value.split("\n").length;
    if (this.numbers.dataset.count !== String(count)) {
      this.numbers.dataset.count = String(count);
      setText(this.numbers, Array.from({ length: count }, (_, at) => at + 1).join("\n"));
    }
  }

  draftChanged() {
    const { t } = this.desk;
    refill(
      this.list,
      this.model.files.map((file) =>
        element(
          "li",
          {},
          element(
            "button",
            {
              type: "button",
              "data-file": file.name,
              "aria-pressed": String(file.name === this.name),
              onclick: () => this.chosen(file.name),
            },
            file.name,
            file.drafted ? element("span", { class: "moved" }, file.stale ? " ⚠" : " ●") : null,
          ),
        ),
      ),
      this.desk.may("putStationFile")
        ? element(
            "li",
            {},
            element(
              "button",
              { type: "button", id: "plans-add", onclick: () => this.add() },
              t({ zh: "+ 文件…", en: "+ File…" }),
            ),
          )
        : null,
    );
    const faults = (this.model.checked?.faults ?? []).filter(({ file }) => file === this.name);
    refill(
      this.faults,
      faults.map((fault) =>
        element(
          "li",
          {},
          element("button", { type: "button", onclick: () => this.jump(fault.place) }, `${fault.place}`),
          ` ${fault.problem}`,
          fault.allowed ? element("span", { class: "dim" }, ` (${fault.allowed})`) : null,
        ),
      ),
    );
    this.paintBar();
  }

  paintBar() {
    const { t } = this.desk;
    const file = this.model.files.find(({ name }) => name === this.name);
    setText(this.title, this.name);
    this.saving.hidden = this.reading.hidden = !this.desk.may("putStationFile");
    this.saving.disabled = !this.unsaved();
    this.dropping.hidden = !file?.drafted || !this.desk.may("dropDraftedFile");
    const drafted = file?.drafted ? t({ zh: `草稿：${file.by}`, en: `drafted by ${file.by}` }) : "";
    const stale = file?.stale ? t({ zh: "；所用的文件已另有变化", en: "; the file in use was changed since" }) : "";
    setText(this.told, this.unsaved() ? t({ zh: "未存", en: "not saved" }) : drafted + stale);
  }

  press(event) {
    if (event.ctrlKey && event.key.toLowerCase() === "s") {
      event.preventDefault();
      this.save();
    }
  }

  /** Save into the draft; whether it is saved. What somebody else changed meanwhile is shown, and nothing is lost. */
  async save() {
    if (!this.unsaved()) {
      return true;
    }
    if (this.settling) {
      return false; // what the person decided is being done
    }
    const text = this.area.value;
    try {
      const body = await this.model.put(this.name, text, this.tag);
      this.taken(body, this.area.value === text ? body.text : this.area.value);
      return true;
    } catch (problem) {
      if (problem.code !== "file-moved") {
        this.desk.problem(problem);
        return false;
      }
      this.settling = true;
      const again = await this.settle(problem, text);
      this.settling = false;
      return again ?? this.save();
    }
  }

  /** Somebody was faster: say what he changed, and ask whose is to stand. Whether it is settled; null: save again. */
  async settle(problem, text) {
    const { t } = this.desk;
    const changes = element(
      "ul",
      { class: "plans-theirs" },
      problem.faults.map(({ place, problem: now, allowed }) =>
        element(
          "li",
          {},
          element("strong", {}, place),
          element("pre", {}, element("del", {}, allowed)),
          element("pre", {}, element("ins", {}, now)),
        ),
      ),
    );
    const asked = await this.desk.ask({
      title: problem.message,
      fields: [
        { node: changes },
        {
          name: "how",
          kind: "select",
          words: { zh: "如何处理", en: "What now" },
          options: [
            ["keep", { zh: "保留我的文字，先比较", en: "Keep my text here and compare first" }],
            ["theirs", { zh: "采用对方的文件", en: "Take the file as it is now" }],
            ["mine", { zh: "以我的文字替换", en: "Put mine in its place" }],
          ],
        },
      ],
    });
    const found = await this.model.file(this.name);
    await this.model.load();
    if (asked?.how === "theirs") {
      this.taken(found, found?.text ?? "");
      return true;
    }
    if (asked === null) {
      return false;
    }
    this.tag = found?.file.tag ?? ABSENT;
    this.saved = found?.text ?? "";
    this.area.value = text;
    this.draftChanged();
    if (asked.how === "keep") {
      this.desk.tell(t({ zh: "您的文字仍在编辑框内，尚未存入", en: "Your text is still in the editor, not saved" }), {
        kind: "warn",
      });
      return false;
    }
    return null;
  }

  async drop() {
    await this.desk.attempt(() => this.model.drop(this.name));
    this.area.value = this.saved;
    await this.desk.attempt(() => this.open(this.name));
  }

  /** Begin a file that the station has not. */
  async add() {
    const name = ({ what, id }) => what || `layouts/${id}.toml`;
    const asked = await this.desk.ask({
      title: { zh: "新文件", en: "New file" },
      fields: [
        {
          name: "what",
          kind: "select",
          words: { zh: "文件", en: "File" },
          value: this.model.possible[0] ?? "",
          options: [...this.model.possible.map((each) => [each, each]), ["", { zh: "屏的版式", en: "Layout of boards" }]],
        },
        {
          name: "id",
          words: { zh: "版式标识", en: "Id of the layout" },
          hint: { zh: "字母、数字、_、-", en: "letters, digits, _, -" },
        },
      ],
      check: (given) => (given.what || LAYOUT.test(name(given)) ? null : { zh: "不是标识", en: "That is no id" }),
    });
    if (asked !== null) {
      await this.desk.attempt(() => this.open(name(asked)));
    }
  }

  /** Put what a file on this machine says into the editor; it is not saved by that. */
  async read(file) {
    this.source.value = "";
    if (file.size > LARGEST) {
      this.desk.tell({ zh: `${file.name}：超过 ${LARGEST} 字节`, en: `${file.name} has more than ${LARGEST} bytes` }, { kind: "error" });
      return;
    }
    const text = await file.text();
    if (text.includes(NO_UTF8)) {
      this.desk.tell({ zh: `${file.name}：不是 UTF-8 文本`, en: `${file.name} is no text in UTF-8` }, { kind: "error" });
      return;
    }
    this.area.value = text;
    this.area.scrollTop = 0;
    this.typed();
    this.area.focus();
  }

  /** Mark the line that a place of a fault is at. */
  jump(place) {
    const line = lineOf(this.area.value, place);
    if (line > 0) {
      const [start, end] = spanOf(this.area.value, line);
      this.area.focus();
      this.area.setSelectionRange(start, end);
      const height = parseFloat(getComputedStyle(this.area).lineHeight);
      this.area.scrollTop = Math.max(0, (line - 5) * height);
    }
  }
}
