import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { Follower } from '../follower.mjs';
import { Replica, ResourceSet } from '../replica.mjs';
import { folderFor, row } from './making.mjs';

const FILTER = { kind: ['task'], taskKind: ['display'], target: ['hall-1'] };
const position = (sequence, epoch = 'one') => ({ epoch, sequence: BigInt(sequence), hash: `h${sequence}` });
const ONE = row({ id: 'one' });
const TWO = row({ id: 'two' });
const digest = (...resources) => new ResourceSet(resources).digest;

const snapshot = (resources, fields = {}) => ({
  type: 'snapshot', part: 1, last: true, digest: digest(...resources), position: position(5), resources, ...fields,
});
const update = (since, to, fields = {}) => ({
  type: 'update', since: BigInt(since), to: BigInt(to), hash: `h${to}`, resources: [], delete: [], ...fields,
});
const heartbeat = (last, at, held, epoch) => ({
  type: 'hub-heartbeat', last: BigInt(last), digest: digest(...held), position: position(at, epoch),
});

/** A follower that is subscribed for the first time; `has` is in the snapshot at sequence 5. */
function followed(has = [ONE]) {
  const replica = new Replica(null, FILTER);
  const follower = new Follower(replica, FILTER);
  follower.subscribe(true);
  follower.on({ type: 'subscribed', number: 1, resumed: false });
  if (has) follower.on(snapshot(has));
  return { replica, follower };
}

test('the digests of the document come out', () => {
  const task = { kind: 'task', id: 'QHD/2026-03-01/G2402/1/row-hall/1', revision: 4711n };
  assert.equal(digest(), '0'.repeat(32));
  assert.equal(digest(task), '4dcc2a5e3c225b9fd9c4b39339208c04');
  assert.equal(digest(task, { kind: 'name', id: '北京', revision: 12n }), '3a274ec12e0399b2a32d1e9ef68b4f75');
});

test('a digest kept up to date is that of the set', () => {
  const set = new ResourceSet([ONE, TWO]);
  set.put({ ...ONE, revision: 9n });
  set.delete(TWO);
  set.delete({ kind: 'task', id: 'never' });
  assert.equal(set.digest, digest({ ...ONE, revision: 9n }));
});

test('a snapshot in parts replaces the replica once it is complete, and is acknowledged', () => {
  const { replica, follower } = followed(null);
  const whole = digest(ONE, TWO);
  assert.deepEqual(follower.on(snapshot([ONE], { last: false, digest: whole })), { replies: [], changed: false });
  assert.equal(replica.position, null);
  const outcome = follower.on(snapshot([TWO], { part: 2, digest: whole }));
  assert.deepEqual(outcome, { replies: [{ type: 'ack', epoch: 'one', sequence: 5n }], changed: true });
  assert.equal(replica.set.size, 2);
});

test('a part 1 begins the snapshot anew', () => {
  const { replica, follower } = followed(null);
  follower.on(snapshot([ONE], { last: false, digest: digest(ONE, TWO) }));
  follower.on(snapshot([TWO]));
  assert.deepEqual(replica.set.all(), [TWO]);
});

test('parts that do not follow each other end the session', () => {
  const others = [{ part: 3 }, { part: 2, digest: digest(TWO) }, { part: 2, position: position(6) }];
  for (const other of others) {
    const { follower } = followed(null);
    follower.on(snapshot([ONE], { last: false }));
    assert.throws(() => follower.on(snapshot([TWO], { digest: digest(ONE), ...other })), { code: 'snapshot-order' });
  }
});

test('a snapshot with another digest than its own is rejected, and what was held is kept', () => {
  const { replica, follower } = followed([ONE]);
  const { replies } = follower.on(snapshot([TWO], { digest: digest(ONE), position: position(8) }));
  assert.equal(replies[0].outcome, 'rejected');
  assert.deepEqual([replica.position.sequence, replica.set.all()], [5n, [ONE]]);
});

test('an update applies from its `since` on, and is acknowledged', () => {
  const { replica, follower } = followed([ONE]);
  const { replies, changed } = follower.on(update(3, 7, { resources: [TWO], delete: [{ kind: 'task', id: 'one' }] }));
  assert.deepEqual([replies, changed], [[{ type: 'ack', epoch: 'one', sequence: 7n }], true]);
  assert.deepEqual([replica.position, replica.set.all()], [position(7), [TWO]]);
});

test('an update that is held already is acknowledged and changes nothing', () => {
  const { replica, follower } = followed([ONE]);
  const { replies, changed } = follower.on(update(1, 5, { resources: [TWO] }));
  assert.deepEqual([replies.length, changed, replica.set.size], [1, false, 1]);
});

test('after a gap the client subscribes anew from where it is, and lets pass what comes before the answer', () => {
  const { replica, follower } = followed([ONE]);
  const { replies } = follower.on(update(6, 7, { resources: [TWO] }));
  assert.deepEqual(replies, [{ type: 'subscribe', number: 2, filter: FILTER, held: position(5) }]);
  assert.deepEqual(follower.on(update(7, 8, { resources: [TWO] })), { replies: [], changed: false });
  follower.on({ type: 'subscribed', number: 2, resumed: true });
  follower.on(update(5, 8, { resources: [TWO] }));
  assert.deepEqual([replica.position.sequence, replica.set.size], [8n, 2]);
});

test('a heartbeat proves the replica whole and carries it on to the head', () => {
  const { replica, follower } = followed([ONE]);
  follower.on(heartbeat(4, 9, [ONE]));
  assert.deepEqual([follower.whole, replica.position], [true, position(9)]);
});

test('a heartbeat with another digest, a later change or another epoch leads to a new snapshot', () => {
  for (const beat of [heartbeat(5, 9, [TWO]), heartbeat(6, 9, [ONE]), heartbeat(5, 9, [ONE], 'two')]) {
    const { follower } = followed([ONE]);
    assert.deepEqual(follower.on(beat).replies, [{ type: 'subscribe', number: 2, filter: FILTER, held: undefined }]);
  }
});

test('heartbeats prove nothing while a snapshot is on its way', () => {
  const { follower } = followed(null);
  assert.deepEqual(follower.on(heartbeat(5, 9, [ONE])), { replies: [], changed: false });
});

test('a snapshot of a new epoch is taken though its sequence is smaller', () => {
  const { replica, follower } = followed([ONE]);
  follower.on(snapshot([TWO], { position: position(1, 'two') }));
  assert.deepEqual([replica.position, replica.set.all()], [position(1, 'two'), [TWO]]);
});

test('what was saved is held again, whole, with large numbers exact', (context) => {
  const file = join(folderFor(context), 'replica.json');
  const replica = new Replica(file, FILTER);
  const large = { ...ONE, revision: 2n ** 62n + 1n };
  replica.replace(new ResourceSet([large]), position(2n ** 62n + 3n));
  replica.save();
  const again = new Replica(file, FILTER);
  assert.equal(again.load(), '');
  assert.deepEqual([again.position, again.set.all()], [replica.position, [large]]);
});

test('a replica of another filter, and a damaged one, are not held', (context) => {
  const file = join(folderFor(context), 'replica.json');
  const replica = new Replica(file, FILTER);
  replica.replace(new ResourceSet([ONE]), position(5));
  replica.save();
  const other = new Replica(file, { kind: ['task'] });
  assert.match(other.load(), /something else/);
  const text = readFileSync(file, 'utf8');
  for (const damaged of [text.slice(0, -9), text.replace('"two"', '"one"').replace('"id":"one"', '"id":"six"')]) {
    writeFileSync(file, damaged);
    const again = new Replica(file, FILTER);
    assert.notEqual(again.load(), '');
    assert.deepEqual([again.position, again.set.size], [null, 0]);
  }
});
