// What is typed into a cell. Enter does it, Escape gives up; what cannot be understood stays open, and why is said.

import { element } from "../desk/element.js";

export class TypedEditor {
  /** AG Grid's own call; `params.hear` is the pane's: { begun(row), hint(typed), fault(typed) → words or null }. */
  init(params) {
    const typed = params.eventKey?.length === 1 ? params.eventKey : null;
    this.hear = params.hear;
    this.row = params.data;
    this.known = this.hear.begun(params.data);
    this.select = typed === null;
    this.input = element("input", {
      class: "typed",
      type: "text",
      value: typed ?? params.start(params.data.call),
      autocomplete: "off",
      "aria-label": `${params.data.call.number} ${params.label}`,
      "data-editor": params.colDef.colId,
      oninput: () => this.look(),
      onkeydown: (event) => this.press(event),
    });
  }

  getGui() {
    return this.input;
  }

  afterGuiAttached() {
    this.input.focus();
    if (this.select) {
      this.input.select();
    }
    this.look();
  }

  /** What was typed, and the revision of the call in which the person saw it when he began. */
  getValue() {
    return { typed: this.input.value, known: this.known };
  }

  look() {
    const fault = this.hear.hint(this.row, this.input.value);
    this.input.setAttribute("aria-invalid", String(fault));
  }

  press(event) {
    if (event.key === "Enter" || event.key === "Tab") {
      if (this.input.value.trim() !== "" && this.hear.hint(this.row, this.input.value)) {
        event.stopPropagation(); // it stays open, with what is wrong beside it
        event.preventDefault();
      }
    } else if (event.key !== "Escape") {
      event.stopPropagation(); // arrows move in the text, and no letter is a command
    }
  }

  isPopup() {
    return false;
  }

  destroy() {
    this.hear.ended();
  }
}
