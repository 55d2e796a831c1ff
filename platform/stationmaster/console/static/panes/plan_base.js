// The base drawing: fetched once for each identity and kept, and what trains and devices find in it.

import { element } from "../desk/element.js";

export const SVG = "http://www.w3.org/2000/svg";
const SAMPLES = 96;
const USUAL = [0.28, 0.72]; // where trains stand, as parts of a track in a drawing that says nothing of platforms
const APART = 6;
const HOLD = 150; // length of a train that waits before the platform, in units of the drawing

const kept = { identity: "", root: null };

/** An element of a drawing. */
export function shape(tag, given = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(given)) {
    if (value !== null && value !== undefined && value !== false) {
      made.setAttribute(name, value);
    }
  }
  made.append(...children);
  return made;
}

/** The drawing as the hub has it; asked for only when it is another one than the one that is kept. */
async function drawn({ identity, path }) {
  if (kept.identity !== identity) {
    const answer = await fetch(path, { credentials: "same-origin" });
    if (!answer.ok) {
      throw new Error(`${path}: ${answer.status}`);
    }
    const root = new DOMParser().parseFromString(await answer.text(), "image/svg+xml").documentElement;
    Object.assign(kept, { identity, root });
  }
  return kept.root;
}

/** A track as trains use it: along its length from the left end, in units of the drawing. */
class Track {
  constructor(line, matrix, span) {
    Object.assign(this, { line, matrix });
    this.length = line.getTotalLength();
    const points = Array.from({ length: SAMPLES + 1 }, (_, number) => this.measure((number / SAMPLES) * this.length));
    this.reversed = points[0].x > points[SAMPLES].x;
    const [left, right] = span ?? [];
    const ordered = this.reversed ? [...points].reverse() : points;
    const at = (x) => {
      const next = ordered.findIndex((point) => point.x >= x);
      if (next <= 0) {
        return next < 0 ? this.length : 0;
      }
      const [before, after] = [ordered[next - 1].x, ordered[next].x];
      return ((next - 1 + (x - before) / (after - before)) / SAMPLES) * this.length;
    };
    this.stand = span ? [at(left), at(right)] : USUAL.map((part) => part * this.length);
    if (this.stand[1] - this.stand[0] < this.length * 0.1) {
      this.stand = USUAL.map((part) => part * this.length);
    }
  }

  measure(distance) {
    return this.line.getPointAtLength(distance).matrixTransform(this.matrix);
  }

  /** The point so far from the left end. */
  point(distance) {
    const along = Math.max(0, Math.min(this.length, distance));
    return this.measure(this.reversed ? this.length - along : along);
  }

  /** From where to where a train is: at the platform, or waiting before it on a side, in its slot there. */
  place(where, slot, slots) {
    const [from, to] = this.stand;
    if (where === "platform") {
      const width = (to - from) / slots;
      const length = Math.min(width - APART, 260);
      const middle = from + width * (slot + 0.5);
      return [middle - length / 2, middle + length / 2];
    }
    const room = (where === "left" ? from : this.length - to) - 2 * APART;
    const length = Math.max(30, Math.min(HOLD, room * 0.6) / slots - APART);
    const gone = slot * (length + APART) + APART;
    return where === "left" ? [from - gone - length, from - gone] : [to + gone, to + gone + length];
  }

  /** Where a train is that is not yet, or no longer, to be seen. */
  outside(side) {
    return side === "left" ? [-HOLD, 0] : [this.length, this.length + HOLD];
  }

  /** A line that lies on the track, for a train's body or for the track's own state. */
  copy(name) {
    const line = this.line.cloneNode(false);
    for (const { name: attribute } of [...line.attributes]) {
      if (!["d", "points", "x1", "x2", "y1", "y2"].includes(attribute)) {
        line.removeAttribute(attribute);
      }
    }
    const { a, b, c, d, e, f } = this.matrix;
    line.setAttribute("transform", `matrix(${[a, b, c, d, e, f].join(" ")})`);
    line.setAttribute("class", name);
    line.setAttribute("fill", "none");
    return line;
  }

  /** A line on the part of the track at which trains stand. */
  part(name) {
    const line = this.copy(name);
    const [from, to] = this.stand;
    line.setAttribute("stroke-dasharray", dashes(this.reversed ? this.length - to : from, to - from, this.length));
    return line;
  }
}

/** What a dash array needs to draw a line from one distance to another, and nothing else of it. */
export const dashes = (start, length, whole) => `0 ${start.toFixed(1)} ${length.toFixed(1)} ${(whole * 2).toFixed(1)}`;

export class Base {
  /** `group` holds the drawing, within `stage`. */
  constructor(stage, group) {
    Object.assign(this, { stage, group });
    this.identity = "";
    this.tracks = new Map();
    this.box = [0, 0, 1400, 800];
  }

  /** Show a drawing; gives whether it is another one than before. */
  async show(drawing, language, platforms) {
    if (drawing.identity === this.identity) {
      return false;
    }
    const root = await drawn(drawing);
    this.box = root.getAttribute("viewBox").trim().split(/[\s,]+/).map(Number);
    this.group.replaceChildren(...[...root.childNodes].map((node) => document.importNode(node, true)));
    this.identity = drawing.identity;
    this.speak(language);
    this.measure(platforms);
    return true;
  }

  /** Show names in a language, or in the first that the drawing has. */
  speak(language) {
    const named = [...this.group.querySelectorAll("[lang]")];
    const languages = [...new Set(named.map((node) => node.getAttribute("lang")))];
    const spoken = languages.includes(language) ? language : languages[0];
    for (const node of named) {
      node.setAttribute("display", node.getAttribute("lang") === spoken ? "inline" : "none");
    }
  }

  /** Take the measures of all tracks. `platforms`: track → the platform at which it lies. */
  measure(platforms) {
    this.tracks.clear();
    const origin = this.group.getCTM()?.inverse();
    if (!origin) {
      return; // not to be seen yet; it is measured when it is
    }
    const boxes = [...this.group.querySelectorAll("[id^='platform-']")].map((node) => [node.id.slice(9), this.boxOf(node)]);
    const all = boxes.map(([, box]) => box);
    const around = all.length ? [Math.min(...all.map((box) => box.x)), Math.max(...all.map((box) => box.x + box.width))] : null;
    const spans = new Map(boxes.map(([id, box]) => [id, [box.x, box.x + box.width]]));
    for (const line of this.group.querySelectorAll("[id^='track-']")) {
      const id = line.id.slice(6);
      this.tracks.set(id, new Track(line, origin.multiply(line.getCTM()), spans.get(platforms.get(id)) ?? around));
    }
  }

  /** The box of something in the drawing, in the drawing's units; null if it is not there. */
  boxOf(node) {
    if (node === null) {
      return null;
    }
    const { x, y, width, height } = node.getBBox();
    const matrix = this.group.getCTM().inverse().multiply(node.getCTM());
    const [one, other] = [new DOMPoint(x, y), new DOMPoint(x + width, y + height)].map((point) => point.matrixTransform(matrix));
    return new DOMRect(Math.min(one.x, other.x), Math.min(one.y, other.y), Math.abs(other.x - one.x), Math.abs(other.y - one.y));
  }

  /** The box of a place (`platform`, `3`), or null. */
  spot(kind, id) {
    return this.boxOf(this.group.querySelector(`#${CSS.escape(`${kind}-${id}`)}`));
  }

  hall() {
    const [x, y] = this.box;
    return this.boxOf(this.group.querySelector("#hall")) ?? new DOMRect(x + 8, y + 8, this.box[2] * 0.15, 40);
  }
}

/** A labelled button of the pane's bar. */
export const button = (words, run, more = {}) => element("button", { type: "button", onclick: run, ...more }, words);
