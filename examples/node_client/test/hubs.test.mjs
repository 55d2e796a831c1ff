import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Commands } from '../commands.mjs';
import { Equipment } from '../equipment.mjs';
import { FrameReader, frame } from '../framing.mjs';
import { Hubs, readHub } from '../hubs.mjs';
import { Session } from '../session.mjs';
import { NOON, XMLNS, wire } from './making.mjs';

const A = { host: 'a', port: 1 };
const B = { host: 'b', port: 2 };
const C = { host: 'c', port: 3 };

/** So many tries, none of which is welcomed: each with the wait after it. */
const tries = (hubs, count) => Array.from({ length: count }, () => `${hubs.next().host} ${hubs.wait()}`);

test('hubs are tried in their order, and after each round the wait is longer', () => {
  const hubs = new Hubs([A, B], () => 1);
  assert.deepEqual(tries(hubs, 6), ['a 0', 'b 500', 'a 0', 'b 1000', 'a 0', 'b 2000']);
  assert.equal(Number(tries(hubs, 20).at(-1).split(' ')[1]), 30_000);
  hubs.welcomed();
  assert.deepEqual(tries(hubs, 2), ['a 0', 'b 500']);
});

test('who is refused waits a second at least, longer each time, until a session has lasted', () => {
  const unlucky = new Hubs([A, B], () => 0);
  unlucky.refused();
  assert.equal(unlucky.next() && unlucky.wait(), 1000);
  const hubs = new Hubs([A], () => 1);
  const waits = Array.from({ length: 3 }, () => {
    hubs.next();
    hubs.welcomed();
    hubs.refused();
    return hubs.wait();
  });
  assert.deepEqual(waits, [2000, 4000, 8000]);
  const two = new Hubs([A, B], () => 1);
  two.refused();
  assert.deepEqual(tries(two, 3), ['a 2000', 'b 2000', 'a 2000']);
  hubs.lasted();
  hubs.welcomed();
  assert.equal(hubs.next() && hubs.wait(), 500);
});

test('who is redirected goes there at once, comes to who sent it last, and then goes by its own list again', () => {
  const hubs = new Hubs([A, B], () => 1);
  hubs.next();
  hubs.welcomed();
  hubs.redirected([C], A);
  assert.equal(hubs.wait(), 0);
  assert.deepEqual(tries(hubs, 5), ['c 0', 'b 0', 'a 500', 'a 0', 'b 1000']);
});

test('who was refused before is redirected all the same', () => {
  const hubs = new Hubs([A], () => 1);
  hubs.refused();
  hubs.next();
  hubs.welcomed();
  hubs.redirected([C], A);
  assert.deepEqual([hubs.wait(), hubs.next()], [0, C]);
});

test('hubs that send a client round in a circle are not followed for ever', () => {
  const hubs = new Hubs([A, B], () => 1);
  let waited = 0;
  for (let count = 0; count < 8; count += 1) {
    hubs.next();
    hubs.welcomed();
    hubs.redirected([count % 2 ? A : B], count % 2 ? B : A);
    waited += hubs.wait();
  }
  assert.ok(waited > 10_000);
});

test('hubs are written with their port', () => {
  assert.deepEqual(readHub('hub:1'), { host: 'hub', port: 1 });
  assert.deepEqual(readHub('[::1]:7'), { host: '::1', port: 7 });
  assert.deepEqual(readHub('10.0.0.1'), { host: '10.0.0.1', port: 7310 });
  for (const text of ['', ':1', 'a:b', 'a:70000']) assert.throws(() => readHub(text), /is no hub/);
});

test('documents are found in whatever pieces their bytes come', () => {
  const bytes = Buffer.concat([wire('<a/>'), wire('<中/>'), wire('<c/>')]);
  for (let size = 1; size < bytes.length; size += 1) {
    const reader = new FrameReader();
    const found = [];
    for (let from = 0; from < bytes.length; from += size) found.push(...reader.push(bytes.subarray(from, from + size)));
    assert.deepEqual(found.map(String), ['<a/>', '<中/>', '<c/>']);
  }
});

test('a frame that is too long is refused before it comes, and so is an empty one', () => {
  const take = (bytes) => [...new FrameReader(10).push(Buffer.from(bytes))];
  assert.throws(() => take([0, 0, 0, 11]), { code: 'too-large' });
  assert.throws(() => take([0, 0, 0, 0]), { code: 'empty-message' });
  assert.throws(() => frame('x'.repeat(11), 10), { code: 'too-large' });
});

test('a session takes what may come in its state and nothing else', () => {
  const session = new Session();
  const take = (document) => [...session.receive(wire(document))].map(({ type }) => type);
  assert.throws(() => take(`<received ${XMLNS} number="1"/>`), { code: 'unexpected-message' });
  session.send({ type: 'hello', identity: 'a', token: 't', version: '1.0' });
  assert.throws(() => session.send({ type: 'subscribe', filter: {} }), { code: 'unexpected-message' });
  assert.throws(() => take(`<hello ${XMLNS} identity="a" version="1.0"/>`), { code: 'unexpected-message' });
  take(`<welcome ${XMLNS} version="1.0" epoch="e" heartbeat="5000" largest="300" station-time="2026-03-01T12:00:00.0Z"/>`);
  assert.deepEqual([session.state, session.largest], ['welcome', 300]);
  assert.throws(() => session.send({ type: 'error', code: 'internal', text: 'x'.repeat(300) }), { code: 'too-large' });
  assert.deepEqual(take(`<bye ${XMLNS} reason="stopping"/>`), ['bye']);
  assert.deepEqual([session.state, take('rubbish')], ['closed', []]);
});

test('a command is done once, answered again, refused if it is not known, and not done too late', () => {
  let done = 0;
  const commands = new Commands({ test: () => (done += 1), fail: () => assert.fail('broken') }, 'terminal', ['hall']);
  const command = (id, action, expires = NOON + 1, device = [], target = []) =>
    commands.on({ id, action, expires, device, target }, NOON);
  assert.deepEqual(command('1', 'test'), { id: '1', at: NOON, state: 'done' });
  assert.deepEqual([command('1', 'test').state, done], ['done', 1]);
  assert.deepEqual([command('2', 'toString').state, command('2', 'toString').code], ['refused', 'unknown-action']);
  assert.equal(command('3', 'test', NOON).state, 'expired');
  assert.deepEqual([command('4', 'fail').state, done], ['failed', 1]);
  assert.equal(command('5', 'test', NOON + 1, ['printer']).code, 'unknown-device');
  assert.equal(command('6', 'test', NOON + 1, [], ['hall', 'yard']).code, 'unknown-device');
  assert.equal(command('7', 'test', NOON + 1, ['terminal'], ['hall']).state, 'done');
});

test('equipment is told whole, and then only what is different', () => {
  const equipment = new Equipment('board', ['hall-1'], { now: () => NOON });
  const shown = [{ task: 'a', revision: 1n }];
  equipment.shows('hall-1', shown);
  const whole = equipment.everything();
  assert.deepEqual([whole.device.length, whole.readback.length], [1, 1]);
  equipment.shows('hall-1', [...shown]);
  assert.equal(equipment.news(), null);
  equipment.shows('hall-1', [], true);
  assert.deepEqual(equipment.news().readback.map(({ blank, row }) => [blank, row]), [[true, []]]);
  equipment.is('faulty', 'no paper');
  assert.deepEqual(equipment.news().device.map(({ condition, detail }) => [condition, detail]), [['faulty', 'no paper']]);
  assert.equal(equipment.everything().device.length, 1);
});
