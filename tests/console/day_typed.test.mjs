// What is typed into the table of calls, and what is made of it, without a page.

import assert from "node:assert/strict";
import { test } from "node:test";

import { D105, G101, NOW, ZONE, at, cells, deeds, en, event, load, t, typed } from "./day_calls.mjs";

const { COLUMNS } = await load("day_columns");
const { foretold } = await load("day_typed");
const { eventOf, lineOf, mayType, startOf } = await load("day_cells");

test("minutes are typed for the event of the cell, for a named one, or for all that are still to come", () => {
  assert.deepEqual(deeds("+15", [G101], { event: "departure" }), [
    { do: "delay", call: G101.id, event: "departure", minutes: 15, cumulative: false, check_in: true },
  ]);
  assert.deepEqual(
    deeds("+15").map(({ event: name }) => name),
    ["arrival", "departure"],
  );
  assert.deepEqual(
    deeds("a-3").map(({ event: name, minutes }) => [name, minutes]),
    [["arrival", -3]],
  );
  assert.deepEqual(
    deeds("发+3").map(({ event: name, minutes }) => [name, minutes]),
    [["departure", 3]],
  );
  assert.deepEqual(deeds("++5!", [G101], { event: "arrival" })[0], {
    do: "delay",
    call: G101.id,
    event: "arrival",
    minutes: 5,
    cumulative: true,
    check_in: false,
  });
  assert.equal(deeds("--5", [G101], { event: "arrival" })[0].minutes, -5);
  const here = { ...G101, arrival: event(at("10:00"), { actual: at("10:00") }) };
  assert.deepEqual(
    deeds("+4", [here]).map(({ event: name }) => name),
    ["departure"],
    "who is here is not late in coming",
  );
  assert.deepEqual(
    deeds("+4", [D105]).map(({ event: name }) => name),
    ["arrival"],
  );
  assert.deepEqual(deeds("0", [G101], { event: "arrival" }), [
    { do: "expect", call: G101.id, event: "arrival", at: null, check_in: true },
  ]);
});

test("times, reports and unknown delays are typed", () => {
  assert.deepEqual(deeds("10:25", [G101], { event: "departure" })[0].at, at("10:25"));
  assert.deepEqual(deeds("1025")[0], {
    do: "expect",
    call: G101.id,
    event: "arrival",
    at: at("10:25"),
    check_in: true,
  });
  assert.deepEqual(deeds("=")[0], { do: "actual", call: G101.id, event: "arrival", at: NOW });
  assert.deepEqual(deeds("=10:01", [{ ...G101, arrival: event(at("10:00"), { actual: NOW }) }])[0], {
    do: "actual",
    call: G101.id,
    event: "departure",
    at: at("10:01"),
  });
  assert.deepEqual(deeds("=-", [{ ...G101, arrival: event(at("10:00"), { actual: NOW }) }])[0], {
    do: "actual",
    call: G101.id,
    event: "arrival",
    at: null,
  });
  assert.deepEqual(deeds("?", [G101], { event: "departure" })[0], {
    do: "unknown",
    call: G101.id,
    event: "departure",
    unknown: true,
  });
  assert.equal(deeds("??", [G101], { event: "departure" })[0].unknown, false);
  assert.ok(typed("25:99").wrong);
});

test("places, check-in, running, locks and modes are typed", () => {
  assert.deepEqual(deeds("t12")[0], { do: "track", call: G101.id, track: "12" });
  assert.deepEqual(deeds("股12")[0].track, "12");
  assert.deepEqual(deeds("g 3A，4B")[0], { do: "places", call: G101.id, gates: ["3A", "4B"] });
  assert.deepEqual(deeds("e-")[0], { do: "places", call: G101.id, exits: [] });
  assert.deepEqual(deeds("c9:45-10:02")[0], { do: "check_in", call: G101.id, opens: at("9:45"), closes: at("10:02") });
  assert.deepEqual(deeds("c-1003")[0], { do: "check_in", call: G101.id, opens: null, closes: at("10:03") });
  assert.deepEqual(deeds("c")[0], { do: "check_in", call: G101.id, opens: null, closes: null });
  assert.deepEqual(deeds("x 因大风")[0], { do: "running", call: G101.id, running: "suspended", reason: "因大风" });
  assert.equal(deeds("r")[0].running, "scheduled");
  assert.deepEqual(deeds("k 股道")[0], { do: "lock", call: G101.id, field: "track", locked: true });
  assert.deepEqual(deeds("u track")[0].locked, false);
  assert.deepEqual(deeds("lG2402", [D105])[0], { do: "turnaround", call: D105.id, number: "G2402" });
  assert.deepEqual(deeds("f8+8")[0].formation, "8+8");
  assert.deepEqual(deeds("m")[0], { do: "mode", scope: `call.${G101.id}`, manual: true });
});

test("what is not understood, or none of the trains has, is said and not done", () => {
  for (const text of ["", "hello", "+", "t", "k nothing", "c9-10-11", "c 99:99-10:00", "g"]) {
    const made = typed(text);
    assert.ok(made.wrong && !made.deeds, text);
  }
  assert.ok(typed("d+5", [D105]).wrong, "a terminating train has no departure");
  assert.ok(typed("lG1", [G101]).wrong, "only a terminating train turns into another");
  assert.deepEqual(
    typed("d+5", [D105, G101]).calls.map(({ number }) => number),
    ["G101"],
  );
});

test("what would be done is said before", () => {
  const said = (text, call = G101, about = {}) =>
    deeds(text, [call], about).map((deed) => foretold(deed, call, { zone: ZONE, t: en }));
  assert.deepEqual(said("d+15"), ["dep. 10:05→10:20 (+15)"]);
  assert.deepEqual(said("d++5", { ...G101, departure: event(at("10:05"), { expected: at("10:15") }) }), [
    "dep. 10:15→10:20 (+15)",
  ]);
  assert.deepEqual(said("10:25"), ["arr. →10:25 (+25)"]);
  assert.deepEqual(said("t12"), ["track 7→12"]);
  assert.deepEqual(said("g-"), ["gates 3A 3B→–"]);
  assert.deepEqual(said("x storm"), ["suspended storm"]);
  assert.deepEqual(said("=-", { ...G101, arrival: event(at("10:00"), { actual: NOW }) }), ["arr. report taken back"]);
  for (const text of [
    "0",
    "=",
    "?",
    "??",
    "c",
    "c9:45-10:00",
    "f8",
    "r",
    "k track",
    "u track",
    "m",
    "auto",
    "w1",
    "e1",
  ]) {
    assert.ok(
      said(text).every((words) => words.length > 3),
      text,
    );
  }
});

test("cells are typed into as lines, and begin with what stands there", () => {
  assert.deepEqual([eventOf("arrNow"), eventOf("depLate"), eventOf("track")], ["arrival", "departure", null]);
  assert.equal(lineOf("depLate", "departure", "15"), "+15");
  assert.equal(lineOf("depLate", "departure", "0"), "0");
  assert.equal(lineOf("depLate", "departure", "−3"), "-3");
  assert.equal(lineOf("gates", "gates", "3A 3B"), "g3A 3B");
  assert.equal(startOf(G101, "depNow", "departure", ZONE), "10:05");
  assert.equal(startOf(G101, "checkIn", "check_in", ZONE), "09:50-10:02");
  for (const { id, edit } of COLUMNS.filter(
    (column) => column.edit && column.edit !== "turnaround" && column.edit !== "formation",
  )) {
    const line = lineOf(id, edit, startOf(G101, id, edit, ZONE));
    assert.ok(typed(line, [G101], { event: eventOf(id) }).deeds, `${id}: ${line}`);
  }
  assert.ok(
    mayType(G101, "track", () => true) &&
      !mayType(G101, "turnaround", () => true) &&
      !mayType(D105, "check_in", () => true),
  );
  assert.ok(!mayType(G101, "track", () => false));
});
