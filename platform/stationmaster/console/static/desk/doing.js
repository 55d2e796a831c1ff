// Acts: what the person does to the day, once however often the network fails, and taken back with one key.

const AGAIN_MS = 700;
const GIVE_UP_MS = 60_000;
const WAITING_MS = 1500; // after so long it is said that an act is still on its way
const MOST_DONE = 200; // acts that are remembered for Ctrl+Z; any other is taken back where it is listed

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

export class Doing {
  /** `tell` says what came of it; `t` chooses the language. */
  constructor(api, { tell, t }) {
    Object.assign(this, { api, tell, t });
    this.page = crypto.getRandomValues(new Uint32Array(2)).reduce((text, number) => text + number.toString(36), "");
    this.count = 0;
    this.done = []; // { id, words }: what can be taken back, oldest first
    this.undone = []; // what can be done again
    this.settled = Promise.resolve(); // once everything that was asked for until now has been answered
    this.login = null; // whose acts are remembered
  }

  /** From now on somebody works here: what another one did before him is not his to take back with a key. */
  person(login) {
    if (login !== null && login !== this.login) {
      Object.assign(this, { login, done: [], undone: [] });
    }
  }

  /** Do one act, all of it or nothing; gives the hub's answer. Throws a `Problem`. */
  act(deeds, options = {}) {
    return this.noted(this.perform(deeds, options));
  }

  /** Take back the last act of this page, or a given one. */
  undo(id) {
    return this.inTurn(() => this.takeBack(id));
  }

  /** Do again what was taken back last. */
  redo() {
    return this.inTurn(() => this.doAgain());
  }

  /**
   * Do `work` once everything that was asked for before it has been answered. A table may show an act before its answer
   * is here: the key that takes it back, pressed in between, means that act and no earlier one.
   */
  inTurn(work) {
    return this.noted(this.settled.then(work));
  }

  noted(answer) {
    const before = this.settled;
    const after = () => before;
    this.settled = answer.then(after, after); // of a problem, whoever asked is told
    return answer;
  }

  async perform(deeds, { why = "", lock, lockUntil, known, words }) {
    const body = { id: this.nextId(), deeds, why };
    if (lock !== undefined) {
      body.lock = lock;
    }
    if (lockUntil !== undefined) {
      body.lock_until = lockUntil;
    }
    if (known !== undefined) {
      body.known = known;
    }
    const answer = await this.send(body);
    this.done.push({ id: answer.id, words });
    this.done.splice(0, this.done.length - MOST_DONE);
    this.undone = [];
    this.tell(words ?? { zh: "已执行", en: "Done" }, { kind: "ok", undo: answer.id });
    return answer;
  }

  async takeBack(id = this.done.at(-1)?.id) {
    if (id === undefined) {
      this.tell({ zh: "没有可撤销的操作", en: "Nothing to undo" }, { kind: "warn" });
      return null;
    }
    const entry = this.done.find((each) => each.id === id) ?? { id };
    return this.turn(entry, this.done, this.undone, { zh: "已撤销", en: "Undone" });
  }

  async doAgain() {
    const entry = this.undone.at(-1);
    if (entry === undefined) {
      this.tell({ zh: "没有可重做的操作", en: "Nothing to redo" }, { kind: "warn" });
      return null;
    }
    return this.turn(entry, this.undone, this.done, { zh: "已重做", en: "Done again" });
  }

  /** Undo an act, which is an act itself: what undoes that one stands in the other list. */
  async turn(entry, from, to, said) {
    const answer = await this.send({ id: this.nextId(), deeds: [{ do: "undo", act: entry.id }] });
    const place = from.indexOf(entry);
    if (place >= 0) {
      from.splice(place, 1);
    }
    to.push({ id: answer.id, words: entry.words });
    const what = this.t(entry.words ?? "");
    this.tell(what ? `${this.t(said)}: ${what}` : said, { kind: "ok" });
    return answer;
  }

  nextId() {
    this.count += 1;
    return `console-${this.page}-${this.count}`;
  }

  /** Send an act until the hub has said what came of it; its id makes sure that it is done once. */
  async send(body) {
    const begun = performance.now();
    let told = false;
    for (;;) {
      try {
        const answer = await this.api.post("/api/v1/acts", body);
        if (!answer.waits) {
          return answer;
        }
      } catch (problem) {
        if ((problem.status !== 0 && problem.status !== 503) || performance.now() - begun > GIVE_UP_MS) {
          throw problem;
        }
      }
      if (!told && performance.now() - begun > WAITING_MS) {
        told = true;
        this.tell({ zh: "操作正在等待中心应答…", en: "The act waits for the hub…" }, { kind: "warn" });
      }
      await pause(AGAIN_MS);
    }
  }
}
