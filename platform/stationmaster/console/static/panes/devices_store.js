// The devices that the hub knows, kept up by asking only for what is different since the last time.

import { stationOf } from "./station.js";

const AGAIN_MS = 1000;
const PLACES = { platforms: "platform", gates: "gate", areas: "area", exits: "exit" };

export class DeviceStore {
  /** `changed({ add, update, remove })` is told what is different; rows are { id, device, places, outcome }. */
  constructor(desk, changed) {
    Object.assign(this, { desk, changed });
    this.rows = new Map();
    this.revision = null;
    this.targets = new Map(); // board, zone … → the places that it serves, "platform 3"
    this.timer = null;
    this.asking = false;
  }

  /** Begin to follow, or go on. */
  async start() {
    if (this.timer === null) {
      this.timer = setInterval(() => !document.hidden && this.read(), AGAIN_MS);
      await this.places();
      await this.read();
    }
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
  }

  /** Which places each board and zone serves. */
  async places() {
    try {
      const station = await stationOf(this.desk);
      for (const each of [...station.boards, ...station.zones]) {
        const served = Object.entries(PLACES).flatMap(([list, kind]) => (each[list] ?? []).map((id) => `${kind}.${id}`));
        this.targets.set(each.id, served);
      }
    } catch (problem) {
      if (problem.status !== 0 && problem.status !== 401) {
        this.desk.problem(problem);
      }
    }
  }

  async read() {
    if (this.asking) {
      return;
    }
    this.asking = true;
    try {
      const after = this.revision === null ? "" : `?after=${this.revision}`;
      this.take(await this.desk.api.get(`/api/v1/devices${after}`));
    } catch (problem) {
      if (problem.status !== 0 && problem.status !== 401) {
        this.desk.problem(problem);
      }
    }
    this.asking = false;
  }

  take({ revision, whole, devices, gone }) {
    const first = this.revision === null;
    this.revision = revision;
    const made = { add: [], update: [], remove: [] };
    const seen = new Set();
    for (const device of devices) {
      const id = `${device.identity}/${device.id}`;
      seen.add(id);
      const known = this.rows.get(id);
      const row = { id, device, places: this.placesOf(device), outcome: known?.outcome ?? null };
      this.rows.set(id, row);
      (known === undefined ? made.add : made.update).push(row);
    }
    const lost = whole ? [...this.rows.keys()].filter((id) => !seen.has(id)) : gone.filter((id) => this.rows.has(id));
    for (const id of lost) {
      made.remove.push(this.rows.get(id));
      this.rows.delete(id);
    }
    if (first || made.add.length || made.update.length || made.remove.length) {
      this.changed(made);
    }
  }

  placesOf({ targets }) {
    return [...new Set(targets.flatMap((target) => this.targets.get(target) ?? []))];
  }

  /** Show what came of an act beside these devices. */
  outcome(ids, outcome) {
    const update = ids.filter((id) => this.rows.has(id)).map((id) => {
      const row = { ...this.rows.get(id), outcome };
      this.rows.set(id, row);
      return row;
    });
    this.changed({ add: [], update, remove: [] });
  }
}
