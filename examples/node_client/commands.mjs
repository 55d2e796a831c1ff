/**
 * Commands from the hub: each is done once, and answered again as often as it is asked.
 */

const KEPT = 1000;

/** @typedef {{id: string, state: string, at: number, code?: string, detail?: string}} Result */
/** @typedef {{id: string, action: string, expires: number, device: string[], target: string[], parameter: {name: string, content: string}[]}} Command */

export class Commands {
  #actions;
  /** @type {Map<string, Result>} */
  #results = new Map();

  /** @param {Record<string, (command: Command) => string>} actions what this device can do; each returns a detail, or throws */
  constructor(actions) {
    this.#actions = actions;
  }

  /**
   * @param {Command} command
   * @param {number} now station time
   * @returns {Result}
   */
  on(command, now) {
    const before = this.#results.get(command.id);
    if (before) return before;
    const result = { id: command.id, at: now, ...this.#done(command, now) };
    this.#results.set(command.id, result);
    if (this.#results.size > KEPT) this.#results.delete(this.#results.keys().next().value);
    return result;
  }

  #done(command, now) {
    if (now >= command.expires) return { state: 'expired', code: 'expired' };
    if (!Object.hasOwn(this.#actions, command.action)) {
      return { state: 'refused', code: 'unknown-action', detail: `This client does not know ${command.action}.` };
    }
    try {
      return { state: 'done', detail: this.#actions[command.action](command) };
    } catch (error) {
      return { state: 'failed', code: 'failed', detail: String(error.message).slice(0, 2000) };
    }
  }
}
