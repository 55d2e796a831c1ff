// Finding trains: by number or a part of it, by the name of a place in any language, its pinyin or its initials, by
// track, platform or gate, and by what is said of them. Words are parted by spaces; all of them must fit.

import { READINGS } from "./day_readings.js";

const readings = new Map(); // character → its readings

function load() {
  for (const [, reading, signs] of READINGS.replaceAll("\n", "").matchAll(/([a-z]+)([^a-z]+)/g)) {
    for (const sign of signs) {
      readings.set(sign, [...(readings.get(sign) ?? []), reading]);
    }
  }
}

/** The readings of each character of a name; what is no Chinese is as it is. */
function syllables(name) {
  if (!readings.size) {
    load();
  }
  return [...name.toLowerCase()].map((sign) => readings.get(sign) ?? (/\s/.test(sign) ? [""] : [sign]));
}

/**
 * Whether `typed` spells `name` from its character `from` on: for each character its first letter, or any beginning of
 * a reading, or all of it. So 北京西 is found by beijingxi, bjx, bjxi and beij.
 */
function spells(parts, from, typed) {
  if (typed === "") {
    return true;
  }
  if (from === parts.length) {
    return false;
  }
  return parts[from].some((reading) => {
    if (reading === "") {
      return spells(parts, from + 1, typed);
    }
    if (reading.startsWith(typed)) {
      return true; // the word ends within this character
    }
    const whole = typed.startsWith(reading) && spells(parts, from + 1, typed.slice(reading.length));
    return whole || (typed[0] === reading[0] && spells(parts, from + 1, typed.slice(1)));
  });
}

const known = new Map(); // "name word" → whether it fits: names are few, and are asked of for every train

/** Whether a word of Latin letters is the pinyin, or the initials, of a name or of a part of it. */
export function pinyinFits(name, word) {
  const key = `${name} ${word}`;
  if (!known.has(key)) {
    if (known.size > 50_000) {
      known.clear();
    }
    const typed = word
      .toLowerCase()
      .replace(/['’\s]/g, "")
      .replaceAll("ü", "v");
    const parts = syllables(name);
    known.set(key, typed !== "" && parts.some((_, from) => parts[from][0] !== "" && spells(parts, from, typed)));
  }
  return known.get(key);
}

/** Words that say of which place they speak: t7, 股7; p3, 台3; g3A, 口3A. */
const PLACES = [
  { sign: /^(?:t|track|股道?|道)[:：]?(.+)$/i, of: (call) => [call.track] },
  { sign: /^(?:p|platform|站?台)[:：]?(.+)$/i, of: (call) => [call.platform] },
  { sign: /^(?:g|gate|检?票?口)[:：]?(.+)$/i, of: (call) => call.gates },
  { sign: /^(?:w|area|候车?区?)[:：]?(.+)$/i, of: (call) => call.areas },
  { sign: /^(?:e|exit|出站?口?)[:：]?(.+)$/i, of: (call) => call.exits },
];

const same = (one, other) => one.toLowerCase() === other.toLowerCase();

function placeFits(call, word) {
  return PLACES.some(({ sign, of }) => {
    const found = sign.exec(word);
    return found !== null && of(call).some((name) => same(name, found[1]));
  });
}

function nameFits(call, word, names) {
  const latin = /^[a-zü'’]+$/i.test(word);
  return [call.origin, call.destination].some((name) => {
    const all = [name, ...Object.values(names[name] ?? {})];
    return all.some((each) => each.toLowerCase().includes(word)) || (latin && pinyinFits(name, word));
  });
}

/**
 * A test for rows { call, cells }; `names` are places' names by language.
 * A word fits if any of these does: a train number that holds it, a place's name, a track, platform or gate of that
 * name, or text of the row's other cells.
 */
export function finder(query, names) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return ({ call, cells }) =>
    words.every(
      (word) =>
        call.numbers.some((number) => number.toLowerCase().includes(word)) ||
        placeFits(call, word) ||
        [call.track, call.platform, ...call.gates].some((name) => same(name, word)) ||
        nameFits(call, word, names) ||
        (!/^\d+$/.test(word) &&
          ["state", "running", "formation", "class", "turnaround"].some((id) =>
            cells[id].text.toLowerCase().includes(word),
          )),
    );
}
