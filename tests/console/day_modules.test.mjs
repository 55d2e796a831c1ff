// What the table of calls shows and finds, without a page.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ABOUT, D105, G101, NOW, ZONE, at, cells, en, event, load, typed } from "./day_calls.mjs";

const { cellsOf, COLUMNS, isLocked, place, sameCell, usual } = await load("day_columns");
const { finder, pinyinFits } = await load("day_search");
const { sectionOf } = await load("day_state");
const { clock, dayOf, instantOf, nearest, signed, span, typedTime } = await load("day_times");
const { callOf, momentOf } = await load("day_rows");
const { neighbours } = await load("day_foresight");
const { told } = await load("day_provenance");

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

test("changed places show both, check-in its state, locks their fields; nobody boards a train that ends", () => {
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
