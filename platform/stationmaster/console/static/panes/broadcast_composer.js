// An announcement that is being written: of a template, with a train or without, or in one's own words; seen and heard
// before it is sent.

import { element, refill } from "../desk/element.js";
import { named, stationOf } from "./station.js";

const WAIT_MS = 300;
const OWN = ""; // no template: one's own words
const PRIORITIES = [
  ["20", { zh: "人工（常用）", en: "Operator (usual)" }],
  ["30", { zh: "晚点停运", en: "Delay, suspension" }],
  ["50", { zh: "检票到发", en: "Check-in, arrival" }],
  ["70", { zh: "服务提示", en: "Courtesy" }],
];

export class Composer {
  constructor(desk, { marked, player }) {
    Object.assign(this, { desk, marked, player });
    this.timer = null;
    this.asked = 0;
    this.node = element("section", { class: "composer", hidden: true, "aria-label": desk.t({ zh: "播音", en: "Announce" }) });
  }

  /** Open it; `given` may have zones, template, call, reason and texts by language, as a correcting announcement does. */
  async open(given = {}) {
    const station = await this.desk.attempt(() => stationOf(this.desk));
    if (station === null) {
      return;
    }
    this.draw(station, given);
    this.node.hidden = false;
    this.template.focus();
    this.changed();
  }

  close() {
    clearTimeout(this.timer);
    this.node.hidden = true;
    refill(this.node);
  }

  draw(station, given) {
    const { desk } = this;
    const { t } = desk;
    const chosen = new Set(given.zones ?? this.marked());
    this.zones = station.zones.map((zone) => element("input", { type: "checkbox", value: zone.id, checked: chosen.has(zone.id), "data-zone-box": zone.id }));
    const zoneLabels = station.zones.map((zone, place) => element("label", {}, this.zones[place], " ", named(desk, zone.names, zone.id)));
    const all = element("button", { type: "button", onclick: () => this.markAll() }, t({ zh: "全部", en: "All" }));
    const templates = station.templates.filter(({ id }) => !id.startsWith("status."));
    this.template = element(
      "select",
      { id: "announce-template" },
      element("option", { value: OWN }, t({ zh: "自由文字", en: "Own words" })),
      templates.map((each) => element("option", { value: each.id, selected: each.id === given.template }, `${each.id} – ${this.short(each)}`)),
    );
    this.trains = element("datalist", { id: "announce-trains" }, this.calls().map(({ number }) => element("option", { value: number })));
    this.train = element("input", { id: "announce-train", list: "announce-trains", autocomplete: "off", value: desk.world.calls.get(given.call)?.number ?? "" });
    this.reason = element("input", { id: "announce-reason", autocomplete: "off", value: given.reason ?? "" });
    this.texts = station.station.languages.map((language) => element("textarea", { id: `announce-${language}`, rows: 2, lang: language, "data-language": language }, given.texts?.[language] ?? ""));
    this.priority = element("select", { id: "announce-priority" }, PRIORITIES.map(([value, words]) => element("option", { value }, t(words))));
    this.minutes = element("input", { id: "announce-minutes", type: "number", min: 1, max: 1440, value: 10 });
    this.preview = element("div", { class: "preview wide", role: "status", "aria-live": "polite" });
    this.fault = element("p", { class: "fault wide", role: "alert" });
    this.hearing = element("button", { type: "button", id: "announce-hear", onclick: () => this.hear() }, t({ zh: "试听", en: "Hear it" }));
    const field = (input, words) => element("div", {}, element("label", { for: input.id }, t(words)), input);
    this.ownFields = element("div", { class: "wide" }, this.texts.map((input) => field(input, { zh: `文字（${input.dataset.language}）`, en: `Words (${input.dataset.language})` })));
    this.templateFields = [field(this.train, { zh: "车次（可不填）", en: "Train (may be left out)" }), field(this.reason, { zh: "原因", en: "Reason" }), this.trains];
    refill(
      this.node,
      element("h2", {}, t({ zh: "播音", en: "Announce" })),
      element(
        "form",
        {
          oninput: () => this.changed(),
          onsubmit: (event) => {
            event.preventDefault();
            this.send();
          },
          onkeydown: (event) => {
            if (event.key === "Escape") {
              event.preventDefault();
              event.stopPropagation();
              this.close();
            }
          },
        },
        element("fieldset", { class: "wide" }, element("legend", {}, t({ zh: "分区", en: "Zones" })), zoneLabels, all),
        field(this.template, { zh: "内容", en: "What" }),
        this.templateFields,
        this.ownFields,
        field(this.priority, { zh: "级别", en: "Priority" }),
        field(this.minutes, { zh: "有效（分钟）", en: "Counts for (minutes)" }),
        this.preview,
        this.fault,
        element(
          "div",
          { class: "buttons wide" },
          element("button", { type: "submit", class: "chief", id: "announce-send" }, t({ zh: "播出", en: "Announce" })),
          this.hearing,
          element("button", { type: "button", onclick: () => this.close() }, t({ zh: "取消 Esc", en: "Cancel Esc" })),
        ),
      ),
    );
  }

  short(template) {
    const text = named(this.desk, template.texts).replaceAll(/\{[{%].*?[%}]\}/g, "…");
    return text.length > 40 ? `${text.slice(0, 40)}…` : text;
  }

  calls() {
    return [...this.desk.world.calls.values()].sort((one, other) => one.number.localeCompare(other.number));
  }

  /** The call whose number stands in the field: of several days the one that is next. */
  call() {
    const number = this.train.value.trim().toUpperCase();
    if (!number) {
      return null;
    }
    const time = ({ departure, arrival }) => (departure ?? arrival).best ?? (departure ?? arrival).planned;
    const found = this.calls().filter((call) => call.numbers.includes(number) || call.number === number);
    return found.sort((one, other) => Math.abs(time(one) - this.desk.now()) - Math.abs(time(other) - this.desk.now()))[0];
  }

  markAll() {
    const on = this.zones.some((box) => !box.checked);
    this.zones.forEach((box) => (box.checked = on));
    this.changed();
  }

  /** The deed, or words of what is missing. */
  deed() {
    const targets = this.zones.filter((box) => box.checked).map((box) => box.value);
    if (!targets.length) {
      return { fault: { zh: "请选择分区。", en: "Choose zones." } };
    }
    const base = { do: "announce", targets, priority: Number(this.priority.value), valid: Number(this.minutes.value) || 10 };
    if (this.template.value !== OWN) {
      const call = this.call();
      if (call === undefined) {
        return { fault: { zh: `没有车次 ${this.train.value}。`, en: `There is no train ${this.train.value}.` } };
      }
      return { deed: { ...base, template: this.template.value, call: call?.id ?? "", reason: this.reason.value.trim() } };
    }
    const texts = this.texts.filter((input) => input.value.trim()).map((input) => ({ name: "speech", language: input.dataset.language, text: input.value.trim() }));
    return texts.length ? { deed: { ...base, texts } } : { fault: { zh: "请输入文字。", en: "Give words." } };
  }

  changed() {
    const own = this.template.value === OWN;
    this.ownFields.hidden = !own;
    this.templateFields.forEach((each) => (each.hidden = own));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), WAIT_MS);
  }

  body(deed) {
    return { id: `preview-${Date.now().toString(36)}-${(this.asked += 1)}`, deeds: [deed] };
  }

  /** Show what will be said, word for word. */
  async look() {
    const { t } = this.desk;
    const { deed, fault } = this.deed();
    this.hearing.disabled = deed === undefined;
    if (deed === undefined) {
      this.fault.textContent = "";
      refill(this.preview, element("p", { class: "dim" }, t(fault)));
      return;
    }
    const body = this.body(deed);
    const mine = this.asked;
    try {
      const { texts } = await this.desk.api.post("/api/v1/broadcast/words", body);
      if (mine === this.asked) {
        this.fault.textContent = "";
        refill(this.preview, texts.filter(({ name }) => name === "speech").map(({ language, text }) => element("p", { lang: language }, element("b", {}, `${language} `), text)));
      }
    } catch (problem) {
      if (mine === this.asked) {
        refill(this.preview);
        this.fault.textContent = [problem.message, problem.hint].filter(Boolean).join(" ");
      }
    }
  }

  async hear() {
    const { deed } = this.deed();
    if (deed !== undefined) {
      const name = this.desk.t({ zh: "试听", en: "Preview" });
      await this.desk.attempt(() => this.player.play(this.desk, { method: "POST", path: "/api/v1/broadcast/preview", body: this.body(deed) }, { name }));
    }
  }

  async send() {
    const { desk } = this;
    const { deed, fault } = this.deed();
    if (deed === undefined) {
      this.fault.textContent = desk.t(fault);
      return;
    }
    const done = await desk.attempt(() => desk.act([deed], { words: { zh: "已下达播音", en: "Announced" } }));
    if (done !== null) {
      this.player.stop();
      this.close();
    }
  }
}
