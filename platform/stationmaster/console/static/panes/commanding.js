// Commands to subsystems' devices: given once, followed until they are over, and told in words.

const LOOK_MS = 250;
const PATIENCE_MS = 30_000;
const OVER = ["done", "failed", "refused", "expired"];
const STATES = {
  done: { zh: "完成", en: "done" },
  failed: { zh: "失败", en: "failed" },
  refused: { zh: "被拒绝", en: "refused" },
  expired: { zh: "过期", en: "expired" },
  none: { zh: "未答复", en: "no answer" },
};

const page = crypto.getRandomValues(new Uint32Array(2)).reduce((text, number) => text + number.toString(36), "");
let count = 0;

/** The subsystems of a kind that are there, by identity. */
export function subsystems(desk, kind) {
  return desk.world.subsystems.filter((each) => each.kind === kind && each.connected).map(({ identity }) => identity);
}

/**
 * Have subsystems of a kind do something: { kind, action, devices, targets, parameters }, with `words` for what it is.
 * Gives whether all of it was done; what was not is told, with the subsystem's own words.
 */
export async function command(desk, { kind, action, devices = [], targets = [], parameters = {}, words }) {
  const identities = subsystems(desk, kind);
  if (!identities.length) {
    desk.tell({ zh: `没有已连接的子系统（${kind}），命令未发出。`, en: `No ${kind} subsystem is connected; nothing was commanded.` }, { kind: "error" });
    return false;
  }
  const given = identities.map((identity) => one(desk, { identity, action, devices, targets, parameters }));
  const outcomes = await Promise.all(given);
  const held = outcomes.find(({ state }) => state === "held");
  if (held !== undefined) {
    desk.tell(`${desk.t(words)} – ${held.detail}`, { kind: "warn" });
    return false;
  }
  const bad = outcomes.filter(({ state }) => state !== "done");
  if (bad.length) {
    const said = bad.map(({ identity, state, detail }) => `${identity}: ${desk.t(STATES[state])}${detail ? ` – ${detail}` : ""}`).join("; ");
    desk.tell(`${desk.t(words)}: ${said}`, { kind: "error" });
    return false;
  }
  desk.tell(words, { kind: "ok" });
  return true;
}

async function one(desk, body) {
  count += 1;
  const id = `page-${page}-${count}`;
  try {
    const answer = await desk.api.post("/api/v1/commands", { ...body, id, expires_s: 30 });
    if (answer.waits) {
      return { identity: body.identity, state: "held", detail: answer.message }; // for a second person
    }
    let known = answer.command;
    const until = performance.now() + PATIENCE_MS;
    while (!over(known) && performance.now() < until) {
      await new Promise((done) => setTimeout(done, LOOK_MS));
      known = (await desk.api.get(`/api/v1/commands/${id}`)).command;
    }
    const result = known.parts[0]?.result;
    return { identity: body.identity, state: over(known) ? result.state : "none", detail: result?.detail || result?.code || "" };
  } catch (problem) {
    return { identity: body.identity, state: "refused", detail: [problem.message, problem.hint].filter(Boolean).join(" ") };
  }
}

const over = ({ parts }) => parts.every(({ result }) => result !== null && OVER.includes(result.state));
