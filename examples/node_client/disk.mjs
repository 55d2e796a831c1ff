/**
 * Files that are either as they were or as they are to be, whatever happens in between.
 */

import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Write a value as JSON: to a file beside it, onto the disk, into its place, and the folder onto the disk as well.
 *
 * @param {string} file
 * @param {unknown} value BigInts in it come back as BigInts
 */
export function writeWhole(file, value) {
  const folder = dirname(file);
  mkdirSync(folder, { recursive: true });
  const beside = `${file}.new`;
  const text = JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? { integer: String(part) } : part));
  // What is in these files (results, secrets) is nobody else's business.
  const descriptor = openSync(beside, 'w', 0o600);
  try {
    const bytes = Buffer.from(text, 'utf8');
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(beside, file);
  const opened = openSync(folder, 'r');
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}

/**
 * @param {string} file
 * @returns {any} what was written; undefined if there is no such file
 * @throws {SyntaxError} the file is damaged
 */
export function readWhole(file) {
  let text;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
  const whole = (part) => part !== null && typeof part === 'object' && typeof part.integer === 'string';
  return JSON.parse(text, (_, part) => (whole(part) ? BigInt(part.integer) : part));
}
