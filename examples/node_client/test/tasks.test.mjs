import assert from 'node:assert/strict';
import { test } from 'node:test';

import { linesOf, rowsOf } from '../board.mjs';
import { ResourceSet } from '../replica.mjs';
import { intervalOn, mayBegin, nextChange, stageAt, textIn } from '../tasks.mjs';
import { announcement, at, row } from './making.mjs';

const FREE = new Map();
const on = (fields, minutes, modes = FREE) => intervalOn(row(fields), at(minutes), modes);
const may = (fields, minutes = 0, modes = FREE, feed = { fresh: false }) =>
  mayBegin(announcement(fields), 'waiting-a', at(minutes), modes, feed);

test('a row is on from its start until its end', () => {
  assert.deepEqual([-1, 0, 59, 60].map((minutes) => on({}, minutes)), [false, true, true, false]);
  assert.equal(on({ start: undefined }, 1), false);
});

test('a row that awaits its event stays until the hard end', () => {
  const awaiting = { awaits: 'departure', hardEnd: at(90) };
  assert.deepEqual([60, 89, 90].map((minutes) => on(awaiting, minutes)), [true, true, false]);
  assert.equal(on({ ...awaiting, end: undefined }, 80), true);
  assert.equal(on({ awaits: undefined, hardEnd: at(90) }, 60), false);
});

test('a row without an end stays until the hard end, or for good', () => {
  assert.deepEqual([89, 90].map((minutes) => on({ end: undefined, hardEnd: at(90) }, minutes)), [true, false]);
  assert.equal(on({ end: undefined }, 9999), true);
});

test('what is held, skipped or withdrawn is not on', () => {
  for (const fields of [{ held: true }, { hand: 'held' }, { state: 'skipped' }, { state: 'withdrawn' }]) {
    assert.equal(on(fields, 1), false);
    assert.equal(may(fields), false);
  }
});

test('a mode keeps back rows that start after it, in its scope alone', () => {
  const scopes = ['station', 'kind.display', 'call.QHD/2026-03-01/G1/1', 'rule.row'];
  for (const scope of scopes) {
    assert.equal(on({}, 1, new Map([[scope, at(-1)]])), false);
    assert.equal(on({}, 1, new Map([[scope, at(0)]])), true);
    assert.equal(on({ hand: 'released' }, 1, new Map([[scope, at(-1)]])), true);
    assert.equal(on({ call: '', rule: '' }, 1, new Map([[scope, at(-1)]])), true);
  }
  assert.equal(on({}, 1, new Map([['kind.announcement', at(-1)], ['rule.other', at(-1)]])), true);
});

test('the last stage that has come holds, or else the first', () => {
  const stage = [{ at: at(0), status: 'waiting', text: [] }, { at: at(30), status: 'checking_in', text: [] }];
  const status = (minutes) => stageAt(row({ stage }), at(minutes))?.status;
  assert.deepEqual([-1, 0, 29, 30, 99].map(status), ['waiting', 'waiting', 'waiting', 'checking_in', 'checking_in']);
});

test('an announcement may be begun from due until it is too old', () => {
  assert.deepEqual([-1, 0, 4, 5].map((minutes) => may({}, minutes)), [false, true, true, false]);
  assert.equal(may({ due: undefined }), false);
  assert.equal(may({ validUntil: undefined }), false);
  assert.equal(may({ awaits: 'arrival' }), false);
});

test('an announcement with a result at the target, or that is over, is not begun there', () => {
  assert.equal(may({ result: [{ target: 'waiting-a', state: 'failed' }] }), false);
  assert.equal(may({ state: 'begun', result: [{ target: 'waiting-b', state: 'begun' }] }), true);
  assert.equal(may({ target: ['waiting-b'] }), false);
  for (const state of ['done', 'interrupted', 'failed', 'expired', 'unconfirmed']) assert.equal(may({ state }), false);
});

test('a mode keeps back an announcement that nobody has begun', () => {
  const modes = new Map([['kind.announcement', at(0)]]);
  assert.equal(may({}, 0, modes), false);
  assert.equal(may({ hand: 'released' }, 0, modes), true);
  assert.equal(may({ state: 'begun', result: [{ target: 'waiting-b', state: 'begun' }] }, 0, modes), true);
});

test('an announcement with a limit is not made on an older feed', () => {
  const old = (minutes) => ({ fresh: false, freshAt: at(minutes) });
  assert.equal(may({ feedLimit: 15 }, 1), false);
  assert.deepEqual([-14, -15].map((minutes) => may({ feedLimit: 15 }, 1, FREE, old(minutes))), [true, false]);
  assert.equal(may({ feedLimit: 0 }, 1, FREE, { fresh: true }), true);
  assert.equal(may({ feedLimit: 15, byHand: at(0) }, 1), true);
});

test('the next change is the next instant in any task', () => {
  assert.equal(nextChange([row(), announcement()], at(1)), at(5));
  assert.equal(nextChange([row()], at(60)), Infinity);
});

test('a text is taken in the language, else without one, else as it is', () => {
  const text = (language) => ({ name: 'status', language, content: language || 'all' });
  assert.equal(textIn([text('en'), text('zh')], 'status', 'zh'), 'zh');
  assert.equal(textIn([text('en'), text('')], 'status', 'zh'), 'all');
  assert.equal(textIn([text('en')], 'status', 'zh'), 'en');
  assert.equal(textIn([], 'status', 'zh'), '');
});

test('a board has the rows that are on, in their order, with the words of their stage', () => {
  const words = (content) => [{ name: 'status', language: '', content }];
  const set = new ResourceSet([
    row({ id: 'b', order: at(20), text: [{ name: 'number', language: '', content: 'G2' }], stage: [{ at: at(0), status: 'late', text: words('晚点') }] }),
    row({ id: 'a', order: at(30), text: [{ name: 'number', language: '', content: 'G1' }] }),
    row({ id: 'off', start: at(10) }),
    row({ id: 'elsewhere', target: ['hall-2'] }),
    announcement({ target: ['hall-1'] }),
  ]);
  const rows = rowsOf(set, 'hall-1', at(1), 'zh');
  assert.deepEqual(rows.map(({ task, status, texts }) => [task, status, texts]), [
    ['b', 'late', { status: '晚点', number: 'G2' }],
    ['a', '', { number: 'G1' }],
  ]);
  assert.match(linesOf('hall-1', rows)[1], /^G2 .*晚点$/);
});

const words = (content) => [{ name: 'text', language: 'zh', content }];
const message = (id, fields) => row({ id, does: 'message', call: '', rule: '', text: words(id), ...fields });

test('what a person wrote stands below the rows, by priority', () => {
  const set = new ResourceSet([message('later', { priority: 20 }), message('first', { priority: 10 }), row({ id: 'train' })]);
  assert.deepEqual(rowsOf(set, 'hall-1', at(1), 'zh').map(({ task }) => task), ['train', 'first', 'later']);
});

test('a text for the whole board stands alone', () => {
  const set = new ResourceSet([row({ id: 'train' }), message('停电', { whole: true }), message('line')]);
  assert.deepEqual(linesOf('hall-1', rowsOf(set, 'hall-1', at(1), 'zh')), ['hall-1', '停电']);
});
