// The grid under the table of calls: rows come and change one by one, and whatever the person has marked, focused,
// scrolled to or begun to type stays.

import "../lib/ag-grid-community-36.2.0/ag-grid-community.min.noStyle.js";
import { element } from "../desk/element.js";
import { COLUMNS, sameCell, usual } from "./day_columns.js";
import { TypedEditor } from "./day_editor.js";

const { createGrid } = globalThis.agGrid;
const KINDS = ["late", "early", "bad", "good", "moved", "held", "done"];
const ROW_REM = 1.375;
const HEAD_REM = 1.5;
const FLASH_MS = 700;

const remNow = () => parseFloat(getComputedStyle(document.documentElement).fontSize);
const isHeading = (row) => row?.heading !== undefined;

/** Keys of the grid itself; every other one is the console's, or begins to type. */
const OF_THE_GRID = /^(Arrow|Page|Home|End|Tab|Enter|F2|Escape|Backspace|Delete| )/;

export class DayGrid {
  /**
   * `hear`: what the pane does: focused(row, column), marked(rows), typed(row, column, { typed, known }), begun(row),
   * hint(row, column, typed), ended(), fold(section), told(row, column) → words, opened(row, column).
   */
  constructor(root, desk, hear) {
    this.desk = desk;
    this.hear = hear;
    this.focus = null; // { id, column }: the grid keeps a row's number, and numbers change
    this.root = root;
    this.headings = new Map(); // part of the table → its heading
    const rem = remNow();
    this.api = createGrid(root, {
      theme: "legacy",
      rowData: [],
      columnDefs: COLUMNS.map((column) => this.definition(column, rem)),
      defaultColDef: { sortable: true, resizable: true, suppressHeaderMenuButton: true, minWidth: 2 * rem },
      getRowId: ({ data }) => data.id,
      rowHeight: Math.round(ROW_REM * rem),
      headerHeight: Math.round(HEAD_REM * rem),
      rowSelection: {
        mode: "multiRow",
        checkboxes: ({ data }) => !isHeading(data),
        headerCheckbox: true,
        selectAll: "filtered",
        isRowSelectable: ({ data }) => !isHeading(data),
      },
      selectionColumnDef: { pinned: "left", width: 1.9 * rem, minWidth: 1.5 * rem, resizable: false, sortable: false },
      isFullWidthRow: ({ rowNode }) => isHeading(rowNode.data),
      fullWidthCellRenderer: HeadingRow,
      fullWidthCellRendererParams: { fold: (section) => hear.fold(section), desk },
      isExternalFilterPresent: () => true,
      doesExternalFilterPass: ({ data }) => isHeading(data) || data.shown,
      alwaysPassFilter: ({ data }) => isHeading(data),
      postSortRows: ({ nodes }) => this.arrange(nodes),
      rowClassRules: {
        over: ({ data }) => data.section === "past",
        suspended: ({ data }) => data.call?.running === "suspended",
      },
      animateRows: false,
      suppressAnimationFrame: true, // rows are there at once when one scrolls, and do not flicker
      cellFlashDuration: FLASH_MS,
      cellFadeDuration: FLASH_MS,
      suppressScrollOnNewData: true,
      suppressDragLeaveHidesColumns: true,
      tooltipShowDelay: 350,
      tooltipHideDelay: 60_000,
      getLocaleText: ({ key, defaultValue }) => desk.t(GRID_WORDS[key] ?? defaultValue),
      onSelectionChanged: () => hear.marked(this.marked()),
      onCellDoubleClicked: ({ data, column }) => hear.opened(data, column.getColId()),
    });
    this.viewport = root.querySelector(".ag-grid-viewport");
    root.addEventListener("focusin", (event) => this.focused(event));
    this.rem = rem;
    this.sizes = new ResizeObserver(() => this.fitRem());
    this.sizes.observe(root);
  }

  definition({ id, words, width, pinned, kind = "", edit }, rem) {
    const { desk, hear } = this;
    return {
      colId: id,
      headerName: desk.t(words),
      headerTooltip: desk.t(words),
      width: Math.round((Array.isArray(width) ? width[desk.language === "zh" ? 0 : 1] : width) * rem),
      pinned: pinned ?? null,
      lockPinned: false,
      cellClass: kind || undefined,
      headerClass: kind || undefined,
      valueGetter: ({ data }) => data.cells?.[id] ?? { text: "", kind: "" },
      valueFormatter: ({ value }) => value.text,
      filterValueGetter: ({ data }) => data.cells?.[id].text ?? "",
      equals: sameCell,
      comparator: (one, other) => (one.sort < other.sort ? -1 : one.sort > other.sort ? 1 : 0),
      cellClassRules: {
        ...Object.fromEntries(KINDS.map((name) => [name, ({ value }) => value?.kind === name])),
        number: ({ value }) => value?.kind === "number",
        locked: ({ value }) => Boolean(value?.locked),
      },
      tooltipValueGetter: ({ data }) => (isHeading(data) || !data ? null : hear.told(data, id)),
      enableCellChangeFlash: true,
      filter: "agTextColumnFilter",
      suppressKeyboardEvent: ({ event, editing }) =>
        !editing && !OF_THE_GRID.test(event.key) && !this.types(event, edit),
      editable: ({ data }) => edit !== undefined && !isHeading(data) && hear.mayType(data, edit),
      cellEditor: TypedEditor,
      cellEditorParams: {
        label: desk.t(words),
        start: (call) => hear.start(call, id, edit),
        hear: {
          begun: (row) => hear.begun(row),
          hint: (row, typed) => hear.hint(row, id, typed),
          ended: () => hear.ended(),
        },
      },
      valueSetter: ({ data, newValue }) => {
        if (newValue?.typed !== undefined) {
          hear.typed(data, id, newValue);
        }
        return false; // the cell changes when the hub says so
      },
    };
  }

  /** On a wall the page's letters are larger, and rows and columns with them. */
  fitRem() {
    const rem = remNow();
    if (rem !== this.rem) {
      const key = (column) => ({
        key: column.getColId(),
        newWidth: Math.round((column.getActualWidth() * rem) / this.rem),
      });
      this.api.setColumnWidths(this.api.getColumns().map(key));
      this.rem = rem;
      this.api.setGridOption("rowHeight", Math.round(ROW_REM * rem));
      this.api.setGridOption("headerHeight", Math.round(HEAD_REM * rem));
      this.api.resetRowHeights();
    }
  }

  /** Whether a pressed key begins to type in the cell: a digit, where something can be typed. */
  types(event, edit) {
    return edit !== undefined && /^\d$/.test(event.key) && !event.ctrlKey && !event.altKey && !event.metaKey;
  }

  /** Rows in their parts: a heading, then its rows in the order that the person chose, or by time. */
  arrange(nodes) {
    const parts = new Map([...this.headings.keys()].map((section) => [section, []]));
    const heads = new Map();
    for (const node of nodes) {
      if (isHeading(node.data)) {
        heads.set(node.data.heading, node);
      } else {
        parts.get(node.data.section)?.push(node) ?? parts.set(node.data.section, [node]);
      }
    }
    if (!this.api?.getColumnState().some(({ sort }) => sort)) {
      parts.forEach((part) => part.sort((one, other) => usual(one.data.call, other.data.call)));
    }
    const all = [...parts].flatMap(([section, part]) => (heads.has(section) ? [heads.get(section), ...part] : part));
    nodes.splice(0, nodes.length, ...all);
  }

  /** All rows anew. */
  show(rows) {
    this.keeping(() => this.api.setGridOption("rowData", [...this.headings.values(), ...rows]));
  }

  /** Some rows are another, came or went. */
  change({ add, update, remove }) {
    if (add.length + update.length + remove.length) {
      this.keeping(() => this.api.applyTransaction({ add, update, remove }));
    }
  }

  /** What is wanted is another. */
  filter() {
    this.keeping(() => this.api.onFilterChanged());
  }

  /** Say over each part how many trains are in it; `heads` are { text, open } by part, in their order. */
  head(heads) {
    const before = this.headings;
    this.headings = new Map();
    const made = { add: [], update: [], remove: [] };
    for (const [section, { text, open }] of heads) {
      const known = before.get(section);
      const heading =
        known?.text === text && known.open === open
          ? known
          : { id: `section:${section}`, heading: section, text, open };
      this.headings.set(section, heading);
      (known === undefined ? made.add : known === heading ? [] : made.update).push(heading);
    }
    made.remove = [...before.values()].filter(({ heading }) => !heads.has(heading));
    this.change(made);
  }

  /** Do something to the rows, and have the person find himself where he was. */
  keeping(action) {
    const { api, viewport } = this;
    const top = viewport.scrollTop;
    const held = this.focus && api.getRowNode(this.focus.id);
    const inSight =
      held?.rowTop != null && held.rowTop + held.rowHeight > top && held.rowTop < top + viewport.clientHeight;
    const anchor = inSight ? held : api.getDisplayedRowAtIndex(api.getFirstDisplayedRowIndex());
    const offset = anchor?.rowTop == null ? 0 : anchor.rowTop - top;
    const active = this.root.contains(document.activeElement) ? document.activeElement : null;
    const { focus } = this;
    action();
    this.focus = focus; // the grid goes by the number of the row, and another train may have that now
    const there = anchor?.data && api.getRowNode(anchor.data.id);
    if (top > 0 && there?.rowTop != null && viewport.scrollTop !== there.rowTop - offset) {
      viewport.scrollTop = there.rowTop - offset;
    }
    this.refocus(active);
  }

  /** The focus stays on its train, wherever that now stands, and in what is being typed: `active` had it before. */
  refocus(active) {
    const cell = this.api.getFocusedCell();
    const node = this.focus && this.api.getRowNode(this.focus.id);
    if (active === null || cell === null || node?.rowIndex == null || active.closest(".section")) {
      return;
    }
    if (node.rowIndex !== cell.rowIndex || cell.column.getColId() !== this.focus.column) {
      this.api.setFocusedCell(node.rowIndex, this.focus.column);
    }
    if (active.matches("input.typed") && active.isConnected && document.activeElement !== active) {
      active.focus({ preventScroll: true });
    }
  }

  /** The page's own word of where the focus is: the grid's comes later, with a row's number that may have changed. */
  focused({ target }) {
    const cell = target.closest(".ag-cell[col-id]");
    const node = cell && this.api.getRowNode(cell.closest(".ag-row").getAttribute("row-id"));
    if (node?.data && !isHeading(node.data)) {
      this.focus = { id: node.data.id, column: cell.getAttribute("col-id") };
      this.hear.focused(node.data, this.focus.column);
    }
  }

  /** The rows that are marked. */
  marked() {
    return this.api.getSelectedRows().filter((row) => !isHeading(row));
  }

  unmark() {
    this.api.deselectAll();
  }

  /** Mark the row that has the focus, or no longer. */
  mark() {
    const node = this.focus && this.api.getRowNode(this.focus.id);
    node?.setSelected(!node.isSelected());
  }

  /** Bring a call into sight and put the focus on it. */
  goTo(id, column = "number", where = "middle") {
    const node = this.api.getRowNode(id);
    if (node?.rowIndex == null) {
      return false;
    }
    this.api.ensureNodeVisible(node, where);
    this.api.setFocusedCell(node.rowIndex, column);
    return true;
  }

  /** The past was unfolded or folded by its button, which is another one now. */
  folded() {
    this.api.clearFocusedCell();
    requestAnimationFrame(() => this.root.querySelector(".section.past button")?.focus());
  }

  /** Put the focus back into the table, where it was, or on its first train. */
  enter() {
    if (this.focus !== null && this.goTo(this.focus.id, this.focus.column, null)) {
      return;
    }
    let first = null;
    this.api.forEachNodeAfterFilterAndSort((node) => (first ??= isHeading(node.data) ? null : node));
    if (first !== null) {
      this.goTo(first.data.id, "number", null);
    }
  }

  end() {
    this.sizes.disconnect();
    this.api.destroy();
  }
}

/** The heading of a part of the table; that of the past opens and closes it. */
class HeadingRow {
  init({ data, fold, desk }) {
    const open = data.open;
    const folds = data.heading === "past";
    const words = folds ? desk.t(open ? { zh: "收起", en: "Fold" } : { zh: "展开", en: "Show" }) : null;
    this.gui = element(
      "div",
      { class: `section ${data.heading}`, role: "gridcell" },
      element("b", {}, data.text),
      folds
        ? element(
            "button",
            { type: "button", "aria-expanded": String(Boolean(open)), onclick: () => fold(data.heading) },
            words,
          )
        : null,
    );
  }

  getGui() {
    return this.gui;
  }

  refresh() {
    return false; // a heading that is another is made anew
  }
}

/** The grid's own words, as far as anybody sees them. */
const GRID_WORDS = {
  noRowsToShow: { zh: "没有车次", en: "No trains" },
  noMatchingRows: { zh: "没有符合的车次", en: "No train fits" },
  filterOoo: { zh: "筛选…", en: "Filter…" },
  contains: { zh: "包含", en: "Contains" },
  notContains: { zh: "不包含", en: "Does not contain" },
  equals: { zh: "等于", en: "Equals" },
  notEqual: { zh: "不等于", en: "Is not" },
  startsWith: { zh: "开头是", en: "Begins with" },
  endsWith: { zh: "结尾是", en: "Ends with" },
  blank: { zh: "空", en: "Empty" },
  notBlank: { zh: "非空", en: "Not empty" },
  andCondition: { zh: "并且", en: "and" },
  orCondition: { zh: "或者", en: "or" },
};
