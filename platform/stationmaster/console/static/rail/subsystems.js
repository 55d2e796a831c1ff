// Who is connected, how far behind, how fast, and which of its boards and devices are not well.

import { element } from "../desk/element.js";
import { TASKS } from "../panes/day_words.js";
import { hhmm } from "../words.js";

const TOLD = 3;

/** How far a subsystem is with what concerns it, and a class for the words. */
function standing({ connected, rejected, digest, behind, snapshots }) {
  if (!connected) {
    return [{ zh: "", en: "" }, ""];
  }
  if (digest === "differs") {
    return rejected ? [{ zh: `拒收: ${rejected}`, en: `rejected: ${rejected}` }, "bad"] : [{ zh: "不一致", en: "differs" }, "bad"];
  }
  const loading = { zh: "取全量", en: "loading" };
  if (behind > 0) {
    return [snapshots === 0 ? loading : { zh: `落后: ${behind}`, en: `behind: ${behind}` }, "late"];
  }
  return digest === "whole" ? [{ zh: "✓ 一致", en: "✓ up to date" }, ""] : [loading, ""];
}

/** The first that are not well, and how many more. */
const troubled = (names) => [...names.slice(0, TOLD), names.length > TOLD ? `+${names.length - TOLD}` : ""].filter(Boolean).join(", ");

const bytes = (count) => (count < 10_000 ? `${count} B` : `${Math.round(count / 1024)} KiB`);

/** The figures of a session: how fast it acknowledges, what waits for it, what it has. */
function figures({ connected, ack_ms: ack, queued, devices, secure }, t) {
  return [
    connected && ack !== null ? t({ zh: `确认 ${ack} ms`, en: `ack ${ack} ms` }) : null,
    queued > 0 ? t({ zh: `待发 ${bytes(queued)}`, en: `queued ${bytes(queued)}` }) : null,
    devices > 0 ? t({ zh: `设备 ${devices}`, en: `devices ${devices}` }) : null,
    secure ? "TLS" : null,
  ]
    .filter(Boolean)
    .join(" · ");
}

/** Everything about a session, for who looks closer. */
function details(body, t) {
  const { identity, kind, version, level, executes, address, snapshots, heard_s: heard } = body;
  const spoken = t({ zh: `开放协议 ${version}`, en: `open protocol ${version}` });
  const graded = t({ zh: `等级 ${level}`, en: `level ${level}` });
  const said = [identity, kind, version && spoken, level && graded, executes.map((each) => t(TASKS[each] ?? each)).join(", "), address];
  if (body.connected) {
    const silent = Math.round(heard ?? 0);
    said.push(t({ zh: `全量 ${snapshots} 次`, en: `snapshots ${snapshots}` }), t({ zh: `静默 ${silent} 秒`, en: `silent ${silent} s` }));
  }
  return said.filter(Boolean).join(" · ");
}

export function subsystemRows({ world, t }) {
  const rows = world.subsystems.map((body) => {
    const there = t(body.connected ? { zh: "联机", en: "online" } : { zh: "缺席", en: "absent" });
    const [words, kind] = standing(body);
    const kindOf = body.kind && body.kind !== body.identity ? element("small", {}, body.kind) : null;
    const since = body.since === null ? null : element("small", {}, hhmm(body.since, world.zone));
    const said = figures(body, t);
    return element(
      "tr",
      { title: details(body, t) },
      element("th", { scope: "row" }, body.identity, kindOf),
      element("td", { class: body.connected ? "good" : "bad" }, there, since),
      element(
        "td",
        { class: kind || null },
        t(words),
        said ? element("div", { class: "figures" }, said) : null,
        body.trouble.length ? element("div", { class: "bad" }, `⚠ ${troubled(body.trouble)}`) : null,
      ),
    );
  });
  return rows.length ? [element("tbody", {}, rows)] : [];
}
