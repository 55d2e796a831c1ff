// The day: all calls in one table.

import { paintCalls, showNow } from "../calls.js";
import { element } from "../desk/element.js";

const COLUMNS = [
  ["", { zh: "车次", en: "Train" }],
  ["", { zh: "始发 — 终到", en: "From — to" }],
  ["", { zh: "类", en: "Kind" }],
  ["time", { zh: "到 计划", en: "Arr. plan" }],
  ["time", { zh: "到 现", en: "Arr. now" }],
  ["time", { zh: "发 计划", en: "Dep. plan" }],
  ["time", { zh: "发 现", en: "Dep. now" }],
  ["", { zh: "股道", en: "Track" }],
  ["", { zh: "站台", en: "Plat." }],
  ["", { zh: "检票口", en: "Gates" }],
  ["time", { zh: "检票", en: "Check-in" }],
  ["", { zh: "状态", en: "State" }],
];

function open(root, desk) {
  const { t } = desk;
  const all = element("input", { type: "checkbox", id: "all" });
  const find = element("input", { type: "search", id: "find", autocomplete: "off" });
  const body = element("tbody", { id: "calls" });
  const count = element("output", { id: "count" });
  root.append(
    element(
      "div",
      { class: "bar" },
      element("label", {}, all, " ", t({ zh: "全部", en: "All" })),
      element("label", {}, t({ zh: "车次、车站", en: "Find" }), " ", find),
      count,
    ),
    element(
      "div",
      { class: "scroll", tabindex: "0" },
      element("table", {}, element("thead", {}, element("tr", {}, COLUMNS.map(([kind, words]) => element("th", { class: kind || null }, t(words))))), body),
    ),
  );
  const paint = () => paintCalls(desk.world, desk.now(), { all: all.checked, find: find.value.trim() }, { body, count });
  const anew = () => {
    paint();
    showNow(body);
  };
  all.addEventListener("change", anew);
  find.addEventListener("input", anew);
  desk.on(["call", "minute", "state"], paint);
  desk.key("/", { zh: "查找车次、车站", en: "Find a train or a place" }, () => find.focus());
  paint();
}

export default { id: "day", words: { zh: "到发", en: "Day" }, key: "1", open };
