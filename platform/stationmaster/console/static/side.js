// The lamps in the header, the table of subsystems, and the notes.

import { hhmm } from "./words.js";

const lamps = document.getElementById("lamps");
const subsystems = document.querySelector("#subsystems tbody");
const notes = document.getElementById("notes");
const NOTES_TOLD = 2;
const CODES = {
  "call-overdue": "逾时 overdue",
  "call-unplanned": "计划外 unplanned",
  "feed-fresh": "信息恢复 feed fresh",
  "feed-late": "信息迟到 feed late",
  "feed-lost": "信息中断 feed lost",
  quarantined: "不予采信 quarantined",
  "task-expired": "过期未做 not done in time",
  "task-unconfirmed": "未证实 unconfirmed",
};
const alarms = document.getElementById("alarms");
const FEED = { fresh: ["", "正常 fresh"], late: ["warn", "迟 late"], lost: ["alarm", "中断 lost"] };

function fill(parent, items, make) {
  const wanted = JSON.stringify(items);
  if (parent.dataset.shown !== wanted) {
    parent.dataset.shown = wanted;
    parent.replaceChildren(...items.map(make));
  }
}

function element(name, text, kind = "") {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = kind;
  return made;
}

/** Feed, hub and store at a glance. */
export function paintLamps(world, silent) {
  const { state } = world;
  const items = [];
  if (state !== null) {
    const [kind, word] = FEED[state.feed.grade];
    const from = state.feed.line === null ? "" : ` · ${state.feed.line}/${state.feed.gateway}`;
    items.push([kind, `调度信息 Feed: ${word}${from}`]);
    items.push([state.absent.length ? "alarm" : "", `子系统 Subsystems: ${state.connected.length}/${state.connected.length + state.absent.length}`]);
    items.push([state.trouble ? "alarm" : "", state.trouble ? `中心 Hub: ${state.trouble}` : "中心 Hub: 正常 ok"]);
  }
  if (silent) {
    items.push(["alarm", "无连接 Not connected"]);
  }
  fill(lamps, items, ([kind, text]) => element("li", text, kind));
}

/** What is wrong and needs a person, the gravest first; the section is there only when something is. */
export function paintAlarms(world) {
  const items = (world.state?.alarms ?? []).map(({ since, severity, zh, en }) => [hhmm(since, world.zone), severity, `${zh} ${en}`]);
  alarms.parentElement.hidden = !items.length;
  fill(alarms, items, ([time, severity, text]) => {
    const item = document.createElement("li");
    item.append(element("time", time), element("span", text, severity === "alarm" ? "bad" : "late"));
    item.title = text;
    return item;
  });
}

/** How far a session is with what concerns it; `whole` is null until it has first been proved or disproved. */
function standing({ rejected, whole, acked, last }) {
  if (acked < 0) {
    return "取全量 loading";
  }
  if (whole === false) {
    return rejected ? `拒收 rejected: ${rejected}` : "不一致 differs";
  }
  return acked >= last ? "✓ 一致 up to date" : `落后 behind: ${last - acked}`;
}

/** Who is connected, how far behind. */
export function paintSubsystems(world) {
  const items = world.subsystems.map(({ identity, connected, sessions }) => [
    identity,
    connected ? "good" : "bad",
    connected ? "联机 online" : "缺席 absent",
    sessions.length ? standing(sessions[0]) : "",
  ]);
  fill(subsystems, items, ([identity, kind, word, position]) => {
    const row = document.createElement("tr");
    row.append(element("td", identity), element("td", word, kind), element("td", position));
    return row;
  });
}

/** A note's subject in short: of a call or a task the train's number, and the rule. */
function subject(text) {
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

/** The last notes, newest first. */
export function paintNotes(world) {
  const items = grouped(world.state?.notes ?? [], world.zone).slice(-25).reverse();
  fill(notes, items, ({ time, code, texts }) => {
    const item = document.createElement("li");
    const words = element("span", "");
    const more = texts.length > NOTES_TOLD ? ` … (${texts.length})` : "";
    words.append(element("b", CODES[code] ?? code), ` ${texts.slice(-NOTES_TOLD).reverse().join("; ")}${more}`);
    words.title = texts.join("\n");
    item.append(element("time", time), words);
    return item;
  });
}
