/**
 * A loudspeaker that prints: makes each announcement once at each of its zones, one at a time in a zone.
 *
 * That it begins is on the disk before the first word is said.
 */

import { firstFirst, mayBegin, modesOf, textIn } from './tasks.mjs';

/**
 * @typedef {object} Parts
 * @property {import('./client.mjs').Client} client
 * @property {import('./replica.mjs').Replica} replica
 * @property {import('./results.mjs').Results} results
 * @property {import('./clock.mjs').StationTime} time
 * @property {string[]} zones those that this loudspeaker is for; none: all
 * @property {import('./equipment.mjs').Equipment} equipment
 * @property {import('./output.mjs').Output} output
 * @property {number} seconds machine time that one announcement takes
 */

export class Announcer {
  #parts;
  /** @type {Map<string, {task: string, timer: NodeJS.Timeout}>} what is being said, by zone */
  #speaking = new Map();
  #on = true;

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /** Begin whatever may be begun now. */
  wake() {
    const { replica, zones, time } = this.#parts;
    if (!time.known || !this.#on) return;
    const tasks = replica.set.of('task').filter((task) => task.does === 'announcement').sort(firstFirst);
    for (const task of tasks) {
      for (const zone of task.target) if (!zones.length || zones.includes(zone)) this.#consider(task, zone);
    }
    this.#parts.results.forget(new Set(tasks.map(({ id }) => id)));
  }

  /** There is nothing that a printed voice could find out about itself. */
  test() {}

  /** Begin announcements, or begin none. @param {boolean} on */
  power(on) {
    this.#on = on;
    this.#parts.equipment.is(on ? 'ok' : 'off');
    this.wake();
  }

  /** The program ends: what is being said breaks off. */
  stop() {
    for (const [zone, { task, timer }] of this.#speaking) {
      clearTimeout(timer);
      this.#over(task, zone, 'interrupted');
    }
  }

  /** @param {import('./tasks.mjs').Task} task @param {string} zone */
  #consider(task, zone) {
    const { client, replica, results, time, seconds } = this.#parts;
    if (this.#speaking.has(zone) || results.knows(task.id, zone)) return;
    const now = time.now();
    if (!mayBegin(task, zone, now, modesOf(replica.set.of('mode')), client.feed)) return;
    try {
      results.begin(task.id, zone, task.base, now);
    } catch (error) {
      client.emit('note', `Not announced, because that it begins cannot be written: ${error.message}`);
      return;
    }
    client.report();
    const languages = new Set(task.text.filter(({ name }) => name === 'speech').map(({ language }) => language));
    const texts = [...languages].map((language) => ({ language, content: textIn(task.text, 'speech', language) }));
    this.#say(zone, task.id, 'begun', texts);
    const finished = () => {
      this.#over(task.id, zone, 'done');
      this.wake();
    };
    this.#speaking.set(zone, { task: task.id, timer: setTimeout(finished, seconds * 1000) });
  }

  /** @param {string} task @param {string} zone @param {'done' | 'interrupted'} state */
  #over(task, zone, state) {
    const { client, results, time } = this.#parts;
    this.#speaking.delete(zone);
    this.#say(zone, task, state, []);
    try {
      results.finish(task, zone, state, time.now());
    } catch (error) {
      client.emit('note', `A result cannot be written now: ${error.message}`);
    }
    client.report();
  }

  #say(zone, task, phase, texts) {
    const { output } = this.#parts;
    output.event('announcement', { zone, task, phase, texts });
    if (phase === 'begun') output.text(`[${zone}] ${texts.map(({ content }) => content).join(' ')}`);
  }
}
