// What an act would bring with it, said before it is done: conflicts, places and announcements that follow, and what
// passengers have been told already. The hub works it out, on the day as it is at that moment.

import { element, refill, setText } from "../desk/element.js";
import { clock } from "./day_times.js";
import { CONFLICTS } from "./day_words.js";

const QUIET_MS = 120; // so long nothing more has been typed
const MOST_BOARDS = 3; // that are named

const ALONE_S = 20 * 60; // a train that only begins or ends here stands about so long

/** From when until when a call stands on its track, by its best known times. */
export function stay(call) {
  const arrival = call.arrival?.best ?? call.arrival?.planned ?? null;
  const departure = call.departure?.best ?? call.departure?.planned ?? null;
  return { from: arrival ?? departure - ALONE_S, until: departure ?? arrival + ALONE_S };
}

/** The other trains that stand on `track` while `call` would, in order of time. */
export function neighbours(call, track, calls) {
  const mine = stay(call);
  const there = [...calls].filter((other) => {
    if (other.id === call.id || other.track !== track || other.running === "suspended") {
      return false;
    }
    if ((other.departure ?? other.arrival).actual !== null && other.departure !== null) {
      return false;
    }
    const theirs = stay(other);
    return theirs.from <= mine.until && mine.from <= theirs.until;
  });
  return there.sort((one, other) => stay(one).from - stay(other).from);
}

/** Values of a call that follow from another one, in the order in which people ask for them. */
const FOLLOWS = ["platform", "gates", "areas", "exits", "check_in_open", "check_in_close"];
const FOLLOWS_WORDS = {
  platform: { zh: "站台", en: "platform" },
  gates: { zh: "检票口", en: "gates" },
  areas: { zh: "候车区", en: "areas" },
  exits: { zh: "出站口", en: "exits" },
  check_in_open: { zh: "开检", en: "check-in opens" },
  check_in_close: { zh: "停检", en: "check-in closes" },
};
const SPOKEN = new Set(["announcement", "notice"]);

export class Foresight {
  constructor(desk) {
    this.desk = desk;
    this.asked = 0;
    this.timer = null;
  }

  /** Ask the hub what deeds would do, once nothing more is typed; `tell(lines)` gets a list of { words, kind }. */
  ask(deeds, tell) {
    this.cease();
    const mine = this.asked;
    if (!deeds.length) {
      tell([]);
      return;
    }
    this.timer = setTimeout(async () => {
      const lines = await this.look(deeds);
      if (mine === this.asked) {
        tell(lines);
      }
    }, QUIET_MS);
  }

  /** Nothing is typed any more. */
  cease() {
    clearTimeout(this.timer);
    this.asked += 1;
  }

  async look(deeds) {
    const { api, t } = this.desk;
    try {
      const { refused, preview, told } = await api.post("/api/v1/acts/preview", { id: "console-preview", deeds });
      return refused === null ? this.lines(preview, told) : [{ words: refused.message, kind: "bad" }];
    } catch (problem) {
      const words = { zh: "后果未知", en: "what follows is not known" };
      return [{ words: `${t(words)}: ${problem.message}`, kind: "dim" }];
    }
  }

  /** What would come of an act, the gravest first. */
  lines(preview, told) {
    const { t, world } = this.desk;
    const number = (id) => world.calls.get(id)?.number ?? id;
    const lines = preview.conflicts_made.map(({ kind, calls, place, begins, grave }) => {
      const where = `${t(CONFLICTS[kind])} ${place} ${calls.map(number).join(" × ")} ${clock(begins, world.zone)}`;
      return { words: t({ zh: `冲突 ${where}`, en: `conflict ${where}` }), kind: grave ? "bad" : "late" };
    });
    for (const { rule, zones } of told?.heard ?? []) {
      const where = `${rule} ${zones.map(({ zone }) => zone).join(" ")}`;
      lines.push({ words: t({ zh: `已广播: ${where}`, en: `was announced: ${where}` }), kind: "late" });
    }
    const shown = [...new Set((told?.shown ?? []).flatMap(({ boards }) => boards))];
    if (shown.length) {
      const some = `${shown.slice(0, MOST_BOARDS).join(" ")}${shown.length > MOST_BOARDS ? " …" : ""}`;
      const words = {
        zh: `改变 ${shown.length} 块屏的显示: ${some}`,
        en: `changes what ${shown.length} boards show: ${some}`,
      };
      lines.push({ words: t(words), kind: "" });
    }
    for (const { id, fields } of preview.calls) {
      const follows = fields.filter(({ field }) => FOLLOWS.includes(field));
      const said = follows.map(
        ({ field, before, after }) => `${t(FOLLOWS_WORDS[field])} ${this.value(before)}→${this.value(after)}`,
      );
      if (said.length) {
        lines.push({ words: `${number(id)} ${said.join(", ")}`, kind: "" });
      }
    }
    const spoken = preview.tasks.filter(({ before, after }) => SPOKEN.has((after ?? before).kind));
    const counts = ["made", "changed", "withdrawn", "gone"].map(
      (change) => spoken.filter((each) => each.change === change).length,
    );
    if (spoken.length) {
      const [made, changed, withdrawn, gone] = counts;
      const lost = withdrawn + gone;
      const words = {
        zh: `广播: 新增 ${made}，改动 ${changed}，取消 ${lost}`,
        en: `announcements: ${made} new, ${changed} changed, ${lost} dropped`,
      };
      lines.push({ words: t(words), kind: "" });
    }
    if (preview.conflicts_ended.length) {
      lines.push({
        words: t({
          zh: `解除冲突 ${preview.conflicts_ended.length}`,
          en: `conflicts ended: ${preview.conflicts_ended.length}`,
        }),
        kind: "good",
      });
    }
    if (preview.proposals_made.length) {
      lines.push({
        words: t({
          zh: `新的待决 ${preview.proposals_made.length}`,
          en: `new proposals: ${preview.proposals_made.length}`,
        }),
        kind: "late",
      });
    }
    return lines;
  }

  value(plain) {
    const instant = typeof plain === "number" && plain > 1_000_000;
    return instant ? clock(plain, this.desk.world.zone) : [plain ?? "–"].flat().join(" ") || "–";
  }

  /** Say it in one line, after what is said there already. */
  note(deeds, output) {
    const said = output.textContent;
    this.ask(deeds, (lines) => {
      if (output.textContent === said && lines.length) {
        setText(output, `${said} ⇒ ${lines.map(({ words }) => words).join("; ")}`);
        output.className = lines.find(({ kind }) => kind)?.kind ?? "";
        output.title = output.textContent;
      }
    });
  }

  /** Say it as a list, for a sheet. */
  list(deeds, place) {
    this.ask(deeds, (lines) =>
      refill(
        place,
        lines.map(({ words, kind }) => element("p", { class: kind || null }, words)),
      ),
    );
  }
}
