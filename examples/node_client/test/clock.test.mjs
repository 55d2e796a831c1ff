import assert from 'node:assert/strict';
import { test } from 'node:test';

import { StationTime } from '../clock.mjs';
import { NOON } from './making.mjs';

/** A machine's clock that the test moves, and station time on it. */
function clocks() {
  const machine = { now: 1000 };
  return { machine, time: new StationTime(() => machine.now) };
}

/** One exchange: the hub is so far ahead of the machine, and the ways there and back take so long. */
function exchange({ machine, time }, ahead, there, back) {
  const asked = machine.now;
  const received = asked + there + ahead;
  machine.now += there + back;
  time.exchanged({ asked, received, sent: received });
}

test('the exchange with the shortest way gives the time', () => {
  const both = clocks();
  exchange(both, NOON, 400, 10);
  exchange(both, NOON, 5, 5);
  exchange(both, NOON, 10, 300);
  both.machine.now += 10_000;
  assert.equal(both.time.now(), NOON + both.machine.now);
  assert.equal(both.time.error, 5);
});

test('small differences are made good slowly, and time never runs backwards', () => {
  const both = clocks();
  exchange(both, NOON, 100, 100);
  const before = both.time.now();
  exchange(both, NOON - 80, 0, 0);
  let last = both.time.now();
  assert.ok(last >= before);
  for (let count = 0; count < 40; count += 1) {
    both.machine.now += 100;
    const now = both.time.now();
    assert.ok(now - last >= 95 && now - last <= 105);
    last = now;
  }
  assert.equal(last, NOON - 80 + both.machine.now);
});

test('a step of station time is followed: forwards at once, backwards by standing still', () => {
  const both = clocks();
  exchange(both, NOON, 5, 5);
  const before = both.time.now();
  exchange(both, NOON + 60_000, 5, 5);
  assert.equal(both.time.now(), before + 60_010);
  exchange(both, NOON + 50_000, 5, 5);
  const held = both.time.now();
  both.machine.now += 5_000;
  assert.equal(both.time.now(), held);
  both.machine.now += 6_000;
  assert.equal(both.time.now(), NOON + 50_000 + both.machine.now);
});

test('what the hub says in passing is believed at first, and later only if it is much later', () => {
  const { machine, time } = clocks();
  assert.equal(time.known, false);
  assert.equal(time.heard(NOON), true);
  assert.deepEqual([time.known, time.now()], [true, NOON]);
  assert.equal(time.heard(NOON + 500), false);
  assert.equal(time.heard(NOON + 5000), true);
  assert.equal(time.now(), NOON + 5000);
  machine.now += 8000;
  assert.equal(time.heard(NOON), true);
  assert.equal(time.now(), NOON + 13_000);
});

test('what was believed before the hub was heard gives way at once', () => {
  const { time } = clocks();
  time.believe(NOON + 1e6);
  assert.equal(time.now(), NOON + 1e6);
  time.heard(NOON);
  assert.equal(time.now(), NOON);
});
