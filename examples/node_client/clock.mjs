/**
 * Station time as this client knows it (section 5, "Keeping time").
 *
 * It runs on a clock that nobody sets. Of the last exchanges with the hub the one with the shortest way there and back
 * gives the offset; small differences are made good slowly, and the time that is acted by never runs backwards.
 */

const KEPT = 8;
/** From here on a difference is no error of measurement any more: station time itself was set. Milliseconds. */
const STEP = 1000;
/** How fast small differences are made good: milliseconds in one millisecond. */
const SLEW = 0.05;
/** What two clocks may drift apart between the exchanges that are kept. Milliseconds. */
const DRIFT = 50;

/** @typedef {{offset: number, delay: number}} Exchange */

/** Station time, from when it is first heard of. */
export class StationTime {
  #machine;
  #offset = 0;
  #shown = -Infinity;
  #shownAt = 0;
  /** @type {Exchange[]} */
  #exchanges = [];
  /** The hub has said what time it is, or has in an earlier run. */
  known = false;
  /** How wrong this may be against the hub, in milliseconds; null before the first exchange. @type {number | null} */
  error = null;

  /** @param {() => number} machine a clock that nobody sets, in milliseconds */
  constructor(machine) {
    this.#machine = machine;
  }

  /** The machine's clock, as it goes into `time-request`. */
  machine() {
    return this.#machine();
  }

  /**
   * Begin with what is believed before the hub has been heard.
   *
   * @param {number} time station time now, in milliseconds
   */
  believe(time) {
    this.#offset = time - this.#machine();
    this.#shown = -Infinity;
  }

  /** Station time now, in milliseconds since 1970. Never less than it was. */
  now() {
    const machine = this.#machine();
    const right = machine + this.#offset;
    if (this.#shown === -Infinity) this.#shown = right;
    else {
      const passed = machine - this.#shownAt;
      const gap = right - (this.#shown + passed);
      if (gap >= STEP) this.#shown = right;
      else if (gap <= -STEP) this.#shown = Math.max(this.#shown, right);
      else this.#shown += passed + Math.sign(gap) * Math.min(Math.abs(gap), passed * SLEW);
    }
    this.#shownAt = machine;
    return this.#shown;
  }

  /**
   * The hub has said its time in passing (welcome, heartbeat). It was at least that when it was sent.
   *
   * @param {number} time
   * @returns {boolean} whether it is so different that an exchange should follow
   */
  heard(time) {
    const offset = time - this.#machine();
    const gap = offset - this.#offset;
    if (this.known && Math.abs(gap) < STEP) return false;
    // What was long on its way makes station time seem earlier than it is, never later.
    if (!this.known || gap > 0) {
      if (!this.known) this.#shown = -Infinity;
      this.#offset = offset;
      this.#exchanges = [];
      this.known = true;
    }
    return true;
  }

  /**
   * One exchange: the four stamps of NTP, two of them of the machine's clock.
   *
   * @param {{asked: number, received: number, sent: number}} answer
   * @param {number} [machine] the machine's clock when the answer came in
   */
  exchanged({ asked, received, sent }, machine = this.#machine()) {
    const exchange = {
      offset: (received - asked + (sent - machine)) / 2,
      delay: Math.max(0, machine - asked - (sent - received)),
    };
    // What contradicts the newest is of before a step.
    const agrees = (other) =>
      Math.abs(other.offset - exchange.offset) <= (other.delay + exchange.delay) / 2 + DRIFT;
    this.#exchanges = [...this.#exchanges.filter(agrees), exchange].slice(-KEPT);
    const best = this.#exchanges.reduce((least, other) => (other.delay <= least.delay ? other : least));
    if (!this.known) this.#shown = -Infinity;
    this.#offset = best.offset;
    this.error = best.delay / 2;
    this.known = true;
  }
}
