/** Small makers for the tests. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { frame } from '../framing.mjs';
import { readInstant } from '../values.mjs';

export const NOON = readInstant('2026-03-01T12:00:00Z');
export const MINUTE = 60_000;
export const XMLNS = 'xmlns="urn:stationmaster:open-protocol:1"';

/** An instant so many minutes after noon. @param {number} minutes */
export const at = (minutes) => NOON + minutes * MINUTE;

/** A row from noon until an hour later. @param {object} [fields] */
export const row = (fields = {}) => ({
  kind: 'task', id: 'QHD/2026-03-01/G1/1/row/1', revision: 1n, call: 'QHD/2026-03-01/G1/1', rule: 'row', occurrence: 1,
  does: 'display', target: ['hall-1'], start: at(0), end: at(60), order: at(60), priority: 50, state: 'planned',
  hand: 'automatic', held: false, whole: false, stage: [], text: [], result: [], ...fields,
});

/** An announcement that is due at noon and valid for five minutes. @param {object} [fields] */
export const announcement = (fields = {}) =>
  row({
    id: 'QHD/2026-03-01/G1/1/welcome/1', rule: 'welcome', does: 'announcement', target: ['waiting-a'], start: undefined,
    end: undefined, due: at(0), validUntil: at(5), ...fields,
  });

/** A document as it comes on the wire. @param {string} document */
export const wire = (document) => frame(document, 2 ** 32);

/** A folder that is gone after the test. @param {import('node:test').TestContext} context */
export function folderFor(context) {
  const folder = mkdtempSync(join(tmpdir(), 'node-client-'));
  context.after(() => rmSync(folder, { recursive: true }));
  return folder;
}
