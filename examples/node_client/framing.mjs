/**
 * Messages on the wire: a length of four bytes, big-endian, and so many bytes of XML (section 2 of the document).
 *
 * Knows no socket: bytes go in, whole documents come out. What is too long is refused before any of it is kept.
 */

import { ProtocolError } from './errors.mjs';

/** The longest document that a hub may send, in bytes. */
export const LONGEST_TO_CLIENT = 4_194_304;

const HEADER = 4;

/** Cuts a stream of bytes into documents. */
export class FrameReader {
  #limit;
  /** @type {Buffer[]} */
  #chunks = [];
  #held = 0;
  /** @type {number | null} the length of the document that is coming in */
  #wanted = null;

  /** @param {number} [limit] the longest document that is taken, in bytes */
  constructor(limit = LONGEST_TO_CLIENT) {
    this.#limit = limit;
  }

  /**
   * Take what came in.
   *
   * @param {Buffer} chunk
   * @returns {Generator<Buffer>} the documents that are complete now; to be used up before the next call
   * @throws {ProtocolError} `too-large`, `empty-message`
   */
  *push(chunk) {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    for (;;) {
      if (this.#wanted === null) {
        if (this.#held < HEADER) return;
        this.#wanted = this.#take(HEADER).readUInt32BE(0);
        if (this.#wanted === 0) throw new ProtocolError('empty-message', 'A frame has length 0.');
        if (this.#wanted > this.#limit) {
          throw new ProtocolError('too-large', `A message of ${this.#wanted} bytes; ${this.#limit} is the most.`);
        }
      }
      if (this.#held < this.#wanted) return;
      const document = this.#take(this.#wanted);
      this.#wanted = null;
      yield document;
    }
  }

  /** @param {number} length */
  #take(length) {
    const all = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks, this.#held);
    this.#held -= length;
    this.#chunks = this.#held ? [all.subarray(length)] : [];
    return all.subarray(0, length);
  }
}

/**
 * One document as it goes on the wire.
 *
 * @param {string} document
 * @param {number} limit the longest that the hub takes, in bytes
 * @returns {Buffer}
 */
export function frame(document, limit) {
  const body = Buffer.from(document, 'utf8');
  if (body.length > limit) throw new ProtocolError('too-large', `A message of ${body.length} bytes; ${limit} is the most.`);
  const header = Buffer.alloc(HEADER);
  header.writeUInt32BE(body.length, 0);
  return Buffer.concat([header, body]);
}
