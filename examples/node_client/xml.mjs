/**
 * A small strict reader and writer of XML 1.0 with namespaces: as much as the open protocol uses, and nothing else.
 *
 * UTF-8 only, without a byte order mark; XML's five entities and character references; comments and processing
 * instructions are passed over. A document type declaration is refused before anything is parsed, so there is nothing
 * to expand. Depth and size are limited. All faults are `ProtocolError`s with the protocol's codes.
 */

import { ProtocolError } from './errors.mjs';

const DEEPEST = 256;
const MOST_ATTRIBUTES = 64;
const XMLNS = 'http://www.w3.org/2000/xmlns/';
const XML = 'http://www.w3.org/XML/1998/namespace';
const ENTITIES = { amp: '&', lt: '<', gt: '>', apos: "'", quot: '"' };

// XML 1.0, productions 2 (Char), 4 (NameStartChar) and 4a (NameChar).
const NO_CHARACTER = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;
const START =
  'A-Z_a-z\\u{C0}-\\u{D6}\\u{D8}-\\u{F6}\\u{F8}-\\u{2FF}\\u{370}-\\u{37D}\\u{37F}-\\u{1FFF}\\u{200C}\\u{200D}' +
  '\\u{2070}-\\u{218F}\\u{2C00}-\\u{2FEF}\\u{3001}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFFD}\\u{10000}-\\u{EFFFF}';
const PART = `[${START}][${START}\\-.0-9\\u{B7}\\u{300}-\\u{36F}\\u{203F}\\u{2040}]*`;
const NAME = new RegExp(`${PART}(?::${PART})?`, 'uy');
const SPACE = /[ \t\n]+/y;
const DECLARATION = /<\?xml[ \t\n]+version[ \t\n]*=[ \t\n]*(?:"1\.[0-9]+"|'1\.[0-9]+')([ \t\n]+encoding[ \t\n]*=[ \t\n]*(?:"[A-Za-z][A-Za-z0-9._-]*"|'[A-Za-z][A-Za-z0-9._-]*'))?([ \t\n]+standalone[ \t\n]*=[ \t\n]*["'](?:yes|no)["'])?[ \t\n]*\?>/y;

/**
 * @typedef {object} Element
 * @property {string} name its name without prefix
 * @property {string} namespace its namespace, or the empty string
 * @property {Map<string, string>} attributes those without a namespace, by name
 * @property {Element[]} children
 * @property {string} text all character data that stands directly in it
 */

/** @param {string} text @returns {ProtocolError} */
const wrong = (text) => new ProtocolError('not-xml', text, 'See the rules for documents in section 2.');

/**
 * Read one document.
 *
 * @param {Buffer} bytes
 * @returns {Element} its root
 * @throws {ProtocolError} `not-utf8`, `doctype`, `not-xml`
 */
export function parse(bytes) {
  if (bytes.includes('<!DOCTYPE')) throw new ProtocolError('doctype', 'A message has a document type declaration.');
  let text;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ProtocolError('not-utf8', 'A message is not UTF-8.');
  }
  if (text.startsWith('\uFEFF')) throw new ProtocolError('not-utf8', 'A message begins with a byte order mark.');
  if (NO_CHARACTER.test(text)) throw wrong('A message has a character that XML cannot carry.');
  return new Reader(text.replace(/\r\n?/g, '\n')).document();
}

class Reader {
  #text;
  #at = 0;

  /** @param {string} text */
  constructor(text) {
    this.#text = text;
  }

  document() {
    if (this.#text.startsWith('<?xml') && /[ \t\n]/.test(this.#text[5] ?? '')) this.#declaration();
    this.#between();
    if (this.#text[this.#at] !== '<') throw wrong('There is no root element.');
    const root = this.#element(new Map([['', ''], ['xml', XML]]), 1);
    this.#between();
    if (this.#at < this.#text.length) throw wrong('Something follows the root element.');
    return root;
  }

  #declaration() {
    const found = this.#match(DECLARATION);
    if (!found) throw wrong('The XML declaration is malformed.');
    if (found[1] && !/["']utf-8["']$/i.test(found[1])) {
      throw new ProtocolError('not-utf8', 'The XML declaration names another encoding than UTF-8.');
    }
  }

  /** Blanks, comments and processing instructions outside the root. */
  #between() {
    do this.#match(SPACE);
    while (this.#passed());
  }

  /** Pass over a comment or a processing instruction, if one stands here. */
  #passed() {
    if (this.#text.startsWith('<!--', this.#at)) {
      const end = this.#text.indexOf('--', this.#at + 4);
      if (end < 0 || this.#text[end + 2] !== '>') throw wrong('A comment is malformed.');
      this.#at = end + 3;
      return true;
    }
    if (this.#text.startsWith('<?', this.#at)) {
      this.#at += 2;
      const target = this.#name();
      const end = this.#text.indexOf('?>', this.#at);
      const apart = end === this.#at || /[ \t\n]/.test(this.#text[this.#at] ?? '');
      if (end < 0 || !apart || target.includes(':') || target.toLowerCase() === 'xml') {
        throw wrong('A processing instruction is malformed.');
      }
      this.#at = end + 2;
      return true;
    }
    return false;
  }

  /**
   * @param {Map<string, string>} outer namespaces by prefix
   * @param {number} depth
   * @returns {Element}
   */
  #element(outer, depth) {
    if (depth > DEEPEST) throw wrong(`Elements are nested more than ${DEEPEST} deep.`);
    this.#at += 1;
    const name = this.#name();
    const given = this.#attributes();
    const namespaces = declared(outer, given);
    const [namespace, local] = resolved(name, namespaces, true);
    const element = { name: local, namespace, attributes: plain(given, namespaces), children: [], text: '' };
    if (this.#skip('/>')) return element;
    if (!this.#skip('>')) throw wrong(`The tag of ${name} is malformed.`);
    for (;;) {
      const next = this.#text.indexOf('<', this.#at);
      if (next < 0) throw wrong(`${name} is not closed.`);
      const data = this.#text.slice(this.#at, next);
      if (data.includes(']]>')) throw wrong('`]]>` stands in a text.');
      element.text += expanded(data);
      this.#at = next;
      if (this.#text[next + 1] === '/') break;
      if (this.#skip('<![CDATA[')) {
        const end = this.#text.indexOf(']]>', this.#at);
        if (end < 0) throw wrong('A CDATA section is not closed.');
        element.text += this.#text.slice(this.#at, end);
        this.#at = end + 3;
      } else if (!this.#passed()) {
        element.children.push(this.#element(namespaces, depth + 1));
      }
    }
    this.#at += 2;
    if (this.#name() !== name) throw wrong(`${name} is closed by another name.`);
    this.#match(SPACE);
    if (!this.#skip('>')) throw wrong(`The end of ${name} is malformed.`);
    return element;
  }

  #attributes() {
    const given = new Map();
    for (;;) {
      const apart = this.#match(SPACE);
      const here = this.#text[this.#at];
      if (here === '>' || here === '/') return given;
      if (!apart) throw wrong('A tag is malformed.');
      const name = this.#name();
      this.#match(SPACE);
      if (!this.#skip('=')) throw wrong(`Attribute ${name} has no value.`);
      this.#match(SPACE);
      const quote = this.#text[this.#at];
      if (quote !== '"' && quote !== "'") throw wrong(`Attribute ${name} is not quoted.`);
      const end = this.#text.indexOf(quote, this.#at + 1);
      if (end < 0) throw wrong(`Attribute ${name} is not closed.`);
      const value = this.#text.slice(this.#at + 1, end);
      if (value.includes('<')) throw wrong(`Attribute ${name} has a bare <.`);
      if (given.has(name)) throw wrong(`Attribute ${name} is given twice.`);
      given.set(name, expanded(value.replace(/[\t\n]/g, ' ')));
      if (given.size > MOST_ATTRIBUTES) throw wrong(`An element has more than ${MOST_ATTRIBUTES} attributes.`);
      this.#at = end + 1;
    }
  }

  #name() {
    const found = this.#match(NAME);
    if (!found || this.#text[this.#at] === ':') throw wrong('A name is malformed.');
    return found[0];
  }

  /** @param {RegExp} pattern sticky */
  #match(pattern) {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found) this.#at = pattern.lastIndex;
    return found;
  }

  /** @param {string} what */
  #skip(what) {
    if (!this.#text.startsWith(what, this.#at)) return false;
    this.#at += what.length;
    return true;
  }
}

/**
 * Put what references stand for in their place.
 *
 * @param {string} text
 */
function expanded(text) {
  if (!text.includes('&')) return text;
  return text.replace(/&([^&;]*)(;?)/g, (_, name, end) => {
    if (!end) throw wrong('A bare & stands in a text.');
    if (Object.hasOwn(ENTITIES, name)) return ENTITIES[name];
    const number = /^#(?:x([0-9A-Fa-f]{1,6})|([0-9]{1,7}))$/.exec(name);
    if (!number) throw wrong(`The entity ${name} is not known.`);
    const code = number[1] ? parseInt(number[1], 16) : parseInt(number[2], 10);
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000) || NO_CHARACTER.test(String.fromCodePoint(code))) {
      throw wrong('A character reference names what XML cannot carry.');
    }
    return String.fromCodePoint(code);
  });
}

/**
 * The namespaces within an element.
 *
 * @param {Map<string, string>} outer
 * @param {Map<string, string>} given its attributes
 */
function declared(outer, given) {
  let namespaces = outer;
  for (const [name, value] of given) {
    if (name !== 'xmlns' && !name.startsWith('xmlns:')) continue;
    const prefix = name.slice(6);
    const right = (prefix === 'xml') === (value === XML);
    if (!right || value === XMLNS || prefix === 'xmlns' || (prefix && !value)) throw wrong(`The namespace ${name} cannot be.`);
    if (namespaces === outer) namespaces = new Map(outer);
    namespaces.set(prefix, value);
  }
  return namespaces;
}

/**
 * @param {string} name
 * @param {Map<string, string>} namespaces
 * @param {boolean} defaulted whether a name without prefix is in the default namespace
 * @returns {[string, string]} namespace and name
 */
function resolved(name, namespaces, defaulted) {
  const colon = name.indexOf(':');
  if (colon < 0) return [defaulted ? namespaces.get('') ?? '' : '', name];
  const namespace = namespaces.get(name.slice(0, colon));
  if (namespace === undefined) throw wrong(`The prefix of ${name} is not declared.`);
  return [namespace, name.slice(colon + 1)];
}

/** The attributes without a namespace; those of others are extensions, which are ignored once they are found sound. */
function plain(given, namespaces) {
  const attributes = new Map();
  const seen = new Set();
  for (const [name, value] of given) {
    if (name === 'xmlns' || name.startsWith('xmlns:')) continue;
    const [namespace, local] = resolved(name, namespaces, false);
    const full = `{${namespace}}${local}`;
    if (seen.has(full)) throw wrong(`Attribute ${name} is given twice.`);
    seen.add(full);
    if (!namespace) attributes.set(local, value);
  }
  return attributes;
}

const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\t': '&#9;', '\n': '&#10;', '\r': '&#13;' };
const NO_CHARACTERS = new RegExp(NO_CHARACTER.source, 'gu');

/** @param {string} text @param {RegExp} which */
const escaped = (text, which) => text.replace(NO_CHARACTERS, '\uFFFD').replace(which, (found) => ESCAPES[found]);

/**
 * Write an element.
 *
 * @param {string} name
 * @param {Iterable<[string, string]>} attributes
 * @param {string} content XML already: other elements, or `textOf` a text
 */
export function element(name, attributes, content = '') {
  let head = `<${name}`;
  for (const [key, value] of attributes) head += ` ${key}="${escaped(value, /[&<>"\t\n\r]/g)}"`;
  return content ? `${head}>${content}</${name}>` : `${head}/>`;
}

/**
 * A text as it stands in an element. What XML cannot carry becomes U+FFFD.
 *
 * @param {string} text
 */
export const textOf = (text) => escaped(text, /[&<>\r]/g);
