// Station times as people read and type them. Instants are seconds since 1970; the zone is the station's.

const DAY_S = 86_400;
const formats = new Map();

function format(zone) {
  const key = zone ?? "";
  if (!formats.has(key)) {
    const parts = {
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      hourCycle: "h23",
    };
    formats.set(key, new Intl.DateTimeFormat("en-CA", zone ? { ...parts, timeZone: zone } : parts));
  }
  return formats.get(key);
}

const minutes = new Map(); // instants of whole minutes come again and again: 900 trains have some 1,440 times

/** The local date and time of an instant: { year, month, day, hour, minute, second }, as numbers. */
export function partsOf(instant, zone) {
  const found = format(zone).formatToParts(new Date(instant * 1000));
  return Object.fromEntries(
    found.filter((part) => part.type !== "literal").map((part) => [part.type, Number(part.value)]),
  );
}

const two = (number) => String(number).padStart(2, "0");

/** HH:MM of an instant; empty for none. */
export function clock(instant, zone) {
  if (instant === null || instant === undefined) {
    return "";
  }
  const key = `${zone} ${instant}`;
  let text = minutes.get(key);
  if (text === undefined) {
    const { hour, minute } = partsOf(instant, zone);
    text = `${two(hour)}:${two(minute)}`;
    if (minutes.size > 20_000) {
      minutes.clear();
    }
    minutes.set(key, text);
  }
  return text;
}

/** YYYY-MM-DD of an instant. */
export function dayOf(instant, zone) {
  const { year, month, day } = partsOf(instant, zone);
  return `${year}-${two(month)}-${two(day)}`;
}

/** How far the zone is ahead of UTC at an instant, in seconds. */
function offset(instant, zone) {
  const { year, month, day, hour, minute, second } = partsOf(instant, zone);
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - instant;
}

/** The instant of a local date and time; of one that a clock change skips, the one after it. */
export function instantOf(date, hour, minute, zone) {
  const [year, month, day] = date.split("-").map(Number);
  const naive = Date.UTC(year, month - 1, day, hour, minute) / 1000;
  const guess = naive - offset(naive, zone);
  return naive - offset(guess, zone);
}

/** Hour and minute that somebody typed: 9:05, 09:05, 905, 0905, 9：05; null if that is none. */
export function typedTime(text) {
  const found = /^(\d{1,2})[:：.](\d{2})$/.exec(text) ?? /^(\d{1,2})(\d{2})$/.exec(text);
  if (found === null) {
    return null;
  }
  const [hour, minute] = [Number(found[1]), Number(found[2])];
  return hour < 24 && minute < 60 ? { hour, minute } : null;
}

/** The instant nearest to `near` at which the station's clock shows this time: late trains cross midnight. */
export function nearest({ hour, minute }, near, zone) {
  const all = [-1, 0, 1].map((days) => instantOf(dayOf(near + days * DAY_S, zone), hour, minute, zone));
  return all.reduce((best, each) => (Math.abs(each - near) < Math.abs(best - near) ? each : best));
}

/** Minutes with their sign, as an operator says them: +15, −3, 0. */
export function signed(count) {
  return count > 0 ? `+${count}` : count < 0 ? `−${-count}` : "0";
}

/** Whole minutes that an event lies after its plan (before: negative); null while nobody knows. */
export function late(event) {
  return event === null || event.best === null ? null : Math.trunc((event.best - event.planned) / 60);
}

/** Minutes in words, large ones with hours. */
export function span(count, language) {
  const [hours, rest] = [Math.floor(count / 60), count % 60];
  if (language === "zh") {
    return hours ? `${hours} 小时${rest ? ` ${rest} 分` : ""}` : `${rest} 分`;
  }
  return hours ? `${hours} h${rest ? ` ${rest} min` : ""}` : `${rest} min`;
}
