// Proposals in words: which field, what stands now and by whom, what the feed says, and why it waits.

import { hhmm } from "../words.js";

export const FIELDS = {
  planned: { zh: "计划", en: "planned" },
  expected: { zh: "预计", en: "expected" },
  unknown: { zh: "晚点未定", en: "delay unknown" },
  actual: { zh: "实际", en: "actual" },
  track: { zh: "股道", en: "Track" },
  gates: { zh: "检票口", en: "Gates" },
  areas: { zh: "候车区", en: "Waiting areas" },
  exits: { zh: "出站口", en: "Exits" },
  check_in: { zh: "检票时间", en: "Check-in" },
  formation: { zh: "编组", en: "Formation" },
  running: { zh: "开行", en: "Running" },
  turnaround: { zh: "立折", en: "Turnaround" },
};
export const EVENTS = { arrival: { zh: "到达", en: "Arrival" }, departure: { zh: "出发", en: "Departure" } };
export const SOURCES = {
  timetable: { zh: "基本图", en: "Timetable" },
  template: { zh: "作业模板", en: "Template" },
  turnaround: { zh: "立折", en: "Turnaround" },
  conflict: { zh: "冲突", en: "Conflict" },
  stage_plan: { zh: "阶段计划", en: "Stage plan" },
  report: { zh: "报点", en: "Report" },
  bureau: { zh: "路局", en: "Bureau" },
  operator: { zh: "人工", en: "Operator" },
};
export const WHY = {
  locked: { zh: "已锁定", en: "Locked" },
  manual: { zh: "非自动接受", en: "Not automatic" },
  contradiction: { zh: "与实际矛盾", en: "Contradicts what is known" },
  conflict: { zh: "解决冲突", en: "Solves a conflict" },
  turnaround: { zh: "立折车底", en: "Same train set" },
  timetable: { zh: "新图", en: "New timetable" },
};
const RUNNING = {
  scheduled: { zh: "正常", en: "As planned" },
  suspended: { zh: "停运", en: "Suspended" },
  extra: { zh: "加开", en: "Extra" },
  diverted: { zh: "迂回", en: "Diverted" },
};
const NONE = { zh: "无", en: "none" };

/** A field's name: "Departure expected", "Track". */
export function fieldName(t, field) {
  const [event, part] = field.includes(".") ? field.split(".") : [null, field];
  const name = t(FIELDS[part] ?? part);
  return event === null ? name : `${t(EVENTS[event] ?? event)} ${name}`;
}

/** What stands in the field now. */
export function standing(desk, call, field) {
  const { t, world } = desk;
  if (call === undefined) {
    return "";
  }
  const [event, part] = field.includes(".") ? field.split(".") : [null, field];
  const happening = event === null ? null : call[event];
  switch (part) {
    case "planned":
    case "actual":
      return hhmm(happening?.[part], world.zone) || t(NONE);
    case "expected":
      return happening?.unknown ? t(FIELDS.unknown) : hhmm(happening?.expected ?? happening?.planned, world.zone) || t(NONE);
    case "unknown":
      return yes(t, happening?.unknown);
    case "gates":
    case "areas":
    case "exits":
      return call[part].join(" ") || t(NONE);
    case "check_in":
      return [hhmm(call.check_in_open, world.zone), hhmm(call.check_in_close, world.zone)].filter(Boolean).join("–") || t(NONE);
    case "running":
      return [t(RUNNING[call.running]), call.reason].filter(Boolean).join(" ");
    default:
      return call[part] || t(NONE);
  }
}

/** What accepting it would make of the field. */
export function proposed(desk, { deed }) {
  const { t, world } = desk;
  const time = (instant) => (instant === null ? t({ zh: "按计划", en: "as planned" }) : hhmm(instant, world.zone));
  switch (deed.do) {
    case "replan":
    case "expect":
      return time(deed.at);
    case "actual":
      return deed.at === null ? t({ zh: "取消报点", en: "report taken back" }) : time(deed.at);
    case "delay":
      return `${deed.minutes >= 0 ? "+" : ""}${deed.minutes} ${t({ zh: "分", en: "min" })}`;
    case "unknown":
      return yes(t, deed.unknown);
    case "track":
      return deed.track;
    case "places":
      return [deed.gates, deed.areas, deed.exits].filter(Boolean).flat().join(" ") || t(NONE);
    case "check_in":
      return [deed.opens, deed.closes].filter((at) => at !== null).map((at) => hhmm(at, world.zone)).join("–") || t({ zh: "按规则", en: "by rule" });
    case "running":
      return [t(RUNNING[deed.running]), deed.reason].filter(Boolean).join(" ");
    default:
      return deed[deed.do] || deed.number || t(NONE);
  }
}

/** Who set what stands, and whether it is locked. */
export function provenance(desk, call, field) {
  const { t, world } = desk;
  const names = field.endsWith(".unknown") || field.endsWith(".expected") ? [`${field.split(".")[0]}.expected`, `${field.split(".")[0]}.unknown`] : [field];
  const known = call?.provenance.filter((each) => names.includes(each.field)) ?? [];
  const found = known.find((each) => each.locked) ?? known[0];
  if (found === undefined) {
    return t({ zh: "计划", en: "plan" });
  }
  const lock = found.locked ? (found.until === null ? t({ zh: "锁定", en: "locked" }) : `${t({ zh: "锁定至", en: "locked until" })} ${hhmm(found.until, world.zone)}`) : "";
  return [found.by || t(SOURCES[found.source]), hhmm(found.at, world.zone), lock].filter(Boolean).join(" · ");
}

const yes = (t, flag) => t(flag ? { zh: "是", en: "yes" } : { zh: "否", en: "no" });
