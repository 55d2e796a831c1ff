/**
 * One connection's talk: bytes in, messages out, and the table of states of section 3. Knows no socket and no clock.
 */

import { readMessage, writeMessage } from './codec.mjs';
import { ProtocolError } from './errors.mjs';
import { FrameReader, frame } from './framing.mjs';

/** The version that this client speaks. */
export const VERSION = '1.0';

/** The longest first message that a hub takes, in bytes; afterwards its `welcome` says. */
const LONGEST_FIRST = 8192;

const ENDS = { error: ['either', 'closed'], bye: ['either', 'closed'] };
const TALK = (state) => ({
  report: ['client', state], received: ['hub', state], 'client-heartbeat': ['client', state],
  'time-request': ['client', state], 'time-answer': ['hub', state], command: ['either', state],
  'command-result': ['either', state], ...ENDS,
});

/**
 * For each state the messages that may come or go: from whom, and to which state they lead.
 *
 * @type {Record<string, Record<string, string[]>>}
 */
export const STATES = {
  connected: { enrol: ['client', 'enrolling'], hello: ['client', 'greeted'], ...ENDS },
  enrolling: { enrolled: ['hub', 'connected'], ...ENDS },
  greeted: { welcome: ['hub', 'welcome'], ...ENDS },
  welcome: { ...TALK('welcome'), subscribe: ['client', 'subscribed'] },
  subscribed: {
    ...TALK('subscribed'), subscribe: ['client', 'subscribed'], subscribed: ['hub', 'subscribed'],
    snapshot: ['hub', 'subscribed'], update: ['hub', 'subscribed'], ack: ['client', 'subscribed'],
    'hub-heartbeat': ['hub', 'subscribed'], 'equipment-status': ['hub', 'subscribed'],
  },
  closed: {},
};

/** The client's end of one connection. */
export class Session {
  #reader = new FrameReader();
  #largest = LONGEST_FIRST;
  state = 'connected';

  /** The longest document that the hub takes now, in bytes. */
  get largest() {
    return this.#largest;
  }

  /**
   * Take what came in.
   *
   * @param {Buffer} chunk
   * @returns {Generator<any>} the messages that are complete, each valid and allowed in its state
   * @throws {ProtocolError} the session is over; say so with `refuse`
   */
  *receive(chunk) {
    for (const document of this.#reader.push(chunk)) {
      if (this.state === 'closed') return;
      const message = readMessage(document);
      this.#step(message.type, 'hub');
      if (message.type === 'welcome') this.#largest = message.largest;
      yield message;
    }
  }

  /**
   * @param {{type: string}} message
   * @returns {Buffer} what goes on the wire
   * @throws {ProtocolError} this client is at fault: the message is too long, malformed or may not be sent now
   */
  send(message) {
    const bytes = frame(writeMessage(message), this.#largest);
    this.#step(message.type, 'client');
    return bytes;
  }

  /** May a message of this type be sent now? @param {string} type */
  maySend(type) {
    return ['client', 'either'].includes(STATES[this.state][type]?.[0]);
  }

  /**
   * @param {string} type
   * @param {'hub' | 'client'} from
   */
  #step(type, from) {
    const [who, next] = STATES[this.state][type] ?? [];
    if (who !== from && who !== 'either') {
      throw new ProtocolError('unexpected-message', `${type} may not come from the ${from} in state ${this.state}.`);
    }
    this.state = next;
  }
}
