// What came of things, said at the lower edge where it hides no train, and spoken by screen readers.

import { element } from "./element.js";

const SHOWN_MS = { ok: 8_000, warn: 12_000, error: Infinity };
const MOST = 5;

export class Toasts {
  /** `undo(act)` takes an act back. */
  constructor(t, undo) {
    this.t = t;
    this.undo = undo;
    this.polite = element("div", { class: "toasts", role: "status", "aria-live": "polite" });
    this.urgent = element("div", { class: "toasts", role: "alert" });
    document.body.append(element("div", { id: "toasts" }, this.urgent, this.polite));
  }

  /** Say something; `kind` is ok, warn or error (which stays until it is dismissed); `undo`: the act to offer to undo. */
  tell(words, { kind = "ok", undo = null, actions = [] } = {}) {
    const dismiss = () => toast.remove();
    const buttons = [
      ...(undo === null ? [] : [{ words: { zh: "撤销 Ctrl+Z", en: "Undo Ctrl+Z" }, run: () => this.undo(undo) }]),
      ...actions,
    ];
    const toast = element(
      "div",
      { class: `toast ${kind}` },
      element("span", { class: "sign", "aria-hidden": "true" }, { ok: "✓", warn: "!", error: "✕" }[kind]),
      element("p", {}, this.t(words)),
      buttons.map(({ words: label, run }) =>
        element(
          "button",
          {
            type: "button",
            onclick: () => {
              dismiss();
              run();
            },
          },
          this.t(label),
        ),
      ),
      element("button", { type: "button", class: "close", "aria-label": this.t({ zh: "知道了", en: "Dismiss" }), onclick: dismiss }, "×"),
    );
    const place = kind === "error" ? this.urgent : this.polite;
    place.append(toast);
    while (place.children.length > MOST) {
      place.firstElementChild.remove();
    }
    if (SHOWN_MS[kind] < Infinity) {
      setTimeout(dismiss, SHOWN_MS[kind]);
    }
    return dismiss;
  }

  /** Say what the hub refused, with each fault where there are several. */
  problem(problem, options = {}) {
    if (problem.code === "password-to-change") {
      return () => {}; // the sheet at the side asks for it already
    }
    const faults = (problem.faults ?? []).map(({ place, problem: what, allowed }) => `${place}: ${what} (${allowed})`);
    const reached = problem.status !== 0 || problem.code !== "not-reached";
    const said = reached ? [problem.message, problem.hint, ...faults].filter(Boolean).join(" ") : NOT_REACHED;
    return this.tell(said, { kind: "error", ...options });
  }
}

const NOT_REACHED = { zh: "中心没有应答，操作未执行。", en: "The hub does not answer; nothing was done." };
