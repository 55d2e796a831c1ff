// A form at the side, so that the trains stay in sight. Enter does it, Escape gives up; one sheet at a time.

import { element, refill } from "./element.js";

export class Sheet {
  constructor(place, t) {
    this.place = place;
    this.t = t;
    this.close = null; // gives up the sheet that is open
  }

  /**
   * Ask for values. Each field: { name, words, kind, value, options: [[value, words]…], required, min, max, rows, hint }
   * with kind text (usual), number, time, date, textarea, select, many (several of options), checkbox, password; or
   * { node } for anything else to be seen. `check(values)` gives words of what is wrong, or nothing. `watch(values, note)` is called after
   * each change and may fill `note`. Gives a Promise of the values by name; null where the person gives up.
   */
  ask({ title, fields = [], ok = { zh: "确定", en: "OK" }, danger = false, check = null, watch = null }) {
    this.close?.();
    const { t } = this;
    const before = document.activeElement;
    return new Promise((done) => {
      const end = (values) => {
        this.close = null;
        refill(this.place);
        this.place.hidden = true;
        if (before?.isConnected) {
          before.focus();
        }
        done(values);
      };
      const fault = element("p", { class: "fault", role: "alert" });
      const note = element("div", { class: "note", "aria-live": "polite" });
      const made = fields.map((field) => (field.node ? { node: field.node } : this.field(field)));
      const values = () => Object.fromEntries(made.filter((each) => each.name).map((each) => [each.name, each.value()]));
      const form = element(
        "form",
        {
          "aria-labelledby": "sheet-title",
          onsubmit: (event) => {
            event.preventDefault();
            const wrong = check?.(values());
            if (wrong) {
              fault.textContent = t(wrong);
            } else {
              end(values());
            }
          },
          onkeydown: (event) => {
            if (event.key === "Escape") {
              event.preventDefault();
              event.stopPropagation();
              end(null);
            }
          },
          oninput: () => watch?.(values(), note),
        },
        element("h2", { id: "sheet-title" }, t(title)),
        made.map((each) => each.node),
        note,
        fault,
        element(
          "div",
          { class: "buttons" },
          element("button", { type: "submit", class: danger ? "danger" : "chief" }, t(ok)),
          element("button", { type: "button", onclick: () => end(null) }, t({ zh: "取消 Esc", en: "Cancel Esc" })),
        ),
      );
      this.close = () => end(null);
      refill(this.place, form);
      this.place.hidden = false;
      const first = form.querySelector("[data-first], input, select, textarea") ?? form.querySelector("button");
      first.focus();
      first.select?.();
      watch?.(values(), note);
    });
  }

  field({ name, words, kind = "text", value = "", options = [], hint = "", ...more }) {
    const { t } = this;
    const given = { name, id: `sheet-${name}`, autocomplete: "off", ...more };
    if (hint) {
      given["aria-describedby"] = `sheet-${name}-hint`;
    }
    const label = (input) =>
      element(
        "div",
        { class: `field ${kind}` },
        element("label", { for: given.id }, t(words)),
        input,
        hint ? element("small", { id: `sheet-${name}-hint` }, t(hint)) : null,
      );
    const choices = (chosen) => options.map(([id, text]) => element("option", { value: id, selected: chosen.includes(id) }, t(text)));
    if (kind === "select" || kind === "many") {
      const many = kind === "many";
      const input = element("select", { ...given, multiple: many, size: many ? Math.min(10, Math.max(3, options.length)) : null }, choices([value].flat()));
      const read = () => (many ? [...input.selectedOptions].map((each) => each.value) : input.value);
      return { name, node: label(input), value: read };
    }
    if (kind === "checkbox") {
      const input = element("input", { ...given, type: "checkbox", checked: Boolean(value) });
      return { name, node: label(input), value: () => input.checked };
    }
    const input = kind === "textarea" ? element("textarea", { rows: 3, ...given }, value) : element("input", { ...given, type: kind, value });
    const read = () => (kind === "number" ? (input.value === "" ? null : Number(input.value)) : input.value);
    return { name, node: label(input), value: read };
  }
}
