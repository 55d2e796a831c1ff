// Texts on boards: put on one, several, a group, a platform, a type or all, until when; and taken back.

import { element } from "../desk/element.js";
import { hhmm } from "../words.js";
import { named, stationOf, TYPES } from "./station.js";

const MINUTE_S = 60;
const EVERYWHERE = "*";
const PRIORITIES = [
  ["20", { zh: "常用", en: "Usual" }],
  ["15", { zh: "优先", en: "Before others" }],
  ["5", { zh: "紧急（全亮，盖过一切）", en: "Emergency (full light, over everything)" }],
];

/** Ask for a text and put it on the boards; `chosen` are ids of boards that are marked. */
export async function askText(desk, chosen, boards) {
  const station = await desk.attempt(() => stationOf(desk));
  if (station === null) {
    return;
  }
  const { t } = desk;
  const groups = [...new Set(station.boards.flatMap((board) => board.groups))];
  const platforms = [...new Set(station.boards.flatMap((board) => board.platforms))];
  const types = [...new Set(station.boards.map(({ type }) => type))];
  const some = chosen.map((id) => named(desk, boards.find((board) => board.id === id)?.names, id));
  const where = [
    ["marked", some.length ? some.join(", ") : { zh: "（未选）", en: "(none)" }],
    [EVERYWHERE, { zh: "全部显示屏", en: "All boards" }],
    ...types.map((type) => [`type:${type}`, `${t({ zh: "类型", en: "Type" })}: ${t(TYPES[type] ?? type)}`]),
    ...platforms.map((id) => [`platform:${id}`, `${t({ zh: "站台", en: "Platform" })} ${id}`]),
    ...groups.map((group) => [`group:${group}`, `${t({ zh: "分组", en: "Group" })}: ${group}`]),
  ];
  const languages = station.station.languages;
  const values = await desk.ask({
    title: { zh: "在显示屏上显示文字", en: "Put a text on boards" },
    fields: [
      ...languages.map((language) => ({ name: `text-${language}`, words: { zh: `文字（${language}）`, en: `Words (${language})` }, kind: "textarea", lang: language, maxlength: 300 })),
      { name: "where", words: { zh: "位置", en: "Where" }, kind: "select", options: where, value: "marked" },
      { name: "minutes", words: { zh: "显示多久（分钟）", en: "For how long (minutes)" }, kind: "number", value: 30, min: 1, max: 1440, required: true },
      { name: "whole", words: { zh: "占满整屏", en: "Takes the whole board" }, kind: "checkbox" },
      { name: "priority", words: { zh: "级别", en: "Priority" }, kind: "select", options: PRIORITIES, value: "20" },
    ],
    ok: { zh: "显示", en: "Show it" },
    check: (given) => {
      if (!languages.some((language) => given[`text-${language}`].trim())) {
        return { zh: "请输入文字。", en: "Give words." };
      }
      return given.where === "marked" && !chosen.length ? { zh: "请选择显示屏。", en: "Choose boards." } : null;
    },
  });
  if (values === null) {
    return;
  }
  const deed = {
    do: "show",
    targets: values.where === "marked" ? chosen : [values.where],
    texts: languages.filter((language) => values[`text-${language}`].trim()).map((language) => ({ name: "text", language, text: values[`text-${language}`].trim() })),
    end: Math.floor(desk.now()) + values.minutes * MINUTE_S,
    whole: values.whole,
    priority: Number(values.priority),
  };
  const place = where.find(([id]) => id === values.where)[1];
  await desk.attempt(() => desk.act([deed], { words: { zh: `文字已显示：${t(place)}`, en: `Text shown: ${t(place)}` } }));
}

/** The texts that people have put on a board, each with what takes it back. */
export function texts(desk, board) {
  const { t, world } = desk;
  const now = desk.now();
  const found = [...world.tasks.values()]
    .filter((task) => task.kind === "message" && !task.call && task.targets.includes(board) && !["withdrawn", "skipped"].includes(task.state) && (task.end === null || task.end > now))
    .sort((one, other) => one.priority - other.priority || one.start - other.start);
  if (!found.length) {
    return [];
  }
  const row = (task) => {
    const words = task.texts.map(({ text }) => text).join(" / ");
    const act = task.id.slice(0, task.id.lastIndexOf("/"));
    const take = () => desk.undo(act);
    return element(
      "tr",
      { "data-text": task.id },
      element("td", { class: "words" }, words),
      element("td", {}, `${t({ zh: "至", en: "until" })} ${hhmm(task.end, world.zone)}`),
      element("td", {}, task.whole ? t({ zh: "整屏", en: "whole board" }) : ""),
      element("td", {}, world.acts.get(act)?.by ?? ""),
      element("td", {}, element("button", { type: "button", disabled: !desk.may("undo"), onclick: take, "aria-label": `${t({ zh: "撤下", en: "Take back" })}: ${words}` }, t({ zh: "撤下", en: "Take back" }))),
    );
  };
  return [
    element("h2", {}, t({ zh: "人工文字", en: "Texts by hand" })),
    element("table", { "aria-label": t({ zh: "人工文字", en: "Texts by hand" }) }, element("tbody", {}, found.map(row))),
  ];
}
