import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { readMessage, writeMessage } from '../codec.mjs';
import { readStamp, writeInstant, writeStamp } from '../values.mjs';
import { NOON, XMLNS } from './making.mjs';

const DOCUMENT = readFileSync(new URL('../../../docs/open-protocol.md', import.meta.url), 'utf8');
const EXAMPLES = [...DOCUMENT.matchAll(/```xml\n([^]*?)```/g)].map(([, example]) => example.trim());
/** Messages that this client neither reads nor writes in full: what a level B client reports. */
const NOT_OURS = /<act /;

/** @param {string} document */
const read = (document) => readMessage(Buffer.from(document));
const refused = (document, code = 'invalid') => assert.throws(() => read(document), { name: 'ProtocolError', code }, document);

test('every example of the document is read', () => {
  const ours = EXAMPLES.filter((example) => example.includes(XMLNS) && !NOT_OURS.test(example));
  assert.ok(ours.length > 15);
  for (const example of ours) assert.ok(read(example).type, example);
});

test('what the client writes, read and written again, is the same', () => {
  const written = EXAMPLES.filter((example) => /^<(hello|ack|report|subscribe|client-heartbeat|time-request|bye|error) /.test(example) && !NOT_OURS.test(example));
  assert.ok(written.length > 6);
  for (const example of written) {
    const message = read(example);
    assert.deepEqual(read(writeMessage(message)), message, example);
  }
});

test('defaults stand for what is absent, and are not written', () => {
  assert.equal(read(`<subscribed ${XMLNS} number="1"/>`).resumed, false);
  assert.equal(
    writeMessage({ type: 'ack', epoch: 'e', sequence: 2n ** 62n, outcome: 'applied' }),
    `<ack ${XMLNS} epoch="e" sequence="4611686018427387904"/>`,
  );
});

test('what is not valid against the schema is refused', () => {
  const position = '<position epoch="e" sequence="1" hash="a"/>';
  for (const document of [
    '<bye reason="leaving"/>',
    `<goodbye ${XMLNS}/>`,
    `<constructor ${XMLNS}/>`,
    `<bye ${XMLNS}/>`,
    `<bye ${XMLNS} reason="bored"/>`,
    `<bye ${XMLNS} reason="leaving" when="now"/>`,
    `<bye ${XMLNS} reason="leaving">text</bye>`,
    `<bye ${XMLNS} reason="leaving"><b/></bye>`,
    `<received ${XMLNS} number="0"/>`,
    `<received ${XMLNS} number="9223372036854775808"/>`,
    `<received ${XMLNS} number="1.5"/>`,
    `<error ${XMLNS} code="Wrong"/>`,
    `<error ${XMLNS} code="a" text="${'x'.repeat(2001)}"/>`,
    `<snapshot ${XMLNS} part="1" digest="${'0'.repeat(32)}"/>`,
    `<snapshot ${XMLNS} part="1" digest="${'0'.repeat(31)}">${position}</snapshot>`,
    `<snapshot ${XMLNS} part="1" digest="${'0'.repeat(32)}">${position}${position}</snapshot>`,
    `<snapshot ${XMLNS} part="1" digest="${'0'.repeat(32)}">${position}<secret id="a" revision="1"/></snapshot>`,
    `<update ${XMLNS} since="1" to="2" hash="a"><delete kind="task" id="a"/><mode id="a" revision="1" since="2026-03-01T00:00:00Z" by="b"/></update>`,
    `<update ${XMLNS} since="1" to="2" hash="a"><mode id="a" revision="1" since="2026-02-30T00:00:00Z" by="b"/></update>`,
  ]) refused(document);
});

test('extensions are passed over', () => {
  const message = read(`<received ${XMLNS} xmlns:v="urn:v" v:a="1" number="3"><extension v:b="2"><v:c>x<v:d/></v:c></extension></received>`);
  assert.deepEqual(message, { type: 'received', number: 3, refusal: [] });
  refused(`<received ${XMLNS} number="3"><extension><received number="1"/></extension></received>`);
});

test('stamps keep their microseconds', () => {
  assert.equal(writeStamp(readStamp('2026-03-01T07:04:00.250001Z')), '2026-03-01T07:04:00.250001Z');
  assert.equal(writeStamp(readStamp('2026-03-01T07:04:00.5Z')), '2026-03-01T07:04:00.500000Z');
  assert.equal(writeInstant(NOON + 999.9), '2026-03-01T12:00:00Z');
});
