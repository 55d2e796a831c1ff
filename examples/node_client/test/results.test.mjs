import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { Results } from '../results.mjs';
import { at, folderFor } from './making.mjs';

let runs = 0;
const open = (folder) => new Results(join(folder, 'results.json'), 'gong', () => `run-${(runs += 1)}`);
const said = (results) => results.map(({ task, outcome }) => [task, outcome.target, outcome.state]);

test('what is begun is on the disk at once, and interrupted if the program ends', (context) => {
  const folder = folderFor(context);
  open(folder).begin('a', 'hall', at(60), at(0));
  const again = open(folder);
  assert.equal(again.knows('a', 'hall'), true);
  assert.deepEqual(again.recover(at(1)).map(({ task }) => task), ['a']);
  const reported = again.take(1);
  assert.deepEqual(said(reported), [['a', 'hall', 'begun'], ['a', 'hall', 'interrupted']]);
  assert.deepEqual([reported[1].at, reported[1].outcome.base], [at(1), at(60)]);
  assert.deepEqual(again.recover(at(2)), []);
});

test('a result is kept, with its id, until it is received', (context) => {
  const folder = folderFor(context);
  const results = open(folder);
  results.begin('a', 'hall', undefined, at(0));
  results.finish('a', 'hall', 'done', at(1));
  const first = results.take(1);
  assert.deepEqual(said(first), [['a', 'hall', 'begun'], ['a', 'hall', 'done']]);
  assert.deepEqual(results.take(2), []);
  results.disconnected();
  assert.deepEqual(results.take(3), first);
  assert.deepEqual(open(folder).take(1).map(({ id }) => id), first.map(({ id }) => id));
  results.received(3);
  assert.equal(results.unreported, 0);
  assert.deepEqual(open(folder).take(1), []);
});

test('ids are unique for ever', (context) => {
  const folder = folderFor(context);
  const ids = [];
  for (let run = 0; run < 3; run += 1) {
    const results = open(folder);
    results.begin(`a${run}`, 'hall', undefined, at(0));
    results.finish(`a${run}`, 'hall', 'done', at(0));
    ids.push(...results.take(1).map(({ id }) => id));
    results.received(1);
  }
  assert.equal(new Set(ids).size, 6);
});

test('a task that is begun and gone is forgotten once its results are received', (context) => {
  const results = open(folderFor(context));
  results.begin('a', 'hall', undefined, at(0));
  results.forget(new Set());
  results.finish('a', 'hall', 'done', at(0));
  results.forget(new Set());
  assert.equal(results.knows('a', 'hall'), true);
  results.take(1);
  results.received(1);
  results.forget(new Set(['a']));
  assert.equal(results.knows('a', 'hall'), true);
  results.forget(new Set());
  assert.equal(results.knows('a', 'hall'), false);
});

test('what cannot be written is not begun', (context) => {
  const folder = join(folderFor(context), 'state');
  const results = open(folder);
  mkdirSync(join(folder, 'results.json'), { recursive: true });
  assert.throws(() => results.begin('a', 'hall', undefined, at(0)));
  assert.deepEqual([results.knows('a', 'hall'), results.take(1)], [false, []]);
  rmSync(join(folder, 'results.json'), { recursive: true });
  results.begin('a', 'hall', undefined, at(0));
  assert.equal(open(folder).knows('a', 'hall'), true);
});

test('many results go in several reports', (context) => {
  const results = open(folderFor(context));
  for (let count = 0; count < 51; count += 1) {
    results.begin(`a${count}`, 'hall', undefined, at(0));
    results.finish(`a${count}`, 'hall', 'done', at(0));
  }
  assert.deepEqual([1, 2, 3].map((number) => results.take(number).length), [100, 2, 0]);
});
