// How the page is shown: its language, its theme, and whether the glance at the right is open. Kept for each person.

import { element, refill } from "./element.js";

export class Tools {
  constructor(place, { t, language, preferences, topics, keys }) {
    Object.assign(this, { place, t, language, preferences, topics, keys });
    keys.onLetters = (on) => preferences.set("letters", on);
    this.theme = "day";
    this.rail = true;
  }

  /** Show the page as its person wants it. */
  load() {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    this.setTheme(this.preferences.get("theme", dark ? "night" : "day"));
    this.setRail(this.preferences.get("rail", true));
    this.keys.letters = this.preferences.get("letters", true);
    this.language.set(this.preferences.get("language", navigator.language.startsWith("en") ? "en" : "zh"));
    this.paint();
  }

  paint() {
    const { t } = this;
    const other = this.language.now === "zh" ? "en" : "zh";
    const button = (id, words, run, more = {}) => element("button", { type: "button", id, onclick: run, ...more }, t(words));
    refill(
      this.place,
      button("language", { zh: "English", en: "中文" }, () => this.choose("language", other, () => this.language.set(other)), {
        lang: other === "zh" ? "zh-CN" : "en",
      }),
      button("theme", this.theme === "day" ? { zh: "夜间", en: "Night" } : { zh: "日间", en: "Day" }, () => {
        const theme = this.theme === "day" ? "night" : "day";
        this.choose("theme", theme, () => this.setTheme(theme));
      }),
      button("rail-toggle", { zh: "概况", en: "Glance" }, () => this.toggleRail(), { "aria-pressed": String(this.rail), title: "Alt+R" }),
      button("keys", { zh: "快捷键", en: "Keys" }, () => this.keys.toggleHelp(), { title: "?" }),
    );
  }

  toggleRail() {
    this.choose("rail", !this.rail, () => this.setRail(!this.rail));
  }

  choose(key, value, show) {
    show();
    this.paint();
    this.preferences.set(key, value);
  }

  setTheme(theme) {
    this.theme = theme;
    document.documentElement.dataset.theme = theme;
    this.topics.tell("theme");
  }

  setRail(open) {
    this.rail = open;
    document.body.classList.toggle("no-rail", !open);
  }
}
