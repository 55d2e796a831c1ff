// Words that several panes need: times and dates in the station's zone, and names of stations.

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
