// Keyboard commands: each is said once, with its words, and stands in the help that "?" opens.

import { element, refill } from "./element.js";

const TYPED_IN = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";

/** The name of a pressed combination: "Ctrl+Shift+Z", "Alt+1", "+", "Escape". */
export function comboOf(event) {
  const name = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const digit = event.altKey && /^Digit\d$/.test(event.code) ? event.code.slice(5) : null; // Alt changes what a digit types
  const shifted = event.shiftKey && (event.key.length > 1 || /[A-Z]/i.test(event.key));
  return [event.ctrlKey || event.metaKey ? "Ctrl+" : "", event.altKey ? "Alt+" : "", shifted ? "Shift+" : "", digit ?? name].join("");
}

export class Keys {
  constructor(t) {
    this.t = t;
    this.commands = []; // { combo, words, run, pane }
    this.pane = null;
    this.letters = true; // whether single letters and signs are commands; who speaks to his computer turns that off
    this.onLetters = () => {};
    this.help = element("dialog", { id: "help", "aria-labelledby": "help-title" });
    document.body.append(this.help);
    document.addEventListener("keydown", (event) => this.press(event));
    this.add("?", { zh: "快捷键一览", en: "This list of keys" }, () => this.toggleHelp());
  }

  /** Have a key do something, everywhere or in one pane; gives what ends that. */
  add(combo, words, run, { pane = null } = {}) {
    const command = { combo, words, run, pane };
    this.commands.push(command);
    return () => (this.commands = this.commands.filter((each) => each !== command));
  }

  press(event) {
    if (event.defaultPrevented || event.isComposing) {
      return;
    }
    const combo = comboOf(event);
    if (this.help.open && combo !== "?") {
      return; // the list has its own
    }
    const typing = event.target.closest?.(TYPED_IN) && !/^(Ctrl\+|Alt\+|F\d)/.test(combo);
    const undoing = event.target.closest?.(TYPED_IN) && /^Ctrl\+(Shift\+)?[ZYAXCV]$/.test(combo); // the field's own
    if (typing || undoing || (!this.letters && isLetter(combo))) {
      return;
    }
    const found = this.commands.findLast((each) => each.combo === combo && (each.pane === null || each.pane === this.pane));
    if (found && found.run(event) !== false) {
      event.preventDefault();
    }
  }

  toggleHelp() {
    if (this.help.open) {
      this.help.close();
      return;
    }
    const rows = this.commands
      .filter((each) => each.pane === null || each.pane === this.pane)
      .map(({ combo, words }) => element("tr", {}, element("th", { scope: "row" }, element("kbd", {}, combo === " " ? "Space" : combo)), element("td", {}, this.t(words))));
    const close = element("button", { type: "button", onclick: () => this.help.close() }, this.t({ zh: "关闭", en: "Close" }), " Esc");
    const letters = element("input", {
      type: "checkbox",
      checked: this.letters,
      onchange: () => {
        this.letters = letters.checked;
        this.onLetters(this.letters);
      },
    });
    refill(
      this.help,
      element("h2", { id: "help-title" }, this.t({ zh: "快捷键", en: "Keys" })),
      element("label", {}, letters, " ", this.t({ zh: "使用单键（字母、符号）", en: "Single letters and signs are commands" })),
      element("table", {}, element("tbody", {}, rows)),
      close,
    );
    this.help.showModal();
  }
}

const isLetter = (combo) => /^(Shift\+)?.$/u.test(combo);
