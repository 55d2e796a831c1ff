// Devices at their places: one mark for all of a kind at a place, to be marked one by one or with a box around them.

import { DeviceStore } from "./devices_store.js";
import { shape } from "./plan_base.js";
import { stationOf } from "./station.js";

const SIZE = 17;
const GAP = 3;
const WORST = ["faulty", "absent", "degraded", "unknown", "off", "ok"];
const LISTS = { board: "boards", zone: "zones" };
const PLACES = [
  ["gates", "gate"],
  ["platforms", "platform"],
  ["areas", "area"],
  ["exits", "exit"],
];
/** What devices of a kind serve, where their targets alone do not say it. */
const SERVES = { amplifier: "zone", loudspeaker: "zone", lamp: "light", light: "light" };
const KINDS = {
  board: { zh: "显示屏", en: "Boards", letter: "▭" },
  zone: { zh: "广播分区", en: "Loudspeakers", letter: "◖" },
  light: { zh: "照明", en: "Lights", letter: "☼" },
  gate: { zh: "检票口", en: "Gates", letter: "⊓" },
  other: { zh: "其他设备", en: "Other devices", letter: "◆" },
};

export class Devices {
  /** `onMarked(marked)` is called whenever other things are marked. */
  constructor({ layer, base, legend, desk, onMarked }) {
    Object.assign(this, { layer, base, legend, desk, onMarked });
    this.shown = false;
    this.things = new Map(); // key → { key, kind, target, identity, device, condition, name, place }
    this.marked = new Set();
    this.asked = false;
    this.store = new DeviceStore(desk, () => this.soon());
  }

  async show(shown) {
    this.shown = shown;
    if (shown) {
      this.station = await this.desk.attempt(() => stationOf(this.desk));
      await this.store.start();
      this.anew();
    } else {
      this.close();
      this.layer.replaceChildren();
      this.onMarked([]);
    }
  }

  close() {
    this.store.stop();
  }

  /** Draw once for all that changes within one frame of the screen. */
  soon() {
    if (!this.asked && this.shown) {
      this.asked = true;
      requestAnimationFrame(() => {
        this.asked = false;
        this.anew();
      });
    }
  }

  anew() {
    if (this.shown && this.station) {
      this.take(this.station, [...this.store.rows.values()].map(({ device }) => device));
      this.paint();
    }
  }

  /** What there is: each board, zone and light of the station, and each device that serves one of them, a gate or none. */
  take(station, devices) {
    const targets = new Map(); // a board, a zone and a light may have one id
    const add = (target) => targets.set(`${target.kind} ${target.id}`, target);
    for (const [kind, list] of Object.entries(LISTS)) {
      station[list].forEach((target) => add({ ...target, kind }));
    }
    for (const place of station.places.filter((each) => each.kind === "light" || each.kind === "gate")) {
      add(place.kind === "gate" ? { ...place, gates: [place.id] } : place);
    }
    this.things.clear();
    const served = new Set();
    for (const device of devices) {
      const likely = [SERVES[device.kind] ?? "board", "board", "zone", "light", "gate"];
      const names = likely.flatMap((kind) => device.targets.map((id) => `${kind} ${id}`)).filter((name) => targets.has(name));
      const target = targets.get(names[0]);
      device.targets.map((id) => `${likely[0]} ${id}`).forEach((name) => served.add(name));
      const key = `${device.identity}/${device.id}`;
      const kind = target?.kind ?? "other";
      this.things.set(key, { key, kind, identity: device.identity, device: device.id, targets: device.targets, condition: device.condition, name: device.id, place: placeOf(target) });
    }
    for (const [key, target] of targets) {
      if (!served.has(key) && target.kind !== "gate") {
        const name = this.desk.t(Object.fromEntries(target.names));
        this.things.set(key, { key, kind: target.kind, identity: "", device: "", targets: [target.id], condition: "unknown", name, place: placeOf(target) });
      }
    }
    this.marked = new Set([...this.marked].filter((key) => this.things.has(key)));
  }

  /** One mark for each kind at each place, with the worst condition among them and how many they are. */
  paint() {
    const groups = new Map();
    for (const thing of this.things.values()) {
      const key = `${thing.place.kind}-${thing.place.id}`;
      groups.set(key, groups.get(key) ?? { place: thing.place, kinds: new Map() });
      const { kinds } = groups.get(key);
      kinds.set(thing.kind, [...(kinds.get(thing.kind) ?? []), thing]);
    }
    const focused = document.activeElement?.dataset?.group;
    this.layer.replaceChildren(...[...groups.values()].flatMap(({ place, kinds }) => this.cluster(place, [...kinds])));
    this.layer.querySelector(`[data-group="${CSS.escape(focused ?? "")}"]`)?.focus();
    this.tell();
  }

  cluster(place, kinds) {
    const box = this.base.spot(place.kind, place.id) ?? this.base.hall();
    const rows = kinds.length > 2 && box.height >= 2 * SIZE + GAP ? 2 : 1; // beside a room's name there is room for two
    const columns = Math.ceil(kinds.length / rows);
    const [wide, high] = [SIZE * 2 + GAP, SIZE + GAP];
    const width = columns * wide - GAP;
    const beside = place.kind === "gate" ? box.x + box.width + 1 : box.x + (box.width - width) / 2;
    const x = box.width >= width + 2 * GAP ? box.x + box.width - GAP - width : beside;
    const y = box.y + (box.height - rows * high + GAP) / 2;
    return kinds.map(([kind, things], number) => this.mark(place, kind, things, x + (number % columns) * wide, y + Math.floor(number / columns) * high));
  }

  mark(place, kind, things, x, y) {
    const { t } = this.desk;
    const condition = WORST.find((each) => things.some((thing) => thing.condition === each)) ?? "unknown";
    const state = condition === "unknown" ? "untold" : condition;
    const ill = things.filter((thing) => !["ok", "off", "unknown"].includes(thing.condition)).length;
    const marked = things.filter((thing) => this.marked.has(thing.key)).length;
    const group = `${place.kind}-${place.id}-${kind}`;
    const words = [t(KINDS[kind]), `${things.length}`, this.legend.word(state), ill ? `${ill} ✕` : "", `(${things.map((thing) => thing.name).slice(0, 6).join(", ")})`];
    const node = shape("g", {
      class: "device",
      role: "checkbox",
      tabindex: "0",
      "aria-checked": marked === 0 ? "false" : marked === things.length ? "true" : "mixed",
      "aria-label": words.filter(Boolean).join(", "),
      "data-group": group,
      transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`,
    });
    node.style.setProperty("--body", `var(--plan-${state})`);
    node.style.setProperty("--ink", `var(--plan-${state}-ink)`);
    const sign = shape("text", { class: "device-sign", x: SIZE * 0.55, y: SIZE * 0.74, "text-anchor": "middle" });
    sign.textContent = KINDS[kind].letter;
    const count = shape("text", { class: "device-count", x: SIZE * 1.45, y: SIZE * 0.74, "text-anchor": "middle" });
    const many = things.length > 99 ? "99+" : things.length > 1 ? things.length : "";
    count.textContent = things.length > 99 ? many : `${many}${this.legend.sign(state)}`;
    const title = shape("title");
    title.textContent = words.filter(Boolean).join(", ");
    node.append(title, shape("rect", { class: "device-plate", width: SIZE * 2, height: SIZE, rx: 3 }), sign, count);
    const toggle = () => this.toggle(things, marked < things.length);
    node.addEventListener("click", toggle);
    node.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        event.stopPropagation();
        toggle();
      }
    });
    return node;
  }

  toggle(things, on) {
    things.forEach((thing) => (on ? this.marked.add(thing.key) : this.marked.delete(thing.key)));
    this.paint();
  }

  /** Mark these and no others: devices as `identity/device`, all others by the id of what they serve. */
  markOnly(wanted) {
    const keys = new Set(wanted);
    const found = [...this.things.values()].filter((thing) => keys.has(thing.key) || thing.targets.some((id) => keys.has(id)));
    this.marked = new Set(found.map((thing) => thing.key));
    this.paint();
  }

  /** Mark what lies in a box, besides what is marked. */
  markIn(area) {
    const within = (box) => box.x < area.right && box.right > area.x && box.y < area.bottom && box.bottom > area.y;
    const known = new Map();
    for (const { key, place } of this.things.values()) {
      const name = `${place.kind}-${place.id}`;
      if (!known.has(name)) {
        known.set(name, within(this.base.spot(place.kind, place.id) ?? this.base.hall()));
      }
      if (known.get(name)) {
        this.marked.add(key);
      }
    }
    this.paint();
  }

  clear() {
    this.marked.clear();
    this.paint();
  }

  tell() {
    this.onMarked([...this.marked].map((key) => this.things.get(key)));
  }
}

/** The one place at which something is drawn: the nearest to trains that it serves; none: the hall. */
function placeOf(target) {
  for (const [list, kind] of PLACES) {
    if (target?.[list]?.length === 1 || (target?.[list]?.length && kind !== "platform")) {
      return { kind, id: target[list][0] };
    }
  }
  return target?.platforms?.length ? { kind: "platform", id: target.platforms[0] } : { kind: "hall", id: "" };
}
