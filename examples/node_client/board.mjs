/**
 * A departure board: the rows that are on, by station time, as data and as lines for a terminal.
 */

import { intervalOn, modesOf, stageAt, textIn } from './tasks.mjs';

/** @typedef {{task: string, revision: bigint, status: string, whole: boolean, texts: Record<string, string>}} Row */

const COLUMNS = [
  ['number', 12], ['origin', 14], ['destination', 14], ['planned', 6], ['expected', 6], ['platform', 10], ['gates', 12],
  ['status', 0],
];

/**
 * The rows of a board, in their order.
 *
 * @param {import('./replica.mjs').ResourceSet} set
 * @param {string} board
 * @param {number} now station time
 * @param {string} language
 * @returns {Row[]}
 */
export function rowsOf(set, board, now, language) {
  const modes = modesOf(set.of('mode'));
  return set
    .of('task')
    .filter((task) => task.does === 'display' && task.target.includes(board) && intervalOn(task, now, modes))
    .sort((left, right) => left.order - right.order || (left.id < right.id ? -1 : 1))
    .map((task) => rowOf(task, now, language));
}

/** @returns {Row} */
function rowOf(task, now, language) {
  const stage = stageAt(task, now);
  // The words of a stage stand beside those of the row; where both have a name, the stage's are the newer.
  const all = [...(stage?.text ?? []), ...task.text];
  const texts = {};
  for (const { name } of all) texts[name] ??= textIn(stage?.text.some((text) => text.name === name) ? stage.text : task.text, name, language);
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
  const whole = rows.find((row) => row.whole);
  if (whole) return [title, '', ...Object.values(whole.texts)];
  return [
    title,
    ...rows.map((row) => {
      const known = COLUMNS.some(([name]) => row.texts[name]);
      return known ? COLUMNS.map(([name, width]) => padded(row.texts[name] ?? '', width)).join(' ').trimEnd() : Object.values(row.texts).join('  ');
    }),
  ];
}

/** Chinese characters are two columns wide. @param {string} text @param {number} width */
function padded(text, width) {
  const columns = [...text].reduce((sum, letter) => sum + (/[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60]/.test(letter) ? 2 : 1), 0);
  return text + ' '.repeat(Math.max(0, width - columns));
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
