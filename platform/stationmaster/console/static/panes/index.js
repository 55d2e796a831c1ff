// The panes in the order of their tabs. One that cannot be loaded says so in its own place, and the others are there.

import { element } from "../desk/element.js";

const IDS = [
  "day",
  "proposals",
  "broadcast",
  "boards",
  "plan",
  "plans",
  "devices",
  "alarms",
  "told",
  "replay",
  "handover",
  "people",
  "log",
];

export const panes = await Promise.all(IDS.map(load));

async function load(id) {
  try {
    return (await import(`./${id}.js`)).default;
  } catch (error) {
    const open = (root, { t }) =>
      root.append(element("p", { class: "fault", role: "alert" }, t({ zh: "此页面无法载入：", en: "This pane cannot be loaded: " }), String(error)));
    return { id, words: { zh: id, en: id }, open };
  }
}
