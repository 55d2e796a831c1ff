// The station as it is configured: zones, boards, templates and rules, asked for once and now and then again.

const AGAIN_MS = 60_000;

/** What kinds of board there are. */
export const TYPES = {
  ticket_hall: { zh: "售票厅", en: "Ticket hall" },
  main_entrance: { zh: "进站口", en: "Main entrance" },
  waiting_area: { zh: "候车区", en: "Waiting area" },
  gate: { zh: "检票口", en: "Gate" },
  platform: { zh: "站台", en: "Platform" },
  underpass: { zh: "通道", en: "Underpass" },
  exit: { zh: "出站口", en: "Exit" },
  arrivals: { zh: "到达", en: "Arrivals" },
  forecourt: { zh: "广场", en: "Forecourt" },
  staff: { zh: "员工", en: "Staff" },
};

let known = null; // a promise of the answer
let asked = 0;
let neighbours = null;

/** The station's configuration, as `/api/v1/station` tells it. */
export function stationOf(desk) {
  if (known === null || performance.now() - asked > AGAIN_MS) {
    asked = performance.now();
    known = desk.api.get("/api/v1/station").catch((problem) => {
      known = null;
      throw problem;
    });
  }
  return known;
}

/** Which subsystems' own pages the hub knows: what only they have can be asked for. */
export function neighboursOf(desk) {
  neighbours ??= desk.api.get("/api/v1/neighbours").catch((problem) => {
    neighbours = null;
    throw problem;
  });
  return neighbours;
}

/** What is said where the hub does not know a subsystem's page. */
export const unset = (name) => ({ message: "", hint: `[hub.console] ${name}` });

/** A name in the page's language, of pairs of language and text or of an object; the id where there is none. */
export function named(desk, names, id = "") {
  const words = Array.isArray(names) ? Object.fromEntries(names) : (names ?? {});
  return words[desk.language] ?? words.zh ?? words.en ?? Object.values(words)[0] ?? id;
}

/** What a task is about, for a person: its train, else that it was ordered by hand. */
export function trainOf(desk, task) {
  const call = desk.world.calls.get(task.call);
  return call ? call.number : task.call ? decodeURIComponent(task.call.split("/")[2] ?? "") : desk.t({ zh: "人工", en: "By hand" });
}
