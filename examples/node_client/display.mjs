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
    const boards = this.#boards(now);
    const clock = client.clock === 'invalid' ? '--:--' : clockText(replica.set, now);
    const picture = output.json ? output.line({ state, boards }) : this.#picture(boards, clock, state);
    if (picture !== this.#shown) {
      this.#shown = picture;
      if (output.json) output.event('rows', { state, at: new Date(now).toISOString(), boards });
      else output.text(picture);
    }
    // Another revision may well look the same.
    for (const [board, rows] of Object.entries(boards)) equipment.shows(board, rows);
    client.report();
  }

  /** Write everything out again. */
  redraw() {
    this.#shown = '';
    this.wake();
  }

  /** @param {number} now @returns {Record<string, import('./board.mjs').Row[]>} */
  #boards(now) {
    const { replica, boards, language } = this.#parts;
    const ids = boards.length ? boards : replica.set.of('board').map(({ id }) => id).sort();
    return Object.fromEntries(ids.map((id) => [id, rowsOf(replica.set, id, now, language)]));
  }

  #picture(boards, clock, state) {
    const alone = state === 'alone' ? '  (alone)' : '';
    const pictures = Object.entries(boards).map(([id, rows]) => linesOf(`${clock}  ${id}${alone}`, rows).join('\n'));
    return (this.#parts.output.terminal ? CLEAR : '') + pictures.join('\n\n');
  }
}
