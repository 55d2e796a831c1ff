// Keeps `world` in step with the hub: everything once, then what each commit changed. When the stream begins anew
// everything is read again, so nothing that was missed stays missing.

const READ_AGAIN_MS = 2000;
const SUBSYSTEMS_MS = 5000;
const SILENT_MS = 8000;

async function read(path) {
  const answer = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(SILENT_MS) });
  if (!answer.ok) {
    throw new Error(`${path}: ${answer.status}`);
  }
  return answer.json();
}

const index = (values) => new Map(values.map((value) => [value.id, value]));

/** Follow the hub. `onChange()` after `world` changed; `onSilence(silent)` when the hub falls silent or is back. */
export function follow({ world, onChange, onSilence }) {
  let heard = 0;
  let silent = null;
  let reading = 0;
  let held = []; // what came while everything was being read

  const tell = () => {
    const now = performance.now() - heard > SILENT_MS || heard === 0;
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
      const far = Math.floor(Date.now() / 1000) * 4; // all that are open
      const [calls, tasks, subsystems, state] = await Promise.all([
        read("/api/v1/calls"),
        read(`/api/v1/tasks?due_before=${far}`),
        read("/api/v1/subsystems"),
        read("/api/v1/state"),
      ]);
      if (mine !== reading) {
        return;
      }
      world.calls = index(calls.calls);
      world.tasks = index(tasks.tasks);
      world.subsystems = subsystems.subsystems;
      world.state = state;
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
    const source = new EventSource("/api/v1/events");
    source.addEventListener("whole", () => {
      alive();
      readAll();
    });
    source.addEventListener("changes", (event) => {
      const changes = JSON.parse(event.data);
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
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) {
        setTimeout(open, READ_AGAIN_MS);
      }
    });
  };

  const look = async () => {
    try {
      const [subsystems, state] = await Promise.all([read("/api/v1/subsystems"), read("/api/v1/state")]);
      world.subsystems = subsystems.subsystems;
      world.state = state;
      alive();
      onChange();
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
