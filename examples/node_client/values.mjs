/**
 * The simple types of the protocol (section 2, "Types"): how each is read from XML, checked, and written.
 *
 * Sequences and revisions are BigInts, since they may be longer than a Number is exact. Instants and stamps are
 * milliseconds since 1970, UTC; the microseconds of a stamp are decimals of that.
 */

import { ProtocolError } from './errors.mjs';

const INSTANT = /^([1-9]\d{3})-(\d\d)-(\d\d)T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)Z$/;
const STAMP = /^(.{19})\.(\d{1,6})Z$/;
const LONG = /^[+-]?[0-9]{1,30}$/;
const LOWEST = -(2n ** 63n);
const HIGHEST = 2n ** 63n - 1n;

/** @param {string} what @param {string} text */
const wrong = (what, text) => new ProtocolError('invalid', `${JSON.stringify(text.slice(0, 80))} is not ${what}.`);

/** @param {string} text @returns {number} milliseconds */
export function readInstant(text) {
  const found = INSTANT.exec(text);
  const at = found ? Date.parse(text) : NaN;
  // Date.parse takes 30 February for 2 March.
  if (!found || Number.isNaN(at) || new Date(at).getUTCDate() !== Number(found[3])) throw wrong('an instant', text);
  return at;
}

/** @param {number} at milliseconds; parts of a second are cut off */
export const writeInstant = (at) => `${new Date(Math.floor(at / 1000) * 1000).toISOString().slice(0, 19)}Z`;

/** @param {string} text @returns {number} milliseconds, with decimals */
export function readStamp(text) {
  const found = STAMP.exec(text);
  if (!found) throw wrong('a stamp', text);
  return readInstant(`${found[1]}Z`) + Number(found[2].padEnd(6, '0')) / 1000;
}

/** @param {number} at milliseconds, with decimals */
export function writeStamp(at) {
  const micros = Math.round(at * 1000);
  const part = ((micros % 1_000_000) + 1_000_000) % 1_000_000;
  return `${writeInstant((micros - part) / 1000).slice(0, 19)}.${String(part).padStart(6, '0')}Z`;
}

function readLong(text, least = LOWEST) {
  const trimmed = text.trim();
  if (!LONG.test(trimmed)) throw wrong('a whole number', text);
  const value = BigInt(trimmed.replace('+', ''));
  if (value < least || value > HIGHEST) throw wrong('a whole number in its range', text);
  return value;
}

function readBoolean(text) {
  const trimmed = text.trim();
  if (trimmed === 'true' || trimmed === '1') return true;
  if (trimmed === 'false' || trimmed === '0') return false;
  throw wrong('`true` or `false`', text);
}

function readDate(text) {
  readInstant(`${text}T00:00:00Z`);
  return text;
}

/** @param {string} what @param {RegExp} pattern */
const matching = (what, pattern) => ({
  read(text) {
    if (!pattern.test(text)) throw wrong(what, text);
    return text;
  },
  write: String,
});

/** @param {number} most in characters as XML counts them */
const atMost = (most) => ({
  read(text) {
    if (text.length > most && [...text].length > most) throw wrong(`a text of at most ${most} characters`, text);
    return text;
  },
  write: String,
});

/** @param {...string} words */
const oneOf = (...words) => matching(`one of ${words.join(', ')}`, new RegExp(`^(?:${words.join('|')})$`));

/** Numbers that are small enough for a Number in everything that this client does with them. */
const number = (least) => ({ read: (text) => Number(readLong(text, least)), write: String });

/** @type {Record<string, { read(text: string): unknown, write(value: any): string }>} */
export const TYPES = {
  text: { read: (text) => text, write: String },
  'short-text': atMost(2000),
  'long-text': atMost(16_384),
  'token-text': atMost(256),
  word: matching('a word', /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/),
  identity: matching('an identity', /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/),
  instant: { read: readInstant, write: writeInstant },
  stamp: { read: readStamp, write: writeStamp },
  date: { read: readDate, write: String },
  sequence: { read: (text) => readLong(text, 0n), write: String },
  'sequence-from-1': { read: (text) => readLong(text, 1n), write: String },
  revision: { read: (text) => readLong(text), write: String },
  count: number(0n),
  positive: number(1n),
  long: number(LOWEST),
  boolean: { read: readBoolean, write: String },
  epoch: matching('an epoch', /^[A-Za-z0-9_.-]{1,64}$/),
  hash: matching('a hash', /^[A-Za-z0-9]{0,128}$/),
  digest: matching('a digest', /^[0-9a-f]{32}$/),
  version: matching('a version', /^[1-9][0-9]{0,3}\.[0-9]{1,4}$/),
  code: matching('a code', /^[a-z][a-z0-9-]{0,63}$/),
  host: matching('a host', /^[A-Za-z0-9_.:-]{1,255}$/),
  port: {
    read(text) {
      const value = Number(readLong(text, 1n));
      if (value > 65_535) throw wrong('a port', text);
      return value;
    },
    write: String,
  },
  level: oneOf('A', 'B'),
  'task-kind': oneOf('check_in', 'display', 'announcement', 'notice', 'lighting', 'message'),
  'task-state': oneOf('planned', 'begun', 'done', 'interrupted', 'failed', 'expired', 'unconfirmed', 'withdrawn', 'skipped'),
  event: oneOf('arrival', 'departure'),
  hand: oneOf('automatic', 'held', 'released'),
  status: oneOf(
    'waiting', 'on_time', 'early', 'late', 'delay_unknown', 'checking_in', 'check_in_closed', 'arrived', 'suspended',
    'unconfirmed', 'platform_changed',
  ),
  'ack-outcome': oneOf('applied', 'rejected'),
  grade: oneOf('fresh', 'late', 'lost'),
  clock: oneOf('locked', 'holdover', 'free-run', 'invalid'),
  'bye-reason': oneOf('leaving', 'stopping', 'replaced', 'redirected'),
  condition: oneOf('ok', 'degraded', 'faulty', 'off', 'absent', 'unknown'),
  evidence: oneOf('sent', 'accepted', 'read', 'painted', 'seen'),
  severity: oneOf('alarm', 'warning'),
  'command-state': oneOf('accepted', 'done', 'failed', 'refused', 'expired'),
};
