// What each person has set up for himself: kept by the hub with his account; in this browser while nobody is logged in.

const LOCAL = "stationmaster.preferences";

export class Preferences {
  constructor(api) {
    this.api = api;
    this.mine = false;
    this.values = JSON.parse(localStorage.getItem(LOCAL) ?? "{}");
  }

  /** Read those of the person who is logged in; with nobody, those of this browser. */
  async load(person) {
    this.mine = person !== null;
    this.values = this.mine ? await this.api.get("/api/v1/preferences") : JSON.parse(localStorage.getItem(LOCAL) ?? "{}");
  }

  get(key, fallback = null) {
    return this.values[key] ?? fallback;
  }

  /** Keep a value; null forgets it. */
  async set(key, value) {
    this.values[key] = value;
    if (!this.mine) {
      localStorage.setItem(LOCAL, JSON.stringify(this.values));
    } else if (value === null) {
      await this.api.remove(`/api/v1/preferences/${encodeURIComponent(key)}`);
    } else {
      await this.api.put(`/api/v1/preferences/${encodeURIComponent(key)}`, value);
    }
  }
}
