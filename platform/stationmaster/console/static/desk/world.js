// A live copy of what the hub has committed: everything once, then what each commit changed. Where the stream cannot go
// on from where it was, everything is read again, so nothing that was missed stays missing.

const READ_AGAIN_MS = 1000;
const SUBSCRIBERS_MS = 5000;
const SILENT_MS = 4500; // the stream has a pulse every two seconds
const PROBE_MS = 400;
const TASKS_AHEAD_S = 2 * 3600;
const TASKS_AGAIN_S = 1800; // station time
const MOST_ACTS = 300; // the newest; the hub has the others, and a page is open for months

/** Kinds of resource that are kept here, and where all of them are told. */
const KEPT = {
  call: { path: () => "/api/v1/calls", list: "calls" },
  task: { path: (now) => `/api/v1/tasks?due_before=${now + TASKS_AHEAD_S}`, list: "tasks" },
  proposal: { path: () => "/api/v1/proposals", list: "proposals" },
  conflict: { path: () => "/api/v1/conflicts", list: "conflicts" },
  mode: { path: () => "/api/v1/modes", list: "modes" },
  act: { path: () => "/api/v1/acts?limit=200", list: "acts" },
};
const OPEN = new Set(["planned", "begun"]);
/** Kinds of which only the change is told: who shows them asks anew. */
const TOLD = new Set(["plan", "row", "acceptance"]);

const index = (values) => new Map(values.map((value) => [value.id, value]));

export class World {
  constructor(api, topics, { stationTime, onConnection }) {
    Object.assign(this, { api, topics, stationTime, onConnection });
    this.calls = new Map();
    this.tasks = new Map();
    this.proposals = new Map();
    this.conflicts = new Map();
    this.modes = new Map();
    this.acts = new Map();
    this.names = {};
    this.subsystems = [];
    this.state = null;
    this.zone = undefined;
    this.person = null;
    this.connected = null; // null before the first answer
    this.heard = performance.now();
    this.source = null;
    this.position = null; // the stream's own word for up to where everything is in here
    this.held = []; // what came while everything was being read; null when it has been
    this.reading = 0;
    this.tasksAt = 0;
  }

  /** Begin. */
  follow() {
    setInterval(() => this.watch(), PROBE_MS);
    setInterval(() => this.look(), SUBSCRIBERS_MS);
    addEventListener("online", () => this.open());
    this.open();
  }

  /** Open the stream, and go on from where it was left. */
  open() {
    this.source?.close();
    const after = this.position === null || this.held !== null ? "" : `?after=${encodeURIComponent(this.position)}`;
    const source = new EventSource(`/api/v1/events${after}`);
    this.source = source;
    const hear = (name, take) =>
      source.addEventListener(name, (event) => {
        if (source === this.source) {
          this.position = event.lastEventId || this.position;
          this.heard = performance.now();
          this.tellConnection();
          take(JSON.parse(event.data));
        }
      });
    hear("whole", () => this.readAll());
    hear("changes", (changes) => (this.held === null ? this.apply(changes) : this.held.push(changes)));
    hear("state", (state) => this.take(state));
    hear("alive", () => {});
    hear("alarm", () => this.topics.tell("alarm"));
  }

  tellConnection() {
    const silent = performance.now() - this.heard > SILENT_MS;
    const connected = !silent && this.source?.readyState === EventSource.OPEN;
    if (connected !== this.connected && (connected || silent || this.connected !== null)) {
      this.connected = connected;
      this.onConnection(connected);
      this.topics.tell("connection");
    }
  }

  /** While the stream is broken: see whether the hub answers again, and open it at once if so. */
  async watch() {
    this.tellConnection();
    const quiet = performance.now() - this.heard > SILENT_MS;
    if (this.probing || (this.source?.readyState === EventSource.OPEN && !quiet)) {
      return;
    }
    if (this.connected === null && !quiet) {
      return; // the first stream is only just being opened
    }
    this.probing = true;
    try {
      await this.api.get("/api/v1/state");
      this.open();
      await new Promise((done) => setTimeout(done, READ_AGAIN_MS));
    } catch {
      this.tellConnection(); // silence is what shows it
    }
    this.probing = false;
  }

  /** What no commit tells: who is connected, and how. */
  async look() {
    try {
      const subscribers = await this.api.get("/api/v1/subscribers");
      this.subsystems = subscribers.subscribers;
      this.topics.tell("subscribers");
      if (this.held === null && this.stationTime() >= this.tasksAt + TASKS_AGAIN_S) {
        await this.readAll();
      }
    } catch {
      this.tellConnection();
    }
  }

  async readAll() {
    const mine = ++this.reading;
    this.held = [];
    try {
      const state = await this.api.get("/api/v1/state");
      const kinds = Object.entries(KEPT);
      const [subscribers, names, ...lists] = await Promise.all([
        this.api.get("/api/v1/subscribers"),
        this.api.get("/console/names.json"),
        ...kinds.map(([, { path }]) => this.api.get(path(state.now))),
      ]);
      if (mine !== this.reading) {
        return;
      }
      kinds.forEach(([kind, { list }], place) => (this[`${kind}s`] = index(lists[place][list])));
      this.acts = new Map([...this.acts].reverse()); // told newest first; the oldest is let go first
      this.names = names.names;
      this.subsystems = subscribers.subscribers;
      this.tasksAt = state.now;
      const oldest = Math.min(...lists.map((each) => each.position.sequence));
      const held = this.held;
      this.held = null;
      this.take(state);
      for (const changes of held) {
        if (changes.position.epoch === state.position.epoch && changes.position.sequence > oldest) {
          this.apply(changes);
        }
      }
      for (const topic of [...Object.keys(KEPT), ...TOLD, "subscribers", "alarm"]) {
        this.topics.tell(topic);
      }
    } catch (error) {
      if (error.status === 401) {
        return; // who logs in has it read again
      }
      setTimeout(() => mine === this.reading && this.readAll(), READ_AGAIN_MS);
    }
  }

  /** What a commit changed. A change that is here already is known by its revision, and changes nothing. */
  apply({ position, puts, deletes, notes }) {
    for (const { kind, id, value } of puts) {
      if (kind in KEPT) {
        const known = this[`${kind}s`];
        if (kind === "task" && !this.isNear(value)) {
          known.delete(id);
        } else if (!(known.get(id)?.revision > value.revision)) {
          known.set(id, value);
        }
        if (kind === "act" && known.size > MOST_ACTS) {
          known.delete(known.keys().next().value);
        }
        this.topics.tell(kind, id);
      } else if (TOLD.has(kind)) {
        this.topics.tell(kind, id);
      }
    }
    for (const [kind, id] of deletes) {
      if (kind in KEPT) {
        this[`${kind}s`].delete(id);
        this.topics.tell(kind, id);
      } else if (TOLD.has(kind)) {
        this.topics.tell(kind, id);
      }
    }
    if (this.state !== null) {
      this.state.position = position;
      const at = this.stationTime();
      const noted = notes.map((note) => ({ sequence: position.sequence, at, note }));
      this.state.notes = [...this.state.notes, ...noted].slice(-50);
      this.topics.tell("state");
    }
  }

  /** Whether a task begins or ends soon, as those do that are read: the others are read when their time comes. */
  isNear({ state, due, start, end, hard_end: hardEnd }) {
    const now = this.stationTime();
    const until = now + TASKS_AHEAD_S + TASKS_AGAIN_S;
    if (!OPEN.has(state)) {
      return false;
    }
    return due === null ? [start, end, hardEnd].some((at) => at !== null && at > now && at < until) : due < until;
  }

  take(state) {
    this.state = state;
    this.zone = state.station?.zone ?? this.zone; // a hub that is only just up does not know it yet
    this.topics.tell("state");
    this.topics.tell("alarm");
  }
}
