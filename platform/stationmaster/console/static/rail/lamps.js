// Feed, hub and subsystems at a glance, in the header.

import { element } from "../desk/element.js";

const FEED = {
  fresh: ["", { zh: "正常", en: "fresh" }],
  late: ["warn", { zh: "迟", en: "late" }],
  lost: ["alarm", { zh: "中断", en: "lost" }],
};

export function lamps({ world, t }) {
  const { state } = world;
  const lamp = (kind, words) => element("li", { class: kind || null }, t(words));
  const lost = world.connected === false ? [lamp("alarm", { zh: "无连接", en: "Not connected" })] : [];
  if (state === null) {
    return lost;
  }
  const [kind, word] = FEED[state.feed.grade];
  const from = state.feed.line === null ? "" : ` · ${state.feed.line}/${state.feed.gateway}`;
  const there = state.connected.length;
  const all = there + state.absent.length;
  return [
    lamp(kind, { zh: `调度信息: ${t(word)}${from}`, en: `Feed: ${t(word)}${from}` }),
    lamp(state.absent.length ? "alarm" : "", { zh: `子系统: ${there}/${all}`, en: `Subsystems: ${there}/${all}` }),
    lamp(state.trouble ? "alarm" : "", { zh: `中心: ${state.trouble || "正常"}`, en: `Hub: ${state.trouble || "ok"}` }),
    ...lost,
  ];
}
