// The console's words: times in the station's zone, kinds of call, and where a train stands.

const formats = new Map();

/** HH:MM of an instant (seconds since 1970) in a zone; empty for none, and while the zone is not known: it would be wrong. */
export function hhmm(instant, zone) {
  if (instant === null || instant === undefined || !zone) {
    return "";
  }
  if (!formats.has(zone)) {
    const parts = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone };
    formats.set(zone, new Intl.DateTimeFormat("zh-CN", parts));
  }
  return formats.get(zone).format(new Date(instant * 1000));
}

/** YYYY-MM-DD and the day of the week of an instant in a zone; empty for none. */
export function dateOf(instant, zone, language = "zh") {
  if (!instant) {
    return "";
  }
  const name = `date ${language} ${zone}`;
  if (!formats.has(name)) {
    const parts = { year: "numeric", month: "2-digit", day: "2-digit", weekday: "short" };
    formats.set(name, new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", zone ? { ...parts, timeZone: zone } : parts));
  }
  const found = Object.fromEntries(formats.get(name).formatToParts(new Date(instant * 1000)).map((part) => [part.type, part.value]));
  return `${found.year}-${found.month}-${found.day} ${found.weekday}`;
}

/** A station's name in a language; empty where that is not known or is the name itself. */
export function nameIn(language, name, world) {
  const found = world.names[name]?.[language] ?? "";
  return found === name ? "" : found;
}

export const KINDS = {
  origin: ["始发", "Origin"],
  terminus: ["终到", "Terminus"],
  through: ["经停", "Through"],
  passing: ["通过", "Passing"],
};

/** Minutes late of an event (negative: early); null while unknown. */
export function late(event) {
  return event === null || event.best === null ? null : Math.trunc((event.best - event.planned) / 60);
}

/** Where a call stands at `now`: words, a class for the words, and whether it is over. */
export function standing(call, now) {
  const { arrival, departure } = call;
  const last = departure ?? arrival;
  if (call.running === "suspended") {
    return { words: `停运 Suspended ${call.reason}`, kind: "bad", over: now > last.planned + 3600 };
  }
  if (last.actual !== null) {
    return { words: departure ? "已发 Departed" : "已到 Arrived", kind: "", over: true };
  }
  if (call.unconfirmed) {
    return { words: "未证实 Unconfirmed", kind: "bad", over: false };
  }
  if (last.best === null) {
    return { words: "晚点未定 Delay unknown", kind: "bad", over: false };
  }
  const words = call.running === "diverted" ? ["改经 Diverted"] : [];
  let kind = words.length ? "bad" : "";
  const minutes = late(last);
  if (last.overdue || arrival?.overdue) {
    words.push("逾时 Overdue");
    kind = "bad";
  } else if (minutes > 0) {
    words.push(`晚 ${minutes} 分 Late`);
    kind = kind || "late";
  } else if (minutes < 0) {
    words.push(`早 ${-minutes} 分 Early`);
    kind = kind || "early";
  }
  if (arrival?.actual != null) {
    words.push("在站 In station");
  }
  if (call.check_in_open !== null && now >= call.check_in_open) {
    const open = now < call.check_in_close;
    words.push(open ? "检票 Check-in" : "停检 Closed");
    kind = kind || (open ? "good" : "");
  }
  return { words: words.join(" · ") || "正点 On time", kind, over: false };
}
