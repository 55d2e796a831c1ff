/**
 * The command line: what was asked for, checked.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { UsageError } from './errors.mjs';
import { readHub } from './hubs.mjs';

export const USAGE = `node main.mjs board|speaker --identity NAME --folder FOLDER [options]

  --hub HOST:PORT       where a hub listens; again for each other hub, the preferred one first (127.0.0.1:7310)
  --identity NAME       the name under which the operator knows this client
  --token TOKEN         its secret; once enrolled it is in the folder
  --enrol CODE          fetch a secret with this one-time code
  --request FILE        with --enrol: a request for a certificate (PEM), made with the key of --key
  --folder FOLDER       what outlives the program: replica, results, secret
  --target ID           a board (or, for a speaker, a zone) to serve; again for each other; none: all
  --language CODE       of the rows (zh)
  --seconds N           how long an announcement takes (3)
  --tls                 speak TLS; so do the following four
  --ca FILE             the authorities to believe (PEM)
  --certificate FILE    this client's certificate (PEM)
  --key FILE            its key (PEM)
  --server-name NAME    what the hub's certificate says, if not the host
  --once                print once, when all is here or after --patience seconds, and end
  --patience N          (10)
  --json                print lines of JSON
`;

/**
 * @typedef {object} Options
 * @property {'board' | 'speaker'} mode
 * @property {import('./hubs.mjs').Hub[]} hubs
 * @property {string} identity
 * @property {string} [token]
 * @property {{code: string, request?: string} | null} enrolment
 * @property {string} folder
 * @property {string[]} targets
 * @property {string} language
 * @property {number} seconds
 * @property {() => import('./hubs.mjs').Security | null} security
 * @property {boolean} once
 * @property {number} patience
 * @property {boolean} json
 */

const TEXT = { type: 'string' };
const MANY = { type: 'string', multiple: true };
const SWITCH = { type: 'boolean', default: false };
const OPTIONS = {
  hub: MANY, identity: TEXT, token: TEXT, enrol: TEXT, request: TEXT, folder: TEXT, target: MANY, language: TEXT,
  seconds: TEXT, tls: SWITCH, ca: TEXT, certificate: TEXT, key: TEXT, 'server-name': TEXT, once: SWITCH,
  patience: TEXT, json: SWITCH, help: SWITCH,
};

/**
 * @param {string[]} args
 * @returns {Options | null} null: help was asked for
 * @throws {UsageError}
 */
export function readOptions(args) {
  let parsed;
  try {
    parsed = parseArgs({ args, allowPositionals: true, options: OPTIONS });
  } catch (error) {
    throw new UsageError(error.message);
  }
  const { values: given, positionals } = parsed;
  if (given.help) return null;
  const [mode] = positionals;
  if (positionals.length !== 1 || !['board', 'speaker'].includes(mode)) throw new UsageError('Say `board` or `speaker`.');
  if (!given.identity || !given.folder) throw new UsageError('--identity and --folder are needed.');
  const request = given.request && read(given.request, 'utf8');
  return {
    mode,
    hubs: (given.hub ?? ['127.0.0.1']).map(readHub),
    identity: given.identity,
    token: given.token,
    enrolment: given.enrol ? { code: given.enrol, request } : null,
    folder: given.folder,
    targets: given.target ?? [],
    language: given.language ?? 'zh',
    seconds: seconds('seconds', given.seconds, 3),
    security: security(given),
    once: given.once,
    patience: seconds('patience', given.patience, 10),
    json: given.json,
  };
}

/** @param {string} name @param {string | undefined} text @param {number} otherwise */
function seconds(name, text, otherwise) {
  const value = Number(text ?? otherwise);
  if (!(value >= 0 && value <= 86_400)) throw new UsageError(`--${name} is a number of seconds.`);
  return value;
}

/** @param {string} file @param {BufferEncoding} [encoding] */
function read(file, encoding) {
  try {
    return readFileSync(file, encoding);
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${error.message}`);
  }
}

/** The files of TLS, read anew for each connection: enrolment brings a certificate, and its renewal another. */
function security(given) {
  if (!given.tls && !given.ca && !given.certificate && !given.key) return () => null;
  const enrolled = join(given.folder, 'certificate.pem');
  const certificate = () => given.certificate ?? (existsSync(enrolled) ? enrolled : undefined);
  const of = () => {
    const file = certificate();
    if (file && !given.key) throw new UsageError('--key is needed with a certificate.');
    const own = file && { cert: read(file), key: read(given.key) };
    return { ca: given.ca && read(given.ca), servername: given['server-name'], ...own };
  };
  of();
  return of;
}
