// The trains on the plan: what the hub tells of them, drawn as they come in, stand and leave.

import { stationNow } from "/static/clock.js";
import { Train } from "./plan_train.js";

const SLOW_MS = 1000;
const LONGEST_FRAME_S = 0.1;
const calmly = matchMedia("(prefers-reduced-motion: reduce)");

export class Trains {
  constructor({ layer, tracks: lines, base, legend, desk, onOpen, onOffPlan, onDrawing }) {
    Object.assign(this, { layer, lines, base, legend, desk, onOpen, onOffPlan, onDrawing });
    this.known = new Map(); // call → what the hub says of its train
    this.trains = new Map(); // call → the train that is drawn
    this.leaving = new Set(); // trains that are off the plan and still to be seen going
    this.source = null;
    this.frame = null;
    this.names = null; // of stations, as trains were last called by them
    this.at = null; // the call whose train has the keyboard
    this.slow = null;
  }

  /** Follow the hub, from now on. */
  open() {
    if (this.source !== null) {
      return;
    }
    const source = new EventSource("/api/v1/track-plan/events");
    this.source = source;
    const hear = (name, take) =>
      source.addEventListener(name, (event) => {
        if (source === this.source) {
          take.call(this, JSON.parse(event.data));
        }
      });
    hear("whole", this.whole);
    hear("changes", this.changes);
    source.addEventListener("error", () => {
      if (source === this.source && source.readyState === EventSource.CLOSED) {
        this.close();
        this.again = setTimeout(() => this.open(), SLOW_MS);
      }
    });
    this.slow = setInterval(() => this.move(), SLOW_MS);
  }

  close() {
    clearTimeout(this.again);
    clearInterval(this.slow);
    this.source?.close();
    this.source = null;
  }

  async whole({ drawing, trains }) {
    this.known = new Map(trains.map((train) => [train.id, train]));
    await this.onDrawing(drawing);
    this.paint(true);
  }

  async changes({ drawing, puts, gone }) {
    puts.forEach((train) => this.known.set(train.id, train));
    gone.forEach((id) => this.known.delete(id));
    await this.onDrawing(drawing);
    this.paint(false);
  }

  /** Draw what is known. `anew`: trains are where they are, and do not come in to be seen. */
  paint(anew) {
    const off = [];
    for (const data of this.known.values()) {
      const track = this.base.tracks.get(data.track);
      if (track === undefined) {
        off.push(data);
        continue;
      }
      let train = this.trains.get(data.id);
      const fresh = train === undefined;
      if (fresh) {
        train = new Train(this.layer, this.legend, { onOpen: this.onOpen, onFocus: (each) => this.focused(each) });
        this.trains.set(data.id, train);
      }
      if (train.data === data && train.track === track) {
        continue; // nothing is said of it
      }
      const appears = anew || (data.stage === "standing" && data.with_set !== "");
      train.take(data, track, { anew: fresh && appears });
    }
    for (const [id, train] of this.trains) {
      if (!this.known.has(id) || !this.base.tracks.has(train.data.track)) {
        this.trains.delete(id);
        train.leave();
        this.leaving.add(train);
      }
    }
    this.occupy();
    this.rove();
    this.onOffPlan(off);
    this.move();
  }

  /** The drawing, the language or the legend is another: draw everything anew. */
  redraw() {
    for (const train of [...this.trains.values(), ...this.leaving]) {
      train.remove();
    }
    this.trains.clear();
    this.leaving.clear();
    this.paint(true);
  }

  /** Mark tracks on which trains stand, and those where two are in each other's way. */
  occupy() {
    const there = new Map();
    for (const data of this.known.values()) {
      if (data.stage === "standing") {
        const grave = data.conflicts.some((id) => this.known.get(id)?.track === data.track);
        there.set(data.track, there.get(data.track) || grave);
      }
    }
    this.lines.replaceChildren(
      ...[...there].flatMap(([id, grave]) => {
        const line = this.base.tracks.get(id)?.part(grave ? "track-conflict" : "track-occupied");
        line?.setAttribute("data-track", id);
        return line ? [line] : [];
      }),
    );
  }

  /** Have the screen's next frames bring every train nearer to where it should be, as long as one is not there. */
  move() {
    if (this.frame !== null || document.hidden) {
      return;
    }
    let before = performance.now();
    const step = (time) => {
      const passed = Math.max(0, Math.min(LONGEST_FRAME_S, (time - before) / 1000));
      before = time;
      this.frame = this.step(passed) ? requestAnimationFrame(step) : null;
    };
    this.frame = requestAnimationFrame(step);
  }

  step(passed) {
    const now = (stationNow() ?? 0) / 1000;
    let moving = false;
    for (const train of this.trains.values()) {
      moving = train.step(now, passed, calmly.matches) || moving;
    }
    for (const train of this.leaving) {
      const still = train.step(now, passed, calmly.matches);
      if (!still) {
        this.leaving.delete(train);
        train.remove();
      }
      moving = moving || still;
    }
    return moving;
  }

  /** Trains in the order in which the arrow keys go through them: by track, then from left to right. */
  ordered() {
    const tracks = [...this.base.tracks.keys()];
    const key = ({ data, track }) => [tracks.indexOf(data.track), track.place(data.where, data.slot, data.slots)[0]];
    return [...this.trains.values()].sort((one, other) => {
      const [a, b] = [key(one), key(other)];
      return a[0] - b[0] || a[1] - b[1];
    });
  }

  /** Stations' names may have come after the trains. */
  named() {
    if (this.names !== this.desk.world.names) {
      this.names = this.desk.world.names;
      this.trains.forEach((train) => train.name());
    }
  }

  /** Only one train is reached with Tab; the others with the arrow keys from there. */
  rove() {
    const all = this.ordered();
    const now = all.find((train) => train.data.id === this.at) ?? all[0];
    for (const train of all) {
      train.node.setAttribute("tabindex", train === now ? "0" : "-1");
    }
  }

  focused(train) {
    this.at = train.data.id;
    this.rove();
  }

  /** Go to another train with the keyboard; gives whether the key was for that. */
  press(key) {
    const all = this.ordered();
    if (!all.length) {
      return false;
    }
    const here = Math.max(0, all.findIndex((train) => train.node === document.activeElement));
    const to = { ArrowRight: here + 1, ArrowDown: here + 1, ArrowLeft: here - 1, ArrowUp: here - 1, Home: 0, End: all.length - 1 }[key];
    if (to === undefined) {
      return false;
    }
    all[(to + all.length) % all.length].node.focus();
    return true;
  }

  /** Show one train to a person: the keyboard is with it. Gives whether it is on the plan. */
  point(id) {
    const train = this.trains.get(id);
    train?.node.focus();
    return train !== undefined;
  }
}
