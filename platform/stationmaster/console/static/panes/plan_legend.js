// What colours and signs mean. Colours are each person's own, kept with his account; signs are everybody's.

import { element, refill } from "../desk/element.js";
import { nameIn } from "../words.js";

const COLOUR = /^#[0-9a-f]{6}$/;
const LEAST_CONTRAST = 3; // WCAG 2.2, 1.4.11

const GROUPS = {
  time: { zh: "列车正晚点", en: "How trains keep their time" },
  kind: { zh: "列车类别", en: "What trains do here" },
  track: { zh: "股道", en: "Tracks" },
  device: { zh: "设备", en: "Devices" },
};
const SIGNS = [
  ["▶ ◀", { zh: "进站或出站的方向", en: "Coming in or leaving, and which way" }],
  ["!", { zh: "与同股道另一列车冲突", en: "In conflict with another train on its track" }],
  ["≈", { zh: "未证实，仅按时刻推定", en: "Unconfirmed: believed by its times alone" }],
  ["⇄", { zh: "与同股道另一车次为同一车底", en: "The same set as another number on its track" }],
  ["╌╌", { zh: "无站台的股道", en: "A track without a platform" }],
];
const STAGES = {
  coming: { zh: "进站", en: "coming in" },
  standing: { zh: "在站", en: "standing" },
  leaving: { zh: "出站", en: "leaving" },
};

/** How bright a colour is, as WCAG reckons it. */
function brightness(colour) {
  const [red, green, blue] = [1, 3, 5]
    .map((place) => Number.parseInt(colour.slice(place, place + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

export function contrast(one, other) {
  const [dark, light] = [brightness(one), brightness(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** Black or white, whichever can be read better on a colour. */
const inkOn = (colour) => (contrast(colour, "#000000") >= contrast(colour, "#ffffff") ? "#000000" : "#ffffff");

export class Legend {
  /** `root` gets the colours as variables; `place` is where the legend is shown and edited. */
  constructor(root, place, desk) {
    Object.assign(this, { root, place, desk });
    this.entries = [];
  }

  async load() {
    const { entries } = await this.desk.api.get("/api/v1/track-plan/legend");
    this.entries = entries.map((entry) => ({ ...entry, names: Object.fromEntries(entry.names), signs: Object.fromEntries(entry.signs) }));
    this.apply();
  }

  /** The colours that this person has chosen, by theme and state. */
  get chosen() {
    const kept = this.desk.preferences.get("legend", {});
    return kept !== null && typeof kept === "object" ? kept : {};
  }

  colour(entry, theme = this.desk.theme) {
    const own = this.chosen[theme]?.[entry.id];
    return typeof own === "string" && COLOUR.test(own) ? own : entry[theme];
  }

  apply() {
    for (const entry of this.entries) {
      const colour = this.colour(entry);
      this.root.style.setProperty(`--plan-${entry.id}`, colour);
      this.root.style.setProperty(`--plan-${entry.id}-ink`, inkOn(colour));
    }
    this.paint();
  }

  entry(id) {
    return this.entries.find((entry) => entry.id === id);
  }

  sign(id) {
    return this.desk.t(this.entry(id)?.signs ?? "");
  }

  word(id) {
    return this.desk.t(this.entry(id)?.names ?? id);
  }

  /** Everything about a train that its picture says, in words. */
  spoken(train) {
    const { t, language, world } = this.desk;
    const name = (station) => nameIn(language, station, world) || station;
    const minutes = train.state === "late" || train.state === "early" ? ` ${Math.abs(train.late)}′` : "";
    const words = [
      train.numbers.join("/"),
      `${name(train.origin)} — ${name(train.destination)}`,
      train.running === "extra" ? this.word("extra") : this.word(train.kind),
      `${t({ zh: "股道", en: "Track" })} ${train.track}`,
      t(STAGES[train.stage]),
      this.word(train.state) + minutes,
    ];
    if (train.conflicts.length) {
      words.push(this.word("conflict"));
    }
    if (train.unconfirmed) {
      words.push(t({ zh: "未证实", en: "unconfirmed" }));
    }
    return words.join(", ");
  }

  /** The legend as it stands beside the plan: each state with its sign, its name and a field for its colour. */
  paint() {
    const { t } = this.desk;
    const groups = Object.entries(GROUPS).map(([group, words]) =>
      element(
        "fieldset",
        {},
        element("legend", {}, t(words)),
        this.entries.filter((entry) => entry.group === group).map((entry) => this.row(entry)),
      ),
    );
    const reset = element("button", { type: "button", id: "legend-reset", onclick: () => this.reset() }, t({ zh: "恢复默认颜色", en: "Usual colours" }));
    const signs = element("dl", {}, SIGNS.map(([sign, words]) => [element("dt", {}, sign), element("dd", {}, t(words))]));
    refill(this.place, element("h2", {}, t({ zh: "图例", en: "Legend" })), groups, reset, signs);
  }

  row(entry) {
    const { t } = this.desk;
    const colour = this.colour(entry);
    const swatch = element("span", { class: "swatch", "aria-hidden": "true" }, t(entry.signs));
    swatch.style.setProperty("--body", colour);
    swatch.style.setProperty("--ink", inkOn(colour));
    const input = element("input", {
      type: "color",
      value: colour,
      "data-state": entry.id,
      "aria-label": `${t(entry.names)}: ${t({ zh: "颜色", en: "colour" })}`,
      onchange: (event) => this.choose(entry, event.target.value),
    });
    return element("div", { class: "legend-row" }, swatch, element("span", {}, t(entry.names)), input);
  }

  /** Keep a colour for this person, in the theme that he sees. */
  async choose(entry, colour) {
    const { theme } = this.desk;
    const ground = getComputedStyle(this.root).getPropertyValue("--panel").trim();
    if (COLOUR.test(ground) && contrast(colour, ground) < LEAST_CONTRAST) {
      this.desk.tell({ zh: `「${entry.names.zh}」的颜色与底色难以分辨`, en: `The colour of “${entry.names.en}” hardly stands out here` }, { kind: "warn" });
    }
    await this.keep({ ...this.chosen, [theme]: { ...this.chosen[theme], [entry.id]: colour } });
    this.place.querySelector(`[data-state="${entry.id}"]`)?.focus();
  }

  async reset() {
    await this.keep(null);
    this.place.querySelector("#legend-reset")?.focus();
  }

  async keep(value) {
    const kept = this.desk.attempt(() => this.desk.preferences.set("legend", value)); // it holds here from now on
    this.apply();
    await kept;
  }
}
