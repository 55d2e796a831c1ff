// One train on the plan: a body that follows its track, and a label on it that can always be read.

import { dashes, shape } from "./plan_base.js";

const FONT = 15;
const LEAST = 9;
const HEIGHT = 21;
const EASE_S = 0.35;
const NEAR = 0.4; // units of the drawing within which a train is where it should be
const BADGE = 18;

export class Train {
  /** `layer` is where trains are drawn; `legend` gives the words, signs and colours. */
  constructor(layer, legend, { onOpen, onFocus }) {
    Object.assign(this, { layer, legend });
    this.data = null;
    this.track = null;
    this.shown = null; // from where to where it is drawn
    this.going = false; // it is off the plan, and only still to be seen going
    this.node = shape("g", { class: "train", role: "button", tabindex: "-1" });
    this.label = shape("g", { class: "train-label" });
    this.plate = shape("rect", { class: "train-plate", height: HEIGHT, rx: 5 });
    this.text = shape("text", { class: "train-text", "text-anchor": "middle" });
    this.badge = shape("rect", { class: "train-badge", height: HEIGHT, width: BADGE, rx: 5 });
    this.sign = shape("text", { class: "train-sign", "text-anchor": "middle" });
    this.label.append(this.plate, this.badge, this.sign, this.text);
    this.node.addEventListener("click", () => onOpen(this.data));
    this.node.addEventListener("focus", () => onFocus(this));
    layer.append(this.node);
  }

  /** Show it as the hub says. `track` may be another one than before. */
  take(data, track, { anew }) {
    const moved = this.track !== track;
    Object.assign(this, { data, going: false });
    if (moved) {
      this.track = track;
      this.body = track.copy("train-body");
      this.halo = track.copy("train-halo");
      this.node.replaceChildren(this.halo, this.body, this.label);
      this.shown = anew ? null : track.outside(data.comes_from);
    }
    const { node } = this;
    node.setAttribute("class", `train stage-${data.stage} state-${data.state}`);
    node.dataset.call = data.id;
    node.dataset.stage = data.stage;
    node.dataset.track = data.track;
    node.classList.toggle("conflict", data.conflicts.length > 0);
    node.classList.toggle("unconfirmed", data.unconfirmed);
    const [kind, colour] = [data.running === "extra" ? "extra" : data.kind, data.state];
    node.style.setProperty("--body", `var(--plan-${colour})`);
    node.style.setProperty("--ink", `var(--plan-${colour}-ink)`);
    node.style.setProperty("--kind", `var(--plan-${kind})`);
    node.style.setProperty("--kind-ink", `var(--plan-${kind}-ink)`);
    this.name();
    this.sign.textContent = this.legend.sign(kind);
    this.write();
  }

  /** Say in words what the picture says. */
  name() {
    this.node.setAttribute("aria-label", this.legend.spoken(this.data));
  }

  /** The words of the label, as large as there is room for. */
  write() {
    const { data, text } = this;
    const moving = { coming: data.comes_from === "left" ? "▶" : "◀", leaving: data.goes_to === "right" ? "▶" : "◀" }[data.stage] ?? "";
    const left = moving === "◀" ? "◀ " : "";
    const right = moving === "▶" ? " ▶" : "";
    const signs = `${data.conflicts.length ? "!" : ""}${data.unconfirmed ? "≈" : ""}${data.with_set ? "⇄" : ""}`;
    const state = { late: ` +${data.late}`, early: ` −${-data.late}`, unknown: " ?", suspended: " ✕" }[data.state] ?? "";
    text.textContent = `${left}${data.numbers.join("/")}${state}${signs ? ` ${signs}` : ""}${right}`;
    const [from, to] = this.track.place(data.where, data.slot, data.slots);
    const room = Math.max(40, to - from) - BADGE - 8;
    text.setAttribute("font-size", FONT);
    const width = text.getComputedTextLength() || text.textContent.length * FONT * 0.6;
    const font = Math.max(LEAST, Math.min(FONT, (FONT * room) / width));
    text.setAttribute("font-size", font.toFixed(1));
    this.width = Math.min(width * (font / FONT), room) + BADGE + 10;
    if (width * (font / FONT) > room) {
      text.setAttribute("textLength", room);
      text.setAttribute("lengthAdjust", "spacingAndGlyphs");
    } else {
      text.removeAttribute("textLength");
    }
    const x = -this.width / 2;
    this.plate.setAttribute("x", x);
    this.plate.setAttribute("y", -HEIGHT / 2);
    this.plate.setAttribute("width", this.width);
    this.badge.setAttribute("x", x);
    this.badge.setAttribute("y", -HEIGHT / 2);
    this.sign.setAttribute("x", x + BADGE / 2);
    this.sign.setAttribute("y", 5);
    text.setAttribute("x", x + BADGE + (this.width - BADGE) / 2);
    text.setAttribute("y", font * 0.36);
  }

  /** It is off the plan: have it go out on the side to which it leaves. */
  leave() {
    this.going = true;
    this.node.classList.add("gone");
    this.node.setAttribute("aria-hidden", "true");
    this.node.removeAttribute("tabindex");
  }

  /** Where it should be at a station time (seconds), as from where to where on its track. */
  target(now, calm) {
    const { data, track } = this;
    if (this.going) {
      return data.with_set && data.kind === "terminus" ? this.shown : track.outside(data.goes_to);
    }
    const there = track.place(data.where, data.slot, data.slots);
    if (data.begins === null || calm) {
      return there;
    }
    const part = Math.max(0, Math.min(1, (now - data.begins) / Math.max(1, data.ends - data.begins)));
    const [from, to] = data.stage === "coming" ? [track.outside(data.comes_from), there] : [track.place("platform", 0, 1), track.outside(data.goes_to)];
    const start = data.stage === "leaving" && data.kind === "passing" ? track.place(data.comes_from, 0, 1) : from;
    return start.map((value, end) => value + (to[end] - value) * part);
  }

  /** Draw it nearer to where it should be; gives whether it still has to move. */
  step(now, passed, calm) {
    const target = this.target(now, calm);
    if (this.shown === null || calm) {
      this.shown = target;
    } else {
      const share = 1 - Math.exp(-passed / EASE_S);
      this.shown = this.shown.map((value, end) => value + (target[end] - value) * share);
    }
    const rest = Math.max(...target.map((value, end) => Math.abs(value - this.shown[end])));
    if (rest < NEAR) {
      this.shown = target;
    }
    this.draw();
    return rest >= NEAR;
  }

  draw() {
    const { track } = this;
    const [from, to] = this.shown.map((value) => Math.max(0, Math.min(track.length, value)));
    const [start, length] = [track.reversed ? track.length - to : from, to - from];
    for (const line of [this.halo, this.body]) {
      line.setAttribute("stroke-dasharray", dashes(start, length, track.length));
      line.setAttribute("visibility", length > 0.5 ? "visible" : "hidden");
    }
    const middle = (sides) => (sides[0] + sides[1]) / 2;
    const least = middle(track.place("left", 0, 1));
    const most = middle(track.place("right", 0, 1));
    const { x, y } = track.point(Math.max(least, Math.min(most, middle(this.shown))));
    this.label.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
  }

  remove() {
    this.node.remove();
  }
}
