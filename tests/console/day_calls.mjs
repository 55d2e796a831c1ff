// Trains for tests of the table's modules, and where the modules are.

const PANES = process.env.PANES;
export const load = (name) => import(`${PANES}/${name}.js`);

const { cellsOf } = await load("day_columns");
const { instantOf } = await load("day_times");
const { deedsOf } = await load("day_typed");

export const ZONE = "Asia/Shanghai";
export const at = (text, day = "2026-03-01") => instantOf(day, ...text.split(":").map(Number), ZONE);
export const NOW = at("9:40");
export const t = ({ zh }) => zh;
export const en = (words) => words.en;

export const event = (planned, more = {}) => {
  const base = { planned, expected: null, actual: null, unknown: false, overdue: false, best: planned };
  const made = { ...base, ...more };
  return { ...made, best: "best" in more ? more.best : (made.actual ?? made.expected ?? made.planned) };
};
export const G101 = {
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
export const D105 = {
  ...G101,
  id: "MZN/2026-03-01/D105/1",
  number: "D105",
  numbers: ["D105"],
  kind: "terminus",
  departure: null,
};
export const ABOUT = {
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
export const cells = (more = {}, about = {}) => cellsOf({ ...G101, ...more }, { ...ABOUT, ...about });
export const typed = (text, calls = [G101], about = {}) =>
  deedsOf(text, calls, { event: null, zone: ZONE, now: NOW, ...about });
export const deeds = (...given) => typed(...given).deeds;
