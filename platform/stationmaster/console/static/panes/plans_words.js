// The words of the plan desk.

export const VIEWS = {
  days: { zh: "日计划", en: "Day plans" },
  timetable: { zh: "基本图", en: "Timetable" },
  files: { zh: "规则与文件", en: "Rules and files" },
  import: { zh: "导入", en: "Import" },
  versions: { zh: "版本", en: "Versions" },
};

export const FIELDS = {
  arrival: { zh: "到", en: "arrival" },
  departure: { zh: "开", en: "departure" },
  track: { zh: "股道", en: "track" },
  platform: { zh: "站台", en: "platform" },
  gates: { zh: "检票口", en: "gates" },
  areas: { zh: "候车区", en: "areas" },
  exits: { zh: "出站口", en: "exits" },
  formation: { zh: "编组", en: "formation" },
  opens: { zh: "开检", en: "check-in opens" },
  closes: { zh: "停检", en: "check-in closes" },
  kind: { zh: "性质", en: "kind" },
  train_class: { zh: "等级", en: "class" },
  numbers: { zh: "车次", en: "numbers" },
  origin: { zh: "始发站", en: "origin" },
  destination: { zh: "终到站", en: "destination" },
  turnaround: { zh: "立折", en: "turnaround" },
};

export const CHANGES = {
  added: { zh: "加", en: "Added" },
  gone: { zh: "减", en: "Gone" },
  changed: { zh: "改", en: "Changed" },
  made: { zh: "新增", en: "Made" },
  moved: { zh: "改时", en: "Moved" },
};

export const KINDS = {
  origin: { zh: "始发", en: "Origin" },
  terminus: { zh: "终到", en: "Terminus" },
  through: { zh: "经停", en: "Through" },
  passing: { zh: "通过", en: "Passing" },
};

export const COLUMNS = {
  train_class: { words: { zh: "等级", en: "Class" }, width: 7 },
  kind: { words: { zh: "性质", en: "Kind" }, width: 5.5, values: ["origin", "terminus", "through", "passing"] },
  train: { words: { zh: "车次", en: "Train" }, width: 7, pinned: "left" },
  origin: { words: { zh: "始发站", en: "Origin" }, width: 7 },
  destination: { words: { zh: "终到站", en: "Destination" }, width: 7 },
  arr: { words: { zh: "到", en: "Arr" }, width: 4.5 },
  dep: { words: { zh: "开", en: "Dep" }, width: 4.5 },
  track: { words: { zh: "股道", en: "Track" }, width: 4.5, places: "track" },
  gates: { words: { zh: "检票口", en: "Gates" }, width: 6 },
  areas: { words: { zh: "候车区", en: "Areas" }, width: 6 },
  exits: { words: { zh: "出站口", en: "Exits" }, width: 6 },
  valid_from: { words: { zh: "生效", en: "Valid from" }, width: 7 },
  valid_until: { words: { zh: "失效", en: "Valid until" }, width: 7 },
  weekdays: { words: { zh: "星期", en: "Weekdays" }, width: 6 },
  calendar: { words: { zh: "日历", en: "Calendar" }, width: 8 },
  arr_day: { words: { zh: "到日", en: "Arr day" }, width: 4.5 },
  dep_day: { words: { zh: "开日", en: "Dep day" }, width: 4.5 },
};

const WHAT = {
  station: { zh: "车站", en: "station" },
  place: { zh: "地点", en: "places" },
  board: { zh: "引导屏", en: "boards" },
  zone: { zh: "广播分区", en: "zones" },
  name: { zh: "站名", en: "names" },
  pronunciation: { zh: "读音", en: "pronunciations" },
  template: { zh: "文本", en: "templates" },
  layout: { zh: "版式", en: "layouts" },
  rule: { zh: "规则", en: "rules" },
};

/** What a kind of configuration is called. */
export const kindWords = (kind) => WHAT[kind] ?? kind;
