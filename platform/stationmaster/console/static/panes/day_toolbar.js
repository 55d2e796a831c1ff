// Above the table: views to choose from, and what to look for.

import { element, refill, setText } from "../desk/element.js";

const KEEP = { zh: "保存视图", en: "Keep view" };

export class Toolbar {
  /** `hear`: searched(query), chosen(view id), columns() → the grid's columns, arrange(), left(). */
  constructor(desk, views, hear) {
    Object.assign(this, { desk, views, hear });
    const { t } = desk;
    this.list = element("div", { class: "views", role: "group", "aria-label": t({ zh: "视图", en: "Views" }) });
    this.find = element("input", {
      id: "find",
      type: "search",
      autocomplete: "off",
      spellcheck: "false",
      value: views.now.query,
      "aria-label": t({ zh: "查找", en: "Find" }),
      placeholder: t({ zh: "车次 站名 拼音 股7 台3 口3A", en: "train, place, pinyin, t7 p3 g3A" }),
      oninput: () => hear.searched(this.find.value.trim()),
      onkeydown: (event) => this.press(event),
    });
    this.counted = element("output", { id: "count" });
    this.node = element(
      "div",
      { class: "bar day-bar" },
      this.list,
      element("label", { for: "find" }, t({ zh: "查找 /", en: "Find /" })),
      this.find,
      element("button", { type: "button", id: "keep-view", onclick: () => this.keep() }, t(KEEP)),
      element(
        "button",
        { type: "button", id: "columns", onclick: () => hear.arrange() },
        t({ zh: "列…", en: "Columns…" }),
      ),
      this.counted,
    );
    this.paint();
  }

  /** Draw the views anew: which there are, and which is chosen. */
  paint() {
    const { t } = this.desk;
    this.find.value = this.views.now.query;
    const made = this.views.list.map(({ id, name, own }) => [
      element(
        "button",
        {
          type: "button",
          "data-view": id,
          "aria-pressed": String(id === this.views.now.id),
          onclick: () => this.hear.chosen(id),
        },
        name,
      ),
      own && id === this.views.now.id
        ? element(
            "button",
            {
              type: "button",
              class: "forget",
              "aria-label": t({ zh: `删除视图 ${name}`, en: `Forget the view ${name}` }),
              onclick: () => this.forget(id),
            },
            "×",
          )
        : null,
    ]);
    refill(this.list, made);
  }

  count(text) {
    setText(this.counted, text);
  }

  /** Look for something, as if it had been typed. */
  search(query) {
    this.find.value = query;
    this.hear.searched(query);
  }

  press(event) {
    if (event.key === "Escape") {
      event.preventDefault();
      this.search("");
      this.hear.left();
    } else if (event.key === "Enter" || event.key === "ArrowDown") {
      event.preventDefault();
      this.hear.left();
    }
  }

  async keep() {
    const given = await this.desk.ask({
      title: { zh: "保存视图", en: "Keep this view" },
      fields: [
        {
          name: "name",
          words: { zh: "名称", en: "Name" },
          required: true,
          maxlength: 30,
          value: this.views.list.find(({ id, own }) => own && id === this.views.now.id)?.name ?? "",
          hint: { zh: "连同查找内容、排序与列", en: "With what is looked for, the order and the columns" },
        },
      ],
    });
    if (given !== null && given.name.trim() !== "") {
      await this.desk.attempt(() => this.views.keep(given.name.trim(), this.hear.columns()));
      this.paint();
    }
  }

  async forget(id) {
    await this.desk.attempt(() => this.views.forget(id));
    this.hear.chosen("all");
  }
}
