#!/usr/bin/env node
/**
 * The program: reads the command line, wires everything, ends cleanly. Node.js 20; needs no packages.
 */

import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { Announcer } from './announcer.mjs';
import { clockText, linesOf, rowsOf } from './board.mjs';
import { Client } from './client.mjs';
import { StationTime } from './clock.mjs';
import { Commands } from './commands.mjs';
import { readWhole, writeWhole } from './disk.mjs';
import { Equipment } from './equipment.mjs';
import { UsageError } from './errors.mjs';
import { Hubs, readHub } from './hubs.mjs';
import { Replica } from './replica.mjs';
import { Results } from './results.mjs';
import { nextChange } from './tasks.mjs';

const USAGE = `node main.mjs board|speaker --identity NAME --folder FOLDER [options]

  --hub HOST:PORT       where a hub listens; again for each other hub, the preferred one first (127.0.0.1:7310)
  --identity NAME       the name under which the operator knows this client
  --token TOKEN         its secret; once enrolled it is in the folder
  --enrol CODE          fetch a secret with this one-time code
  --request FILE        with --enrol: a request for a certificate (PEM), made with the key of --key
  --folder FOLDER       what outlives the program: replica, results, secret
  --target ID           a board (or, for a speaker, a zone) to serve; again for each other; none: all
  --language CODE       of the rows (zh)
  --seconds N           how long an announcement takes (3)
  --tls                 speak TLS; so do the following three
  --ca FILE             the authorities to believe (PEM)
  --certificate FILE    this client's certificate (PEM)
  --key FILE            its key (PEM)
  --server-name NAME    what the hub's certificate says, if not the host
  --once                print once, when all is here or after --patience seconds, and end
  --patience N          (10)
  --json                print lines of JSON
`;

const WAKE_AT_LEAST = 1000;

function options() {
  const text = { type: 'string' };
  const many = { type: 'string', multiple: true };
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      hub: many, identity: text, token: text, enrol: text, request: text, folder: text, target: many, language: text,
      seconds: text, tls: { type: 'boolean' }, ca: text, certificate: text, key: text, 'server-name': text,
      once: { type: 'boolean' }, patience: text, json: { type: 'boolean' }, help: { type: 'boolean' },
    },
  });
  if (values.help) return null;
  const mode = positionals[0];
  if (positionals.length !== 1 || !['board', 'speaker'].includes(mode)) throw new UsageError('Say `board` or `speaker`.');
  if (!values.identity || !values.folder) throw new UsageError('--identity and --folder are needed.');
  const number = (name, otherwise) => {
    const value = Number(values[name] ?? otherwise);
    if (!(value >= 0 && value <= 86_400)) throw new UsageError(`--${name} is a number of seconds.`);
    return value;
  };
  return { ...values, mode, seconds: number('seconds', 3), patience: number('patience', 10) };
}

/** The files of TLS, read anew for each connection: enrolment brings a certificate, renewal another. */
function securityOf(given, folder) {
  if (!(given.tls || given.ca || given.certificate)) return () => null;
  const read = (file) => (file && existsSync(file) ? readFileSync(file) : undefined);
  return () => {
    const cert = read(given.certificate ?? join(folder, 'certificate.pem'));
    return { ca: read(given.ca), cert, key: cert && read(given.key), servername: given['server-name'] };
  };
}

function run(given) {
  const { mode, folder, identity, json } = given;
  const file = (name) => join(folder, name);
  const print = (line) => process.stdout.write(`${line}\n`);
  const out = (event, fields) => json && print(JSON.stringify({ event, ...fields }, (_, part) => (typeof part === 'bigint' ? String(part) : part)));
  const note = (text) => (json ? out('note', { text }) : process.stderr.write(`${text}\n`));

  const machine = () => performance.timeOrigin + performance.now();
  const time = new StationTime(machine);
  const board = mode === 'board';
  const executes = [board ? 'display' : 'announcement'];
  const targets = given.target ?? [];
  const filter = { kind: ['board', 'mode', 'station', 'task', 'zone'], taskKind: executes, target: targets };
  const replica = new Replica(file('replica.json'), filter);
  const damaged = replica.load();
  if (damaged) note(damaged);
  time.believe(Date.now() + replica.ahead);
  const results = board ? null : new Results(file('results.json'), identity, randomUUID);
  const equipment = new Equipment(mode, targets, time);
  const secret = readWhole(file('secret.json')) ?? {};
  const enrolment = given.enrol ? { code: given.enrol, request: given.request && readFileSync(given.request, 'utf8') } : null;

  let shown = '';
  const commands = new Commands({
    redraw() {
      shown = '';
      setImmediate(draw);
      return '';
    },
  });
  const client = new Client({
    identity, token: given.token ?? secret.token ?? '', enrolment, hubs: new Hubs((given.hub ?? ['127.0.0.1:7310']).map(readHub), Math.random),
    security: securityOf(given, folder), filter, executes, replica, results, time, wall: Date.now, equipment, commands,
    enrolled({ token, certificate, authority }) {
      writeWhole(file('secret.json'), { token, certificate, authority });
      out('enrolled', {});
    },
  });
  const announcer = board ? null : new Announcer({
    client, replica, results, time, zones: targets, seconds: given.seconds,
    say(said) {
      if (json) out('announcement', said);
      else if (said.phase === 'begun') print(`[${said.zone}] ${said.texts.map(({ content }) => content).join(' ')}`);
    },
  });

  function boards(now) {
    const ids = targets.length ? targets : replica.set.of('board').map(({ id }) => id).sort();
    return Object.fromEntries(ids.map((id) => [id, rowsOf(replica.set, id, now, given.language ?? 'zh')]));
  }

  /** Write out what has changed since it was written last. */
  function draw() {
    if (!board || !replica.position) return;
    const now = time.now();
    const all = boards(now);
    const clock = client.clock === 'invalid' ? '--:--' : clockText(replica.set, now);
    const state = client.online ? 'online' : 'alone';
    const key = JSON.stringify([state, json ? '' : clock, all], (_, part) => (typeof part === 'bigint' ? String(part) : part));
    if (key === shown) return;
    shown = key;
    if (json) out('rows', { state, at: new Date(now).toISOString(), boards: all });
    else {
      if (process.stdout.isTTY) process.stdout.write('\x1b[2J\x1b[H');
      for (const [id, rows] of Object.entries(all)) print(linesOf(`${clock}  ${id}${state === 'alone' ? '  (alone)' : ''}`, rows).join('\n'));
    }
    for (const [id, rows] of Object.entries(all)) equipment.shows(id, rows);
    client.report();
  }

  let timer;
  function wake() {
    clearTimeout(timer);
    if (!given.once) {
      draw();
      announcer?.wake();
    } else if (client.whole) void end();
    const now = time.now();
    const next = nextChange(replica.set.of('task'), now) - now;
    timer = setTimeout(wake, Math.min(WAKE_AT_LEAST, Math.max(1, Math.ceil(next))));
  }

  let ending = false;
  async function end() {
    if (ending) return;
    ending = true;
    clearTimeout(timer);
    if (given.once) draw();
    announcer?.stop();
    await client.stop();
    process.exit(0);
  }

  let woken = false;
  client.on('changed', () => {
    // Many messages may come at once; they are acted upon together.
    if (woken || ending) return;
    woken = true;
    setImmediate(() => {
      woken = false;
      if (!ending) wake();
    });
  });
  client.on('state', (state) => {
    out('state', { state });
    if (!ending) draw();
  });
  client.on('note', note);
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  if (given.once) setTimeout(end, given.patience * 1000);
  client.start();
  wake();
}

try {
  const given = options();
  if (given) run(given);
  else process.stdout.write(USAGE);
} catch (error) {
  if (!(error instanceof UsageError) && !String(error.code).startsWith('ERR_PARSE_ARGS')) throw error;
  process.stderr.write(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
