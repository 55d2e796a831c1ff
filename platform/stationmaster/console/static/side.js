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

/** How far a subsystem is with what concerns it, and a class for the words. */
function standing({ connected, rejected, digest, behind, snapshots }) {
  if (!connected) {
    return ["", ""];
  }
  if (digest === "differs") {
    return rejected ? [`拒收 rejected: ${rejected}`, "bad"] : ["不一致 differs", "bad"];
  }
  if (behind > 0) {
    return [snapshots === 0 ? "取全量 loading" : `落后 behind: ${behind}`, "late"];
  }
  return digest === "whole" ? ["✓ 一致 up to date", ""] : ["取全量 loading", ""];
}

const bytes = (count) => (count < 10_000 ? `${count} B` : `${Math.round(count / 1024)} KiB`);

/** The figures of a session: how fast it acknowledges, what waits for it, what it has. */
function figures({ connected, ack_ms: ack, queued, devices, secure }) {
  const words = [];
  if (connected && ack !== null) {
    words.push(`确认 ack ${ack} ms`);
  }
  if (queued > 0) {
    words.push(`待发 queued ${bytes(queued)}`);
  }
  if (devices > 0) {
    words.push(`设备 devices ${devices}`);
  }
  if (secure) {
    words.push("TLS");
  }
  return words.join(" · ");
}

/** Everything about a session, for who looks closer. */
function details(body) {
  const { identity, kind, version, level, executes, address, snapshots, heard_s: heard } = body;
  const said = [identity, kind, version && `open protocol ${version}`, level && `level ${level}`, executes.join(", "), address];
  if (body.connected) {
    said.push(`snapshots ${snapshots}`, `silent ${heard} s`);
  }
  return said.filter(Boolean).join(" · ");
}

/** Who is connected, how far behind, how fast, and which of its boards and devices are not well. */
export function paintSubsystems(world) {
  const items = world.subsystems.map((body) => ({
    identity: body.identity,
    kind: body.kind && body.kind !== body.identity ? body.kind : "",
    there: body.connected ? ["联机 online", "good"] : ["缺席 absent", "bad"],
    since: hhmm(body.since, world.zone),
    standing: standing(body),
    figures: figures(body),
    trouble: body.trouble,
    title: details({ ...body, heard_s: body.heard_s === null ? 0 : Math.round(body.heard_s) }),
  }));
  fill(subsystems, items, (item) => {
    const row = document.createElement("tr");
    row.title = item.title;
    const name = element("td", item.identity);
    if (item.kind) {
      name.append(element("small", item.kind));
    }
    const there = element("td", item.there[0], item.there[1]);
    if (item.since) {
      there.append(element("small", item.since));
    }
    const words = element("td", item.standing[0], item.standing[1]);
    if (item.figures) {
      words.append(element("div", item.figures, "figures"));
    }
    if (item.trouble.length) {
      words.append(element("div", `⚠ ${item.trouble.join(", ")}`, "bad"));
    }
    row.append(name, there, words);
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
