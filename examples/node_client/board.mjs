/**
 * A departure board: the rows that are on, by station time, as data and as lines for a terminal.
 */

import { intervalOn, modesOf, stageAt, textIn } from './tasks.mjs';

/** @typedef {{task: string, revision: bigint, status: string, whole: boolean, texts: Record<string, string>}} Row */

const COLUMNS = [
  ['number', 12], ['origin', 14], ['destination', 14], ['planned', 6], ['expected', 6], ['platform', 10], ['gates', 12],
  ['status', 0],
];

const WIDE = /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60]/;

/**
 * What a board shows, in its order: the rows of trains and below them the lines that people wrote; or only what a
 * person wrote for the whole board.
 *
 * @param {import('./replica.mjs').ResourceSet} set
 * @param {string} board
 * @param {number} now station time
 * @param {string} language
 * @returns {Row[]}
 */
export function rowsOf(set, board, now, language) {
  const modes = modesOf(set.of('mode'));
  const on = set.of('task').filter((task) => task.target.includes(board) && intervalOn(task, now, modes));
  const of = (kind) => on.filter((task) => task.does === kind);
  const rows = of('display').sort(
    (left, right) => left.order - right.order || alphabetic(left.call, right.call) || alphabetic(left.id, right.id),
  );
  const texts = of('message').sort(
    (left, right) => left.priority - right.priority || left.order - right.order || alphabetic(left.id, right.id),
  );
  // Of several for the whole board the first is seen.
  const whole = texts.filter((task) => task.whole).slice(0, 1);
  return (whole.length ? whole : [...rows, ...texts]).map((task) => rowOf(task, now, language));
}

/** @param {string} left @param {string} right */
const alphabetic = (left, right) => (left < right ? -1 : left > right ? 1 : 0);

/** @returns {Row} */
function rowOf(task, now, language) {
  const stage = stageAt(task, now);
  const texts = {};
  for (const { name } of task.text) texts[name] = textIn(task.text, name, language);
  // The words of the stage stand beside those of the row.
  for (const { name } of stage?.text ?? []) texts[name] = textIn(stage.text, name, language);
  return { task: task.id, revision: task.revision, status: stage?.status ?? '', whole: task.whole, texts };
}

/**
 * A board as lines of text.
 *
 * @param {string} title
 * @param {Row[]} rows
 * @returns {string[]}
 */
export function linesOf(title, rows) {
  return [title, ...rows.map((row) => (row.texts.number ? columns(row) : Object.values(row.texts).join('  ')))];
}

/** @param {Row} row */
const columns = ({ texts }) => COLUMNS.map(([name, width]) => padded(texts[name] ?? '', width)).join(' ').trimEnd();

/** Chinese characters are two columns wide. @param {string} text @param {number} width */
function padded(text, width) {
  const taken = [...text].reduce((sum, letter) => sum + (WIDE.test(letter) ? 2 : 1), 0);
  return text + ' '.repeat(Math.max(0, width - taken));
}

/**
 * The time to show on a board.
 *
 * @param {import('./replica.mjs').ResourceSet} set
 * @param {number} now station time
 */
export function clockText(set, now) {
  const zone = set.of('station')[0]?.zone ?? 'UTC';
  return new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit' }).format(now);
}
