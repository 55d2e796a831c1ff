/**
 * What the program writes: lines for people, or with `--json` one JSON object a line.
 */

export class Output {
  #out;
  #errors;

  /**
   * @param {boolean} json
   * @param {NodeJS.WriteStream} out
   * @param {NodeJS.WriteStream} errors
   */
  constructor(json, out, errors) {
    this.json = json;
    this.#out = out;
    this.#errors = errors;
  }

  get terminal() {
    return this.#out.isTTY === true;
  }

  /** A value as one line of JSON; BigInts are written as strings. @param {unknown} value */
  line(value) {
    return JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? String(part) : part));
  }

  /** Something that programs may wait for. @param {string} event @param {object} fields */
  event(event, fields) {
    if (this.json) this.#out.write(`${this.line({ event, ...fields })}\n`);
  }

  /** What the passenger is to see. @param {string} text */
  text(text) {
    if (!this.json) this.#out.write(`${text}\n`);
  }

  /** What the person at the terminal should know. @param {string} text */
  note(text) {
    if (this.json) this.event('note', { text });
    else this.#errors.write(`${text}\n`);
  }
}
