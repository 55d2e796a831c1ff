// Words of the log: kinds of record, and values as they were written down.

const stamps = new Map();

/** HH:MM:SS of an instant in a zone. */
export function whenIn(instant, zone) {
  if (!stamps.has(zone)) {
    const parts = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
    stamps.set(zone, new Intl.DateTimeFormat("zh-CN", zone ? { ...parts, timeZone: zone } : parts));
  }
  return stamps.get(zone).format(new Date(instant * 1000));
}

/** Call `then` when the station's zone becomes known, or another one: what was shown before has other times. */
export function whenZoneIsKnown(desk, then) {
  let zone = desk.world.zone;
  desk.on(["state"], () => {
    if (desk.world.zone !== zone) {
      zone = desk.world.zone;
      then();
    }
  });
}

export const LOG_KINDS = {
  act: { zh: "操作", en: "Act" },
  "act-refused": { zh: "操作被拒", en: "Act refused" },
  command: { zh: "命令", en: "Command" },
  "command-result": { zh: "命令结果", en: "Result of a command" },
  "confirmation-asked": { zh: "请求第二人确认", en: "Second person asked for" },
  "confirmation-confirmed": { zh: "第二人已确认", en: "Confirmed" },
  "confirmation-refused": { zh: "第二人已拒绝", en: "Not confirmed" },
  "confirmation-withdrawn": { zh: "已撤回", en: "Withdrawn" },
  "confirmation-expired": { zh: "确认超时", en: "Confirmation expired" },
  login: { zh: "登录", en: "Login" },
  "login-refused": { zh: "登录被拒", en: "Login refused" },
  "login-too-often": { zh: "登录过于频繁", en: "Login tried too often" },
  logout: { zh: "退出登录", en: "Logout" },
  "session-ended": { zh: "会话结束", en: "Session ended" },
  "code-needed": { zh: "需要动态验证码", en: "Code asked for" },
  "second-factor-made": { zh: "设置第二因子", en: "Second factor made" },
  "second-factor-reset": { zh: "重置第二因子", en: "Second factor reset" },
  "password-changed": { zh: "修改密码", en: "Password changed" },
  "password-refused": { zh: "修改密码被拒", en: "Password change refused" },
  account: { zh: "账户", en: "Account" },
  "account-refused": { zh: "账户变更被拒", en: "Account change refused" },
  "account-asked": { zh: "账户请求", en: "Account asked for" },
  "not-allowed": { zh: "越权", en: "Not allowed" },
  "not-an-operator": { zh: "未知令牌", en: "Unknown token" },
  "not-this-page": { zh: "非本页请求", en: "Not from this page" },
  identity: { zh: "子系统身份", en: "Identity of a subsystem" },
  configure: { zh: "车站数据", en: "Station's data" },
  "station-apply": { zh: "应用车站数据", en: "Station's data applied" },
  "station-draft": { zh: "车站数据草稿", en: "Station's data drafted" },
  "station-import": { zh: "导入时刻表", en: "Timetable imported" },
  "alarm-acknowledged": { zh: "确认报警", en: "Alarm acknowledged" },
  "alarm-shelved": { zh: "搁置报警", en: "Alarm put aside" },
  "alarm-unshelved": { zh: "恢复报警", en: "Alarm taken back" },
  reload: { zh: "重新载入", en: "Reload" },
  settings: { zh: "配置变更", en: "Settings" },
  clock: { zh: "时钟", en: "Clock" },
  "handover-given": { zh: "交班", en: "Shift handed over" },
  "handover-taken": { zh: "接班", en: "Shift taken over" },
  "log-export": { zh: "导出日志", en: "Log exported" },
  "log-check": { zh: "校验日志", en: "Log checked" },
  "log-cut": { zh: "清除过期记录", en: "Old records cut" },
  "log-damaged": { zh: "日志被改动", en: "Log damaged" },
  "log-lost": { zh: "记录缺失", en: "Records lost" },
  start: { zh: "中心启动", en: "Hub started" },
  stop: { zh: "中心停止", en: "Hub ended" },
  "first-start": { zh: "首次启动", en: "First start" },
};

/** What a kind of record is called; one that nobody has named is its own word. */
export function kindWords(kind, t) {
  return t(LOG_KINDS[kind] ?? { zh: kind, en: kind });
}

/** A value of the journal (JSON) in few words; what is none is text already. */
function readable(value) {
  if (!/^["[{]/.test(value)) {
    return value;
  }
  try {
    const plain = JSON.parse(value);
    if (typeof plain === "string") {
      return plain;
    }
    const texts = plain.texts?.map(({ text }) => text).join(" / ");
    const where = plain.targets?.length > 3 ? `${plain.targets.slice(0, 3).join(", ")} +${plain.targets.length - 3}` : plain.targets?.join(", ");
    const rest = Object.entries(plain).filter(([key, item]) => !["id", "revision", "texts", "targets"].includes(key) && typeof item !== "object");
    return [texts, where, ...rest.filter(([, item]) => item !== "").map(([key, item]) => `${key}: ${item}`)].filter(Boolean).join(" · ") || value;
  } catch {
    return value; // it was cut short where it was written down
  }
}

const LONGEST = 160;

/** A value as the journal has it, for reading: instants as times, texts without their quotes, nothing as a dash. */
export function shown(value, zone) {
  const time = (instant) => whenIn(Number(instant), zone).slice(0, 5);
  if (value === "" || value === "null" || value === "[]") {
    return "—";
  }
  const plain = readable(value).replace(/\b[12]\d{9}\b/g, time);
  return plain.length > LONGEST ? `${plain.slice(0, LONGEST)}…` : plain;
}
