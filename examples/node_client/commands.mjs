/**
 * Commands from the hub: each is done once, and answered again as often as it is asked.
 */

const KEPT = 1000;

/** @typedef {{id: string, state: string, at: number, code?: string, detail?: string}} Result */
/** @typedef {{id: string, action: string, expires: number, device: string[], target: string[], parameter: {name: string, content: string}[]}} Command */

export class Commands {
  #actions;
  #device;
  #targets;
  /** @type {Map<string, Result>} */
  #results = new Map();

  /**
   * @param {Record<string, (command: Command) => void>} actions what can be done; each throws if it fails
   * @param {string} device the one that is here
   * @param {string[]} targets the boards or zones that it serves; none: all
   */
  constructor(actions, device, targets) {
    this.#actions = actions;
    this.#device = device;
    this.#targets = targets;
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
    const device = command.device.find((id) => id !== this.#device);
    if (device !== undefined) return { state: 'refused', code: 'unknown-device', detail: `There is no ${device} here.` };
    const target = command.target.find((id) => this.#targets.length && !this.#targets.includes(id));
    if (target !== undefined) return { state: 'refused', code: 'unknown-device', detail: `${target} is not served here.` };
    try {
      this.#actions[command.action](command);
      return { state: 'done' };
    } catch (error) {
      return { state: 'failed', code: 'failed', detail: String(error.message).slice(0, 2000) };
    }
  }
}
