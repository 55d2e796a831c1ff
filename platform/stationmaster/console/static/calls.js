// The table of calls. Rows are kept and changed in place, so nothing flickers and the place in the list stays.

import { KINDS, hhmm, late, nameIn, standing } from "./words.js";

const BEFORE_S = 30 * 60;
const AHEAD_S = 2 * 3600;
const UNCONFIRMED_S = 2 * 3600; // without a feed the whole day would pile up otherwise

let rows = new Map();

const planned = (call) => (call.departure ?? call.arrival).planned;

function shown(call, world, now, { all, find }) {
  if (find) {
    const places = [call.origin, call.destination];
    const words = [...call.numbers, ...places, ...places.map((name) => nameIn("en", name, world))];
    return words.some((word) => word.toLowerCase().includes(find.toLowerCase()));
  }
  if (all) {
    return true;
  }
  const last = call.departure ?? call.arrival;
  const from = (call.arrival ?? call.departure).planned;
  const end = last.actual ?? Math.max(last.best ?? last.planned, last.planned);
  const open = last.actual === null && call.running !== "suspended" && from < now;
  if (open && !call.unconfirmed) {
    return true;
  }
  return end > now - (open ? UNCONFIRMED_S : BEFORE_S) && from < now + AHEAD_S;
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

function cells(call, now, world) {
  const { zone } = world;
  const boards = call.kind === "origin" || call.kind === "through"; // nobody is let in to the others
  const english = [call.origin, call.destination].map((name) => nameIn("en", name, world));
  const stand = standing(call, now);
  const moved = call.track !== call.planned_track && call.planned_track !== "";
  const arrival = actualCell(call.arrival, zone);
  const departure = actualCell(call.departure, zone);
  return {
    over: stand.over,
    list: [
      { text: call.numbers.join("/"), kind: "number" },
      { text: `${call.origin} — ${call.destination}`, kind: "places", more: english.every(Boolean) ? english.join(" — ") : "" },
      { text: KINDS[call.kind][0] + (call.running === "extra" ? " 加开" : ""), kind: "", more: KINDS[call.kind][1] },
      { text: hhmm(call.arrival?.planned, zone), kind: "time" },
      { text: arrival.text, kind: `time ${arrival.kind}` },
      { text: hhmm(call.departure?.planned, zone), kind: "time" },
      { text: departure.text, kind: `time ${departure.kind}` },
      { text: moved ? `${call.track} (${call.planned_track})` : call.track, kind: moved ? "moved" : "" },
      { text: call.platform, kind: call.platform !== call.planned_platform ? "moved" : "" },
      { text: boards ? call.gates.join(" ") : "", kind: "" },
      {
        text: call.check_in_open === null ? "" : `${hhmm(call.check_in_open, zone)}–${hhmm(call.check_in_close, zone)}`,
        kind: "time",
      },
      { text: stand.words, kind: `state ${stand.kind}` },
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
    const more = cell.more ?? "";
    if (element.dataset.shown !== `${cell.text}|${more}`) {
      element.dataset.shown = `${cell.text}|${more}`;
      element.textContent = cell.text;
      if (more !== "") {
        element.title = more; // there is no room for it on a narrow screen
        element.appendChild(document.createElement("small")).textContent = more;
      }
    }
    if (element.className !== cell.kind) {
      element.className = cell.kind;
    }
  });
}

/** The rows in their order; with calls of several days each day begins with its date. */
function ordered(calls) {
  const items = [];
  const days = new Set(calls.map((call) => call.service_date));
  let day = null;
  for (const call of calls) {
    if (days.size > 1 && call.service_date !== day) {
      day = call.service_date;
      items.push({ id: `day ${day} ${items.length}`, day });
    }
    items.push({ id: call.id, call });
  }
  return items;
}

function paintDay(row, day) {
  row.className = "date";
  if (row.textContent !== day) {
    const cell = document.createElement("th");
    cell.colSpan = 12;
    cell.scope = "rowgroup";
    cell.textContent = day;
    row.replaceChildren(cell);
  }
}

/** Bring the first train that is not yet over to the top. */
export function showNow(body) {
  body.querySelector("tr:not(.over):not(.date)")?.scrollIntoView({ block: "center" });
}

/** Paint the calls of `world` that are wanted at `now`. */
export function paintCalls(world, now, wanted, { body, count }) {
  if (!body.children.length) {
    rows = new Map();
  }
  const calls = [...world.calls.values()]
    .filter((call) => shown(call, world, now, wanted))
    .sort((one, two) => planned(one) - planned(two) || (one.id < two.id ? -1 : 1));
  const items = ordered(calls);
  const ids = new Set(items.map((item) => item.id));
  for (const [id, row] of rows) {
    if (!ids.has(id)) {
      row.remove();
      rows.delete(id);
    }
  }
  let before = null;
  for (const { id, call, day } of items) {
    let row = rows.get(id);
    if (row === undefined) {
      row = document.createElement("tr");
      row.dataset.call = call === undefined ? "" : id;
      rows.set(id, row);
    }
    if (call === undefined) {
      paintDay(row, day);
    } else {
      paintRow(row, call, cells(call, now, world));
    }
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
