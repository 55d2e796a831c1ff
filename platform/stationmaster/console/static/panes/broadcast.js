// Broadcast: what plays in each zone, what comes next and what waits for a person; announcements; what was said.

import { element, refill } from "../desk/element.js";
import { focusCurrent, markCurrent, redrawn, stepFrom } from "../desk/walking.js";
import { Composer } from "./broadcast_composer.js";
import { callEmergency, Emergencies } from "./broadcast_emergency.js";
import { Played } from "./broadcast_record.js";
import { clock, ZoneQueue } from "./broadcast_zone.js";
import { command } from "./commanding.js";
import { Player } from "./sound.js";
import { named, neighboursOf, stationOf, trainOf, unset } from "./station.js";

const LOOK_MS = 2000;
const HEADS = [
  { zh: "分区", en: "Zone" },
  { zh: "正在播音", en: "Playing" },
  { zh: "下一条", en: "Next" },
  { zh: "等待", en: "Waiting" },
  { zh: "音量", en: "Volume" },
  { zh: "监听", en: "Listen" },
];

class Broadcast {
  constructor(root, desk) {
    this.desk = desk;
    this.told = null; // what broadcast says
    this.trouble = null; // why it says nothing
    this.station = null;
    this.asked = false; // whether the hub knows where to ask
    this.chosen = null;
    this.marked = new Set();
    this.shown = false;
    this.sounding = null;
    this.dragging = false; // a volume is being set: the row stays as it is
    this.player = new Player((what) => this.heard(what));
    const { t } = desk;
    this.away = element("p", { class: "away", role: "alert", hidden: true });
    this.sound = element("span", { class: "sounding", role: "status", "data-sounding": "" });
    this.zones = element("tbody", {});
    this.emergencies = new Emergencies(desk, { ended: () => this.read() });
    this.composer = new Composer(desk, { marked: () => [...this.marked], player: this.player });
    this.queue = new ZoneQueue(desk, { act: (what, task) => this.handle(what, task) });
    this.played = new Played(desk, { player: this.player, asked: () => this.asked });
    const heads = HEADS.map((words) => element("th", { scope: "col" }, t(words)));
    const table = element(
      "table",
      { class: "zones", "aria-label": t({ zh: "广播分区", en: "Zones" }) },
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, element("span", { class: "visually-hidden" }, t({ zh: "标记", en: "Mark" }))), heads)),
      this.zones,
    );
    const region = (words, ...inside) => element("div", { tabindex: "0", role: "region", "aria-label": t(words) }, inside);
    root.append(
      this.bar(),
      this.away,
      this.emergencies.node,
      this.composer.node,
      element("div", { class: "halves" }, region({ zh: "分区列表", en: "List of zones" }, table), region({ zh: "队列与记录", en: "Queue and record" }, this.queue.node, this.played.node)),
    );
    this.keys();
    desk.on(["task", "call", "mode", "minute"], () => this.paint());
    desk.on(["subscribers"], () => this.shown && this.trouble && this.read());
    this.timer = setInterval(() => this.shown && !document.hidden && this.read(), LOOK_MS);
    this.paint();
  }

  bar() {
    const { desk } = this;
    const { t } = desk;
    const button = (words, run, { may = "doCommand", ...more } = {}) =>
      element("button", { type: "button", disabled: !desk.may(may), onclick: run, ...more }, t(words));
    return element(
      "div",
      { class: "bar" },
      button({ zh: "播音… N", en: "Announce… N" }, () => this.composer.open(), { may: "announce", class: "chief", id: "announce" }),
      button({ zh: "停止 P", en: "Stop P" }, () => this.zoneCommand("stop"), { id: "stop" }),
      button({ zh: "跳过下一条 K", en: "Skip next K" }, () => this.zoneCommand("skip"), { id: "skip" }),
      button({ zh: "暂停分区 H", en: "Hold H" }, () => this.zoneCommand("hold"), { id: "hold" }),
      button({ zh: "恢复 U", en: "Release U" }, () => this.zoneCommand("release"), { id: "release" }),
      button({ zh: "测试", en: "Test" }, () => this.zoneCommand("test"), { id: "test-zones" }),
      button({ zh: "紧急…", en: "Emergency…" }, () => this.emergency(), { class: "danger", id: "emergency" }),
      element("button", { type: "button", id: "listen", onclick: () => this.listen() }, t({ zh: "监听 L", en: "Listen L" })),
      this.sound,
    );
  }

  keys() {
    const { desk } = this;
    desk.key("N", { zh: "播音", en: "Announce" }, () => desk.may("announce") && this.composer.open());
    desk.key("P", { zh: "停止正在播的", en: "Stop what plays" }, () => this.zoneCommand("stop"));
    desk.key("K", { zh: "跳过下一条", en: "Skip what comes next" }, () => this.zoneCommand("skip"));
    desk.key("H", { zh: "暂停分区", en: "Hold the zone" }, () => this.zoneCommand("hold"));
    desk.key("U", { zh: "恢复分区", en: "Release the zone" }, () => this.zoneCommand("release"));
    desk.key("L", { zh: "监听，再按停止", en: "Listen; again: no more" }, () => this.listen());
    desk.key(" ", { zh: "标记分区", en: "Mark the zone" }, (event) => (event.target.closest("button, input") ? false : this.mark(this.chosen)));
    desk.key("ArrowDown", { zh: "下一分区", en: "Next zone" }, (event) => this.move(event, 1));
    desk.key("ArrowUp", { zh: "上一分区", en: "Previous zone" }, (event) => this.move(event, -1));
  }

  show(argument) {
    this.shown = true;
    if (argument?.zone) {
      this.chosen = argument.zone;
    }
    if (argument?.announce) {
      this.composer.open(argument.announce);
    }
    this.read();
    this.played.read();
  }

  hide() {
    this.shown = false;
    this.player.stop();
  }

  end() {
    clearInterval(this.timer);
    this.player.stop();
  }

  async read() {
    try {
      this.station = await stationOf(this.desk);
      this.asked = (await neighboursOf(this.desk)).broadcast;
      this.told = this.asked ? await this.desk.api.get("/api/v1/broadcast/zones") : null;
      this.trouble = this.asked ? null : unset("broadcast");
    } catch (problem) {
      this.trouble = problem;
      this.told = null;
    }
    this.paint();
  }

  /** The zones as broadcast has them; while it is away, those of the station with what the hub itself knows. */
  list() {
    const unknown = { playing: null, cut: [], queue: [], kept_back: [], held: false, seized: [], unknown: true };
    return this.told?.zones ?? this.station?.zones.map(({ id, names }) => ({ id, names, ...unknown })) ?? [];
  }

  paint() {
    const { t } = this.desk;
    const zones = this.list();
    this.away.hidden = this.trouble === null;
    if (this.trouble !== null) {
      const said = [this.trouble.message, this.trouble.hint].filter(Boolean).join(" ");
      this.away.textContent = `${t({ zh: "看不到广播进程的队列：", en: "Broadcast's queues cannot be seen: " })}${said}`;
    }
    if (!zones.some(({ id }) => id === this.chosen)) {
      this.chosen = zones[0]?.id ?? null;
    }
    this.emergencies.paint(this.told?.emergencies ?? []);
    if (!this.dragging) {
      redrawn(this.zones, "zone", () => refill(this.zones, zones.map((zone) => this.row(zone))));
    }
    this.queue.paint(zones.find(({ id }) => id === this.chosen) ?? null);
    this.played.zone(this.chosen, zones);
  }

  row(zone) {
    const { desk } = this;
    const { t } = desk;
    const name = named(desk, zone.names, zone.id);
    const emergency = this.told?.emergencies.find((each) => each.zones.includes(zone.id));
    const waits = zone.queue.length + zone.cut.length;
    const state = [
      emergency ? element("b", { class: "bad" }, `! ${t({ zh: "紧急广播", en: "EMERGENCY" })} `) : null,
      zone.held ? element("b", { class: "moved" }, `‖ ${t({ zh: "已暂停", en: "Held" })} `) : null,
      zone.seized.length ? element("b", { class: "moved" }, `${t({ zh: "被占用", en: "Taken" })}: ${zone.seized.map(({ why, by }) => why || by).join(", ")} `) : null,
    ];
    const next = [...zone.cut, ...zone.queue][0];
    return element(
      "tr",
      { "data-zone": zone.id, tabindex: zone.id === this.chosen ? "0" : "-1", class: zone.id === this.chosen ? "current" : "", onclick: () => this.choose(zone.id), onfocus: () => this.choose(zone.id) },
      element("td", {}, element("input", { type: "checkbox", checked: this.marked.has(zone.id), "aria-label": `${t({ zh: "标记", en: "Mark" })} ${name}`, onchange: () => this.mark(zone.id) })),
      element("td", { class: "name" }, name),
      element("td", { class: "playing" }, state, zone.playing === null ? element("span", { class: "dim" }, t(zone.unknown ? { zh: "不详", en: "Not known" } : { zh: "空闲", en: "Idle" })) : this.playing(zone.playing)),
      element("td", {}, next ? [element("b", {}, trainOf(desk, next)), element("span", { class: "said one-line" }, named(desk, next.class_names, next.class))] : null),
      element("td", { class: "time" }, waits || "", zone.kept_back.length ? element("b", { class: "moved" }, ` +${zone.kept_back.length}`) : null),
      element("td", {}, this.volume(zone, name)),
      element("td", {}, element("button", { type: "button", onclick: () => this.listen(zone.id), "aria-label": `${t({ zh: "监听", en: "Listen to" })} ${name}` }, "♪")),
    );
  }

  playing(play) {
    const { desk } = this;
    const words = play.texts[desk.language] ?? Object.values(play.texts)[0] ?? "";
    return [element("b", {}, `▶ ${trainOf(desk, play)} `), `${clock(desk, play.begun)}–${clock(desk, play.ends)} `, element("span", { class: "said one-line" }, words)];
  }

  volume(zone, name) {
    const { desk } = this;
    const { t } = desk;
    const percent = this.told?.volumes[zone.id];
    const may = desk.may("doCommand") && !zone.unknown;
    const set = (parameters, words) => command(desk, { kind: "broadcast", action: "volume", targets: [zone.id], parameters, words }).then(() => this.read());
    const range = element("input", {
      type: "range",
      min: 0,
      max: 100,
      step: 5,
      value: percent ?? 100,
      disabled: !may,
      "aria-label": `${t({ zh: "音量", en: "Volume of" })} ${name}`,
      onpointerdown: () => (this.dragging = true),
      onpointerup: () => (this.dragging = false),
      onpointercancel: () => (this.dragging = false),
      onchange: (event) => set({ percent: event.target.value }, { zh: `${name} 音量 ${event.target.value}%`, en: `${name}: volume ${event.target.value}%` }),
    });
    const automatic = element("button", { type: "button", disabled: !may, onclick: () => set({}, { zh: `${name} 音量自动`, en: `${name}: volume by the time of day` }) }, t({ zh: "自动", en: "Auto" }));
    return percent === undefined ? [range, element("small", {}, t({ zh: "自动", en: "auto" }))] : [range, `${percent}% `, automatic];
  }

  choose(id) {
    if (id !== this.chosen) {
      this.chosen = id;
      markCurrent(this.zones, "zone", id);
      this.queue.paint(this.list().find((zone) => zone.id === id) ?? null);
      this.played.zone(id, this.list());
    }
  }

  mark(id) {
    if (id !== null) {
      this.marked.delete(id) || this.marked.add(id);
      const box = this.zones.querySelector(`tr[data-zone="${CSS.escape(id)}"] input[type=checkbox]`);
      if (box) {
        box.checked = this.marked.has(id);
      }
    }
  }

  move(event, step) {
    const ids = this.list().map(({ id }) => id);
    if (!ids.length || event.target.matches?.("input[type=range]")) {
      return false;
    }
    this.choose(stepFrom(this.zones, ids, this.chosen, step));
    focusCurrent(this.zones);
    return true;
  }

  /** A command to the marked zones, or to the chosen one. */
  async zoneCommand(action) {
    const { desk } = this;
    const targets = this.marked.size ? [...this.marked] : this.chosen === null ? [] : [this.chosen];
    if (!targets.length || !desk.may("doCommand")) {
      return;
    }
    const names = targets.map((id) => named(desk, this.list().find((zone) => zone.id === id)?.names, id)).join(", ");
    const verbs = {
      stop: { zh: "停止播音", en: "Stopped" },
      skip: { zh: "跳过下一条", en: "Skipped the next" },
      hold: { zh: "已暂停", en: "Held" },
      release: { zh: "已恢复", en: "Released" },
      test: { zh: "已测试", en: "Tested" },
    };
    await command(desk, { kind: "broadcast", action, targets, words: `${desk.t(verbs[action])}: ${names}` });
    await this.read();
    this.played.read();
  }

  async emergency() {
    await callEmergency(this.desk, this.told, [...this.marked]);
    await this.read();
  }

  /** What a person does with one announcement: now, hold, release, skip. */
  async handle(how, task) {
    const { desk } = this;
    const verbs = { now: { zh: "立即播", en: "Now" }, hold: { zh: "保留", en: "Held" }, release: { zh: "放行", en: "Released" }, skip: { zh: "不播", en: "Skipped" } };
    await desk.attempt(() => desk.act([{ do: "handle", tasks: [task.task ?? task.id], how }], { words: `${desk.t(verbs[how])}: ${trainOf(desk, task)}` }));
    await this.read();
  }

  async listen(zone = this.chosen) {
    if (this.sounding !== null && this.sounding.zone === zone) {
      this.player.stop();
      return;
    }
    if (zone !== null) {
      const name = named(this.desk, this.list().find(({ id }) => id === zone)?.names, zone);
      await this.desk.attempt(() => this.player.play(this.desk, { path: `/api/v1/broadcast/listen?zone=${encodeURIComponent(zone)}` }, { zone, name }));
    }
  }

  heard(what) {
    const { t } = this.desk;
    this.sounding = what;
    this.sound.dataset.sounding = what === null ? "" : what.loading ? "loading" : what.zone ? (what.live ? "live" : "last") : "sound";
    if (what === null) {
      refill(this.sound);
      return;
    }
    const kind = what.loading ? { zh: "正在取声音…", en: "Fetching…" } : what.zone && !what.live ? { zh: "上一条", en: "what was said last" } : { zh: "", en: "" };
    refill(this.sound, `♪ ${what.name} `, t(kind), element("button", { type: "button", onclick: () => this.player.stop() }, t({ zh: "停", en: "Stop listening" })));
  }
}

export default {
  id: "broadcast",
  words: { zh: "广播", en: "Broadcast" },
  key: "4",
  style: "/console/panes/broadcast.css",
  open(root, desk) {
    return new Broadcast(root, desk);
  },
};
