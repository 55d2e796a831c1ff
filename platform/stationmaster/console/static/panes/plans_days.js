// The next days' plans at a glance, and one of them row by row: ticked off, decided on, locked.

import { element, refill, setText } from "../desk/element.js";
import { dateOf, hhmm } from "../words.js";
import { differences, fieldText, rowCells, searched } from "./plans_rows.js";
import { CHANGES } from "./plans_words.js";

const MOST_KNOWN = 500; // resources that one act may name
const AGAIN_MS = 300; // many rows change at once when a plan is ticked off
const HEADS = [
  ["", { zh: "核对", en: "Checked" }],
  ["number", { zh: "车次", en: "Train" }],
  ["", { zh: "等级", en: "Class" }],
  ["", { zh: "性质", en: "Kind" }],
  ["", { zh: "始发 → 终到", en: "From → to" }],
  ["time", { zh: "到", en: "Arr" }],
  ["time", { zh: "开", en: "Dep" }],
  ["", { zh: "股道", en: "Track" }],
  ["", { zh: "检票口", en: "Gates" }],
  ["", { zh: "编组", en: "Formation" }],
  ["state", { zh: "差异", en: "Difference" }],
];
const SHOWN = {
  all: { zh: "全部", en: "All" },
  open: { zh: "未核对", en: "Not checked" },
  waiting: { zh: "待决定", en: "To decide" },
  changed: { zh: "有差异", en: "Different" },
};

export class DaysView {
  constructor(desk) {
    this.desk = desk;
    this.plans = [];
    this.day = null;
    this.plan = null; // the body of the day that is seen
    this.words = "";
    this.wanted = "all";
    this.lines = new Map(); // row id → { node, said }
    this.made = new Map(); // row id → the revision that an act of this page gave it
    this.glance = element("div", {
      class: "plans-glance",
      role: "group",
      "aria-label": desk.t({ zh: "各日计划", en: "Plans by day" }),
    });
    this.bar = element("div", { class: "bar" });
    this.search = element("input", {
      type: "search",
      id: "plans-search",
      placeholder: desk.t({ zh: "车次、站名、等级", en: "Number, station, class" }),
      "aria-label": desk.t({ zh: "筛选计划行", en: "Filter rows" }),
      oninput: () => {
        this.words = this.search.value;
        this.paintRows();
      },
    });
    this.filter = element(
      "select",
      {
        id: "plans-filter",
        "aria-label": desk.t({ zh: "显示", en: "Show" }),
        onchange: () => {
          this.wanted = this.filter.value;
          this.paintRows();
        },
      },
      Object.entries(SHOWN).map(([id, words]) => element("option", { value: id }, desk.t(words))),
    );
    this.count = element("output", {});
    this.buttons = element("span", { class: "plans-buttons" });
    this.bar.append(this.search, this.filter, this.buttons, this.count);
    this.body = element("tbody", { onkeydown: (event) => this.press(event) });
    const head = element(
      "tr",
      {},
      HEADS.map(([kind, words]) => element("th", { scope: "col", class: kind || null }, desk.t(words))),
    );
    this.table = element("table", { class: "plans-rows" }, element("thead", {}, head), this.body);
    this.notes = element("div", { class: "plans-notes" });
    this.node = element(
      "div",
      { class: "plans-days" },
      this.glance,
      this.bar,
      element("div", { class: "scroll" }, this.notes, this.table),
    );
  }

  async show() {
    await this.load();
  }

  changed() {
    if (this.node.isConnected && this.again === undefined) {
      this.again = setTimeout(() => {
        this.again = undefined;
        this.desk.attempt(() => this.load());
      }, AGAIN_MS);
    }
  }

  async load(day = this.day) {
    const mine = (this.loading = (this.loading ?? 0) + 1);
    const { plans, now } = await this.desk.api.get("/api/v1/plans");
    // The world may not have been read yet, and a time in another zone than the station's would be a wrong one.
    this.zone ??= this.desk.world.zone ?? (await this.desk.api.get("/api/v1/station")).station?.zone;
    const today = dateOf(now, this.zone).slice(0, 10);
    const known = plans.some(({ plan }) => plan.day === day);
    const chosen = known ? day : (plans.find(({ plan }) => plan.day > today) ?? plans.at(-1))?.plan.day;
    const plan = chosen === undefined ? null : await this.desk.api.get(`/api/v1/plans/${chosen}`);
    if (mine === this.loading) {
      Object.assign(this, { plans, today, day: chosen ?? null, plan });
      this.paint();
    }
  }

  paint() {
    const { t } = this.desk;
    refill(
      this.glance,
      this.plans.map(({ plan, rows, checked, waiting }) =>
        element(
          "button",
          {
            type: "button",
            class: "plans-card",
            "data-day": plan.day,
            "aria-pressed": String(plan.day === this.day),
            onclick: () => this.desk.attempt(() => this.load(plan.day)),
          },
          element("strong", {}, plan.day === this.today ? `${plan.day} ${t({ zh: "今日", en: "today" })}` : plan.day),
          element(
            "span",
            { class: plan.locked_by ? "good" : "dim" },
            plan.locked_by ? `🔒 ${plan.locked_by}` : t({ zh: "未锁定", en: "not locked" }),
          ),
          element("span", {}, t({ zh: `核对 ${checked}/${rows}`, en: `checked ${checked}/${rows}` })),
          element("meter", { min: 0, max: Math.max(rows, 1), value: checked, "aria-hidden": "true" }),
          waiting
            ? element("span", { class: "moved" }, t({ zh: `待决定 ${waiting}`, en: `${waiting} to decide` }))
            : null,
        ),
      ),
    );
    this.paintRows();
    this.paintNotes();
  }

  /** The rows that are seen, by what the person searches for. */
  shown() {
    const test = searched(this.words);
    const wanted = {
      all: () => true,
      open: ({ row }) => row.planned !== null && !row.checked_by,
      waiting: ({ waits }) => waits,
      changed: ({ row, fields }) => row.change !== null || fields.length > 0 || row.planned === null,
    }[this.wanted];
    return (this.plan?.rows ?? []).filter((each) => wanted(each) && test(each.row));
  }

  paintRows() {
    const { desk } = this;
    const rows = this.shown();
    const focused = document.activeElement?.closest?.("tr[data-row]")?.dataset.row;
    const lines = new Map();
    for (const each of rows) {
      const said = JSON.stringify(each) + this.day;
      const known = this.lines.get(each.row.id);
      lines.set(each.row.id, known?.said === said ? known : { said, node: this.line(each) });
    }
    this.lines = lines;
    refill(
      this.body,
      [...lines.values()].map(({ node }) => node),
    );
    this.rove(focused ?? this.roving);
    if (focused && lines.has(focused)) {
      lines.get(focused).node.focus();
    }
    setText(this.count, `${rows.length} / ${this.plan?.rows.length ?? 0}`);
    const open = rows.filter(({ row }) => row.planned !== null && !row.checked_by);
    const waiting = rows.filter(({ waits }) => waits);
    const locked = this.plan?.plan.plan.locked_by ?? "";
    const button = (id, words, run, disabled, more = {}) =>
      element("button", { type: "button", id, onclick: run, disabled, ...more }, desk.t(words));
    refill(
      this.buttons,
      desk.may("check_rows")
        ? [
            button(
              "plans-tick",
              { zh: `核对所见 ${open.length}`, en: `Tick off ${open.length} shown` },
              () => this.tick(open, true),
              !open.length,
            ),
          ]
        : null,
      desk.may("decide_rows") && waiting.length
        ? [
            button(
              "plans-accept",
              { zh: `接受 ${waiting.length}`, en: `Accept ${waiting.length}` },
              () => this.decide(waiting, true),
              false,
            ),
            button(
              "plans-reject",
              { zh: `拒绝 ${waiting.length}`, en: `Reject ${waiting.length}` },
              () => this.decide(waiting, false),
              false,
            ),
          ]
        : null,
      desk.may("lock_plan") && this.plan !== null
        ? button(
            "plans-lock",
            locked ? { zh: "解锁", en: "Unlock" } : { zh: "锁定", en: "Lock" },
            () => this.lock(!locked),
            false,
            { class: locked ? null : "chief" },
          )
        : null,
    );
  }

  line(each) {
    const { desk } = this;
    const { row, waits, fields } = each;
    const checkable = row.planned !== null && desk.may("check_rows");
    const box = element("input", {
      type: "checkbox",
      tabindex: "-1",
      checked: Boolean(row.checked_by),
      disabled: !checkable,
      title: row.checked_by ? `${row.checked_by} ${hhmm(row.checked_at, this.zone)}` : null,
      "aria-label": desk.t({ zh: `核对 ${row.id}`, en: `Check ${row.id}` }),
      onclick: (event) => {
        event.preventDefault();
        this.tick([each], !row.checked_by);
      },
    });
    const decide = (accept, words) =>
      element("button", { type: "button", tabindex: "-1", onclick: () => this.decide([each], accept) }, desk.t(words));
    return element(
      "tr",
      {
        "data-row": row.id,
        tabindex: "-1",
        class: row.planned === null ? "over" : waits ? "marked" : null,
        onfocus: () => this.rove(row.id),
      },
      element("td", {}, box),
      rowCells(row.planned ?? row.proposed ?? row.before, row.day, desk, this.zone),
      element(
        "td",
        { class: "state" },
        row.change ? element("span", { class: waits ? "moved" : "dim" }, desk.t(CHANGES[row.change]), " ") : null,
        row.planned === null && row.change === null ? element("span", { class: "dim" }, desk.t(CHANGES.gone)) : null,
        fields.map((field) => fieldText(field, desk)),
        row.rejected_by
          ? element("span", { class: "dim" }, ` ${desk.t({ zh: "已拒绝", en: "rejected" })} ${row.rejected_by}`)
          : null,
        waits && desk.may("decide_rows")
          ? [decide(true, { zh: "接受", en: "Accept" }), decide(false, { zh: "拒绝", en: "Reject" })]
          : null,
      ),
    );
  }

  paintNotes() {
    const { t } = this.desk;
    const body = this.plan;
    const open = [...this.notes.querySelectorAll("details")].map((list) => list.open);
    refill(
      this.notes,
      body === null
        ? element("p", { class: "idle" }, t({ zh: "还没有日计划", en: "There is no plan yet" }))
        : [
            differences(
              { zh: "与前一版的差异", en: "Differences since the version before" },
              body.since_version,
              this.desk,
            ),
            body.since_previous_day === null
              ? null
              : differences(
                  { zh: "与前一日的差异", en: "Differences since the day before" },
                  body.since_previous_day,
                  this.desk,
                ),
          ],
    );
    this.notes.querySelectorAll("details").forEach((list, at) => (list.open = open[at] ?? false));
  }

  /** One row can be reached with Tab, the others from it with the arrows. */
  rove(id) {
    const rows = [...this.body.children];
    const chosen = rows.find((row) => row.dataset.row === id) ?? rows[0];
    rows.forEach((row) => row.setAttribute("tabindex", row === chosen ? "0" : "-1"));
    this.roving = chosen?.dataset.row;
  }

  press(event) {
    const row = event.target.closest("tr[data-row]");
    if (row === null || event.target !== row) {
      return;
    }
    const to = {
      ArrowDown: row.nextElementSibling,
      ArrowUp: row.previousElementSibling,
      Home: this.body.firstElementChild,
      End: this.body.lastElementChild,
    }[event.key];
    const each = this.plan.rows.find((item) => item.row.id === row.dataset.row);
    if (to) {
      to.focus();
    } else if (event.key === " " && this.desk.may("check_rows") && each?.row.planned) {
      this.tick([each], !each.row.checked_by);
      row.nextElementSibling?.focus();
    } else {
      return;
    }
    event.preventDefault();
  }

  /** What is done to rows is done to them as they were seen: who was faster is not overruled unknowingly. */
  async act(deed, words, rows = []) {
    const known = rows.slice(0, MOST_KNOWN).map(({ row: { id, revision } }) => ({
      kind: "row",
      id,
      revision: Math.max(revision, this.made.get(id) ?? 0),
    }));
    const answer = await this.desk.attempt(() => this.desk.act([{ ...deed, day: this.day }], { words, known }));
    for (const { kind, id, revision } of answer?.puts ?? []) {
      if (kind === "row") {
        this.made.set(id, revision);
      }
    }
    return answer;
  }

  tick(rows, checked) {
    const words = checked
      ? { zh: `核对 ${rows.length} 行`, en: `${rows.length} ticked off` }
      : { zh: "取消核对", en: "No longer ticked off" };
    return this.act({ do: "check_rows", rows: rows.map(({ row }) => row.id), checked }, words, rows);
  }

  decide(rows, accept) {
    const words = accept
      ? { zh: `接受 ${rows.length} 项差异`, en: `${rows.length} accepted` }
      : { zh: `拒绝 ${rows.length} 项差异`, en: `${rows.length} rejected` };
    return this.act({ do: "decide_rows", rows: rows.map(({ row }) => row.id), accept }, words, rows);
  }

  lock(locked) {
    return this.act(
      { do: "lock_plan", locked },
      locked
        ? { zh: `${this.day} 已锁定`, en: `${this.day} is locked` }
        : { zh: `${this.day} 已解锁`, en: `${this.day} is unlocked` },
    );
  }
}
