// Doing things to trains: what is asked for is said in short words, done once, and refused if somebody else has changed
// the train since it was seen; then what changed is shown, and it can be done all the same.

import { element } from "../desk/element.js";
import { clock } from "./day_times.js";
import { foretold } from "./day_typed.js";
import { FIELDS, SOURCES } from "./day_words.js";

const MOST_TOLD = 3;

export class Acts {
  constructor(desk) {
    this.desk = desk;
    this.made = new Map(); // id of a call → the revision that an act of this page gave it
  }

  /** The revisions in which the person sees these calls now: { id: revision }. */
  seen(calls) {
    return Object.fromEntries(calls.map(({ id, revision }) => [id, revision]));
  }

  /** What deeds would make of calls, in one line. */
  said(deeds, calls, t) {
    const { world } = this.desk;
    const parts = calls.slice(0, MOST_TOLD).map((call) => {
      const mine = deeds.filter((deed) => deed.call === call.id || deed.scope === `call.${call.id}`);
      return `${call.number} ${mine.map((deed) => foretold(deed, call, { zone: world.zone, t })).join(", ")}`;
    });
    const more = calls.length - parts.length;
    return `${parts.join("; ")}${more > 0 ? t({ zh: ` 等 ${calls.length} 列`, en: ` and ${more} more` }) : ""}`;
  }

  /**
   * Do deeds to calls. `seen` are the revisions in which the person saw them when he began; `words` replace what is
   * said of it. Gives the hub's answer; null where it was refused, or the person gave up.
   */
  async perform(deeds, calls, { seen = this.seen(calls), words = null, ...options } = {}) {
    const said = words ?? {
      zh: this.said(deeds, calls, ({ zh }) => zh),
      en: this.said(deeds, calls, ({ en }) => en),
    };
    try {
      return await this.desk.inTurn(() => this.send(deeds, seen, { ...options, words: said }));
    } catch (problem) {
      if (problem.code !== "changed-meanwhile") {
        this.desk.problem(problem);
        return null;
      }
      const insists = await this.insists(problem, said);
      return insists ? this.perform(deeds, calls, { ...options, seen: {}, words: said }) : null;
    }
  }

  /** Each act knows what the one before it made: they are sent one after another. */
  async send(deeds, seen, options) {
    const known = Object.entries(seen).map(([id, revision]) => ({
      kind: "call",
      id,
      revision: Math.max(revision, this.made.get(id) ?? 0),
    }));
    const answer = await this.desk.act(deeds, { ...options, known });
    for (const { kind, id, revision } of answer.puts) {
      if (kind === "call") {
        this.made.set(id, revision);
      }
    }
    return answer;
  }

  /** Show what somebody else has changed meanwhile, and ask whether to go on. */
  async insists(problem, words) {
    const { t } = this.desk;
    const changes = (problem.more.changed ?? []).map((change) => this.changed(change));
    const answer = await this.desk.ask({
      title: { zh: "他人已作更改，操作未执行", en: "Somebody has changed it: nothing was done" },
      fields: [
        { node: element("p", { class: "changed-meanwhile" }, t({ zh: "您要做的：", en: "You wanted: " }), t(words)) },
        { node: element("div", { class: "scroll" }, changes) },
      ],
      ok: { zh: "仍然执行", en: "Do it all the same" },
      danger: true,
    });
    return answer !== null;
  }

  /** One resource that is not as it was seen: each field, from what to what, by whom and when. */
  changed({ id, now, fields }) {
    const { t, world } = this.desk;
    const title = now === null ? t({ zh: "已不存在", en: "It is gone" }) : (now.number ?? id);
    const rows = fields.map(({ field, before, after, source, by, at, why }) =>
      element(
        "tr",
        {},
        element("th", { scope: "row" }, t(FIELDS[field] ?? field)),
        element("td", {}, `${this.value(before)} → ${this.value(after)}`),
        element("td", {}, [by || t(SOURCES[source] ?? source), clock(at, world.zone), why].filter(Boolean).join(" · ")),
      ),
    );
    const head = [
      { zh: "内容", en: "Field" },
      { zh: "从 → 到", en: "From → to" },
      { zh: "由", en: "By" },
    ].map((words) => element("th", { scope: "col" }, t(words)));
    return element(
      "table",
      {},
      element("caption", {}, title),
      element("thead", {}, element("tr", {}, head)),
      element("tbody", {}, rows),
    );
  }

  /** A field's value as people read it: instants as times. */
  value(plain) {
    if (plain === null || plain === "") {
      return "–";
    }
    if (typeof plain === "number" && plain > 1_000_000) {
      return clock(plain, this.desk.world.zone);
    }
    if (Array.isArray(plain)) {
      return plain.map((each) => this.value(each)).join(" ") || "–";
    }
    if (typeof plain === "object") {
      return Object.entries(plain)
        .filter(([, each]) => each !== null && each !== false)
        .map(([name, each]) => `${name} ${this.value(each)}`)
        .join(", ");
    }
    return String(plain);
  }
}
