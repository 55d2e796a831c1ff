// The last notes of the journal, newest first.

import { element } from "../desk/element.js";
import { hhmm } from "../words.js";

const SHOWN = 25;
const TOLD = 2;
const CODES = {
  "call-overdue": { zh: "逾时", en: "overdue" },
  "call-unplanned": { zh: "计划外", en: "unplanned" },
  "feed-fresh": { zh: "信息恢复", en: "feed fresh" },
  "feed-late": { zh: "信息迟到", en: "feed late" },
  "feed-lost": { zh: "信息中断", en: "feed lost" },
  quarantined: { zh: "不予采信", en: "quarantined" },
  "task-expired": { zh: "过期未做", en: "not done in time" },
  "task-unconfirmed": { zh: "未证实", en: "unconfirmed" },
};

/** A note's subject in short: of a call or a task the train's number, and the rule. */
export function subject(text) {
  const parts = text.split("/");
  if (parts.length !== 4 && parts.length !== 6) {
    return text;
  }
  return [parts[2], parts[4] ?? ""].map(decodeURIComponent).join(" ").trim();
}

/** Notes of one minute and one code are one line; a commit can bring dozens of them. */
function grouped(all, zone) {
  const groups = new Map();
  for (const { at, note } of all) {
    const time = hhmm(at, zone);
    const name = `${time} ${note.code}`;
    const group = groups.get(name) ?? { time, code: note.code, texts: [] };
    const detail = note.detail.map(([key, value]) => (key === "targets" ? `→ ${value}` : `${key}: ${value}`));
    group.texts.push([subject(note.subject), ...detail].join(" "));
    groups.delete(name);
    groups.set(name, group);
  }
  return [...groups.values()];
}

export function noteLines({ world, t }) {
  return grouped(world.state?.notes ?? [], world.zone)
    .slice(-SHOWN)
    .reverse()
    .map(({ time, code, texts }) => {
      const more = texts.length > TOLD ? ` … (${texts.length})` : "";
      const words = element("span", { title: texts.join("\n") }, element("b", {}, t(CODES[code] ?? code)), ` ${texts.slice(-TOLD).reverse().join("; ")}${more}`);
      return element("li", {}, element("time", {}, time), words);
    });
}
