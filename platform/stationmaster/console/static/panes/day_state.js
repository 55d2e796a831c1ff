// Where a train stands: the words of its state, how grave they are, and in which part of the table it belongs.

import { late, span } from "./day_times.js";
import { RUNNING } from "./day_words.js";

const AHEAD_S = 2 * 3600;
const GONE_S = 10 * 60; // a train that has left stays in sight for so long
const SUSPENDED_S = 3600;
const UNCONFIRMED_S = 2 * 3600; // without a feed the whole day would pile up otherwise

/** Kinds of state, the gravest first; each has its colour, and its word. */
export const KINDS_OF_STATE = ["bad", "late", "early", "good", ""];

const WORDS = {
  departed: { zh: "已发", en: "Departed" },
  arrived: { zh: "已到", en: "Arrived" },
  here: { zh: "在站", en: "In station" },
  unconfirmed: { zh: "未证实", en: "Unconfirmed" },
  unknown: { zh: "晚点未定", en: "Delay unknown" },
  overdue: { zh: "逾时", en: "Overdue" },
  checking: { zh: "检票", en: "Check-in" },
  closed: { zh: "停检", en: "Closed" },
  onTime: { zh: "正点", en: "On time" },
};

/** The last event that the train has here. */
export const lastOf = (call) => call.departure ?? call.arrival;

/** The planned time by which trains stand in order. */
export const plannedOf = (call) => lastOf(call).planned;

/** Everything that is to be said of where the train stands: a list of { name, kind, words }, the chief thing first. */
export function states(call, now) {
  const { arrival, departure } = call;
  const last = lastOf(call);
  const found = [];
  const say = (name, kind, words = WORDS[name]) => found.push({ name, kind, words });
  if (call.running === "suspended") {
    say("suspended", "bad", withReason(RUNNING.suspended, call.reason));
    return found;
  }
  if (last.actual !== null) {
    say(departure ? "departed" : "arrived", "");
    const minutes = late(last);
    if (minutes !== 0) {
      found.push(lateness(minutes));
    }
    return found;
  }
  if (call.unconfirmed) {
    say("unconfirmed", "bad");
  }
  const minutes = late(last);
  if (last.best === null) {
    say("unknown", "bad");
  }
  if (last.overdue || (arrival?.overdue && arrival.actual === null)) {
    say("overdue", "bad");
  }
  if (minutes !== null && minutes !== 0) {
    found.push(lateness(minutes));
  }
  if (arrival?.actual != null) {
    say("here", "");
  }
  if (call.check_in_open !== null && now >= call.check_in_open) {
    const open = call.check_in_close === null || now < call.check_in_close;
    say(open ? "checking" : "closed", open ? "good" : "");
  }
  if (call.running === "diverted" || call.running === "extra") {
    say(call.running, call.running === "diverted" ? "bad" : "", withReason(RUNNING[call.running], call.reason));
  }
  if (!found.some(({ name }) => name !== "extra" && name !== "checking" && name !== "closed" && name !== "here")) {
    say("onTime", "");
  }
  return found;
}

function withReason(words, reason) {
  return reason ? { zh: `${words.zh} ${reason}`, en: `${words.en} ${reason}` } : words;
}

function lateness(minutes) {
  const [zh, en] = [span(Math.abs(minutes), "zh"), span(Math.abs(minutes), "en")];
  return minutes > 0
    ? { name: "late", kind: "late", words: { zh: `晚 ${zh}`, en: `${en} late` } }
    : { name: "early", kind: "early", words: { zh: `早 ${zh}`, en: `${en} early` } };
}

/** The gravest kind of a list of states. */
export function gravest(found) {
  return KINDS_OF_STATE.find((kind) => found.some((each) => each.kind === kind)) ?? "";
}

/**
 * The part of the table: `now` for the next two hours and all that is still open from before, `later`, or `past`.
 */
export function sectionOf(call, now) {
  const last = lastOf(call);
  const first = call.arrival ?? call.departure;
  const end = Math.max(last.best ?? last.planned, last.planned);
  if (last.actual !== null) {
    return last.actual < now - GONE_S ? "past" : "now";
  }
  if (call.running === "suspended") {
    return last.planned < now - SUSPENDED_S ? "past" : first.planned < now + AHEAD_S ? "now" : "later";
  }
  if (call.unconfirmed && end < now - UNCONFIRMED_S) {
    return "past";
  }
  const soonest = Math.min(first.planned, first.best ?? first.planned);
  return soonest < now + AHEAD_S ? "now" : "later";
}
