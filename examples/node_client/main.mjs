#!/usr/bin/env node
/**
 * The program: wires everything, wakes what acts by station time, and ends cleanly. Node.js 20; needs no packages.
 */

import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Announcer } from './announcer.mjs';
import { Client } from './client.mjs';
import { StationTime } from './clock.mjs';
import { Commands } from './commands.mjs';
import { readWhole, writeWhole } from './disk.mjs';
import { Display } from './display.mjs';
import { DEVICE, Equipment } from './equipment.mjs';
import { UsageError } from './errors.mjs';
import { Hubs } from './hubs.mjs';
import { USAGE, readOptions } from './options.mjs';
import { Output } from './output.mjs';
import { Replica } from './replica.mjs';
import { Results } from './results.mjs';
import { nextChange } from './tasks.mjs';

/** Station time may be set at any moment, so nothing sleeps for longer. Milliseconds. */
const WAKE_AT_LEAST = 1000;

/** @typedef {import('./options.mjs').Options} Options */

/**
 * @param {Options} options
 * @param {Output} output
 */
function build(options, output) {
  const { mode, identity, folder, targets } = options;
  const file = (name) => join(folder, name);
  // A clock that nobody sets, though it looks like the time of day.
  const time = new StationTime(() => performance.timeOrigin + performance.now());
  const executes = mode === 'board' ? ['display', 'message'] : ['announcement'];
  const filter = { kind: ['board', 'mode', 'station', 'task', 'zone'], taskKind: executes, target: targets };
  const replica = new Replica(file('replica.json'), filter);
  const trouble = replica.load();
  if (trouble) output.note(trouble);
  time.believe(Date.now() + replica.ahead);
  const results = mode === 'speaker' ? new Results(file('results.json'), identity, randomUUID) : null;
  const equipment = new Equipment(mode, targets, time);
  const secret = readWhole(file('secret.json')) ?? {};
  const actions = { on: () => worker.power(true), off: () => worker.power(false), test: () => worker.test() };
  const client = new Client({
    identity, token: options.token ?? secret.token ?? '', enrolment: options.enrolment,
    hubs: new Hubs(options.hubs, Math.random), security: options.security, filter, executes, replica, results, time,
    wall: Date.now, equipment, commands: new Commands(actions, DEVICE, targets),
    enrolled: (given) => keep(given, file, output),
  });
  const worker =
    mode === 'board'
      ? new Display({ client, replica, time, equipment, output, boards: targets, language: options.language })
      : new Announcer({ client, replica, results, time, equipment, zones: targets, output, seconds: options.seconds });
  return { client, replica, time, worker };
}

/** What enrolment brought, for this run's later connections and for the runs to come. */
function keep({ token, certificate, authority }, file, output) {
  writeWhole(file('secret.json'), { token });
  if (certificate) writeFileSync(file('certificate.pem'), certificate);
  if (authority) writeFileSync(file('authority.pem'), authority);
  output.event('enrolled', { token: Boolean(token), certificate: Boolean(certificate) });
}

/** @param {Options} options */
function run(options) {
  const output = new Output(options.json, process.stdout, process.stderr);
  const { client, replica, time, worker } = build(options, output);
  let timer;
  let patience;
  let ending = false;

  function wake() {
    clearTimeout(timer);
    if (!options.once) worker.wake();
    else if (client.whole) end();
    if (ending) return;
    const next = nextChange(replica.set.of('task'), time.now()) - time.now();
    timer = setTimeout(wake, Math.min(WAKE_AT_LEAST, Math.max(1, Math.ceil(next))));
  }

  async function end() {
    if (ending) return;
    ending = true;
    clearTimeout(timer);
    clearTimeout(patience);
    if (options.once) worker.wake();
    worker.stop?.();
    await client.stop();
    process.off('SIGTERM', end);
    process.off('SIGINT', end);
  }

  let woken = false;
  client.on('changed', () => {
    // Many messages may come at once; they are acted upon together.
    if (woken) return;
    woken = true;
    setImmediate(() => {
      woken = false;
      if (!ending) wake();
    });
  });
  client.on('state', (state) => {
    output.event('state', { state });
    if (!ending) wake();
  });
  client.on('followed', (resumed) => output.event('followed', { resumed }));
  client.on('note', (text) => output.note(text));
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  if (options.once) patience = setTimeout(end, options.patience * 1000);
  client.start();
  wake();
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options) run(options);
  else process.stdout.write(USAGE);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
