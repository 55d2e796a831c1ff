/**
 * What is to be done now, by a task's own times and station time alone (section 5, "Doing tasks"; section 7;
 * `docs/kernel.md`, "Display tasks"). Pure functions; all times are milliseconds.
 */

/**
 * @typedef {object} Task
 * @property {string} id
 * @property {bigint} revision
 * @property {string} call
 * @property {string} rule
 * @property {string} does its kind: `display`, `announcement`, …
 * @property {string[]} target
 * @property {number} [start]
 * @property {number} [end]
 * @property {number} [due]
 * @property {number} [validUntil]
 * @property {string} [awaits]
 * @property {number} [hardEnd]
 * @property {number} [base]
 * @property {number} order
 * @property {number} priority
 * @property {number} [feedLimit] minutes
 * @property {string} state
 * @property {string} hand
 * @property {number} [byHand] when a person said that it is to be done at once
 * @property {boolean} held
 * @property {boolean} whole
 * @property {{at: number, status: string, text: Text[]}[]} stage
 * @property {Text[]} text
 * @property {{target: string, state: string}[]} result
 */
/** @typedef {{name: string, language: string, content: string}} Text */
/** @typedef {{fresh: boolean, freshAt?: number}} Feed whether the dispatching feed is fresh now, and when it last was */
/** @typedef {Map<string, number>} Modes since when a scope is manual, by scope */

const MINUTE = 60_000;
const NOT_DONE = new Set(['withdrawn', 'skipped']);

/**
 * Since when a mode keeps back what has not begun.
 *
 * @param {Task} task
 * @param {Modes} modes
 * @returns {number} Infinity: no mode does
 */
function manualSince(task, modes) {
  if (task.hand !== 'automatic' || !task.call) return Infinity;
  const scopes = ['station', `kind.${task.does}`, `call.${task.call}`, `rule.${task.rule}`];
  return Math.min(...scopes.map((scope) => modes.get(scope) ?? Infinity));
}

/** @param {Task} task */
const keptByHand = (task) => task.held || task.hand === 'held' || NOT_DONE.has(task.state);

/**
 * Whether an interval task (a row) is on.
 *
 * @param {Task} task
 * @param {number} now
 * @param {Modes} modes
 */
export function intervalOn(task, now, modes) {
  if (keptByHand(task) || task.start === undefined || now < task.start) return false;
  if (task.start > manualSince(task, modes)) return false;
  if (task.end !== undefined && now < task.end) return true;
  // Time alone does not end what awaits an event, nor what nobody knows the end of.
  return (task.awaits !== undefined || task.end === undefined) && now < (task.hardEnd ?? Infinity);
}

/**
 * The stage that holds: the last one that has come, or else the first.
 *
 * @param {Task} task
 * @param {number} now
 */
export const stageAt = (task, now) => task.stage.findLast((stage) => stage.at <= now) ?? task.stage[0];

/**
 * Whether a point task (an announcement) may be begun at a target now.
 *
 * @param {Task} task
 * @param {string} target
 * @param {number} now
 * @param {Modes} modes
 * @param {Feed} feed
 */
export function mayBegin(task, target, now, modes, feed) {
  if (keptByHand(task) || !['planned', 'begun'].includes(task.state)) return false;
  if (task.due === undefined || now < task.due || task.awaits) return false;
  if (task.validUntil === undefined || now >= task.validUntil) return false;
  if (!task.target.includes(target) || task.result.some((result) => result.target === target)) return false;
  // A mode keeps back what nobody has begun; of what is begun somewhere, the rest follows.
  if (task.state === 'planned' && !task.result.length && manualSince(task, modes) < Infinity) return false;
  // What a person wants done is done, whatever the feed.
  if (task.feedLimit === undefined || task.byHand !== undefined || feed.fresh) return true;
  return feed.freshAt !== undefined && now - feed.freshAt <= task.feedLimit * MINUTE;
}

/**
 * The next instant at which something may be different by time alone.
 *
 * @param {Iterable<Task>} tasks
 * @param {number} now
 * @returns {number} Infinity: none
 */
export function nextChange(tasks, now) {
  let next = Infinity;
  for (const task of tasks) {
    const times = [task.start, task.end, task.hardEnd, task.due, task.validUntil, ...task.stage.map(({ at }) => at)];
    for (const at of times) if (at !== undefined && at > now && at < next) next = at;
  }
  return next;
}

/**
 * Announcements in the order in which they are to be made.
 *
 * @param {Task} left
 * @param {Task} right
 */
export const firstFirst = (left, right) =>
  left.priority - right.priority || left.due - right.due || left.order - right.order || (left.id < right.id ? -1 : 1);

/**
 * A text in a language: in that one, else without language, else the first there is.
 *
 * @param {Text[]} texts
 * @param {string} name
 * @param {string} language
 */
export function textIn(texts, name, language) {
  const named = texts.filter((text) => text.name === name);
  const found = named.find((text) => text.language === language) ?? named.find((text) => !text.language) ?? named[0];
  return found?.content ?? '';
}

/** @param {{kind: string, id: string, since: number}[]} resources of kind `mode` @returns {Modes} */
export const modesOf = (resources) => new Map(resources.map((mode) => [mode.id, mode.since]));
