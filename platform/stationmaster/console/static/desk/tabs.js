// The panes and their tabs: one is seen at a time, its name stands in the address, and each has its key.

import { element, refill, setText } from "./element.js";

export class Tabs {
  /** `desk` is given to the panes; `may(pane)` says whether it is for this person. */
  constructor(bar, place, panes, desk, { t, may }) {
    Object.assign(this, { bar, place, panes, desk, t, may });
    this.open = new Map(); // id → { root, pane }
    this.counters = new Map();
    this.now = null;
    addEventListener("hashchange", () => this.go(location.hash.slice(1)));
  }

  /** Draw the tabs anew: the language or the person is another. */
  paint() {
    const tabs = this.panes.filter(this.may).map((pane) =>
      element(
        "a",
        {
          href: `#${pane.id}`,
          class: "tab",
          "data-pane": pane.id,
          "aria-current": pane.id === this.now ? "page" : null,
          title: pane.key ? `Alt+${pane.key}` : null,
        },
        this.t(pane.words),
        element("span", { class: "counter", hidden: true }),
      ),
    );
    refill(this.bar, tabs);
    this.counters.forEach((count, id) => this.count(id, count));
  }

  /** Show how many things wait in a pane; none: no counter. `grave` ones stand out. */
  count(id, count) {
    this.counters.set(id, count);
    const counter = this.bar.querySelector(`[data-pane="${id}"] .counter`);
    if (counter) {
      counter.hidden = !count.number;
      counter.classList.toggle("grave", Boolean(count.grave));
      setText(counter, String(count.number));
    }
  }

  /** Show a pane; `argument` is for it alone. */
  go(id, argument = null) {
    const pane = this.panes.find((each) => each.id === id && this.may(each)) ?? this.panes.find(this.may);
    if (pane.id !== this.now) {
      this.open.get(this.now)?.pane.hide?.();
    }
    for (const [name, { root }] of this.open) {
      root.hidden = name !== pane.id;
    }
    this.now = pane.id;
    if (location.hash !== `#${pane.id}`) {
      history.replaceState(null, "", `#${pane.id}`);
    }
    for (const tab of this.bar.children) {
      tab.toggleAttribute("aria-current", tab.dataset.pane === pane.id);
      if (tab.dataset.pane === pane.id) {
        tab.setAttribute("aria-current", "page");
      }
    }
    this.desk.paneShown(pane);
    this.opened(pane).pane.show?.(argument);
  }

  opened(pane) {
    if (!this.open.has(pane.id)) {
      if (pane.style) {
        document.head.append(element("link", { rel: "stylesheet", href: pane.style }));
      }
      const root = element("section", { id: `pane-${pane.id}`, class: "pane", "aria-label": this.t(pane.words) });
      this.place.append(root);
      const desk = this.desk.forPane(pane);
      this.open.set(pane.id, { root, desk, pane: pane.open(root, desk) ?? {} });
    }
    return this.open.get(pane.id);
  }

  /** Draw every pane anew: the language or the person is another, and panes hold words and what a person may do. */
  reopen() {
    for (const { root, pane, desk } of this.open.values()) {
      pane.hide?.();
      pane.end?.();
      desk.end();
      root.remove();
    }
    this.open.clear();
    this.paint();
    this.go(this.now);
  }
}
