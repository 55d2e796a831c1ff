// The rows of the table: each call with its cells, in its part of the day, and whether it is wanted. Only rows that are
// another than before are given to the grid.

import { cellsOf, sameCell } from "./day_columns.js";
import { sectionOf } from "./day_state.js";
import { dayOf } from "./day_times.js";

/** The parts of the table in their order; after them comes each later day, by its date. */
const SECTIONS = ["past", "now", "later"];
const POINT = new Set(["announcement", "notice"]);
const OPEN = new Set(["planned", "begun"]);
const NONE = [];

/** The call to which a task or a proposal belongs: their ids begin with its id, which has four parts. */
export function callOf(id) {
  return id.split("/", 4).join("/");
}

/** When a task next does something; null where that is over, or is seen where it is. */
export function momentOf(task, now) {
  if (!OPEN.has(task.state)) {
    return null;
  }
  if (POINT.has(task.kind)) {
    return task.due !== null && now <= task.valid_until ? task.due : null;
  }
  if (task.kind !== "check_in") {
    return null;
  }
  return [task.start, task.end].find((at) => at !== null && at > now) ?? null;
}

function grouped(values, keysOf) {
  const groups = new Map();
  for (const value of values) {
    for (const key of keysOf(value)) {
      groups.get(key)?.push(value) ?? groups.set(key, [value]);
    }
  }
  return groups;
}

/** What else there is to say of calls: what waits for a decision, what is in the way, what comes next. */
export class About {
  constructor(desk) {
    this.desk = desk;
    this.gather();
  }

  /** Sort what there is by call. */
  gather() {
    const { world } = this.desk;
    this.now = this.desk.now();
    this.today = dayOf(this.now, world.zone);
    this.proposals = grouped(
      [...world.proposals.values()].filter(({ rejected }) => !rejected),
      ({ call }) => [call],
    );
    this.conflicts = grouped(world.conflicts.values(), ({ calls }) => calls);
    this.stationManual = world.modes.has("station");
    this.next = new Map();
    const unsigned = !world.state?.executors.includes("notice"); // no post can sign them
    for (const task of world.tasks.values()) {
      const at = task.kind === "notice" && unsigned ? null : momentOf(task, this.now);
      const known = this.next.get(task.call);
      if (at !== null && (known === undefined || at < known.at || (at === known.at && task.id < known.task.id))) {
        this.next.set(task.call, { at, task, held: task.held || (task.awaits !== null && at <= this.now) });
      }
    }
  }

  of(call) {
    const { world, t, language } = this.desk;
    const conflicts = (this.conflicts.get(call.id) ?? NONE).map((conflict) => {
      const other = conflict.calls.find((id) => id !== call.id);
      return { ...conflict, other: world.calls.get(other)?.number ?? other };
    });
    return {
      now: this.now,
      zone: world.zone,
      t,
      language,
      names: world.names,
      proposals: this.proposals.get(call.id) ?? NONE,
      conflicts,
      next: this.next.get(call.id) ?? null,
      manual: this.stationManual || world.modes.has(`call.${call.id}`),
    };
  }
}

export class Rows {
  /** `wanted(row)`: whether a row fits what one looks for; `pastSeen()`: whether those that are over are seen. */
  constructor(desk, { wanted, pastSeen }) {
    Object.assign(this, { desk, wanted, pastSeen });
    this.about = new About(desk);
    this.rows = new Map();
    this.counts = new Map(); // part of the table → how many trains in it fit
  }

  /** All rows anew, as after the page or the hub began again. */
  whole() {
    this.about.gather();
    this.rows = new Map([...this.desk.world.calls.values()].map((call) => [call.id, this.make(call)]));
    this.count();
    return [...this.rows.values()];
  }

  /**
   * What has become of these calls (null: of any): { add, update, remove } of rows. A row of which nothing differs is
   * not in it, so the clock can be asked about all of them.
   */
  changes(ids) {
    this.about.gather();
    const { calls } = this.desk.world;
    const made = { add: [], update: [], remove: [] };
    for (const id of ids ?? new Set([...calls.keys(), ...this.rows.keys()])) {
      const call = calls.get(id);
      const before = this.rows.get(id);
      if (call === undefined) {
        if (before !== undefined) {
          this.rows.delete(id);
          made.remove.push(before);
        }
        continue;
      }
      const row = this.make(call);
      if (before === undefined) {
        made.add.push(row);
      } else if (different(before, row)) {
        made.update.push(row);
      } else {
        before.call = call; // of another revision, which nobody can see
        continue;
      }
      this.rows.set(id, row);
    }
    this.count();
    return made;
  }

  make(call) {
    const row = {
      id: call.id,
      call,
      cells: cellsOf(call, this.about.of(call)),
      section: this.section(call),
    };
    this.judge(row);
    return row;
  }

  /** The part of the table: what comes later than today stands under its date. */
  section(call) {
    const section = sectionOf(call, this.about.now);
    return section === "later" && call.service_date > this.about.today ? call.service_date : section;
  }

  judge(row) {
    row.fits = this.wanted(row);
    row.shown = row.fits && (row.section !== "past" || this.pastSeen());
  }

  /** Ask of every row again whether it is wanted. */
  choose() {
    this.rows.forEach((row) => this.judge(row));
    this.count();
  }

  count() {
    const days = new Set(
      [...this.rows.values()].map(({ section }) => section).filter((each) => !SECTIONS.includes(each)),
    );
    this.counts = new Map([...SECTIONS, ...[...days].sort()].map((section) => [section, 0]));
    for (const { section, fits } of this.rows.values()) {
      this.counts.set(section, this.counts.get(section) + (fits ? 1 : 0));
    }
  }
}

function different(one, other) {
  return (
    one.section !== other.section ||
    one.shown !== other.shown ||
    one.fits !== other.fits ||
    Object.keys(other.cells).some((id) => !sameCell(one.cells[id], other.cells[id]))
  );
}
