// Watches what waits for a decision wherever the person looks: a counter in the tab, and a tone that comes again.

import { beep } from "./sound.js";

const AGAIN_MS = 20_000;
const LOOK_MS = 5_000;
const READ_MS = 2_000; // a feed that changes much is asked after so seldom
export const SOUND = "proposals.sound";
export const USUAL = { on: true, volume: 60 };

export class ProposalWatch {
  constructor(desk) {
    this.desk = desk;
    this.known = null; // ids that were there before; null: nothing has been read yet
    this.waiting = new Map(); // how long each may wait, by id
    this.listeners = new Set();
    this.sounded = 0;
    this.readAt = -Infinity;
    this.asking = false;
    desk.on(["proposal"], () => this.changed());
    desk.on(["minute", "person"], () => this.read());
    setInterval(() => this.remind(), LOOK_MS);
    this.changed();
  }

  /** What nobody has decided on, what matters first at the top. */
  open() {
    const at = (proposal) => this.waiting.get(proposal.id)?.matters_at ?? this.waiting.get(proposal.id)?.event_at ?? Infinity;
    return [...this.desk.world.proposals.values()]
      .filter(({ rejected }) => !rejected)
      .sort((one, other) => at(one) - at(other) || one.at - other.at || (one.id < other.id ? -1 : 1));
  }

  /** Whether a proposal has waited too long, or matters too soon. */
  presses(proposal) {
    const how = this.waiting.get(proposal.id);
    const now = this.desk.now();
    return how !== undefined && (how.warn_at <= now || (how.alarm_at !== null && how.alarm_at <= now));
  }

  changed() {
    const ids = new Set(this.open().map(({ id }) => id));
    const fresh = this.known !== null && [...ids].some((id) => !this.known.has(id));
    if (this.known !== null || this.desk.world.state !== null) {
      this.known = ids;
    }
    this.count();
    if (fresh) {
      this.sound();
    }
    this.read();
  }

  /** Ask how long each may wait. */
  async read() {
    if (this.asking) {
      this.again = true;
      return;
    }
    this.asking = true;
    await new Promise((done) => setTimeout(done, Math.max(0, this.readAt + READ_MS - performance.now())));
    this.readAt = performance.now();
    try {
      const { waiting } = await this.desk.api.get("/api/v1/proposals/waiting");
      this.waiting = new Map(waiting.map((each) => [each.id, each]));
      this.count();
      this.listeners.forEach((listener) => listener());
    } catch (problem) {
      if (problem.status !== 0 && problem.status !== 401) {
        this.desk.problem(problem);
      }
    }
    this.asking = false;
    if (this.again) {
      this.again = false;
      this.read();
    }
  }

  count() {
    const open = this.open();
    this.desk.count("proposals", open.length, open.some((each) => this.presses(each)));
  }

  /** The tone comes again for as long as one presses. */
  remind() {
    const presses = this.open().some((each) => this.presses(each));
    if (presses && performance.now() - this.sounded >= AGAIN_MS) {
      this.sound();
    }
  }

  sound() {
    const { on, volume } = { ...USUAL, ...this.desk.preferences.get(SOUND, USUAL) };
    if (on && this.desk.may("decide")) {
      this.sounded = performance.now();
      document.body.dataset.sounded = String(Number(document.body.dataset.sounded ?? 0) + 1);
      beep(volume / 100);
    }
  }
}
