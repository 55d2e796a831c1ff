// Who wants to know of what. Many changes of one moment are told once, in the next frame of the screen.

const ALL = null;
const HIDDEN_MS = 250; // a page that nobody sees has no frames, and must stay right all the same

export class Topics {
  constructor() {
    this.listeners = new Set();
    this.changed = new Map(); // topic → ids, or ALL
    this.asked = false;
  }

  /** Call `listener({topic: Set of ids or null for all})` after any of `topics` changed; gives what ends that. */
  on(topics, listener) {
    const entry = { topics: [topics].flat(), listener };
    this.listeners.add(entry);
    return () => this.listeners.delete(entry);
  }

  /** This changed: one thing of a kind, or all of it. */
  tell(topic, id = ALL) {
    const known = this.changed.get(topic);
    if (id === ALL || known === ALL) {
      this.changed.set(topic, ALL);
    } else if (known === undefined) {
      this.changed.set(topic, new Set([id]));
    } else {
      known.add(id);
    }
    if (!this.asked) {
      this.asked = true;
      if (document.hidden) {
        setTimeout(() => this.flush(), HIDDEN_MS);
      } else {
        requestAnimationFrame(() => this.flush());
      }
    }
  }

  flush() {
    const changed = this.changed;
    this.changed = new Map();
    this.asked = false;
    for (const { topics, listener } of [...this.listeners]) {
      const mine = topics.filter((topic) => changed.has(topic));
      if (mine.length) {
        listener(Object.fromEntries(mine.map((topic) => [topic, changed.get(topic)])));
      }
    }
  }
}
