/**
 * Writes a board's rows out, on a terminal or as lines of JSON, whenever they have changed; and says that it has.
 */

import { clockText, linesOf, rowsOf } from './board.mjs';

const CLEAR = '\x1b[2J\x1b[H';

/**
 * @typedef {object} Parts
 * @property {import('./client.mjs').Client} client
 * @property {import('./replica.mjs').Replica} replica
 * @property {import('./clock.mjs').StationTime} time
 * @property {import('./equipment.mjs').Equipment} equipment
 * @property {import('./output.mjs').Output} output
 * @property {string[]} boards those to show; none: all that the station has
 * @property {string} language
 */

export class Display {
  #parts;
  #shown = '';
  #on = true;
  /** Station time since when no hub is there. @type {number | undefined} */
  #aloneSince;

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /** Write out what has changed since it was written last. */
  wake() {
    const { client, replica, time, equipment, output } = this.#parts;
    if (!replica.position) return;
    const now = time.now();
    const state = client.online ? 'online' : 'alone';
    this.#aloneSince = client.online ? undefined : this.#aloneSince ?? now;
    const boards = this.#on ? this.#boards(now) : {};
    const clock = client.clock === 'invalid' ? '--:--' : clockText(replica.set, now);
    const picture = output.json ? output.line({ state, boards }) : this.#picture(boards, clock);
    if (picture !== this.#shown) {
      this.#shown = picture;
      if (output.json) output.event('rows', { state, at: new Date(now).toISOString(), boards });
      else output.text(picture);
    }
    // Another revision may well look the same.
    for (const board of this.#ids()) equipment.shows(board, boards[board] ?? [], !this.#on);
    client.report();
  }

  /** Write everything out again, to see that it can be. */
  test() {
    this.#shown = '';
    this.wake();
  }

  /** Show what is to be shown, or nothing at all. @param {boolean} on */
  power(on) {
    this.#on = on;
    this.#parts.equipment.is(on ? 'ok' : 'off');
    this.wake();
  }

  /** @param {number} now @returns {Record<string, import('./board.mjs').Row[]>} */
  #boards(now) {
    const { replica, language } = this.#parts;
    return Object.fromEntries(this.#ids().map((id) => [id, rowsOf(replica.set, id, now, language)]));
  }

  #ids() {
    const { replica, boards } = this.#parts;
    return boards.length ? boards : replica.set.of('board').map(({ id }) => id).sort();
  }

  #picture(boards, clock) {
    const since = this.#aloneSince;
    const alone = since === undefined ? '' : `  (alone since ${clockText(this.#parts.replica.set, since)})`;
    const pictures = Object.entries(boards).map(([id, rows]) => linesOf(`${clock}  ${id}${alone}`, rows).join('\n'));
    return (this.#parts.output.terminal ? CLEAR : '') + pictures.join('\n\n');
  }
}
