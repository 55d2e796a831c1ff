/**
 * What the client holds of the hub's world: resources, the position they are at, and their digest (section 5).
 *
 * Resources, position and file change as one: on the disk stands always one state that once was.
 */

import { createHash } from 'node:crypto';

import { readWhole, writeWhole } from './disk.mjs';

const MODULUS = 2n ** 128n;
const FORMAT = 1;

/** @typedef {{epoch: string, sequence: bigint, hash: string}} Position */
/** @typedef {{kind: string, id: string, revision: bigint}} Resource and whatever else its kind has */
/** @typedef {{kind: string[], taskKind?: string[], target?: string[]}} Filter */

/**
 * A resource's part of the digest.
 *
 * @param {Resource} resource
 * @returns {bigint}
 */
export function numberOf({ kind, id, revision }) {
  const hash = createHash('sha256').update(`${kind}\0${id}\0${revision}`, 'utf8').digest('hex');
  return BigInt(`0x${hash.slice(0, 32)}`);
}

/** @param {bigint} sum */
export const writeDigest = (sum) => sum.toString(16).padStart(32, '0');

/** A set of resources with its digest, kept up to date as they come and go. */
export class ResourceSet {
  /** @type {Map<string, Resource>} */
  #resources = new Map();
  #sum = 0n;

  /** @param {Iterable<Resource>} [resources] */
  constructor(resources = []) {
    for (const resource of resources) this.put(resource);
  }

  /** @param {Resource} resource */
  put(resource) {
    this.delete(resource);
    this.#resources.set(`${resource.kind}\0${resource.id}`, resource);
    this.#sum = (this.#sum + numberOf(resource)) % MODULUS;
  }

  /** What is not held is nothing to delete. @param {{kind: string, id: string}} name */
  delete({ kind, id }) {
    const key = `${kind}\0${id}`;
    const held = this.#resources.get(key);
    if (!held) return;
    this.#resources.delete(key);
    this.#sum = (this.#sum - numberOf(held) + MODULUS) % MODULUS;
  }

  get digest() {
    return writeDigest(this.#sum);
  }

  get size() {
    return this.#resources.size;
  }

  /** @param {string} kind @returns {any[]} */
  of(kind) {
    return [...this.#resources.values()].filter((resource) => resource.kind === kind);
  }

  /** @returns {Resource[]} */
  all() {
    return [...this.#resources.values()];
  }
}

/** The replica: a set at a position, and the file that it stands in. */
export class Replica {
  #file;
  #filter;
  #dirty = false;
  /** @type {ResourceSet} */
  set = new ResourceSet();
  /** @type {Position | null} null before the first snapshot */
  position = null;
  /** How far station time was ahead of this machine's clock when it was last known, in milliseconds. */
  ahead = 0;
  /** Station time at which the dispatching feed was last fresh. @type {number | undefined} */
  freshAt;

  /**
   * @param {string | null} file where it is kept; null: nowhere
   * @param {Filter} filter what was subscribed; what is held of another filter is of no use
   */
  constructor(file, filter) {
    this.#file = file;
    this.#filter = JSON.stringify(filter);
  }

  /**
   * Take what the file has.
   *
   * @returns {string} why it could not be used, or the empty string
   */
  load() {
    if (!this.#file) return '';
    let held;
    try {
      held = readWhole(this.#file);
    } catch (error) {
      return `The replica's file is damaged: ${error.message}`;
    }
    if (held === undefined) return '';
    if (held.format !== FORMAT || held.filter !== this.#filter) return 'The replica on the disk is of something else.';
    const set = new ResourceSet(held.resources);
    if (set.digest !== held.digest) return 'The replica on the disk has another digest than it had.';
    this.set = set;
    this.position = held.position;
    this.ahead = held.ahead;
    this.freshAt = held.freshAt;
    return '';
  }

  /** Bring it onto the disk, if it has changed. */
  save() {
    if (!this.#file || !this.#dirty) return;
    const { position, ahead, freshAt, set } = this;
    writeWhole(this.#file, {
      format: FORMAT, filter: this.#filter, position, ahead, freshAt, digest: set.digest, resources: set.all(),
    });
    this.#dirty = false;
  }

  /**
   * A complete snapshot takes the place of everything.
   *
   * @param {ResourceSet} set
   * @param {Position} position
   */
  replace(set, position) {
    this.set = set;
    this.position = position;
    this.#dirty = true;
  }

  /**
   * An update that applies.
   *
   * @param {{to: bigint, hash: string, resources: Resource[], delete: {kind: string, id: string}[]}} update
   */
  apply(update) {
    for (const resource of update.resources) this.set.put(resource);
    for (const name of update.delete) this.set.delete(name);
    this.position = { epoch: this.position.epoch, sequence: update.to, hash: update.hash };
    this.#dirty = true;
  }

  /**
   * The hub's head, at which nothing is different.
   *
   * @param {Position} position
   */
  advance(position) {
    if (position.sequence <= this.position.sequence) return;
    this.position = position;
    this.#dirty = true;
  }
}
