// Side sheets for acts that need more than a word: each shows what it would do before it is done.

import { element } from "../desk/element.js";
import { neighbours } from "./day_foresight.js";
import { Details } from "./day_details.js";
import { clock, dayOf, instantOf, late, nearest, typedTime } from "./day_times.js";
import { KINDS, REASONS } from "./day_words.js";

const EVENTS = { arrival: { zh: "到达", en: "Arrival" }, departure: { zh: "出发", en: "Departure" } };
const TIME = { placeholder: "HH:MM", inputmode: "numeric", maxlength: 5 };
const numbers = (calls) => calls.map(({ number }) => number).join(" ");

export class Sheets {
  /** `targets()` gives the calls that are meant. */
  constructor(desk, acts, { targets, foresight }) {
    Object.assign(this, { desk, acts, targets, foresight });
  }

  /** The chosen calls; says so where there are none. */
  chosen() {
    const calls = this.targets();
    if (!calls.length) {
      this.desk.tell({ zh: "先选一列车", en: "Choose a train first" }, { kind: "warn" });
    }
    return calls;
  }

  /** Ask, make deeds of what was answered, and do them. `fields(calls)` and `deeds(values, call)`. */
  async ask({ title, fields, deeds, why = true, check = null, danger = false }) {
    const calls = this.chosen();
    if (!calls.length) {
      return null;
    }
    const { desk, acts } = this;
    const seen = acts.seen(calls);
    const present = () => calls.map(({ id }) => desk.world.calls.get(id)).filter(Boolean);
    const made = (values) => present().flatMap((call) => deeds(values, call));
    const reason = { name: "why", words: { zh: "说明（记入日志）", en: "Why (for the log)" }, maxlength: 200 };
    const values = await desk.ask({
      title: { zh: `${title.zh} ${numbers(calls)}`, en: `${title.en} ${numbers(calls)}` },
      fields: [...(await fields(calls)), ...(why ? [reason] : [])],
      danger,
      check: (given) =>
        check?.(given) ?? (made(given).length ? null : { zh: "没有可做的", en: "There is nothing to do" }),
      watch: (given, note) => {
        const wrong = check?.(given);
        const all = wrong ? [] : made(given);
        note.replaceChildren(all.length ? element("p", {}, acts.said(all, present(), desk.t)) : "");
        const ways = element("div");
        this.foresight.list(all, ways);
        note.append(ways);
      },
    });
    return values === null ? null : acts.perform(made(values), present(), { seen, why: values.why ?? "" });
  }

  /** Minutes late or early: from the plan or more than now, with check-in or without. */
  delay() {
    return this.ask({
      title: { zh: "晚点", en: "Delay" },
      fields: ([first]) => [
        {
          name: "minutes",
          words: { zh: "分钟（早点为负）", en: "Minutes (early: negative)" },
          kind: "number",
          required: true,
          min: -600,
          max: 2880,
          value: late(first.arrival?.actual === null ? first.arrival : (first.departure ?? first.arrival)) || "",
        },
        {
          name: "events",
          words: { zh: "到达、出发", en: "Arrival, departure" },
          kind: "select",
          options: [["both", { zh: "到达和出发", en: "Both" }], ...Object.entries(EVENTS)],
        },
        { name: "cumulative", words: { zh: "在现有基础上增减", en: "More than it is now" }, kind: "checkbox" },
        {
          name: "check_in",
          words: { zh: "检票时间随之移动", en: "Check-in moves along" },
          kind: "checkbox",
          value: true,
        },
      ],
      deeds: ({ minutes, events, cumulative, check_in: along }, call) =>
        Object.keys(EVENTS)
          .filter(
            (event) => call[event] !== null && (events === event || (events === "both" && call[event].actual === null)),
          )
          .map((event) => ({ do: "delay", call: call.id, event, minutes: minutes ?? 0, cumulative, check_in: along })),
    });
  }

  /** Another track; for each the platform that it has and who else is there. */
  async track() {
    const station = await this.station();
    const { world } = this.desk;
    return this.ask({
      title: { zh: "股道", en: "Track" },
      fields: ([first]) => [
        {
          name: "track",
          words: { zh: "股道 · 站台 · 同时占用", en: "Track · platform · who else is there" },
          kind: "select",
          size: 12,
          value: first.track,
          options: station.places
            .filter(({ kind }) => kind === "track")
            .map(({ id, platform }) => {
              const others = neighbours(first, id, world.calls.values()).map(({ number }) => number);
              return [id, `${id} · ${platform || "–"}${others.length ? ` · ⚠ ${others.join(" ")}` : ""}`];
            }),
        },
      ],
      deeds: ({ track }, call) => (track && track !== call.track ? [{ do: "track", call: call.id, track }] : []),
    });
  }

  /** Gates, waiting areas and exits, of those that the station has. */
  async places() {
    const station = await this.station();
    const of = (kind) => station.places.filter((place) => place.kind === kind).map(({ id }) => [id, id]);
    const field = (name, words, kind, value) => ({ name, words, kind: "many", value, options: of(kind) });
    const same = (one, other) => one.join(" ") === other.join(" ");
    return this.ask({
      title: { zh: "位置", en: "Places" },
      fields: ([first]) => [
        field("gates", { zh: "检票口", en: "Gates" }, "gate", first.gates),
        field("areas", { zh: "候车区", en: "Waiting areas" }, "area", first.areas),
        field("exits", { zh: "出站口", en: "Exits" }, "exit", first.exits),
      ],
      deeds: (values, call) => {
        const changed = ["gates", "areas", "exits"].filter((name) => !same(values[name], call[name]));
        return changed.length
          ? [{ do: "places", call: call.id, ...Object.fromEntries(changed.map((name) => [name, values[name]])) }]
          : [];
      },
    });
  }

  /** When check-in opens and closes; empty: as the rule says. */
  checkIn() {
    const { zone } = this.desk.world;
    const at = (text, call) => {
      const time = typedTime(text);
      return time === null ? null : nearest(time, call.departure.best ?? call.departure.planned, zone);
    };
    return this.ask({
      title: { zh: "检票时间", en: "Check-in" },
      check: ({ opens, closes }) =>
        [opens, closes].some((text) => text && typedTime(text) === null)
          ? { zh: "时间应如 9:40", en: "Say times as 9:40" }
          : null,
      fields: ([first]) => [
        {
          name: "opens",
          words: { zh: "开检（空：按规则）", en: "Opens (empty: by rule)" },
          ...TIME,
          value: clock(first.check_in_open, zone),
        },
        {
          name: "closes",
          words: { zh: "停检（空：按规则）", en: "Closes (empty: by rule)" },
          ...TIME,
          value: clock(first.check_in_close, zone),
        },
      ],
      deeds: ({ opens, closes }, call) =>
        call.departure === null
          ? []
          : [{ do: "check_in", call: call.id, opens: at(opens, call), closes: at(closes, call) }],
    });
  }

  /** Suspended, with its reason. */
  suspend() {
    return this.ask({
      title: { zh: "停运", en: "Suspend" },
      danger: true,
      fields: () => [
        {
          name: "common",
          words: { zh: "原因", en: "Reason" },
          kind: "select",
          options: [["", "–"], ...REASONS.map((reason) => [reason, reason])],
        },
        { name: "other", words: { zh: "其他原因", en: "Another reason" }, maxlength: 100 },
      ],
      deeds: ({ common, other }, call) => [
        { do: "running", call: call.id, running: "suspended", reason: other || common },
      ],
    });
  }

  /** A train that is in no plan. */
  async extra() {
    const { desk } = this;
    const { zone } = desk.world;
    const station = await this.station();
    const today = dayOf(desk.now(), zone);
    const tracks = station.places
      .filter(({ kind }) => kind === "track")
      .map(({ id, platform }) => [id, `${id} · ${platform || "–"}`]);
    const need = {
      origin: ["departure"],
      terminus: ["arrival"],
      through: ["arrival", "departure"],
      passing: ["departure"],
    };
    const instants = ({ day, arrival, departure, kind }) => {
      const at = (text, name) => {
        const time = need[kind].includes(name) ? typedTime(text) : null;
        return time === null ? null : instantOf(day, time.hour, time.minute, zone);
      };
      const [comes, leaves] = [at(arrival, "arrival"), at(departure, "departure")];
      return {
        arrival: kind === "passing" ? leaves : comes,
        departure: comes !== null && leaves !== null && leaves < comes ? leaves + 86_400 : leaves,
      };
    };
    const values = await desk.ask({
      title: { zh: "加开列车", en: "An extra train" },
      fields: [
        {
          name: "number",
          words: { zh: "车次", en: "Number" },
          required: true,
          maxlength: 30,
          hint: { zh: "多个车次用 / 分开", en: "Several: with / between" },
        },
        {
          name: "kind",
          words: { zh: "类", en: "Kind" },
          kind: "select",
          value: "through",
          options: Object.entries(KINDS),
        },
        { name: "train_class", words: { zh: "等级", en: "Class" }, value: "高速动车", required: true },
        { name: "origin", words: { zh: "始发站", en: "From" }, required: true },
        { name: "destination", words: { zh: "终到站", en: "To" }, required: true },
        { name: "day", words: { zh: "日期", en: "Date" }, kind: "date", value: today, required: true },
        { name: "arrival", words: { zh: "到达", en: "Arrival" }, ...TIME },
        { name: "departure", words: { zh: "出发", en: "Departure" }, ...TIME },
        { name: "track", words: { zh: "股道", en: "Track" }, kind: "select", options: [["", "–"], ...tracks] },
        { name: "formation", words: { zh: "编组", en: "Formation" } },
        { name: "why", words: { zh: "说明（记入日志）", en: "Why (for the log)" } },
      ],
      check: (given) => {
        const missing = need[given.kind].find((name) => typedTime(given[name]) === null);
        return missing ? { zh: `请输入${EVENTS[missing].zh}时间`, en: `${EVENTS[missing].en}: type the time` } : null;
      },
    });
    if (values === null) {
      return null;
    }
    const all = values.number
      .toUpperCase()
      .split("/")
      .map((each) => each.trim());
    const { train_class, kind, origin, destination, track, formation, day, why } = values;
    const planned = {
      number: all[0],
      numbers: all,
      train_class,
      kind,
      origin,
      destination,
      track,
      formation,
      ...instants(values),
    };
    const words = { zh: `加开 ${all.join("/")}`, en: `Extra train ${all.join("/")}` };
    return this.acts.perform([{ do: "add", day, planned }], [], { why, words });
  }

  /** An announcement for the chosen train, of a template or in free words. */
  async announce() {
    const [call] = this.chosen();
    if (call === undefined) {
      return null;
    }
    const { desk } = this;
    const station = await this.station();
    const spoken = station.templates.filter(({ id }) => !id.startsWith("status."));
    const first = (words) => words.find(([language]) => language === desk.language)?.[1] ?? words[0]?.[1] ?? "";
    const values = await desk.ask({
      title: { zh: `广播 ${call.number}`, en: `Announce ${call.number}` },
      fields: [
        {
          name: "zones",
          words: { zh: "广播分区", en: "Zones" },
          kind: "many",
          options: station.zones.map(({ id, names }) => [id, `${id} ${first(names)}`]),
          value: this.zones(call, station),
        },
        {
          name: "template",
          words: { zh: "模板", en: "Template" },
          kind: "select",
          options: [
            ["", { zh: "自由文字", en: "Free words" }],
            ...spoken.map(({ id, texts }) => [id, `${id}: ${first(texts).slice(0, 40)}`]),
          ],
        },
        { name: "zh", words: { zh: "中文", en: "Chinese" }, kind: "textarea", maxlength: 1000 },
        { name: "en", words: { zh: "英文", en: "English" }, kind: "textarea", maxlength: 1000 },
        { name: "reason", words: { zh: "原因（填入模板）", en: "Reason (for the template)" } },
      ],
      check: ({ zones, template, zh, en }) =>
        !zones.length
          ? { zh: "请选择分区", en: "Choose a zone" }
          : !template && !zh && !en
            ? { zh: "请写内容或选模板", en: "Write something, or choose a template" }
            : null,
    });
    if (values === null) {
      return null;
    }
    const texts = values.template
      ? []
      : ["zh", "en"]
          .filter((language) => values[language])
          .map((language) => ({ name: "speech", language, text: values[language] }));
    const deed = {
      do: "announce",
      targets: values.zones,
      texts,
      template: values.template,
      call: values.template ? call.id : "",
      reason: values.reason,
    };
    const words = {
      zh: `广播 ${call.number} → ${values.zones.join(" ")}`,
      en: `Announcement ${call.number} → ${values.zones.join(" ")}`,
    };
    return this.acts.perform([deed], [], { words });
  }

  /** The zones that serve a call by its platform, gates or areas. */
  zones(call, station) {
    const meets = (one, other) => one.some((each) => other.includes(each));
    return station.zones
      .filter(
        ({ platforms, gates, areas }) =>
          meets(platforms, [call.platform]) || meets(gates, call.gates) || meets(areas, call.areas),
      )
      .map(({ id }) => id);
  }

  /** Everything about one train, with its tasks and locks to act on. */
  details(id = this.chosen()[0]?.id) {
    return id === undefined ? null : new Details(this.desk, this.acts, id).open();
  }

  /** What the station has, as it is configured now. */
  station() {
    return this.desk.api.get("/api/v1/station");
  }
}
