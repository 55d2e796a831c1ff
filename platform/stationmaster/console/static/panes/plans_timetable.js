// The base timetable as a table: each row a train's call, with its dates of validity, its days and its track.

import "../lib/ag-grid-community-36.2.0/ag-grid-community.min.noStyle.js";
import { element, setText } from "../desk/element.js";
import { csvOf, parseCsv } from "./plans_reading.js";
import { COLUMNS, KINDS } from "./plans_words.js";

const { createGrid } = globalThis.agGrid;
const FILE = "timetable.csv";
const NAMES = Object.keys(COLUMNS);

let kept = null; // rows that were changed and not saved when the pane was drawn anew, as in another language

export class TimetableView {
  constructor(desk, model) {
    Object.assign(this, { desk, model });
    this.tag = null;
    this.saved = "";
    this.next = 0;
    this.faults = new Map(); // "line column" → what is wrong
    this.places = [];
    const { t } = desk;
    const button = (id, words, run) => element("button", { type: "button", id, onclick: run }, t(words));
    this.search = element("input", {
      type: "search",
      "aria-label": t({ zh: "筛选", en: "Filter" }),
      placeholder: t({ zh: "筛选车次、站名、日期…", en: "Filter by train, station, date…" }),
      oninput: () => this.grid?.setGridOption("quickFilterText", this.search.value),
    });
    this.saving = button("plans-save-timetable", { zh: "存入草稿", en: "Save to the draft" }, () => this.save());
    this.tools = element(
      "span",
      { class: "plans-buttons" },
      button("plans-add-row", { zh: "加一行", en: "Add a row" }, () => this.add()),
      button("plans-copy-row", { zh: "复制行", en: "Copy rows" }, () => this.copy()),
      button("plans-remove-row", { zh: "删除行", en: "Remove rows" }, () => this.remove()),
      this.saving,
    );
    this.count = element("output", {});
    this.said = element("p", { class: "plans-said", role: "status" });
    this.table = element("div", { class: "plans-grid ag-theme-balham" });
    this.node = element(
      "div",
      { class: "plans-column" },
      element("div", { class: "bar" }, this.search, this.tools, this.count),
      this.table,
      this.said,
    );
  }

  /** Keep what is not saved for the next drawing of the pane. */
  keep() {
    kept = this.unsaved() ? { rows: this.rows, tag: this.tag, saved: this.saved, next: this.next } : null;
  }

  restore() {
    if (kept !== null) {
      Object.assign(this, kept);
      kept = null;
      this.grid.setGridOption("rowData", this.rows);
      this.paintBar();
    }
  }

  async show(argument) {
    if (this.grid === undefined) {
      const { places } = await this.desk.api.get("/api/v1/station");
      this.places = places;
      this.make();
      this.restore();
    }
    if (!this.unsaved()) {
      await this.load();
    }
    if (argument?.place) {
      this.jump(argument.place);
    }
  }

  make() {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const may = this.desk.may("putStationFile");
    this.tools.hidden = !may;
    this.grid = createGrid(this.table, {
      theme: "legacy",
      rowData: [],
      columnDefs: NAMES.map((name) => this.column(name, rem, may)),
      defaultColDef: { sortable: true, resizable: true, suppressHeaderMenuButton: true, minWidth: 3 * rem },
      getRowId: ({ data }) => String(data.id),
      rowHeight: Math.round(1.5 * rem),
      headerHeight: Math.round(1.6 * rem),
      rowSelection: {
        mode: "multiRow",
        checkboxes: true,
        headerCheckbox: true,
        selectAll: "filtered",
        enableClickSelection: false,
      },
      selectionColumnDef: { pinned: "left", width: 2 * rem, resizable: false, sortable: false },
      animateRows: false,
      stopEditingWhenCellsLoseFocus: true,
      suppressPropertyNamesCheck: true,
      ensureDomOrder: true,
      onCellValueChanged: () => this.paintBar(),
      onModelUpdated: () => this.counted(),
      onCellFocused: ({ rowIndex, column }) => this.tell(rowIndex, column),
    });
  }

  column(name, rem, may) {
    const { t } = this.desk;
    const { words, width, pinned, values, places } = COLUMNS[name];
    const choices =
      values ?? (places ? ["", ...this.places.filter(({ kind }) => kind === places).map(({ id }) => id)] : null);
    return {
      field: name,
      headerName: t(words),
      width: Math.round(width * rem),
      pinned: pinned ?? null,
      editable: may,
      cellEditor: choices ? "agSelectCellEditor" : "agTextCellEditor",
      cellEditorParams: choices ? { values: choices } : undefined,
      valueFormatter: name === "kind" ? ({ value }) => (KINDS[value] ? t(KINDS[value]) : (value ?? "")) : undefined,
      valueParser: ({ newValue }) => String(newValue ?? "").trim(),
      cellClassRules: { "plans-wrong": ({ data }) => this.faults.has(`${data.line} ${name}`) },
      tooltipValueGetter: ({ data }) => this.faults.get(`${data.line} ${name}`) ?? null,
    };
  }

  async load() {
    const body = await this.model.file(FILE);
    this.taken(body);
  }

  taken(body) {
    this.tag = body?.file.tag ?? "-.-";
    const [head, ...rows] = parseCsv(body?.text ?? "");
    const columns = head?.cells ?? NAMES;
    this.rows = rows.map(({ line, cells }) => {
      const row = { id: (this.next += 1), line };
      NAMES.forEach((name) => (row[name] = cells[columns.indexOf(name)] ?? ""));
      return row;
    });
    this.saved = this.text();
    this.marked();
    this.grid.setGridOption("rowData", this.rows);
    this.paintBar();
  }

  /** The table as the file has it. */
  text() {
    return csvOf([NAMES, ...(this.rows ?? []).map((row) => NAMES.map((name) => row[name]))]);
  }

  unsaved() {
    return this.rows !== undefined && this.text() !== this.saved;
  }

  draftChanged() {
    this.marked();
    this.grid?.refreshCells({ force: true });
    this.paintBar();
  }

  marked() {
    const faults = (this.model.checked?.faults ?? []).filter(({ file }) => file === FILE);
    this.faults = new Map(
      faults.map(({ place, problem, allowed }) => {
        const [, line, column] = /^line (\d+)(?:, (\w+))?/.exec(place) ?? [];
        return [`${line} ${column ?? "train"}`, `${problem} (${allowed})`];
      }),
    );
  }

  paintBar() {
    this.saving.disabled = !this.unsaved();
    this.saving.classList.toggle("chief", !this.saving.disabled);
    this.counted();
  }

  counted() {
    if (this.grid) {
      setText(this.count, `${this.grid.getDisplayedRowCount()} / ${this.rows?.length ?? 0}`);
    }
  }

  tell(rowIndex, column) {
    const row = this.grid.getDisplayedRowAtIndex(rowIndex)?.data;
    setText(this.said, (row && column && this.faults.get(`${row.line} ${column.getColId()}`)) || "");
  }

  jump(place) {
    const [, line, column] = /^line (\d+)(?:, (\w+))?/.exec(place) ?? [];
    const row = this.rows.find((each) => each.line === Number(line));
    const node = row && this.grid.getRowNode(String(row.id));
    if (node) {
      this.grid.ensureNodeVisible(node, "middle");
      this.grid.setFocusedCell(node.rowIndex, column ?? "train");
    }
  }

  add() {
    const row = { id: (this.next += 1), line: 0 };
    NAMES.forEach((name) => (row[name] = name === "kind" ? "through" : ""));
    this.insert([row]);
    this.grid.startEditingCell({ rowIndex: 0, colKey: "train" });
  }

  copy() {
    this.insert(this.grid.getSelectedRows().map((row) => ({ ...row, id: (this.next += 1), line: 0 })));
  }

  insert(rows) {
    this.rows.unshift(...rows);
    this.grid.applyTransaction({ add: rows, addIndex: 0 });
    this.grid.ensureIndexVisible(0);
    this.paintBar();
  }

  remove() {
    const gone = new Set(this.grid.getSelectedRows());
    this.rows = this.rows.filter((row) => !gone.has(row));
    this.grid.applyTransaction({ remove: [...gone] });
    this.paintBar();
  }

  /** Save into the draft; whether it is saved. */
  async save() {
    this.grid.stopEditing();
    if (!this.unsaved()) {
      return true;
    }
    try {
      this.taken(await this.model.put(FILE, this.text(), this.tag));
      return true;
    } catch (problem) {
      if (problem.code === "file-moved") {
        this.tag = (await this.model.file(FILE))?.file.tag ?? this.tag;
        this.desk.problem(problem, {
          actions: [
            { words: { zh: "以我的表替换", en: "Put mine in its place" }, run: () => this.save() },
            { words: { zh: "采用对方的表", en: "Take theirs" }, run: () => this.desk.attempt(() => this.load()) },
          ],
        });
      } else {
        this.desk.problem(problem);
      }
      return false;
    }
  }
}
