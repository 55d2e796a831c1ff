// The grid under the table of devices: rows are drawn only where they are seen, so thousands of them stay fluid.

import "../lib/ag-grid-community-36.2.0/ag-grid-community.min.noStyle.js";
import { lasting, moment } from "./alarms_words.js";
import { CONDITIONS, KINDS, OUTCOMES, PLACES } from "./devices_words.js";

const { createGrid } = globalThis.agGrid;
const ROW_REM = 1.375;
const HEAD_REM = 1.5;

export class DeviceGrid {
  /** `hear`: marked(rows), wanted(row) → whether it is shown, opened(row). */
  constructor(root, desk, hear) {
    this.desk = desk;
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    this.api = createGrid(root, {
      theme: "legacy",
      rowData: [],
      columnDefs: this.columns(rem),
      defaultColDef: { sortable: true, resizable: true, suppressHeaderMenuButton: true, minWidth: 3 * rem },
      getRowId: ({ data }) => data.id,
      rowHeight: Math.round(ROW_REM * rem),
      headerHeight: Math.round(HEAD_REM * rem),
      rowSelection: { mode: "multiRow", checkboxes: true, headerCheckbox: true, selectAll: "filtered" },
      selectionColumnDef: { pinned: "left", width: 1.9 * rem, minWidth: 1.5 * rem, resizable: false, sortable: false },
      isExternalFilterPresent: () => true,
      doesExternalFilterPass: ({ data }) => hear.wanted(data),
      asyncTransactionWaitMillis: 50,
      animateRows: false,
      ensureDomOrder: true,
      suppressScrollOnNewData: true,
      suppressDragLeaveHidesColumns: true,
      tooltipShowDelay: 350,
      getLocaleText: ({ key, defaultValue }) => desk.t(GRID_WORDS[key] ?? defaultValue),
      onSelectionChanged: () => hear.marked(this.marked()),
      onModelUpdated: () => hear.marked(this.marked()),
      onCellDoubleClicked: ({ data }) => hear.opened(data),
    });
  }

  columns(rem) {
    const { desk } = this;
    const { t } = desk;
    const column = (colId, words, width, text, more = {}) => ({
      colId,
      headerName: t(words),
      width: Math.round(width * rem),
      valueGetter: ({ data }) => text(data),
      tooltipValueGetter: ({ data }) => text(data),
      ...more,
    });
    const condition = ({ device }) => CONDITIONS[device.condition] ?? CONDITIONS.unknown;
    const outcome = ({ outcome: each }) => (each === null ? "" : [OUTCOMES[each.state].sign, t(OUTCOMES[each.state]), each.detail].filter(Boolean).join(" "));
    const ofKind = (find) => Object.fromEntries(["bad", "late", "dim", "good"].map((kind) => [kind, ({ data }) => data && find(data) === kind]));
    return [
      column("condition", { zh: "状态", en: "Condition" }, 7, (row) => `${condition(row).sign} ${t(condition(row))}`, {
        cellClassRules: ofKind((row) => condition(row).kind),
        comparator: (one, other, a, b) => condition(a.data).order - condition(b.data).order,
        sort: "asc",
      }),
      column("device", { zh: "设备", en: "Device" }, 8.5, ({ device }) => device.id, { cellClass: "number" }),
      column("kind", { zh: "类型", en: "Kind" }, 6, ({ device }) => t(KINDS[device.kind] ?? device.kind)),
      column("subsystem", { zh: "子系统", en: "Subsystem" }, 6.5, ({ device }) => device.identity),
      column("place", { zh: "位置", en: "Place" }, 8, (row) => placed(desk, row)),
      column("since", { zh: "自", en: "Since" }, 7.5, ({ device }) => `${moment(device.since, { zone: desk.world.zone, now: desk.now() })}  ${lasting(desk.now() - device.since)}`, {
        cellClass: "time",
        headerClass: "time",
        comparator: (one, other, a, b) => a.data.device.since - b.data.device.since,
      }),
      column("detail", { zh: "说明", en: "Detail" }, 8, ({ device }) => device.detail, { flex: 1, minWidth: 6 * rem }),
      column("readings", { zh: "读数", en: "Readings" }, 7, ({ device }) => device.readings.map(({ name, value }) => `${name} ${value}`).join(", ")),
      column("outcome", { zh: "操作结果", en: "Outcome" }, 8, outcome, { cellClassRules: ofKind(({ outcome: each }) => (each === null ? "" : OUTCOMES[each.state].kind)) }),
    ];
  }

  /** All rows anew. */
  show(rows) {
    this.api.setGridOption("rowData", rows);
  }

  change(made) {
    this.api.applyTransactionAsync(made);
  }

  filter() {
    this.api.onFilterChanged();
  }

  /** Times grow old: draw those that are seen anew. */
  tick() {
    this.api.refreshCells({ columns: ["since"] });
  }

  /** The rows that are marked and shown: what a filter hides is not acted on. */
  marked() {
    return this.api.getSelectedNodes().filter((node) => node.displayed).map((node) => node.data);
  }

  /** Mark these and no others; gives how many there are. */
  markOnly(wanted) {
    this.api.flushAsyncTransactions();
    const nodes = [];
    this.api.forEachNode((node) => wanted(node.data) && nodes.push(node));
    this.api.deselectAll();
    this.api.setNodesSelected({ nodes, newValue: true });
    if (nodes[0]?.rowIndex != null) {
      this.api.ensureIndexVisible(nodes[0].rowIndex, "middle");
    }
    return nodes.length;
  }

  markAll() {
    this.api.selectAll("filtered");
  }

  unmark() {
    this.api.deselectAll();
  }

  shown() {
    return this.api.getDisplayedRowCount();
  }

  focus() {
    const cell = this.api.getFocusedCell();
    this.api.setFocusedCell(cell?.rowIndex ?? 0, cell?.column ?? "device");
  }

  /** Mark the row that has the focus, or no longer. */
  mark() {
    const cell = this.api.getFocusedCell();
    const node = cell && this.api.getDisplayedRowAtIndex(cell.rowIndex);
    node?.setSelected(!node.isSelected());
  }

  end() {
    this.api.destroy();
  }
}

/** Where a device is, in words: the places that it serves, else what it serves. */
export function placed(desk, { places, device }) {
  const words = places.map((place) => {
    const [kind, id] = [place.slice(0, place.indexOf(".")), place.slice(place.indexOf(".") + 1)];
    return `${desk.t(PLACES[kind])} ${id}`;
  });
  return (words.length ? words : device.targets).join(", ");
}

const GRID_WORDS = {
  noRowsToShow: { zh: "没有设备", en: "No devices" },
  noMatchingRows: { zh: "没有符合的设备", en: "No device fits" },
};
