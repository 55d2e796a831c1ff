// What the table of calls is called in both languages: its fields, where values come from, and what may go wrong.

export const KINDS = {
  origin: { zh: "始发", en: "Origin" },
  terminus: { zh: "终到", en: "Terminus" },
  through: { zh: "经停", en: "Through" },
  passing: { zh: "通过", en: "Passing" },
};

export const RUNNING = {
  scheduled: { zh: "", en: "" },
  suspended: { zh: "停运", en: "Suspended" },
  extra: { zh: "加开", en: "Extra" },
  diverted: { zh: "迂回", en: "Diverted" },
};

/** What may be set of a call, as provenance and locks name it. */
export const FIELDS = {
  "arrival.planned": { zh: "计划到", en: "planned arrival" },
  "arrival.expected": { zh: "预计到", en: "expected arrival" },
  "arrival.unknown": { zh: "到达未定", en: "arrival unknown" },
  "arrival.actual": { zh: "实到", en: "actual arrival" },
  "departure.planned": { zh: "计划发", en: "planned departure" },
  "departure.expected": { zh: "预计发", en: "expected departure" },
  "departure.unknown": { zh: "发车未定", en: "departure unknown" },
  "departure.actual": { zh: "实发", en: "actual departure" },
  track: { zh: "股道", en: "track" },
  gates: { zh: "检票口", en: "gates" },
  areas: { zh: "候车区", en: "waiting areas" },
  exits: { zh: "出站口", en: "exits" },
  check_in: { zh: "检票时间", en: "check-in" },
  formation: { zh: "编组", en: "formation" },
  running: { zh: "开行", en: "running" },
  turnaround: { zh: "立折", en: "turnaround" },
};

/** The fields that a person may lock; what is expected and what is unknown of one event have one lock. */
export const LOCKABLE = [
  ...["arrival.expected", "departure.expected", "track", "gates", "areas", "exits"],
  ...["check_in", "formation", "running", "turnaround"],
];

export const SOURCES = {
  timetable: { zh: "基本图", en: "timetable" },
  template: { zh: "作业模板", en: "template" },
  turnaround: { zh: "立折推算", en: "turnaround" },
  conflict: { zh: "冲突推算", en: "conflict" },
  stage_plan: { zh: "阶段计划", en: "stage plan" },
  report: { zh: "报点", en: "report" },
  bureau: { zh: "路局", en: "bureau" },
  operator: { zh: "人工", en: "operator" },
};

export const CONFLICTS = {
  track: { zh: "股道", en: "track" },
  clearance: { zh: "间隔", en: "clearance" },
  gate: { zh: "检票口", en: "gate" },
  platform: { zh: "站台", en: "platform" },
};

export const TASKS = {
  check_in: { zh: "检票", en: "check-in" },
  display: { zh: "引导屏", en: "board" },
  announcement: { zh: "广播", en: "announcement" },
  notice: { zh: "通告", en: "notice" },
  lighting: { zh: "照明", en: "lights" },
  message: { zh: "文字", en: "text" },
};

export const HANDLING = {
  now: { zh: "立即执行", en: "Now" },
  hold: { zh: "保留", en: "Hold" },
  release: { zh: "放行", en: "Release" },
  skip: { zh: "跳过", en: "Skip" },
  automatic: { zh: "恢复自动", en: "Automatic" },
};

export const STATES = {
  planned: { zh: "待执行", en: "planned" },
  begun: { zh: "执行中", en: "begun" },
  done: { zh: "完成", en: "done" },
  interrupted: { zh: "中断", en: "interrupted" },
  failed: { zh: "失败", en: "failed" },
  expired: { zh: "过期", en: "expired" },
  unconfirmed: { zh: "未证实", en: "unconfirmed" },
  withdrawn: { zh: "撤回", en: "withdrawn" },
  skipped: { zh: "跳过", en: "skipped" },
};

/** Reasons that are often given; any other may be typed. */
export const REASONS = ["线路设备故障", "车辆设备故障", "因大风", "因雨雪", "因洪水", "因地震", "施工影响", "客流变化"];
