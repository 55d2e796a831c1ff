// After an act of this page's person: if passengers have been told otherwise and nothing of the station's own will say
// so, the correction is offered at once, whatever pane is seen.

const SAID = { zh: "旅客已听到与现状不符的广播", en: "Passengers have heard what is no longer so" };
const RIGHT = { zh: "更正…", en: "Put it right…" };
const OWN = new Set(["announce", "show", "handle", "mode", "acceptance", "check_rows", "lock_plan", "decide_rows"]);
const MOST = 400; // acts that are remembered as seen

/** Look at each new act; called once, when the page begins. */
export function offerCorrections(desk) {
  const seen = new Set();
  let begun = false;
  desk.on(["act"], () => {
    const fresh = [...desk.world.acts.values()].filter((act) => !seen.has(act.id));
    fresh.forEach((act) => seen.add(act.id));
    if (begun) {
      fresh.filter((act) => concerns(act, desk)).forEach((act) => void offer(act, desk));
    }
    begun = begun || fresh.length > 0 || desk.world.state !== null;
    for (const id of [...seen].slice(0, Math.max(0, seen.size - MOST))) {
      seen.delete(id);
    }
  });
}

/** Whether an act of this person has changed trains, and not only what is said of them. */
function concerns(act, desk) {
  return act.by === desk.world.person?.name && act.calls.length > 0 && act.deeds.some((deed) => !OWN.has(deed.do));
}

async function offer(act, desk) {
  try {
    const { told } = await desk.api.get(`/api/v1/told?act=${encodeURIComponent(act.id)}&minutes=0`);
    if (told.corrections.some(({ task }) => task === "")) {
      desk.tell(SAID, { kind: "warn", actions: [{ words: RIGHT, run: () => desk.go("told", { act: act.id }) }] });
    }
  } catch (problem) {
    if (problem.status !== 0 && problem.status !== 404) {
      desk.problem(problem);
    }
  }
}
