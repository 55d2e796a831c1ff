// Draws a board from its state and changes only what differs, so that nothing flickers: a row keeps its element for
// as long as its task is on, and a text is written only when it is another one.

import { showClock, stationNow } from "/static/clock.js";
import { fit } from "./fit.js";
import { drawCars, dress, enlarge, standing } from "./look.js";

const STACKED = "together";
const LOCALES = { zh: "zh-CN", en: "en-GB" };

export class BoardDrawing {
  constructor(root, notice) {
    this.root = root;
    this.notice = notice;
    this.look = null;
    this.silent = false;
    this.resized = new ResizeObserver(() => this.refit());
    this.resized.observe(root);
    this.clear();
  }

  /** Show nothing. */
  clear() {
    this.root.replaceChildren();
    this.skeleton = "";
    this.regions = [];
    this.rows = new Map(); // task -> { element, cells }
    this.state = null;
    this.language = 0;
  }

  /** Show this state. */
  update(state) {
    const skeleton = JSON.stringify([state.board, state.station, state.look, bones(state.regions)]);
    this.state = state;
    this.look = state.look;
    if (skeleton !== this.skeleton) {
      this.build(state);
      this.skeleton = skeleton;
    }
    this.fillRows(state);
    this.tellTrust();
    this.turn(Date.now() / 1000, true);
  }

  /** The page has not heard its server for too long, or has again. */
  setSilent(silent) {
    this.silent = silent;
    this.tellTrust();
  }

  /** Show the page and the language of this moment: seconds, the same on every board of the station. */
  turn(now, always = false) {
    if (this.state === null) {
      return;
    }
    const { look, station } = this.state;
    const dwell = Math.floor(now / look.dwell_s);
    const language =
      look.languages === "alternate"
        ? Math.floor((now % look.dwell_s) / look.language_s) % station.languages.length
        : 0;
    if (language !== this.language || always) {
      this.language = language;
      this.root.dataset.language = String(language);
      this.root.lang = station.languages[language];
    }
    let turned = always;
    this.regions.forEach((region, index) => {
      const pages = this.state.regions[index].pages;
      const page = (dwell % pages) + 1;
      if (page !== region.page || always) {
        region.page = page;
        turned = true;
        this.showPage(region, index, pages);
      }
    });
    if (turned) {
      this.refit();
    }
    this.paintDate();
  }

  /** Measure again: the screen or what is on it has changed. */
  refit() {
    fit(this.root.querySelectorAll(".heading, .fitted, .row:not([hidden]) .cell"));
    this.root.querySelectorAll(".standing").forEach(enlarge);
  }

  // -- the frame -------------------------------------------------------------------------------------------------

  build(state) {
    const { board, station, look } = state;
    this.rows.clear();
    dress(look);
    document.title = `${board.names[station.languages[0]] ?? board.id} · ${board.id}`;
    const root = this.root;
    root.className = `header-${look.header.place} ${look.across ? "across" : "down"} ${look.languages}${look.narrow ? " narrow" : ""}`;
    const colours = look.colours;
    for (const name of ["background", "text", "muted", "header", "number"]) {
      root.style.setProperty(`--board-${name}`, colours[name]);
    }
    root.style.setProperty("--board-header-text", colours.header_text);
    const parts = [];
    if (look.header.place !== "none") {
      parts.push(this.header(state));
    }
    this.regions = state.regions.map((region) => this.region(region));
    const whole = look.across ? 0 : state.regions.reduce((sum, region) => sum + region.share, 0);
    state.regions.forEach((region, index) => {
      this.regions[index].element.style.setProperty("--part", whole === 0 ? 1 : region.share / whole);
    });
    const regions = make("div", "regions", ...this.regions.map((region) => region.element));
    if (this.regions.length === 0) {
      regions.append(standing(look, station.languages, (texts) => this.named(texts)));
    }
    parts.push(regions);
    if (Object.keys(look.footer).length > 0) {
      const footer = make("footer", "fitted");
      this.words(footer, this.named(look.footer));
      parts.push(footer);
    }
    root.replaceChildren(...parts);
    this.resized.disconnect();
    for (const element of [root, ...root.querySelectorAll("h1")]) {
      this.resized.observe(element);
    }
  }

  header({ station, look }) {
    const title = make("h1", "fitted");
    this.words(title, this.named(look.header.titles));
    const header = make("header", "", title);
    const meta = make("div", "meta");
    this.date = null;
    if (look.header.date) {
      this.date = make("span", "date");
      meta.append(this.date);
    }
    const clock = make("span", "clock");
    clock.dataset.zone = station.zone;
    showClock(clock);
    clock.classList.toggle("badge-only", !look.header.clock);
    meta.append(clock);
    header.append(meta);
    return header;
  }

  region(region) {
    const element = make("section", "region");
    element.style.setProperty("--share", region.share);
    element.classList.toggle("inside", region.headings === "inside");
    if (Object.keys(region.titles).length > 0) {
      const title = make("h2", "fitted");
      this.words(title, this.named(region.titles));
      element.append(title);
    }
    if (region.headings === "top" && region.lines[0].columns.some((column) => Object.keys(column.headings).length > 0)) {
      const headings = make("div", "headings");
      headings.style.setProperty("--em", region.lines[0].width);
      for (const column of region.lines[0].columns) {
        const heading = make("div", `heading ${column.align}`);
        heading.style.setProperty("--width", column.width);
        this.words(heading, column.headings, column.language);
        headings.append(heading);
      }
      element.append(headings);
    }
    const rows = make("div", "rows");
    const empty = make("div", "empty");
    this.words(empty, this.named(region.empty));
    const pager = make("div", "pager");
    element.append(rows, empty, pager);
    return { element, rows, empty, pager, page: 0 };
  }

  // -- rows ------------------------------------------------------------------------------------------------------

  fillRows(state) {
    const gone = new Set(this.rows.keys());
    const counts = state.regions.map(() => 0);
    for (const row of state.rows) {
      gone.delete(row.task);
      const held = this.rowElement(row, state);
      this.fillRow(held, row, state);
      held.element.style.order = String(counts[row.region]++);
    }
    for (const task of gone) {
      this.rows.get(task).element.remove();
      this.rows.delete(task);
    }
    this.regions.forEach((region, index) => {
      region.empty.hidden = counts[index] > 0;
    });
  }

  rowElement(row, state) {
    let held = this.rows.get(row.task);
    if (held !== undefined && held.region !== row.region) {
      held.element.remove();
      held = undefined;
    }
    if (held === undefined) {
      held = this.newRow(row.region, state.regions[row.region]);
      this.rows.set(row.task, held);
      this.regions[row.region].rows.append(held.element);
    }
    return held;
  }

  newRow(index, region) {
    const element = make("article", "row");
    element.hidden = true;
    const cells = [];
    for (const [number, line] of region.lines.entries()) {
      const holder = make("div", "line");
      holder.style.setProperty("--height", line.height);
      holder.style.setProperty("--em", line.width);
      for (const column of line.columns) {
        const cell = make("div", `cell ${column.field} ${column.align}${column.filled ? " filled" : ""}`);
        cell.dataset.overflow = column.overflow;
        cell.dataset.field = column.field;
        cell.style.setProperty("--width", column.width);
        cell.style.setProperty("--size", column.size);
        const value = make("div", "value");
        const labelled = region.headings === "inside" || (region.headings === "top" && number > 0);
        if (labelled && Object.keys(column.headings).length > 0) {
          const label = make("div", "label");
          this.words(label, column.headings, column.language);
          cell.append(label);
          cell.classList.add("labelled");
        }
        cell.append(value);
        holder.append(cell);
        cells.push({ column, value });
      }
      element.append(holder);
    }
    return { element, cells, region: index };
  }

  fillRow(held, row, state) {
    const { element } = held;
    setData(element, "call", row.call);
    setData(element, "task", row.task);
    setData(element, "revision", String(row.revision));
    setData(element, "page", String(row.page));
    setData(element, "status", row.status ?? "");
    element.style.setProperty("--status", state.look.colours.status[row.status] ?? state.look.colours.text);
    for (const { column, value } of held.cells) {
      if (column.field === "time" && row.fields.time === undefined) {
        this.time(value, row.fields);
      } else if (column.field === "cars") {
        drawCars(value, row.cars, state.look.cars);
      } else if (column.field === "formation") {
        this.words(value, { "": row.formation }, column.language);
      } else if (column.field === "status") {
        this.words(value, row.status_texts, column.language);
      } else {
        this.words(value, row.fields[column.field] ?? {}, column.language);
      }
    }
  }

  /** Planned, and beside it expected where there is one that differs. */
  time(value, fields) {
    const planned = Object.values(fields.planned ?? {})[0] ?? "";
    const expected = Object.values(fields.expected ?? {})[0] ?? "";
    const key = `${planned} ${expected}`;
    if (value.dataset.key === key) {
      return;
    }
    value.dataset.key = key;
    value.dataset.stack = "1";
    const text = make("span", "text lone");
    if (expected === "") {
      text.textContent = planned;
    } else {
      const old = make("s");
      old.textContent = planned;
      const present = make("b");
      present.textContent = expected;
      text.append(old, present);
    }
    value.replaceChildren(text);
  }

  /** One text by language into an element: one below the other, or all in the same place with one of them visible. */
  words(element, byLanguage, only = "") {
    const languages = this.languages(byLanguage, only);
    const key = JSON.stringify(languages);
    if (element.dataset.key === key) {
      return;
    }
    element.dataset.key = key;
    element.classList.add("words");
    element.dataset.stack = String(this.look.languages === STACKED ? Math.max(1, languages.length) : 1);
    element.replaceChildren(
      ...languages.map(([index, language, text]) => {
        const span = make("span", index === null ? "text lone" : `text l${index}`);
        if (language !== "") {
          span.lang = language;
          span.classList.toggle("vertical", this.look.vertical.includes(language));
        }
        span.textContent = text;
        return span;
      }),
    );
  }

  /** What there is to show, as [place in the order of languages or null, language, text]. */
  languages(byLanguage, only) {
    const order = this.state.station.languages;
    const shown = this.look.languages === "first" ? order.slice(0, 1) : order;
    const of = (language) => byLanguage[language] ?? byLanguage[""] ?? byLanguage[order[0]] ?? "";
    if (only !== "") {
      return [[null, only, of(only)]];
    }
    const texts = shown.map((language, index) => [index, language, of(language)]);
    if (texts.every(([, , text]) => text === texts[0][2])) {
      return [[null, "", texts[0][2]]];
    }
    return texts;
  }

  /** A layout's texts with the names of this board, its places and this station. */
  named(byLanguage) {
    const { board, station } = this.state;
    return Object.fromEntries(
      Object.entries(byLanguage).map(([language, text]) => [
        language,
        text
          .replaceAll("{board}", board.names[language] ?? board.id)
          .replaceAll("{places}", board.places[language] ?? board.id)
          .replaceAll("{station}", station.names[language] ?? ""),
      ]),
    );
  }

  showPage(region, index, pages) {
    const shape = this.state.regions[index];
    let shown = 0;
    for (const { element, region: mine } of this.rows.values()) {
      if (mine === index) {
        element.hidden = element.dataset.page !== String(region.page);
        shown += element.hidden ? 0 : 1;
      }
    }
    region.rows.style.setProperty("--rows", shape.grow ? Math.max(1, shown) : shape.rows);
    setData(region.element, "page", String(region.page));
    region.element.classList.toggle("paged", pages > 1);
    region.pager.replaceChildren(
      ...Array.from({ length: pages < 2 ? 0 : pages }, (_, number) =>
        make("i", number + 1 === region.page ? "here" : ""),
      ),
    );
  }

  // -- trust and time --------------------------------------------------------------------------------------------

  tellTrust() {
    if (this.state === null) {
      return;
    }
    const { look, stale, alone } = this.state;
    const untrue = stale || this.silent;
    this.root.classList.toggle("untrue", untrue);
    const texts = untrue ? look.stale.texts : alone ? look.alone : {};
    this.notice.className = untrue ? "stale" : "alone";
    this.notice.hidden = Object.keys(texts).length === 0;
    const text = Object.values(this.named(texts)).join("　");
    if (this.notice.textContent !== text) {
      this.notice.textContent = text;
    }
  }

  paintDate() {
    const now = stationNow();
    if (!this.date || now === null) {
      return;
    }
    const { station } = this.state;
    const language = station.languages[this.language];
    const day = new Intl.DateTimeFormat(LOCALES[language] ?? language, {
      timeZone: station.zone,
      month: language === "zh" ? "long" : "short",
      day: "numeric",
      weekday: language === "zh" ? "long" : "short",
    }).format(new Date(now));
    if (this.date.textContent !== day) {
      this.date.textContent = day;
    }
  }
}

/** What of the regions is frame and not content. */
function bones(regions) {
  return regions.map((region) => ({ ...region, pages: 0 }));
}

function make(tag, classes = "", ...children) {
  const element = document.createElement(tag);
  if (classes !== "") {
    element.className = classes;
  }
  element.append(...children);
  return element;
}

function setData(element, name, value) {
  if (element.dataset[name] !== value) {
    element.dataset[name] = value;
  }
}
