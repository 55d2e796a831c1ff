// The table of calls. Rows are kept and changed in place, so nothing flickers and the place in the list stays.

import { KINDS, hhmm, late, standing } from "./words.js";

const BEFORE_S = 30 * 60;
const AHEAD_S = 2 * 3600;

const body = document.getElementById("calls");
const count = document.getElementById("count");
const rows = new Map();

const planned = (call) => (call.departure ?? call.arrival).planned;

function shown(call, now, { all, find }) {
  if (find) {
    const words = [call.number, ...call.numbers, call.origin, call.destination].join(" ").toLowerCase();
    return words.includes(find.toLowerCase());
  }
  if (all) {
    return true;
  }
  const last = call.departure ?? call.arrival;
  const from = (call.arrival ?? call.departure).planned;
  const end = last.actual ?? Math.max(last.best ?? last.planned, last.planned);
  const open = last.actual === null && call.running !== "suspended" && from < now;
  return open || (end > now - BEFORE_S && from < now + AHEAD_S);
}

function actualCell(event, zone) {
  if (event === null) {
    return { text: "", kind: "" };
  }
  if (event.best === null) {
    return { text: "未定", kind: "bad" };
  }
  const minutes = late(event);
  const kind = minutes > 0 ? "late" : minutes < 0 ? "early" : "";
  const text = hhmm(event.best, zone);
  return { text: event.actual !== null ? `${text} ✓` : minutes === 0 && !event.overdue ? "" : text, kind };
}

function cells(call, now, zone) {
  const stand = standing(call, now);
  const moved = call.track !== call.planned_track && call.planned_track !== "";
  const arrival = actualCell(call.arrival, zone);
  const departure = actualCell(call.departure, zone);
  return {
    over: stand.over,
    list: [
      { text: call.numbers.join("/"), kind: "number" },
      { text: `${call.origin} — ${call.destination}`, kind: "places" },
      { text: KINDS[call.kind] + (call.running === "extra" ? " 加开" : ""), kind: "" },
      { text: hhmm(call.arrival?.planned, zone), kind: "time" },
      { text: arrival.text, kind: `time ${arrival.kind}` },
      { text: hhmm(call.departure?.planned, zone), kind: "time" },
      { text: departure.text, kind: `time ${departure.kind}` },
      { text: moved ? `${call.track} (${call.planned_track})` : call.track, kind: moved ? "moved" : "" },
      { text: call.platform, kind: call.platform !== call.planned_platform ? "moved" : "" },
      { text: call.gates.join(" "), kind: "" },
      {
        text: call.check_in_open === null ? "" : `${hhmm(call.check_in_open, zone)}–${hhmm(call.check_in_close, zone)}`,
        kind: "time",
      },
      { text: stand.words, kind: stand.kind },
    ],
  };
}

function paintRow(row, call, { over, list }) {
  const name = `${over ? "over " : ""}${call.running}`;
  if (row.className !== name) {
    row.className = name;
  }
  list.forEach((cell, number) => {
    const element = row.children[number] ?? row.appendChild(document.createElement("td"));
    if (element.textContent !== cell.text) {
      element.textContent = cell.text;
    }
    if (element.className !== cell.kind) {
      element.className = cell.kind;
    }
  });
}

/** Paint the calls of `world` that are wanted at `now`. */
export function paintCalls(world, now, wanted) {
  const calls = [...world.calls.values()]
    .filter((call) => shown(call, now, wanted))
    .sort((one, two) => planned(one) - planned(two) || (one.id < two.id ? -1 : 1));
  const ids = new Set(calls.map((call) => call.id));
  for (const [id, row] of rows) {
    if (!ids.has(id)) {
      row.remove();
      rows.delete(id);
    }
  }
  let before = null;
  for (const call of calls) {
    let row = rows.get(call.id);
    if (row === undefined) {
      row = document.createElement("tr");
      row.dataset.call = call.id;
      rows.set(call.id, row);
    }
    paintRow(row, call, cells(call, now, world.zone));
    const place = before === null ? body.firstElementChild : before.nextElementSibling;
    if (place !== row) {
      body.insertBefore(row, place);
    }
    before = row;
  }
  const text = `${calls.length} / ${world.calls.size}`;
  if (count.textContent !== text) {
    count.textContent = text;
  }
}
