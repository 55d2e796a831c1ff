import assert from 'node:assert/strict';
import { test } from 'node:test';

import { element, parse, textOf } from '../xml.mjs';

/** @param {string | Buffer} document */
const read = (document) => parse(Buffer.from(document));
const refused = (document, code) => assert.throws(() => read(document), { name: 'ProtocolError', code }, String(document));

test('elements, attributes, texts and namespaces are read', () => {
  const root = read(
    '<?xml version="1.0" encoding="UTF-8"?><!-- one --><?pi two?>\n<a xmlns="urn:a" xmlns:b="urn:b" x=\'1\' b:y="2">' +
      't<!-- - --><c xmlns="">&lt;&#65;&#x4e2d;</c><b:d/><![CDATA[<&]]>\r\n</a >\n',
  );
  assert.equal(root.namespace, 'urn:a');
  assert.deepEqual([...root.attributes], [['x', '1']]);
  assert.equal(root.text, 't<&\n');
  assert.deepEqual(root.children.map(({ name, namespace, text }) => [name, namespace, text]), [['c', '', '<A中'], ['d', 'urn:b', '']]);
});

test('what is no well-formed document is refused', () => {
  const malformed = [
    '', 'text', '<a>', '<a></b>', '<a><b></a></b>', '<a/><b/>', '<a/>text', '<a x=1/>', '<a x="1" x="2"/>', '<a x="<"/>',
    '<a xmlns:p="urn:a" xmlns:q="urn:a" p:x="1" q:x="2"/>', '<p:a/>', '<a p:x="1"/>', '<a>&unknown;</a>', '<a>&amp</a>',
    '<a>&#0;</a>', '<a>&#xD800;</a>', '<a>&#x110000;</a>', '<a>]]></a>', '<a>\u0001</a>', '<a>\uFFFE</a>',
    '<a><!-- -- --></a>', '<a><?xml x?></a>', '<a', '<a x="1"y="2"/>', '<a:b:c xmlns:a="urn:a"/>', '<a xmlns:a=""/>',
    '< a/>', '<1/>', '<a><![CDATA[</a>', '<?xml version="1.0"?', '<a xmlns:xml="urn:a"/>', '</a>',
  ];
  for (const document of malformed) refused(document, 'not-xml');
});

test('a document type declaration is refused wherever it stands', () => {
  refused('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 'doctype');
  refused('<a><!DOCTYPE a></a>', 'doctype');
});

test('only UTF-8 without a byte order mark is taken', () => {
  refused(Buffer.from([0x3c, 0x61, 0x3e, 0xff, 0x3c, 0x2f, 0x61, 0x3e]), 'not-utf8');
  refused(Buffer.from([0xc0, 0xbc, 0x61, 0x2f, 0x3e]), 'not-utf8');
  refused('\uFEFF<a/>', 'not-utf8');
  refused('<?xml version="1.0" encoding="latin-1"?><a/>', 'not-utf8');
  assert.equal(read("<?xml version='1.0' encoding='utf-8'?><a/>").name, 'a');
});

test('depth and number of attributes are limited', () => {
  refused('<a>'.repeat(100_000), 'not-xml');
  refused(`<a ${Array.from({ length: 100 }, (_, n) => `x${n}="1"`).join(' ')}/>`, 'not-xml');
});

test('what is written is read again, whatever stands in it', () => {
  const texts = ['', ' a ', '<&>"\'', 'tab\tline\nreturn\r\r\n', '北京\u{1F686}', ']]>'];
  for (const text of texts) {
    const again = read(element('a', [['x', text]], textOf(text)));
    assert.deepEqual([again.text, again.attributes.get('x')], [text, text]);
  }
});

test('what XML cannot carry is written as U+FFFD', () => {
  assert.equal(read(element('a', [], textOf('\u0000\uD800!'))).text, '\uFFFD\uFFFD!');
});

test('no bytes make the reader fail in another way than it says', () => {
  let seed = 7;
  const random = (most) => (seed = (seed * 48_271) % 2_147_483_647) % most;
  const parts = ['<a', ' x="1"', '>', '</a>', '<b/>', '&amp;', '&#1;', '<!--', '-->', '<![CDATA[', ']]>', '<?p', '?>', 'xmlns:p="u"', '中', '\u0001', 'p:', "'"];
  for (let count = 0; count < 3000; count += 1) {
    const document = Array.from({ length: random(9) + 1 }, () => parts[random(parts.length)]).join('');
    try {
      read(document);
    } catch (error) {
      assert.equal(error.name, 'ProtocolError', document);
    }
  }
});
