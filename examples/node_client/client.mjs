/**
 * A subsystem's link with its hubs: connects, follows, beats, reports, and connects again; for ever.
 *
 * Emits `state` ('online' or 'alone'), `followed` (whether from where it was), `changed` (the replica, or what is known of the feed or the
 * time), and `note` (a line for people). All timers here are by the machine's clock; station time is `time`.
 */

import { EventEmitter } from 'node:events';

import { ProtocolError } from './errors.mjs';
import { Follower } from './follower.mjs';
import { connect } from './hubs.mjs';
import { Session, VERSION } from './session.mjs';

const UNTIL_WELCOME = 10_000;
const UNTIL_CLOSED = 500;
const EXCHANGE_EVERY = 60_000;
const LASTED = 60_000;
const SAVE_AFTER = 1_000;
/** Answers after which to come back soon is of no use. */
const REFUSALS = new Set([
  'replaced', 'not-authenticated', 'not-enrolled', 'revoked', 'forbidden', 'too-many', 'too-often', 'version',
]);

/**
 * @typedef {object} Parts
 * @property {string} identity
 * @property {string} token the empty string: a certificate says who this is, or `enrolment` does
 * @property {{code: string, request?: string} | null} enrolment a one-time code, used on the first connection
 * @property {(secret: {token: string, certificate?: string, authority?: string}) => void} enrolled keeps the secret
 * @property {import('./hubs.mjs').Hubs} hubs
 * @property {() => import('./hubs.mjs').Security | null} security
 * @property {import('./replica.mjs').Filter} filter
 * @property {string[]} executes
 * @property {import('./replica.mjs').Replica} replica
 * @property {import('./results.mjs').Results | null} results null: does no point tasks
 * @property {import('./clock.mjs').StationTime} time
 * @property {() => number} wall this machine's own date and time, in milliseconds
 * @property {import('./equipment.mjs').Equipment} equipment
 * @property {import('./commands.mjs').Commands} commands
 */

export class Client extends EventEmitter {
  #parts;
  #enrolment;
  #token;
  #stopped = false;
  #reports = 0;
  /** @type {import('./hubs.mjs').Hub | undefined} */
  #hub;
  /** @type {import('node:net').Socket | null} */
  #socket = null;
  #session = new Session();
  #follower;
  /** @type {Set<NodeJS.Timeout>} those of the present connection */
  #timers = new Set();
  #waiting;
  #saving;
  /** @type {NodeJS.Timeout | undefined} */
  #silence;
  #ended = '';
  online = false;
  #grade = 'lost';
  /** How the hub knows the time; `invalid`: no time is to be shown. @type {string | undefined} */
  clock;

  /** @param {Parts} parts */
  constructor(parts) {
    super();
    this.#parts = parts;
    this.#enrolment = parts.enrolment;
    this.#token = parts.token;
    this.#follower = new Follower(parts.replica, parts.filter);
  }

  /** How far the dispatching feed can be relied on. @returns {import('./tasks.mjs').Feed} */
  get feed() {
    return { fresh: this.online && this.#grade === 'fresh', freshAt: this.#parts.replica.freshAt };
  }

  get whole() {
    return this.online && this.#follower.whole;
  }

  start() {
    this.#connectIn(0);
  }

  /** Say goodbye and end. @returns {Promise<void>} once everything is on the disk and the hub has it */
  async stop() {
    this.#stopped = true;
    clearTimeout(this.#waiting);
    clearTimeout(this.#saving);
    this.#parts.replica.save();
    const socket = this.#socket;
    if (!socket) return;
    this.#say({ type: 'bye', reason: 'leaving' });
    const closed = new Promise((resolve) => socket.once('close', resolve));
    this.#end();
    await closed;
  }

  /** Send results that have come up, and what is seen of devices and boards, as far as they are news. */
  report() {
    if (!this.#session.maySend('report')) return;
    for (;;) {
      const number = this.#reports + 1;
      const taskResult = this.#parts.results?.take(number) ?? [];
      if (!taskResult.length) break;
      this.#reports = number;
      this.#say({ type: 'report', number, taskResult });
    }
    const news = this.#parts.equipment.news();
    if (news) this.#say({ type: 'report', number: ++this.#reports, ...news });
  }

  /** @param {number} wait milliseconds */
  #connectIn(wait) {
    if (this.#stopped) return;
    this.#waiting = setTimeout(() => void this.#connect(), wait);
  }

  async #connect() {
    const { hubs, security } = this.#parts;
    const hub = hubs.next();
    let socket;
    try {
      socket = await connect(hub, security());
    } catch (error) {
      this.emit('note', `${hub.host}:${hub.port}: ${error.message}`);
      this.#connectIn(hubs.wait());
      return;
    }
    if (this.#stopped) {
      socket.destroy();
      return;
    }
    this.#socket = socket;
    this.#hub = hub;
    this.#session = new Session();
    this.#ended = '';
    socket.on('data', (chunk) => this.#received(chunk));
    socket.on('error', (error) => (this.#ended ||= error.message));
    // What the hub wrote before it closed is read to its end first, so its last word is known here.
    socket.on('close', () => this.#closed(hub));
    this.#timer(() => this.#refuse(new ProtocolError('too-slow', 'No welcome came in time.')), UNTIL_WELCOME);
    if (this.#enrolment) this.#say({ type: 'enrol', identity: this.#parts.identity, ...this.#enrolment });
    else this.#hello();
  }

  #hello() {
    const { identity, executes, replica } = this.#parts;
    const held = replica.position ?? undefined;
    this.#say({ type: 'hello', identity, token: this.#token, version: VERSION, level: 'A', executes, held });
  }

  /** @param {Buffer} chunk */
  #received(chunk) {
    this.#silence?.refresh();
    try {
      for (const message of this.#session.receive(chunk)) this.#on(message);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#refuse(error);
    }
  }

  /** @param {any} message */
  #on(message) {
    const { time, results, replica } = this.#parts;
    switch (message.type) {
      case 'enrolled':
        this.#enrolment = null;
        this.#token = message.token;
        this.#parts.enrolled(message);
        // A certificate is shown by the TLS of the next connection.
        if (message.certificate) this.#end();
        else this.#hello();
        return;
      case 'welcome':
        this.#welcomed(message);
        return;
      case 'time-answer':
        time.exchanged(message);
        this.#timeKnown(message.clock);
        return;
      case 'received':
        if (message.number > this.#reports) {
          throw new ProtocolError('unknown-sequence', `There was no report ${message.number}.`);
        }
        results?.received(message.number);
        return;
      case 'command':
        this.#command(message);
        return;
      case 'error':
      case 'bye':
        this.#lastWord(message);
        return;
      case 'hub-heartbeat':
        this.#grade = message.grade;
        replica.freshAt = message.freshAt ?? replica.freshAt;
        if (time.heard(message.stationTime)) this.#exchange();
        this.#timeKnown(message.clock);
        break;
      case 'command-result':
      case 'equipment-status':
        return;
    }
    const { replies, changed } = this.#follower.on(message);
    if (message.type === 'subscribed') this.emit('followed', !this.#follower.awaiting);
    for (const reply of replies) this.#say(reply);
    if (!changed) return;
    this.#saving ??= setTimeout(() => this.#save(), SAVE_AFTER);
    this.emit('changed');
  }

  /** @param {any} welcome */
  #welcomed({ version, heartbeat, stationTime, clock }) {
    const { hubs, time, replica, filter, equipment, results } = this.#parts;
    const [[major, minor], [ours, most]] = [version, VERSION].map((text) => text.split('.').map(Number));
    if (major !== ours || minor > most) {
      hubs.refused();
      throw new ProtocolError('version', `The hub speaks ${version}, this client ${VERSION}.`);
    }
    this.#clearTimers();
    hubs.welcomed();
    time.heard(stationTime);
    this.#timeKnown(clock);
    results?.recover(time.now());
    this.online = true;
    this.#follower = new Follower(replica, filter);
    this.#say({ type: 'report', number: ++this.#reports, whole: true, ...equipment.everything() });
    this.report();
    this.#say(this.#follower.subscribe(true));
    this.#exchange();
    this.#timer(() => this.#beat(), heartbeat, true);
    this.#silence = this.#timer(() => this.#silent(), 3 * heartbeat);
    this.#timer(() => this.#exchange(), EXCHANGE_EVERY, true);
    this.#timer(() => hubs.lasted(), LASTED);
    this.emit('state', 'online');
  }

  #silent() {
    this.#refuse(new ProtocolError('silent', 'Nothing was heard for three heartbeats.'));
  }

  #beat() {
    const { replica } = this.#parts;
    const held = replica.position ? { digest: replica.set.digest, position: replica.position } : {};
    this.#say({ type: 'client-heartbeat', ...held });
    this.report();
  }

  #exchange() {
    this.#say({ type: 'time-request', sent: this.#parts.time.machine() });
  }

  /** @param {string | undefined} clock */
  #timeKnown(clock) {
    this.clock = clock;
    this.#parts.replica.ahead = this.#parts.time.now() - this.#parts.wall();
    this.emit('changed');
  }

  /** @param {any} command */
  #command(command) {
    const result = this.#parts.commands.on(command, this.#parts.time.now());
    this.#say({ type: 'command-result', ...result });
    this.report();
    this.emit('note', `Command ${command.action} by ${command.by}: ${result.state}.`);
  }

  /** @param {any} message `error` or `bye` */
  #lastWord(message) {
    const { hubs } = this.#parts;
    const word = message.code ?? message.reason;
    this.#ended = [word, message.text, message.hint].filter(Boolean).join(' · ');
    if (REFUSALS.has(word)) hubs.refused();
    if (word === 'redirected') hubs.redirected(message.hub, this.#hub);
    this.#end();
  }

  /** The hub breaks the protocol, or is silent. @param {ProtocolError} error */
  #refuse(error) {
    this.#ended = `${error.code} · ${error.message}`;
    const { code, message, hint } = error;
    this.#say({ type: 'error', code, text: message.slice(0, 2000), hint });
    this.#end();
  }

  /** Close; whoever does not close in turn is not waited for. */
  #end() {
    const socket = this.#socket;
    this.#session.state = 'closed';
    socket?.end();
    this.#timer(() => socket?.destroy(), UNTIL_CLOSED);
  }

  /** @param {{type: string}} message */
  #say(message) {
    if (!this.#socket?.writable || this.#session.state === 'closed') return;
    this.#socket.write(this.#session.send(message));
  }

  /** @param {import('./hubs.mjs').Hub} hub */
  #closed(hub) {
    const { results, hubs } = this.#parts;
    const before = this.online;
    this.#clearTimers();
    this.#socket = null;
    this.#session = new Session();
    this.online = false;
    results?.disconnected();
    this.emit('note', `${hub.host}:${hub.port}: closed${this.#ended ? ` (${this.#ended})` : ''}`);
    if (before) this.emit('state', 'alone');
    this.#connectIn(hubs.wait());
  }

  #save() {
    this.#saving = undefined;
    try {
      this.#parts.replica.save();
    } catch (error) {
      this.emit('note', `The replica cannot be written: ${error.message}`);
    }
  }

  /** @param {() => void} action @param {number} wait milliseconds @param {boolean} [again] */
  #timer(action, wait, again = false) {
    const timer = again ? setInterval(action, wait) : setTimeout(action, wait);
    this.#timers.add(timer);
    return timer;
  }

  #clearTimers() {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#silence = undefined;
  }
}
