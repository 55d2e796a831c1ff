/**
 * The rules by which a replica follows its hub (section 5, "Rules for the client"): message in, replies out.
 *
 * Knows no socket. One follower lives as long as one session.
 */

import { ProtocolError } from './errors.mjs';
import { ResourceSet } from './replica.mjs';

/** @typedef {{replies: object[], changed: boolean}} Outcome what to send, and whether the replica is another one */

/** @returns {Outcome} */
const nothing = () => ({ replies: [], changed: false });

/** Brings one replica up to its hub and keeps it there. */
export class Follower {
  #replica;
  #filter;
  #number = 0;
  #confirmed = 0;
  #held = false;
  /** @type {{position: object, digest: string, resources: object[], part: number} | null} */
  #parts = null;
  /** A snapshot is to come; what is held is not the hub's present state. */
  awaiting = true;
  /** The hub has said, and the digest proves, that the replica is whole. */
  whole = false;

  /**
   * @param {import('./replica.mjs').Replica} replica
   * @param {import('./replica.mjs').Filter} filter
   */
  constructor(replica, filter) {
    this.#replica = replica;
    this.#filter = filter;
  }

  /**
   * The next subscription.
   *
   * @param {boolean} held whether to go on from what is held (it is of exactly this filter)
   */
  subscribe(held) {
    this.#number += 1;
    this.#parts = null;
    this.whole = false;
    const position = held ? this.#replica.position ?? undefined : undefined;
    this.#held = position !== undefined;
    return { type: 'subscribe', number: this.#number, filter: this.#filter, held: position };
  }

  /**
   * @param {any} message `subscribed`, `snapshot`, `update` or `hub-heartbeat`
   * @returns {Outcome}
   * @throws {ProtocolError} `snapshot-order`, `bad-value`
   */
  on(message) {
    if (message.type === 'subscribed') return this.#subscribed(message);
    // Rule 7: after another subscription, what was still on its way is let pass.
    if (this.#confirmed !== this.#number) return nothing();
    if (message.type === 'snapshot') return this.#snapshot(message);
    if (message.type === 'update') return this.#update(message);
    return this.#heartbeat(message);
  }

  #subscribed({ number, resumed }) {
    if (number > this.#number) throw new ProtocolError('bad-value', `There was no subscription ${number}.`);
    if (number !== this.#number) return nothing();
    this.#confirmed = number;
    this.awaiting = !(resumed && this.#held);
    return nothing();
  }

  /** Rules 2 and 4. */
  #snapshot({ part, last, digest, position, resources }) {
    if (part === 1) this.#parts = { position, digest, resources: [], part: 0 };
    const parts = this.#parts;
    const follows =
      parts && part === parts.part + 1 && digest === parts.digest && position.epoch === parts.position.epoch &&
      position.sequence === parts.position.sequence && position.hash === parts.position.hash;
    if (!follows) throw new ProtocolError('snapshot-order', 'The parts of a snapshot do not follow each other.');
    parts.part = part;
    for (const resource of resources) parts.resources.push(resource);
    if (!last) return nothing();
    this.#parts = null;
    const set = new ResourceSet(parts.resources);
    if (set.digest !== digest) {
      // The hub sends another one; until then the old replica is the best there is.
      this.awaiting = true;
      return { replies: [ack(position, 'The digest of what came is not that of the snapshot.')], changed: false };
    }
    this.#replica.replace(set, position);
    this.awaiting = false;
    return { replies: [ack(position)], changed: true };
  }

  /** Rule 3. */
  #update(update) {
    if (this.awaiting) return nothing();
    const { epoch, sequence } = this.#replica.position;
    if (update.since > sequence) return this.#anew(true);
    const reply = ack({ epoch, sequence: update.to });
    if (update.to <= sequence) return { replies: [reply], changed: false };
    this.#replica.apply(update);
    return { replies: [reply], changed: true };
  }

  /** Rule 5. */
  #heartbeat({ last, digest, position }) {
    if (this.awaiting) return nothing();
    const held = this.#replica.position;
    if (position.epoch !== held.epoch || held.sequence < last || this.#replica.set.digest !== digest) {
      return this.#anew(false);
    }
    this.#replica.advance(position);
    this.whole = true;
    return nothing();
  }

  /** @param {boolean} held @returns {Outcome} */
  #anew(held) {
    this.awaiting = true;
    return { replies: [this.subscribe(held)], changed: false };
  }
}

/**
 * @param {{epoch: string, sequence: bigint}} position
 * @param {string} [reason] why it is rejected
 */
function ack({ epoch, sequence }, reason) {
  if (reason === undefined) return { type: 'ack', epoch, sequence };
  return { type: 'ack', epoch, sequence, outcome: 'rejected', reason };
}
