/**
 * Between documents and plain objects, by the tables of `shapes.mjs`; what does not fit them is `invalid`.
 *
 * A message is `{ type: 'hub-heartbeat', stationTime: 1772348645000, … }`: names in camel case, lists as arrays, what
 * is absent as undefined. A resource is such an object with `kind`. Reading is as strict as the schema.
 */

import { ProtocolError } from './errors.mjs';
import { MESSAGES, PARTS, RESOURCES } from './shapes.mjs';
import { TYPES } from './values.mjs';
import { element as written, parse, textOf } from './xml.mjs';

export const NAMESPACE = 'urn:stationmaster:open-protocol:1';

/** @typedef {import('./shapes.mjs').Shape} Shape */
/** @typedef {import('./xml.mjs').Element} Element */

/** @param {string} name */
const camel = (name) => name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
const wrong = (text) => new ProtocolError('invalid', text, 'Validate with open-protocol-1.xsd before sending.');

/**
 * A table's field: `type=x` is its type, how often it may stand there, and its default.
 *
 * @param {string} field
 * @returns {[string, string, string | undefined]}
 */
function parted(field) {
  const equals = field.indexOf('=');
  if (equals >= 0) return [field.slice(0, equals), '=', field.slice(equals + 1)];
  return [field.slice(0, -1), field.slice(-1), undefined];
}

/**
 * Read one document.
 *
 * @param {Buffer} document
 * @returns {object} the message
 * @throws {ProtocolError}
 */
export function readMessage(document) {
  const root = parse(document);
  const shape = Object.hasOwn(MESSAGES, root.name) ? MESSAGES[root.name] : undefined;
  if (!shape || root.namespace !== NAMESPACE) throw wrong(`${root.name} is no message of this protocol.`);
  return { type: root.name, ...readShape(root, shape) };
}

/**
 * Write one document.
 *
 * @param {{type: string}} message
 * @returns {string}
 */
export function writeMessage(message) {
  return writeShape(message.type, MESSAGES[message.type], message, [['xmlns', NAMESPACE]]);
}

/** @param {Element} element @param {Shape} shape */
function readShape(element, shape) {
  const read = {};
  const known = shape.attributes ?? {};
  for (const [name, field] of Object.entries(known)) {
    const [type, how, otherwise] = parted(field);
    const text = element.attributes.get(name) ?? otherwise;
    if (text === undefined && how === '!') throw wrong(`${element.name} lacks its ${name}.`);
    if (text !== undefined) read[camel(name)] = TYPES[type].read(text);
  }
  if (shape.opaque) return read;
  for (const name of element.attributes.keys()) {
    if (!Object.hasOwn(known, name)) throw wrong(`${element.name} has no attribute ${name}.`);
  }
  if (shape.content) {
    if (element.children.length) throw wrong(`${element.name} has only text.`);
    return { ...read, content: TYPES[shape.content].read(element.text) };
  }
  if (/[^ \t\n\r]/.test(element.text)) throw wrong(`Text stands in ${element.name}.`);
  return { ...read, ...readElements(element, shape) };
}

/** @param {Element} element @param {Shape} shape */
function readElements(element, shape) {
  const read = {};
  let next = 0;
  const { children } = element;
  for (const [name, field] of Object.entries(shape.elements ?? {})) {
    const [what, how] = parted(field);
    const found = [];
    if (name === '@resources') {
      for (; next < children.length && isResource(children[next]); next += 1) found.push(readResource(children[next]));
      read.resources = found;
      continue;
    }
    for (; next < children.length && isOurs(children[next], name); next += 1) {
      found.push(what in PARTS ? readShape(children[next], PARTS[what]) : readSimple(children[next], what));
    }
    if (how === '!' && !found.length) throw wrong(`${element.name} lacks its ${name}.`);
    if (how !== '*' && found.length > 1) throw wrong(`${element.name} has more than one ${name}.`);
    read[camel(name)] = how === '*' ? found : found[0];
  }
  if (shape.extension && next < children.length && isOurs(children[next], 'extension')) {
    if (/[^ \t\n\r]/.test(children[next].text) || children[next].children.some((child) => [NAMESPACE, ''].includes(child.namespace))) {
      throw wrong('An extension holds elements of other namespaces alone.');
    }
    next += 1;
  }
  if (next < children.length) throw wrong(`${children[next].name} may not stand there in ${element.name}.`);
  return read;
}

const isOurs = (element, name) => element.name === name && element.namespace === NAMESPACE;
const isResource = (element) => element.namespace === NAMESPACE && Object.hasOwn(RESOURCES, element.name);
const readResource = (element) => ({ kind: element.name, ...readResourceFields(element) });

/** A resource's own `kind` attribute (of a place, a call, a task) is its `does`; `kind` is the kind of resource. */
function readResourceFields(element) {
  const { kind, ...fields } = readShape(element, RESOURCES[element.name]);
  return kind === undefined ? fields : { ...fields, does: kind };
}

function readSimple(element, type) {
  if (element.children.length || element.attributes.size) throw wrong(`${element.name} has only text.`);
  return TYPES[type].read(element.text);
}

/**
 * @param {string} name
 * @param {Shape} shape
 * @param {object} value
 * @param {[string, string][]} attributes
 */
function writeShape(name, shape, value, attributes = []) {
  for (const [key, field] of Object.entries(shape.attributes ?? {})) {
    const [type, how, otherwise] = parted(field);
    const given = value[camel(key)];
    if (given === undefined) {
      if (how === '!') throw new TypeError(`${name} lacks its ${key}`);
      continue;
    }
    const text = TYPES[type].write(given);
    TYPES[type].read(text);
    if (text !== otherwise) attributes.push([key, text]);
  }
  if (shape.content) return written(name, attributes, textOf(value.content));
  let content = '';
  for (const [key, field] of Object.entries(shape.elements ?? {})) {
    const [what, how] = parted(field);
    const given = value[camel(key)];
    for (const one of how === '*' ? given ?? [] : given === undefined ? [] : [given]) {
      content += what in PARTS ? writeShape(key, PARTS[what], one) : written(key, [], textOf(TYPES[what].write(one)));
    }
  }
  return written(name, attributes, content);
}
