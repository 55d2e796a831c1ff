// The page's two languages. Words are given where they are used, in both: { zh, en }.

export const LANGUAGES = ["zh", "en"];
const HTML = { zh: "zh-CN", en: "en" };

export class Language {
  constructor(onChange) {
    this.now = "zh";
    this.onChange = onChange;
  }

  /** Speak another one from now on. */
  set(language) {
    if (LANGUAGES.includes(language) && language !== this.now) {
      this.now = language;
      document.documentElement.lang = HTML[language];
      this.onChange();
    }
  }

  /** The words in the page's language; plain text is as it is. */
  of(words) {
    return typeof words === "string" ? words : (words?.[this.now] ?? words?.zh ?? words?.en ?? "");
  }
}
