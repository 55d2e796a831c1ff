// The day: all calls in one live table, and every act on them from keyboard or mouse.

import { element, setText } from "../desk/element.js";
import { Acts } from "./day_acts.js";
import { eventOf, lineOf, mayType, startOf } from "./day_cells.js";
import { COLUMNS } from "./day_columns.js";
import { buttons, keys } from "./day_commands.js";
import { DayGrid } from "./day_grid.js";
import { Line } from "./day_line.js";
import { Foresight } from "./day_foresight.js";
import { told } from "./day_provenance.js";
import { Rows, callOf } from "./day_rows.js";
import { finder } from "./day_search.js";
import { Sheets } from "./day_sheets.js";
import { deedsOf } from "./day_typed.js";
import { Toolbar } from "./day_toolbar.js";
import { Views } from "./day_views.js";

const EDITS = new Map(COLUMNS.map(({ id, edit }) => [id, edit]));
const HEADS = {
  past: { zh: "已过", en: "Past" },
  now: { zh: "两小时内", en: "Next two hours" },
  later: { zh: "之后", en: "Later" },
};

class Day {
  constructor(root, desk) {
    this.desk = desk;
    this.views = new Views(desk);
    this.find = () => true;
    this.acts = new Acts(desk);
    this.foresight = new Foresight(desk);
    this.whole = true; // nothing has been shown yet
    this.rows = new Rows(desk, { wanted: (row) => this.test(row), pastSeen: () => this.views.pastSeen });
    this.line = new Line(desk, this.acts, {
      targets: () => this.targets(),
      event: () => eventOf(this.grid?.focus?.column ?? ""),
      back: () => this.grid.enter(),
      foresight: this.foresight,
    });
    this.toolbar = new Toolbar(desk, this.views, {
      searched: (query) => this.search(query),
      chosen: (id) => this.view(id),
      columns: () => this.grid.api.getColumnState(),
      arrange: () => this.arrange(),
      left: () => this.grid.enter(),
    });
    this.info = element("p", { id: "day-info" });
    const table = element("div", { id: "day-table", class: "ag-theme-balham" });
    this.sheets = new Sheets(desk, this.acts, { targets: () => this.targets(), foresight: this.foresight });
    const acting = element("div", { class: "acting" }, this.line.who, this.line.input, this.line.said, buttons(this));
    root.append(this.toolbar.node, acting, table, this.info);
    this.grid = new DayGrid(table, desk, this.hearing());
    this.judge();
    const { columns } = this.views.choose(this.views.now.id, this.views.now.query);
    this.toolbar.paint();
    if (columns) {
      this.grid.api.applyColumnState({ state: columns, applyOrder: true });
    }
    desk.on(["call", "task", "proposal", "conflict", "mode", "minute"], (changed) => this.changed(changed));
    desk.on(["person"], () => this.refit());
    keys(this, desk);
    this.paint();
  }

  /** What the grid tells, and asks. */
  hearing() {
    return {
      focused: (row, column) => this.tell(row, column),
      marked: () => this.named(),
      fold: () => this.fold(),
      opened: (row, column) => EDITS.get(column) === undefined && this.sheets.details(row.call.id),
      told: (row, column) => told(row, column, this.rows.about.of(row.call)).join("\n"),
      mayType: (row, edit) => mayType(row.call, edit, (deed) => this.desk.may(deed)),
      start: (call, column, edit) => startOf(call, column, edit, this.desk.world.zone),
      begun: (row) => this.acts.seen([row.call]),
      hint: (row, column, typed) => this.hint(row, column, typed),
      ended: () => this.line.cease(),
      typed: (row, column, { typed, known }) => this.type(row, column, typed, known),
    };
  }

  /** The calls that an act is about: those that are marked, or the one that has the focus. */
  targets() {
    if (!this.grid) {
      return [];
    }
    const marked = this.grid.marked();
    const ids = marked.length ? marked.map(({ id }) => id) : this.grid.focus ? [this.grid.focus.id] : [];
    return ids.map((id) => this.desk.world.calls.get(id)).filter(Boolean);
  }

  named() {
    if (this.line.begun === null) {
      this.line.name(this.targets());
    }
  }

  /** Show what has changed. */
  changed(topics) {
    const { minute, mode, call, task, proposal, conflict } = topics;
    if (this.whole || [call, task, proposal, conflict].includes(null)) {
      this.paint();
      return;
    }
    const all = minute !== undefined || mode !== undefined;
    const ids = all ? null : new Set([...(call ?? []), ...[...(task ?? []), ...(proposal ?? [])].map(callOf)]);
    for (const id of all ? [] : (conflict ?? [])) {
      id.slice(id.indexOf(":") + 1)
        .split("|")
        .forEach((each) => ids.add(each));
    }
    this.grid.change(this.rows.changes(ids));
    this.paintHeads();
    this.again();
  }

  /** Show everything: at first all at once, later what is another. */
  paint() {
    if (this.whole && this.desk.world.calls.size) {
      this.whole = false;
      this.judge();
      const rows = this.rows.whole();
      this.paintHeads();
      this.grid.show(rows);
    } else if (!this.whole) {
      this.grid.change(this.rows.changes(null));
    }
    this.paintHeads();
    this.again();
  }

  /** What is said of the focused cell, as it is now. */
  again() {
    const row = this.grid.focus && this.rows.rows.get(this.grid.focus.id);
    if (row) {
      this.tell(row, this.grid.focus.column);
    }
  }

  paintHeads() {
    const { t } = this.desk;
    const { counts } = this.rows;
    const open = this.views.pastSeen;
    const heads = [...counts].map(([section, count]) => [
      section,
      { text: `${t(HEADS[section] ?? section)} ${count}`, open },
    ]);
    this.grid.head(new Map(heads));
    const fitting = [...counts.values()].reduce((sum, count) => sum + count, 0);
    this.toolbar.count(`${fitting} / ${this.rows.rows.size}`);
  }

  tell(row, column) {
    this.named();
    const parts = told(row, column, this.rows.about.of(row.call));
    setText(this.info, parts.join("  ·  "));
  }

  test(row) {
    return this.tester?.(row) ?? true;
  }

  judge() {
    this.tester = this.views.tester(this.find);
  }

  search(query) {
    this.views.search(query);
    this.find = finder(query, this.desk.world.names);
    this.refit();
  }

  view(id) {
    const { query, columns } = this.views.choose(id);
    this.find = finder(query, this.desk.world.names);
    if (columns) {
      this.grid.api.applyColumnState({ state: columns, applyOrder: true });
    } else {
      this.grid.api.resetColumnState();
    }
    this.toolbar.paint();
    this.refit();
  }

  /** Choose which columns are seen, and which of them stay at the left. */
  async arrange() {
    const now = this.grid.api.getColumnState();
    const options = COLUMNS.map(({ id, words }) => [id, words]);
    const ids = (fits) => now.filter(fits).map(({ colId }) => colId);
    const many = { kind: "many", options };
    const given = await this.desk.ask({
      title: { zh: "列", en: "Columns" },
      fields: [
        { ...many, name: "shown", words: { zh: "显示", en: "Shown" }, value: ids(({ hide }) => !hide) },
        {
          ...many,
          name: "pinned",
          words: { zh: "固定在左侧", en: "Kept at the left" },
          value: ids(({ pinned }) => pinned),
        },
      ],
    });
    if (given !== null) {
      const state = COLUMNS.map(({ id }) => ({
        colId: id,
        hide: !given.shown.includes(id),
        pinned: given.pinned.includes(id) ? "left" : null,
      }));
      this.grid.api.applyColumnState({ state });
    }
  }

  fold() {
    this.views.open = !this.views.open;
    this.grid.folded();
    this.refit();
  }

  /** Ask of every row anew whether it is wanted. */
  refit() {
    this.judge();
    this.rows.choose();
    this.grid.filter();
    this.paintHeads();
  }

  /** Say what typing into a cell would do; gives whether it would do nothing sensible. */
  hint(row, column, typed) {
    const { t, world } = this.desk;
    const call = world.calls.get(row.id) ?? row.call;
    const { deeds, calls, wrong } = this.read(call, column, typed);
    this.line.say(wrong ? t(wrong) : this.acts.said(deeds, calls, t), wrong ? "dim" : "");
    if (!wrong) {
      this.foresight.note(deeds, this.line.said);
    }
    return Boolean(wrong);
  }

  read(call, column, typed) {
    const edit = EDITS.get(column);
    const about = { event: eventOf(column), zone: this.desk.world.zone, now: this.desk.now() };
    return deedsOf(lineOf(column, edit, typed), [call], about);
  }

  /** Do what was typed into a cell; what stood there already is nothing to do. */
  type(row, column, typed, seen) {
    const call = this.desk.world.calls.get(row.id) ?? row.call;
    if (typed.trim() === "" || typed.trim() === startOf(row.call, column, EDITS.get(column), this.desk.world.zone)) {
      return;
    }
    const { deeds, calls, wrong } = this.read(call, column, typed);
    if (wrong) {
      this.desk.tell(wrong, { kind: "warn" });
    } else {
      this.acts.perform(deeds, calls, { seen });
    }
  }

  /** Show a train, whatever view hides it. */
  show(argument) {
    if (argument?.query !== undefined) {
      this.toolbar.search(argument.query);
    }
    if (argument?.call && !this.grid.goTo(argument.call)) {
      this.view("all");
      this.toolbar.search(this.desk.world.calls.get(argument.call)?.number ?? "");
      this.grid.goTo(argument.call);
    }
  }

  end() {
    this.grid.end();
  }
}

function open(root, desk) {
  const day = new Day(root, desk);
  return { show: (argument) => day.show(argument), hide() {}, end: () => day.end() };
}

export default {
  id: "day",
  words: { zh: "到发", en: "Day" },
  key: "1",
  open,
};
