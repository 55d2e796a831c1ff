// Keeps `world` in step with the hub: everything once, then what each commit changed. When the stream begins anew
// everything is read again, so nothing that was missed stays missing.

const READ_AGAIN_MS = 2000;
const SUBSYSTEMS_MS = 5000;
const SILENT_MS = 8000;
const TASKS_AHEAD_S = 2 * 3600;
const TASKS_AGAIN_S = 1800; // station time

async function read(path) {
  const answer = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(SILENT_MS) });
  if (!answer.ok) {
    throw new Error(`${path}: ${answer.status}`);
  }
  return answer.json();
}

const index = (values) => new Map(values.map((value) => [value.id, value]));

/**
 * Follow the hub. `stationTime()` in seconds; `onChange()` after `world` changed; `onSilence(silent)` when the hub falls
 * silent or is back.
 */
export function follow({ world, stationTime, onChange, onSilence }) {
  let heard = performance.now();
  let source = null;
  let told = null; // the last position that the stream has told
  let due = null; // the last position that it should have told by the next look
  let tasksAt = 0; // station time at which the tasks were read
  let silent = null;
  let reading = 0;
  let held = []; // what came while everything was being read

  const tell = () => {
    const now = performance.now() - heard > SILENT_MS;
    if (now !== silent) {
      silent = now;
      onSilence(silent);
    }
  };

  const alive = () => {
    heard = performance.now();
    tell();
  };

  const apply = (changes) => {
    for (const { kind, id, value } of changes.puts) {
      if (kind === "call") {
        world.calls.set(id, value);
      } else if (kind === "task") {
        world.tasks.set(id, value);
      }
    }
    for (const [kind, id] of changes.deletes) {
      (kind === "call" ? world.calls : kind === "task" ? world.tasks : new Map()).delete(id);
    }
    if (world.state !== null) {
      world.state.position = changes.position;
      const at = world.state.now;
      const noted = changes.notes.map((note) => ({ sequence: changes.position.sequence, at, note }));
      world.state.notes = [...world.state.notes, ...noted].slice(-50);
    }
  };

  const readAll = async () => {
    const mine = ++reading;
    held = [];
    try {
      const state = await read("/api/v1/state");
      const [calls, tasks, subsystems, names] = await Promise.all([
        read("/api/v1/calls"),
        read(`/api/v1/tasks?due_before=${state.now + TASKS_AHEAD_S}`),
        read("/api/v1/subscribers"),
        read("/console/names.json"),
      ]);
      if (mine !== reading) {
        return;
      }
      world.calls = index(calls.calls);
      world.tasks = index(tasks.tasks);
      world.names = names.names;
      world.subsystems = subsystems.subscribers;
      world.state = state;
      tasksAt = state.now;
      for (const changes of held) {
        if (changes.position.sequence > Math.min(calls.position.sequence, tasks.position.sequence)) {
          apply(changes);
        }
      }
      held = null;
      alive();
      onChange();
    } catch {
      setTimeout(() => mine === reading && readAll(), READ_AGAIN_MS);
    }
  };

  const open = () => {
    source = new EventSource("/api/v1/events");
    source.addEventListener("whole", (event) => {
      told = JSON.parse(event.data).position;
      alive();
      readAll();
    });
    source.addEventListener("changes", (event) => {
      const changes = JSON.parse(event.data);
      told = changes.position;
      alive();
      if (held !== null) {
        held.push(changes);
      } else {
        apply(changes);
        onChange();
      }
    });
    source.addEventListener("state", (event) => {
      alive();
      if (world.state !== null) {
        world.state = JSON.parse(event.data);
        onChange();
      }
    });
    source.addEventListener("error", (event) => {
      if (event.target === source && source.readyState === EventSource.CLOSED) {
        setTimeout(open, READ_AGAIN_MS);
      }
    });
  };

  const look = async () => {
    try {
      const [subsystems, state] = await Promise.all([read("/api/v1/subscribers"), read("/api/v1/state")]);
      world.subsystems = subsystems.subscribers;
      world.state = state;
      alive();
      onChange();
      const dumb = due !== null && (told === null || told.epoch !== due.epoch || told.sequence < due.sequence);
      due = dumb ? null : state.position;
      if (dumb && source.readyState !== EventSource.CLOSED) {
        source.close(); // the hub answers, but its stream no longer reaches us
        open();
      } else if (held === null && stationTime() >= tasksAt + TASKS_AGAIN_S) {
        readAll();
      }
    } catch {
      tell(); // silence is what shows it
    }
    setTimeout(look, SUBSYSTEMS_MS);
  };

  setInterval(tell, 500);
  tell();
  open();
  setTimeout(look, SUBSYSTEMS_MS);
}
