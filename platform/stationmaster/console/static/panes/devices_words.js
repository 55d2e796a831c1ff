// The words of the devices' pane: conditions, kinds, places, and what can be done to each kind.

export const CONDITIONS = {
  faulty: { zh: "故障", en: "Faulty", sign: "■", kind: "bad", order: 0 },
  absent: { zh: "无应答", en: "No answer", sign: "✕", kind: "bad", order: 1 },
  degraded: { zh: "降级", en: "Degraded", sign: "▲", kind: "late", order: 2 },
  unknown: { zh: "未知", en: "Unknown", sign: "?", kind: "dim", order: 3 },
  off: { zh: "已关", en: "Off", sign: "○", kind: "dim", order: 4 },
  ok: { zh: "正常", en: "Well", sign: "●", kind: "", order: 5 },
};
export const ILL = ["faulty", "absent", "degraded", "unknown"];

export const KINDS = {
  board: { zh: "显示屏", en: "Board" },
  panel: { zh: "LED 屏", en: "LED panel" },
  loudspeaker: { zh: "扬声器", en: "Loudspeaker" },
  amplifier: { zh: "功放", en: "Amplifier" },
  lamp: { zh: "照明", en: "Lamp" },
  light: { zh: "照明", en: "Light" },
  kiosk: { zh: "查询机", en: "Kiosk" },
  contacts: { zh: "触点", en: "Contacts" },
  controller: { zh: "控制器", en: "Controller" },
};

export const PLACES = {
  platform: { zh: "站台", en: "Platform" },
  gate: { zh: "检票口", en: "Gate" },
  area: { zh: "候车区", en: "Area" },
  exit: { zh: "出站口", en: "Exit" },
};

export const ACTIONS = {
  on: { words: { zh: "开 O", en: "On O" }, key: "O" },
  off: { words: { zh: "关 F", en: "Off F" }, key: "F" },
  brightness: { words: { zh: "亮度… B", en: "Brightness… B" }, key: "B", percent: true },
  volume: { words: { zh: "音量… V", en: "Volume… V" }, key: "V", percent: true },
  test: { words: { zh: "测试 T", en: "Test T" }, key: "T" },
  restart: { words: { zh: "重启… R", en: "Restart… R" }, key: "R", danger: true },
};

const SHOWS = ["on", "off", "brightness", "test", "restart"];
const SOUNDS = ["volume", "test", "restart"];
const BY_KIND = {
  board: SHOWS,
  panel: SHOWS,
  lamp: SHOWS,
  light: SHOWS,
  loudspeaker: SOUNDS,
  amplifier: ["on", "off", ...SOUNDS],
  kiosk: ["on", "off", "brightness", "volume", "test", "restart"],
};
const ANY = ["on", "off", "test", "restart"];

/** What can be done to a kind of device; its subsystem has the last word. */
export const actionsOf = (kind) => BY_KIND[kind] ?? ANY;

export const OUTCOMES = {
  waits: { zh: "等待答复…", en: "waits…", sign: "…", kind: "dim" },
  accepted: { zh: "进行中", en: "under way", sign: "…", kind: "" },
  done: { zh: "完成", en: "done", sign: "✓", kind: "good" },
  failed: { zh: "失败", en: "failed", sign: "✕", kind: "bad" },
  refused: { zh: "被拒绝", en: "refused", sign: "✕", kind: "bad" },
  expired: { zh: "过期", en: "expired", sign: "✕", kind: "bad" },
  none: { zh: "未答复", en: "no answer", sign: "✕", kind: "bad" },
  unfit: { zh: "此类设备不能", en: "not for its kind", sign: "–", kind: "dim" },
};

export const STATES = {
  connected: { zh: "已连接", en: "Connected", sign: "●", kind: "" },
  absent: { zh: "不在", en: "Away", sign: "✕", kind: "bad" },
  open: { zh: "开通", en: "Open", sign: "●", kind: "" },
  closed: { zh: "不通", en: "Closed", sign: "✕", kind: "bad" },
  fresh: { zh: "新鲜", en: "Fresh", sign: "●", kind: "" },
  late: { zh: "迟到", en: "Late", sign: "▲", kind: "late" },
  lost: { zh: "中断", en: "Lost", sign: "✕", kind: "bad" },
  locked: { zh: "锁定", en: "Locked", sign: "●", kind: "" },
  holdover: { zh: "守时", en: "Holdover", sign: "▲", kind: "late" },
  "free-run": { zh: "自由运行", en: "Free-running", sign: "✕", kind: "bad" },
  invalid: { zh: "无效", en: "Invalid", sign: "✕", kind: "bad" },
  good: { zh: "可信", en: "Good", sign: "●", kind: "" },
  settling: { zh: "观察中", en: "Watched before it counts", sign: "…", kind: "dim" },
  silent: { zh: "无信号", en: "Silent", sign: "✕", kind: "bad" },
  refused: { zh: "拒绝服务", en: "Does not want to be asked", sign: "✕", kind: "bad" },
  void: { zh: "自报无效", en: "Says of itself that it is not valid", sign: "✕", kind: "bad" },
  outdated: { zh: "年份不可信", en: "Its year cannot be", sign: "✕", kind: "bad" },
  outvoted: { zh: "与其他时间源不符", en: "Contradicts the others", sign: "▲", kind: "late" },
  undecided: { zh: "互相矛盾, 无多数", en: "Contradicts others, with no majority", sign: "▲", kind: "late" },
  "too-far": { zh: "偏差过大", en: "Further away than the clock may be moved", sign: "▲", kind: "late" },
};

export const THINGS = {
  subsystem: { zh: "子系统", en: "Subsystem" },
  feed: { zh: "调度信息", en: "Feed" },
  line: { zh: "线路", en: "Line" },
  gateway: { zh: "网关", en: "Gateway" },
  clock: { zh: "时钟", en: "Clock" },
  "clock-source": { zh: "时间源", en: "Master of time" },
};
