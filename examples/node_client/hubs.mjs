/**
 * Which hub to try next, and how long to wait before: the list of hubs with its back-off. And how to reach one.
 */

import net from 'node:net';
import tls from 'node:tls';

import { UsageError } from './errors.mjs';

const FIRST_WAIT = 500;
/** Who is refused waits so long at least. */
const FIRST_REFUSED = 1_000;
const LONGEST_WAIT = 30_000;
const DEFAULT_PORT = 7310;
const CONNECT = 5_000;
/** As often may hubs send a client on from one to the next before it waits in between. */
const MOST_REDIRECTIONS = 4;

/** @typedef {{host: string, port: number}} Hub */

/**
 * `host`, `host:port`, or `[v6 address]:port`.
 *
 * @param {string} text
 * @returns {Hub}
 */
export function readHub(text) {
  const found = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text);
  const port = Number(found?.[3] ?? DEFAULT_PORT);
  if (!found || port < 1 || port > 65_535) throw new UsageError(`${text} is no hub; write HOST:PORT.`);
  return { host: found[1] ?? found[2], port };
}

/** The hubs in the order in which they are tried. */
export class Hubs {
  #configured;
  #random;
  #list;
  #next = 0;
  #rounds = 0;
  #refusals = 0;
  #redirections = 0;
  /** A hub has just sent us elsewhere: no wait. */
  #sent = false;

  /**
   * @param {Hub[]} configured the preferred one first
   * @param {() => number} random from 0 to 1
   */
  constructor(configured, random) {
    this.#configured = configured;
    this.#list = configured;
    this.#random = random;
  }

  /** @returns {Hub} the one to try now */
  next() {
    const hub = this.#list[this.#next % this.#list.length];
    this.#next += 1;
    return hub;
  }

  /** Milliseconds to wait before the next try: none within a round through the list. */
  wait() {
    const sent = this.#sent;
    this.#sent = false;
    if (sent && this.#redirections <= MOST_REDIRECTIONS) return 0;
    const over = !sent && this.#next % this.#list.length === 0;
    if (!over && this.#refusals === 0) return 0;
    if (over) {
      this.#list = this.#configured;
      this.#next = 0;
    }
    const refusals = Math.min(this.#refusals, 10);
    const refused = refusals && Math.min(LONGEST_WAIT, FIRST_REFUSED * 2 ** refusals);
    const round = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(this.#rounds, 10));
    this.#rounds += 1;
    // Thousands that lost the same hub do not all come back at once.
    return Math.max(refused, round) * (0.5 + this.#random() / 2);
  }

  /** A hub has welcomed us: the next search begins at the preferred hub, and quickly. */
  welcomed() {
    this.#rounds = 0;
    this.#next = 0;
  }

  /** The session has lasted: whatever was held against us is over. */
  lasted() {
    this.#refusals = 0;
    this.#redirections = 0;
  }

  /** A hub will not have us (replaced, not authenticated, no room): each time the wait is longer. */
  refused() {
    this.#refusals += 1;
  }

  /**
   * A hub sends us elsewhere: the hubs that it names come first, and itself last, until a whole round was in vain.
   *
   * @param {Hub[]} hubs
   * @param {Hub} from
   */
  redirected(hubs, from) {
    this.#redirections += 1;
    if (!hubs.length || this.#redirections > MOST_REDIRECTIONS) this.refused();
    const among = (list, one) => list.some((other) => one.host === other.host && one.port === other.port);
    const others = this.#configured.filter((hub) => !among([...hubs, from], hub));
    this.#list = [...hubs, ...others, ...(among(hubs, from) ? [] : [from])];
    this.#next = 0;
    this.#sent = true;
  }
}

/**
 * @typedef {object} Security
 * @property {Buffer} [ca] whom to believe; else the machine's own list
 * @property {Buffer} [cert] the client's certificate
 * @property {Buffer} [key]
 * @property {string} [servername] the name that the hub's certificate must have, if it is not the host
 */

/**
 * Connect to a hub.
 *
 * @param {Hub} hub
 * @param {Security | null} security null: without TLS
 * @returns {Promise<net.Socket>}
 */
export function connect(hub, security) {
  return new Promise((resolve, reject) => {
    const { host, port } = hub;
    const name = security?.servername ?? (net.isIP(host) ? '' : host);
    const socket = security
      ? tls.connect({ ...security, host, port, servername: name, minVersion: 'TLSv1.2', checkServerIdentity: named(security.servername ?? host) })
      : net.connect({ host, port });
    const failed = (error) => {
      socket.destroy();
      reject(error);
    };
    const limit = setTimeout(() => failed(new Error('no answer')), CONNECT);
    socket.setNoDelay(true);
    socket.once('error', failed);
    socket.once(security ? 'secureConnect' : 'connect', () => {
      clearTimeout(limit);
      socket.off('error', failed);
      resolve(socket);
    });
    socket.once('close', () => clearTimeout(limit));
  });
}

/** Node checks against `servername`, which may not be an address; the hub's certificate may well name one. */
const named = (name) => (_, certificate) => tls.checkServerIdentity(name, certificate);
