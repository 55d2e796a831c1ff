// Views of the table: which trains, in which order, with which columns. A few are given; each person keeps his own.

import { late } from "./day_times.js";

const KEY = "day.views";
const LAST = "day.view";
const LATE_KINDS = new Set(["late", "early", "bad"]);
const MOST_VIEWS = 30;

/** The given views: whether a row belongs to one; `mine` has the person's login and name. */
export const GIVEN = [
  { id: "all", words: { zh: "全部", en: "All" }, fits: () => true },
  {
    id: "departures",
    words: { zh: "出发", en: "Departures" },
    fits: ({ call }) => call.departure !== null && call.kind !== "passing",
  },
  {
    id: "arrivals",
    words: { zh: "到达", en: "Arrivals" },
    fits: ({ call }) => call.arrival !== null && call.kind !== "passing",
  },
  {
    id: "late",
    words: { zh: "晚点", en: "Not on time" },
    fits: ({ call, cells }) => {
      const events = [call.arrival, call.departure].filter((event) => event !== null);
      const off = events.some((event) => event.best === null || event.overdue || late(event) !== 0);
      return off || call.running === "suspended" || call.unconfirmed || LATE_KINDS.has(cells.state.kind);
    },
  },
  {
    id: "conflicts",
    words: { zh: "冲突", en: "Conflicts" },
    fits: ({ cells }) => cells.conflicts.text !== "" || cells.proposals.text !== "",
  },
  {
    id: "mine",
    words: { zh: "我的", en: "Mine" },
    fits: ({ call }, mine) => call.provenance.some(({ by }) => mine.has(by)),
  },
];

export class Views {
  constructor(desk) {
    this.desk = desk;
    const known = desk.preferences.get(LAST, null);
    this.now = this.find(known?.id) ? known : { id: "all", query: "" };
    this.open = false; // whether the past is unfolded
  }

  /** The person's own views: { id, name, base, query, columns }. */
  get own() {
    return this.desk.preferences.get(KEY, []);
  }

  find(id) {
    return GIVEN.find((view) => view.id === id) ?? this.own.find((view) => view.id === id);
  }

  get list() {
    return [
      ...GIVEN.map(({ id, words }) => ({ id, name: this.desk.t(words), own: false })),
      ...this.own.map(({ id, name }) => ({ id, name, own: true })),
    ];
  }

  /** Take a view; gives what it says of query and columns. */
  choose(id) {
    const view = this.find(id) ?? GIVEN[0];
    this.now = { id: view.id, query: view.query ?? "" };
    this.remember();
    return { query: this.now.query, columns: view.columns ?? null };
  }

  search(query) {
    this.now = { ...this.now, query };
  }

  /** Whether a row belongs to the view and the search; `find(row)` says whether it fits the latter. */
  tester(find) {
    const view = this.find(this.now.id) ?? GIVEN[0];
    const base = GIVEN.find(({ id }) => id === (view.base ?? view.id)) ?? GIVEN[0];
    const { person } = this.desk.world;
    const mine = new Set(person ? [person.login, person.name] : []);
    return (row) => base.fits(row, mine) && (this.now.query === "" || find(row));
  }

  /** Whether trains that are over are seen: when unfolded, and when one looks for something. */
  get pastSeen() {
    return this.open || this.now.query !== "";
  }

  /** Keep the present view under a name; one of that name is replaced. */
  async keep(name, columns) {
    const others = this.own.filter((view) => view.name !== name);
    const present = this.find(this.now.id);
    const view = {
      id: `own:${name}`,
      name,
      base: present?.base ?? present?.id ?? "all",
      query: this.now.query,
      columns,
    };
    await this.desk.preferences.set(KEY, [...others, view].slice(-MOST_VIEWS));
    this.now = { id: view.id, query: view.query };
    await this.remember();
  }

  async forget(id) {
    await this.desk.preferences.set(
      KEY,
      this.own.filter((view) => view.id !== id),
    );
    this.choose("all");
  }

  remember() {
    return this.desk.preferences.set(LAST, this.now);
  }
}
