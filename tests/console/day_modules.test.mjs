// What the table of calls shows, finds and takes, without a page.

import assert from "node:assert/strict";
import { test } from "node:test";

const PANES = process.env.PANES;
const load = (name) => import(`${PANES}/${name}.js`);
const { cellsOf, COLUMNS, isLocked, place, sameCell, usual } = await load("day_columns");
const { finder, pinyinFits } = await load("day_search");
const { sectionOf, states } = await load("day_state");
const { clock, dayOf, instantOf, nearest, signed, span, typedTime } = await load("day_times");
const { deedsOf, foretold } = await load("day_typed");
const { eventOf, lineOf, mayType, startOf } = await load("day_cells");
const { callOf, momentOf } = await load("day_rows");
const { neighbours } = await load("day_foresight");
const { told } = await load("day_provenance");

const ZONE = "Asia/Shanghai";
const at = (text, day = "2026-03-01") => instantOf(day, ...text.split(":").map(Number), ZONE);
const NOW = at("9:40");
const t = ({ zh }) => zh;
const en = (words) => words.en;

const event = (planned, more = {}) => {
  const base = { planned, expected: null, actual: null, unknown: false, overdue: false, best: planned };
  const made = { ...base, ...more };
  return { ...made, best: "best" in more ? more.best : (made.actual ?? made.expected ?? made.planned) };
};
const G101 = {
  id: "MZN/2026-03-01/G101/1",
  revision: 4,
  service_date: "2026-03-01",
  number: "G101",
  numbers: ["G101"],
  train_class: "高速动车",
  kind: "through",
  origin: "北京西",
  destination: "武汉",
  running: "scheduled",
  reason: "",
  arrival: event(at("10:00")),
  departure: event(at("10:05")),
  track: "7",
  platform: "3",
  planned_track: "7",
  planned_platform: "3",
  gates: ["3A", "3B"],
  areas: ["B"],
  exits: ["N"],
  check_in_open: at("9:50"),
  check_in_close: at("10:02"),
  hand_open: null,
  hand_close: null,
  formation: "",
  turnaround: "",
  unconfirmed: false,
  provenance: [],
};
const D105 = {
  ...G101,
  id: "MZN/2026-03-01/D105/1",
  number: "D105",
  numbers: ["D105"],
  kind: "terminus",
  departure: null,
};
const ABOUT = {
  now: NOW,
  zone: ZONE,
  t,
  language: "zh",
  names: {},
  proposals: [],
  conflicts: [],
  next: null,
  manual: false,
};
const cells = (more = {}, about = {}) => cellsOf({ ...G101, ...more }, { ...ABOUT, ...about });
const typed = (text, calls = [G101], about = {}) =>
  deedsOf(text, calls, { event: null, zone: ZONE, now: NOW, ...about });
const deeds = (...given) => typed(...given).deeds;

test("times are the station's, whatever the browser's zone, on nights when the clock changes too", () => {
  assert.equal(clock(at("10:05"), ZONE), "10:05");
  assert.equal(clock(null, ZONE), "");
  assert.equal(dayOf(at("0:10"), ZONE), "2026-03-01");
  const berlin = instantOf("2026-03-29", 3, 30, "Europe/Berlin");
  assert.equal(new Date(berlin * 1000).toISOString(), "2026-03-29T01:30:00.000Z");
  assert.equal(clock(instantOf("2026-10-25", 12, 0, "Europe/Berlin"), "Europe/Berlin"), "12:00");
});

test("a typed time is the one nearest to what it is about, across midnight", () => {
  assert.deepEqual(typedTime("9:05"), { hour: 9, minute: 5 });
  assert.deepEqual(typedTime("0905"), { hour: 9, minute: 5 });
  assert.deepEqual(typedTime("905"), { hour: 9, minute: 5 });
  assert.deepEqual(typedTime("9：05"), { hour: 9, minute: 5 });
  assert.equal(typedTime("25:00"), null);
  assert.equal(typedTime("9:60"), null);
  assert.equal(nearest({ hour: 0, minute: 20 }, at("23:50"), ZONE), at("0:20", "2026-03-02"));
  assert.equal(nearest({ hour: 23, minute: 50 }, at("0:10"), ZONE), at("23:50", "2026-02-28"));
});

test("minutes have their sign, and many of them are said in hours", () => {
  assert.deepEqual([signed(15), signed(-3), signed(0)], ["+15", "−3", "0"]);
  assert.deepEqual(
    [span(75, "zh"), span(75, "en"), span(5, "en"), span(120, "zh")],
    ["1 小时 15 分", "1 h 15 min", "5 min", "2 小时"],
  );
});

test("a train that is as planned shows its plan and nothing beside it", () => {
  const made = cells();
  assert.deepEqual(
    [
      "number",
      "state",
      "kind",
      "arrPlan",
      "arrNow",
      "arrLate",
      "depPlan",
      "depNow",
      "track",
      "platform",
      "gates",
      "checkIn",
    ].map((id) => made[id].text),
    ["G101", "正点", "经停", "10:00", "", "", "10:05", "", "7", "3", "3A 3B", "09:50–10:02"],
  );
  assert.equal(Object.keys(made).length, COLUMNS.length);
});

test("late, early, unknown, overdue and reported times are told apart in words and signs, not in colour alone", () => {
  const late = cells({ departure: event(at("10:05"), { expected: at("10:20") }) });
  assert.deepEqual(
    [late.depNow.text, late.depNow.kind, late.depLate.text, late.state.text],
    ["10:20", "late", "+15", "晚 15 分"],
  );
  const early = cells({ departure: event(at("10:05"), { expected: at("10:02") }) });
  assert.deepEqual([early.depLate.text, early.depLate.kind, early.state.text], ["−3", "early", "早 3 分"]);
  const unknown = cells({ departure: event(at("10:05"), { unknown: true, best: null }) });
  assert.deepEqual(
    [unknown.depNow.text, unknown.depLate.text, unknown.state.text, unknown.state.kind],
    ["未定", "?", "晚点未定", "bad"],
  );
  const overdue = cells({ arrival: event(at("9:30"), { overdue: true, best: NOW }) });
  assert.deepEqual([overdue.arrNow.text, overdue.arrNow.kind, overdue.state.text], ["09:40!", "bad", "逾时"]);
  const there = cells({ arrival: event(at("10:00"), { actual: at("9:58") }) });
  assert.deepEqual([there.arrNow.text, there.arrLate.text, there.state.text], ["✓09:58", "−2", "在站 · 正点"]);
  const gone = cells({ departure: event(at("10:05"), { actual: at("10:06") }) });
  assert.equal(gone.state.text, "已发 · 晚 1 分");
  assert.equal(cells({ unconfirmed: true }).state.text, "未证实");
  assert.equal(cells({ running: "suspended", reason: "因大风" }).state.text, "停运 因大风");
  assert.equal(cells({ running: "extra" }).state.text, "加开 · 正点");
});

test("changed places show both, check-in its state, locks their fields, and nobody is let in to a train that ends", () => {
  const moved = cells({
    track: "12",
    platform: "6",
    provenance: [{ field: "track", source: "operator", at: NOW, by: "Li", locked: true, until: null }],
  });
  assert.deepEqual(
    [moved.track.text, moved.track.kind, moved.platform.text, moved.track.locked, moved.gates.locked],
    ["7→12", "moved", "3→6", true, false],
  );
  assert.equal(moved.locks.text, "股道");
  assert.equal(cells({}, { now: at("9:55") }).checkIn.text, "▶09:50–10:02");
  assert.equal(cells({}, { now: at("10:03") }).checkIn.text, "■09:50–10:02");
  assert.equal(cellsOf(D105, ABOUT).gates.text, "");
  assert.equal(isLocked({ locked: true, until: NOW }, NOW), false);
  const about = {
    proposals: [{ field: "track" }],
    conflicts: [{ kind: "track", place: "7", other: "G7", begins: at("10:00"), grave: true }],
    next: { at: at("9:50"), task: { kind: "check_in", rule: "main" }, held: false },
    manual: true,
  };
  const full = cells({}, about);
  assert.deepEqual(
    [full.proposals.text, full.conflicts.text, full.conflicts.kind],
    ["1 股道", "股道 7 G7 10:00", "bad"],
  );
  assert.deepEqual([full.next.text, full.manual.text], ["09:50 检票 main", "人工"]);
});

test("cells are the same only when nobody could tell them apart, and places sort as people count", () => {
  assert.ok(sameCell(cells().track, cells().track));
  assert.ok(!sameCell(cells().track, cells({ track: "8" }).track));
  assert.deepEqual(
    ["10", "2", "3B", "3A"].sort((one, other) => (place(one) < place(other) ? -1 : 1)),
    ["2", "3A", "3B", "10"],
  );
  assert.deepEqual(
    [{ ...G101, id: "b" }, D105, { ...G101, id: "a" }].sort(usual).map(({ id }) => id),
    [D105.id, "a", "b"],
  );
});

test("the next two hours stand first, trains that are over fold away", () => {
  assert.equal(sectionOf(G101, NOW), "now");
  assert.equal(sectionOf(G101, at("7:00")), "later");
  assert.equal(sectionOf({ ...G101, departure: event(at("10:05"), { actual: at("10:05") }) }, at("10:10")), "now");
  assert.equal(sectionOf({ ...G101, departure: event(at("10:05"), { actual: at("10:05") }) }, at("10:16")), "past");
  assert.equal(sectionOf(G101, at("11:30")), "now", "an open train stays, however late it is");
  assert.equal(sectionOf({ ...G101, unconfirmed: true }, at("12:30")), "past");
  assert.equal(sectionOf({ ...G101, running: "suspended" }, at("11:30")), "past");
  assert.equal(
    sectionOf({ ...G101, arrival: event(at("10:00"), { expected: at("6:40") }) }, at("6:30")),
    "now",
    "an early train comes sooner",
  );
});

test("trains are found by a part of the number, name, pinyin, initials and place", () => {
  const row = { call: G101, cells: cells() };
  const finds = (query, names = { 武汉: { en: "Wuhan" } }) => finder(query, names)(row);
  for (const query of [
    "G101",
    "101",
    "g1",
    "北京",
    "北京西",
    "beijingxi",
    "bjx",
    "bjxi",
    "beij",
    "jingx",
    "wuhan",
    "wh",
    "t7",
    "股7",
    "p3",
    "台3",
    "g3a",
    "口3B",
    "3A",
    "7",
    "正点",
    "高速",
    "g101 bjx",
    "",
  ]) {
    assert.ok(finds(query), query);
  }
  for (const query of ["102", "上海", "shanghai", "sh", "bjd", "t12", "p1", "g4a", "8", "g101 sh", "停运"]) {
    assert.ok(!finds(query), query);
  }
  assert.ok(
    pinyinFits("长春", "changchun") &&
      pinyinFits("长春", "zhangchun") &&
      pinyinFits("绿地", "lvdi") &&
      pinyinFits("西安", "xi'an"),
  );
  assert.ok(!pinyinFits("长春", "cg") && !pinyinFits("长春", ""));
});

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

test("a task belongs to its call, and tells when it next does something", () => {
  assert.equal(callOf("MZN/2026-03-01/G101/1/arriving/1"), G101.id);
  const task = { kind: "announcement", state: "planned", due: NOW, valid_until: NOW + 60, start: null, end: null };
  assert.equal(momentOf(task, NOW), NOW);
  assert.equal(momentOf(task, NOW + 61), null);
  assert.equal(momentOf({ ...task, state: "done" }, NOW), null);
  assert.equal(momentOf({ ...task, kind: "check_in", start: NOW - 60, end: NOW + 60 }, NOW), NOW + 60);
  assert.equal(momentOf({ ...task, kind: "display", start: NOW - 60, end: NOW + 60 }, NOW), null);
});

test("who else would be on a track is known before a train is sent there", () => {
  const other = {
    ...G101,
    id: "MZN/2026-03-01/G107/1",
    number: "G107",
    track: "12",
    arrival: event(at("10:04")),
    departure: event(at("10:08")),
  };
  const later = { ...other, id: "x", arrival: event(at("11:00")), departure: event(at("11:05")) };
  const gone = { ...other, id: "y", departure: event(at("10:08"), { actual: at("10:02") }) };
  const suspended = { ...other, id: "z", running: "suspended" };
  assert.deepEqual(
    neighbours(G101, "12", [G101, other, later, gone, suspended]).map(({ number }) => number),
    ["G107"],
  );
});

test("where a value came from is told: source, person, time, and until when it is locked", () => {
  const call = {
    ...G101,
    track: "12",
    provenance: [{ field: "track", source: "operator", at: NOW, by: "Li", locked: true, until: at("12:00") }],
  };
  const row = { call, cells: cellsOf(call, ABOUT) };
  assert.deepEqual(told(row, "track", ABOUT), ["G101 股道: 7→12", "股道: 人工 · Li · 09:40 · 已锁定 至 12:00"]);
  assert.deepEqual(told(row, "gates", ABOUT), ["G101 检票口: 3A 3B", "来源: 日计划"]);
});
