// The lamps in the header, the table of subsystems, and the notes.

import { hhmm } from "./words.js";

const lamps = document.getElementById("lamps");
const subsystems = document.querySelector("#subsystems tbody");
const notes = document.getElementById("notes");
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
    items.push([kind, `调度信息 Feed: ${word}`]);
    items.push([state.absent.length ? "alarm" : "", `子系统 Subsystems: ${state.connected.length}/${state.connected.length + state.absent.length}`]);
    items.push([state.trouble ? "alarm" : "", state.trouble ? `中心 Hub: ${state.trouble}` : "中心 Hub: 正常 ok"]);
  }
  if (silent) {
    items.push(["alarm", "无连接 Not connected"]);
  }
  fill(lamps, items, ([kind, text]) => element("li", text, kind));
}

/** Who is connected, how far behind. */
export function paintSubsystems(world) {
  const head = world.state?.position.sequence;
  const items = world.subsystems.map(({ identity, connected, sessions }) => [
    identity,
    connected ? "good" : "bad",
    connected ? "联机 online" : "缺席 absent",
    sessions.length && head !== undefined ? `#${sessions[0].acked ?? "–"}` : "",
  ]);
  fill(subsystems, items, ([identity, kind, word, position]) => {
    const row = document.createElement("tr");
    row.append(element("td", identity), element("td", word, kind), element("td", position));
    return row;
  });
}

/** The last notes, newest first. */
export function paintNotes(world) {
  const items = (world.state?.notes ?? []).slice(-25).reverse().map(({ at, note }) => [
    hhmm(at, world.zone),
    `${note.code} ${note.subject} ${note.detail.map(([key, value]) => `${key}: ${value}`).join(", ")}`,
  ]);
  fill(notes, items, ([time, text]) => {
    const item = document.createElement("li");
    item.append(element("time", time), element("span", text));
    return item;
  });
}
