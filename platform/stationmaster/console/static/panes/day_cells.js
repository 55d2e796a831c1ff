// What may be typed into which cell, what stands there when one begins, and how it reads as a line of its own.

import { clock } from "./day_times.js";

/** What each kind of cell is for: its letter in a line, the deed that it asks for, and for which calls it is there. */
const KINDS = {
  arrival: { letter: "", deed: "expect", there: (call) => call.arrival !== null },
  departure: { letter: "", deed: "expect", there: (call) => call.departure !== null },
  track: { letter: "t", deed: "track", there: () => true },
  gates: { letter: "g", deed: "places", there: (call) => call.kind === "origin" || call.kind === "through" },
  areas: { letter: "w", deed: "places", there: () => true },
  exits: { letter: "e", deed: "places", there: () => true },
  check_in: { letter: "c", deed: "check_in", there: (call) => call.departure !== null },
  formation: { letter: "f", deed: "formation", there: () => true },
  turnaround: { letter: "l", deed: "turnaround", there: (call) => call.kind === "terminus" },
};

/** Whether something can be typed into this kind of cell of a call by who may do these deeds. */
export function mayType(call, edit, may) {
  return KINDS[edit].there(call) && may(KINDS[edit].deed);
}

/** The event of a column, for what is typed beside it; null for none. */
export function eventOf(columnId) {
  return columnId.startsWith("arr") ? "arrival" : columnId.startsWith("dep") ? "departure" : null;
}

/** What stands in the editor when one begins without typing. */
export function startOf(call, columnId, edit, zone) {
  if (edit === "arrival" || edit === "departure") {
    const event = call[edit];
    const at = event.actual ?? event.best;
    if (columnId.endsWith("Late")) {
      return at === null ? "?" : String(Math.trunc((at - event.planned) / 60));
    }
    return at === null ? "?" : clock(at, zone);
  }
  if (edit === "check_in") {
    return call.check_in_open === null ? "" : `${clock(call.check_in_open, zone)}-${clock(call.check_in_close, zone)}`;
  }
  return edit === "track" || edit === "formation" || edit === "turnaround" ? call[edit] : call[edit].join(" ");
}

/** What was typed into a cell, as it would be typed into the line. */
export function lineOf(columnId, edit, typed) {
  const text = typed.trim();
  if (columnId.endsWith("Late")) {
    return /^\d+!?$/.test(text) && !/^0!?$/.test(text) ? `+${text}` : text.replace("−", "-");
  }
  return `${KINDS[edit].letter}${text}`;
}
