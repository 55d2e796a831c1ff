/**
 * How things are here: this one device, and what is to be seen on its boards. Told whole after each connection, then
 * only what is different.
 */

/** @typedef {{task: string, revision: bigint}} Row */

/** What the one device here is called. */
export const DEVICE = 'terminal';

const show = (value) => JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? String(part) : part));

/** What was seen, and what of it the hub has been told. */
export class Equipment {
  #time;
  #kind;
  #targets;
  #condition = 'ok';
  #detail = '';
  /** @type {number | null} */
  #since = null;
  /** @type {Map<string, {target: string, at: number, evidence: string, blank: boolean, row: Row[]}>} */
  #shown = new Map();
  /** @type {Map<string, string>} what the hub was told last, by device or target */
  #told = new Map();

  /**
   * @param {string} kind what sort of device this is
   * @param {string[]} targets the boards or zones that it serves
   * @param {import('./clock.mjs').StationTime} time
   */
  constructor(kind, targets, time) {
    this.#kind = kind;
    this.#targets = targets;
    this.#time = time;
  }

  /**
   * These rows are written out for a board.
   *
   * @param {string} target
   * @param {Row[]} row in the order in which they stand
   * @param {boolean} [blank] it shows nothing, on purpose
   */
  shows(target, row, blank = false) {
    const before = this.#shown.get(target);
    if (before && before.blank === blank && show(before.row) === show(row)) return;
    // The terminal has taken it; that somebody sees it is more than this program can know.
    this.#shown.set(target, { target, at: this.#time.now(), evidence: 'sent', blank, row });
  }

  /**
   * The device itself.
   *
   * @param {'ok' | 'faulty' | 'off'} condition
   * @param {string} [detail] for people
   */
  is(condition, detail = '') {
    if (condition === this.#condition && detail === this.#detail) return;
    this.#condition = condition;
    this.#detail = detail;
    this.#since = this.#time.now();
  }

  /** All of it, for the report that is `whole`. */
  everything() {
    this.#told.clear();
    return this.news();
  }

  /** What is different from what was told last; null: nothing. */
  news() {
    this.#since ??= this.#time.now();
    const device = {
      id: DEVICE, kind: this.#kind, condition: this.#condition, since: this.#since, detail: this.#detail,
      target: this.#targets,
    };
    const devices = this.#isNews('device', device) ? [device] : [];
    const readback = [...this.#shown.values()].filter((one) => this.#isNews(`target ${one.target}`, one));
    return devices.length || readback.length ? { device: devices, readback } : null;
  }

  #isNews(name, value) {
    const text = show(value);
    if (this.#told.get(name) === text) return false;
    this.#told.set(name, text);
    return true;
  }
}
