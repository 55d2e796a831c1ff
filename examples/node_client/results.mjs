/**
 * What this client has begun and what became of it, on the disk before anything is done (section 5, "Doing tasks").
 *
 * A result is kept until the hub says that it has committed it, and sent again on each connection with the same id.
 * That something was begun is kept as long as the replica has its task, so that it is not begun twice.
 */

import { readWhole, writeWhole } from './disk.mjs';

/** @typedef {{id: string, at: number, task: string, outcome: {target: string, state: string, at: number, base?: number, detail?: string}}} Result */
/** @typedef {{task: string, target: string, base?: number, over: boolean}} Begun */

const MOST_IN_ONE_REPORT = 100;

/** The results of one subsystem. */
export class Results {
  #file;
  #prefix;
  #count = 0;
  /** @type {Map<string, Begun>} by task and target */
  #begun = new Map();
  /** @type {Result[]} */
  #kept = [];
  /** @type {Map<number, string[]>} ids of results by the report that they are in */
  #sent = new Map();
  /** @type {Begun[]} what an earlier run began and did not finish */
  #interrupted;

  /**
   * @param {string} file
   * @param {string} identity
   * @param {() => string} unique gives a word that was never given before: ids must be unique for ever
   * @throws {SyntaxError} the file is damaged
   */
  constructor(file, identity, unique) {
    this.#file = file;
    this.#prefix = `${identity}/${unique()}`;
    const held = readWhole(file) ?? { begun: [], kept: [] };
    for (const begun of held.begun) this.#begun.set(key(begun.task, begun.target), begun);
    this.#kept = held.kept;
    this.#interrupted = [...this.#begun.values()].filter((begun) => !begun.over);
  }

  /** How many results the hub has not yet committed. */
  get unreported() {
    return this.#kept.length + this.#interrupted.length;
  }

  /** Was it begun here, now or in an earlier run? @param {string} task @param {string} target */
  knows(task, target) {
    return this.#begun.has(key(task, target));
  }

  /**
   * It is about to be begun. When this returns, that is on the disk.
   *
   * @param {string} task
   * @param {string} target
   * @param {number | undefined} base the task's base that is acted on
   * @param {number} now
   * @throws {Error} it could not be written, so it may not be begun
   */
  begin(task, target, base, now) {
    const begun = { task, target, base, over: false };
    this.#begun.set(key(task, target), begun);
    const result = this.#add(begun, 'begun', now);
    try {
      this.#save();
    } catch (error) {
      this.#begun.delete(key(task, target));
      this.#kept = this.#kept.filter((other) => other !== result);
      throw error;
    }
  }

  /**
   * It is over.
   *
   * @param {string} task
   * @param {string} target
   * @param {'done' | 'failed' | 'interrupted'} state
   * @param {number} now
   * @param {string} [detail] for people
   */
  finish(task, target, state, now, detail) {
    const begun = this.#begun.get(key(task, target));
    begun.over = true;
    this.#add(begun, state, now, detail);
    this.#save();
  }

  /**
   * What an earlier run began and never finished was interrupted. To be called once station time is known.
   *
   * @param {number} now
   * @returns {Begun[]}
   */
  recover(now) {
    const interrupted = this.#interrupted;
    if (!interrupted.length) return [];
    this.#interrupted = [];
    for (const begun of interrupted) {
      begun.over = true;
      this.#add(begun, 'interrupted', now, 'The client ended while it was doing this.');
    }
    this.#save();
    return interrupted;
  }

  /**
   * Results for a report: those that are in none that is on its way.
   *
   * @param {number} number the report's
   * @returns {Result[]}
   */
  take(number) {
    const underway = new Set([...this.#sent.values()].flat());
    const results = this.#kept.filter(({ id }) => !underway.has(id)).slice(0, MOST_IN_ONE_REPORT);
    if (results.length) this.#sent.set(number, results.map(({ id }) => id));
    return results;
  }

  /** The hub has committed a report. @param {number} number */
  received(number) {
    const ids = new Set(this.#sent.get(number));
    this.#sent.delete(number);
    if (!ids.size) return;
    this.#kept = this.#kept.filter(({ id }) => !ids.has(id));
    this.#save();
  }

  /** The session is over: what was on its way may not have come. */
  disconnected() {
    this.#sent.clear();
  }

  /**
   * Forget what was begun of tasks that are no more.
   *
   * @param {Set<string>} tasks the ids of those in the replica
   */
  forget(tasks) {
    const needed = new Set(this.#kept.map(({ task }) => task));
    const gone = [...this.#begun].filter(([, { task, over }]) => over && !tasks.has(task) && !needed.has(task));
    for (const [name] of gone) this.#begun.delete(name);
    if (gone.length) this.#save();
  }

  /** @param {Begun} begun @param {string} state @param {number} at @param {string} [detail] */
  #add({ task, target, base }, state, at, detail) {
    this.#count += 1;
    const result = { id: `${this.#prefix}/${this.#count}`, at, task, outcome: { target, state, at, base, detail } };
    this.#kept.push(result);
    return result;
  }

  #save() {
    writeWhole(this.#file, { begun: [...this.#begun.values()], kept: this.#kept });
  }
}

const key = (task, target) => `${task}\0${target}`;
