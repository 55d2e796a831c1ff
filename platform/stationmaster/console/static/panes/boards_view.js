// One board: its picture as it should be and as it was read back, and both row by row, differences marked.

import { element, refill } from "../desk/element.js";
import { hhmm } from "../words.js";
import { named, neighboursOf, unset } from "./station.js";

const KINDS = {
  missing: { zh: "缺少", en: "missing" },
  extra: { zh: "多余", en: "should not be there" },
  old: { zh: "旧版", en: "old" },
  stale: { zh: "未更新", en: "not updated" },
  order: { zh: "次序不对", en: "in the wrong order" },
  blank: { zh: "黑屏", en: "blank" },
  text: { zh: "文字不对", en: "text is not shown" },
};
const EVIDENCE = {
  sent: { zh: "仅已发送", en: "sent, no more is known" },
  accepted: { zh: "屏卡已接受", en: "accepted by the card" },
  read: { zh: "读自屏卡", en: "read from the card" },
  painted: { zh: "已绘制", en: "painted" },
  seen: { zh: "摄像头确认", en: "seen by a camera" },
};
const ORDER = ["number", "destination", "time", "planned", "expected", "platform", "gates", "status"];

export class BoardView {
  constructor(desk) {
    this.desk = desk;
    this.board = null;
    this.type = null;
    this.told = null;
    this.words = null;
    this.trouble = "";
    this.page = 1;
    this.language = "";
    this.title = element("h2", {});
    this.drawn = "";
    this.proof = element("p", { class: "empty" });
    this.away = element("p", { class: "away", role: "alert", hidden: true });
    const { t } = desk;
    this.pageBox = element("select", { "aria-label": t({ zh: "页", en: "Page" }), onchange: () => this.turn({ page: Number(this.pageBox.value) }) });
    this.languageBox = element("select", { "aria-label": t({ zh: "语言", en: "Language" }), onchange: () => this.turn({ language: this.languageBox.value }) });
    const picture = (words) => element("img", { alt: t(words), loading: "lazy" });
    this.should = picture({ zh: "应显示的画面", en: "What should be seen" });
    this.shown = picture({ zh: "读回的画面", en: "What was read back" });
    this.shownFigure = this.figure(this.shown, { zh: "实际（读回）", en: "As it is (read back)" });
    this.rows = element("tbody", {});
    const heads = [{ zh: "应显示", en: "Should be there" }, { zh: "实际显示", en: "Is there" }, { zh: "差异", en: "Difference" }];
    this.table = element(
      "table",
      { class: "compared", "aria-label": t({ zh: "应显示与实际显示", en: "What should be there and what is" }) },
      element("thead", {}, element("tr", {}, heads.map((each) => element("th", { scope: "col" }, t(each))))),
      this.rows,
    );
    this.idle = element("p", { class: "empty" }, t({ zh: "屏上没有行。", en: "No rows." }));
    this.node = element(
      "section",
      { class: "board-view", hidden: true },
      element("div", { class: "bar" }, this.title, this.pageBox, this.languageBox),
      this.proof,
      this.away,
      element("div", { class: "pictures" }, this.shownFigure, this.figure(this.should, { zh: "应显示", en: "As it should be" })),
      this.table,
      this.idle,
    );
  }

  /** A picture with its words; pressed, it is large, and small again. */
  figure(image, words) {
    const press = (event) => {
      const button = event.currentTarget;
      const large = button.closest("figure").classList.toggle("large");
      button.setAttribute("aria-pressed", String(large));
    };
    return element("figure", {}, element("button", { type: "button", "aria-pressed": "false", onclick: press }, image), element("figcaption", {}, this.desk.t(words)));
  }

  choose(board, type) {
    if (board?.id !== this.board?.id) {
      Object.assign(this, { told: null, words: null, page: 1 });
    }
    this.board = board;
    this.type = type;
    this.node.hidden = board === null;
    if (board !== null) {
      this.title.textContent = `${named(this.desk, board.names, board.id)} · ${board.id}`;
    }
  }

  turn(what) {
    Object.assign(this, what);
    this.pictures();
  }

  async read() {
    const id = this.board?.id;
    if (id === undefined) {
      return;
    }
    const path = `/api/v1/boards/${encodeURIComponent(id)}`;
    const words = async () => ((await neighboursOf(this.desk)).guidance ? this.desk.api.get(`${path}/read`) : Promise.reject(unset("guidance")));
    const [told, read] = await Promise.allSettled([this.desk.api.get(path), words()]);
    if (id !== this.board?.id) {
      return;
    }
    this.told = told.value ?? null;
    this.words = read.value ?? null;
    const problem = told.reason ?? read.reason;
    this.trouble = problem ? [problem.message, problem.hint].filter(Boolean).join(" ") : "";
    this.paint();
    this.pictures();
  }

  paint() {
    const { t, world } = this.desk;
    this.away.hidden = !this.trouble;
    this.away.textContent = this.trouble ? `${t({ zh: "画面不可得：", en: "There is no picture: " })}${this.trouble}` : "";
    const readback = this.told?.shown ?? null;
    const light = this.words && !this.words.on ? ` · ${t({ zh: "已关闭", en: "switched off" })}` : this.words ? ` · ${this.words.percent}%` : "";
    this.proof.textContent =
      readback === null
        ? t({ zh: "没有读回：不知道屏上显示什么。", en: "Nothing was read back: nobody knows what it shows." })
        : `${t({ zh: "读回", en: "Read back" })} ${hhmm(readback.at, world.zone)} · ${t(EVIDENCE[readback.evidence] ?? readback.evidence)}${light}`;
    const pages = Math.max(1, this.words?.pages ?? 1);
    this.page = Math.min(this.page, pages);
    refill(this.pageBox, [...Array(pages).keys()].map((number) => element("option", { value: number + 1, selected: number + 1 === this.page }, `${t({ zh: "页", en: "Page" })} ${number + 1}/${pages}`)));
    const languages = world.state?.station?.languages ?? ["zh", "en"];
    this.language ||= languages[0];
    refill(this.languageBox, languages.map((each) => element("option", { value: each, selected: each === this.language }, each)));
    this.compare(readback);
  }

  /** Row by row: what should be there, what is, and in which way they differ. */
  compare(readback) {
    const { t } = this.desk;
    if (this.told === null) {
      refill(this.rows);
      return;
    }
    const said = new Map(this.told.differences.map(({ difference, lasting }) => [difference.task, { ...difference, lasting }]));
    const due = [...this.told.texts, ...this.told.should];
    const there = new Map((readback?.rows ?? []).map((row) => [row.task, row]));
    const words = (side, task) => this.wordsOf(side, task);
    const row = (task, wanted, found) => {
      const difference = said.get(task);
      const label = difference ? `${difference.lasting ? "! " : ""}${t(KINDS[difference.kind] ?? difference.kind)}` : "";
      return element(
        "tr",
        { class: difference ? "differs" : "", "data-task": task },
        element("td", {}, wanted ? words("should", task) || [wanted.number, wanted.status].filter(Boolean).join(" ") || task : ""),
        element("td", {}, found ? words("shown", task) || `✓ ${wanted?.number ?? task}` : ""),
        element("td", { class: difference ? "bad" : "" }, label),
      );
    };
    const extra = [...there.values()].filter(({ task }) => !due.some((each) => each.task === task));
    const whole = said.get("");
    refill(
      this.rows,
      whole ? element("tr", { class: "differs" }, element("td", {}, ""), element("td", {}, ""), element("td", { class: "bad" }, t(KINDS[whole.kind] ?? whole.kind))) : null,
      due.map((each) => row(each.task, each, there.get(each.task))),
      extra.map((each) => row(each.task, null, each)),
    );
    this.idle.hidden = due.length + extra.length > 0;
    this.table.hidden = due.length + extra.length === 0;
  }

  /** The words of a row or text, as guidance has them; empty where it does not tell. */
  wordsOf(side, task) {
    const part = this.words?.[side];
    const found = part && [...part.whole, ...part.lines, ...part.rows].find((each) => each.task === task);
    if (!found) {
      return "";
    }
    if (!found.words.length || typeof found.words[0] === "string") {
      return found.words.join(" / ");
    }
    const fields = new Map();
    found.words.forEach(([field, text]) => fields.has(field) || fields.set(field, text));
    return ORDER.filter((field) => fields.has(field))
      .map((field) => fields.get(field))
      .join(" · ");
  }

  pictures() {
    const id = this.board?.id;
    if (id === undefined || this.words === null) {
      this.should.removeAttribute("src");
      this.shown.removeAttribute("src");
      this.should.closest("figure").hidden = this.words === null;
      this.shownFigure.hidden = true;
      return;
    }
    const path = (of) => `/api/v1/boards/${encodeURIComponent(id)}/picture?${new URLSearchParams({ of, page: String(this.page), language: this.language })}`;
    const state = JSON.stringify([id, this.page, this.language, this.words, Math.floor(this.desk.now() / 60)]);
    this.should.closest("figure").hidden = false;
    this.shownFigure.hidden = this.words.shown === null;
    if (state === this.drawn) {
      return;
    }
    this.drawn = state;
    const stamp = `&at=${Date.now()}`;
    this.should.src = path("should") + stamp;
    if (this.words.shown !== null) {
      this.shown.src = path("shown") + stamp;
    }
  }
}
