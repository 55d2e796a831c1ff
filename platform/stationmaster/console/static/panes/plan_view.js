// Looking nearer: zoom with the wheel, the keys and buttons, and move the plan by dragging it.

const STEP = 1.25;
const NEAREST = 8;
const DRAGGED = 4; // pixels after which a press is a drag

export class View {
  /** `stage` is the drawing; `onMark(box)` gets what a person has drawn a box around, in units of the drawing. */
  constructor(stage, { mayMark, onMark }) {
    Object.assign(this, { stage, mayMark, onMark });
    this.whole = [0, 0, 1400, 800];
    this.box = [...this.whole];
    this.drag = null;
    stage.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    stage.addEventListener("pointerdown", (event) => this.down(event));
    stage.addEventListener("pointermove", (event) => this.move(event));
    stage.addEventListener("pointerup", (event) => this.up(event));
    stage.addEventListener("pointercancel", () => (this.drag = null));
    stage.addEventListener("click", (event) => this.click(event), { capture: true });
  }

  /** The drawing is another one: show all of it. */
  fit(whole = this.whole) {
    this.whole = [...whole];
    this.box = [...whole];
    this.apply();
  }

  /** Look nearer (more than 1) or from further away, at a point that stays where it is. */
  zoom(factor, at = { x: this.box[0] + this.box[2] / 2, y: this.box[1] + this.box[3] / 2 }) {
    const [, , wide] = this.whole;
    const width = Math.max(wide / NEAREST, Math.min(wide, this.box[2] / factor));
    const share = width / this.box[2];
    const [x, y, , height] = this.box;
    this.box = [at.x - (at.x - x) * share, at.y - (at.y - y) * share, width, height * share];
    this.apply();
  }

  nearer() {
    this.zoom(STEP);
  }

  further() {
    this.zoom(1 / STEP);
  }

  apply() {
    const [x, y, width, height] = this.whole;
    this.box[0] = Math.max(x, Math.min(x + width - this.box[2], this.box[0]));
    this.box[1] = Math.max(y, Math.min(y + height - this.box[3], this.box[1]));
    this.stage.setAttribute("viewBox", this.box.map((value) => value.toFixed(2)).join(" "));
  }

  /** A point of the screen in units of the drawing. */
  point(event) {
    return new DOMPoint(event.clientX, event.clientY).matrixTransform(this.stage.getScreenCTM().inverse());
  }

  wheel(event) {
    event.preventDefault();
    this.zoom(event.deltaY < 0 ? STEP : 1 / STEP, this.point(event));
  }

  down(event) {
    if (event.button === 0) {
      const marks = event.shiftKey && this.mayMark();
      this.drag = { from: this.point(event), x: event.clientX, y: event.clientY, marks, dragged: false };
    }
  }

  move(event) {
    const { drag } = this;
    if (drag === null) {
      return;
    }
    if (!drag.dragged && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > DRAGGED) {
      drag.dragged = true;
      this.stage.setPointerCapture(event.pointerId);
    }
    if (drag.dragged && !drag.marks) {
      const now = this.point(event);
      this.box[0] += drag.from.x - now.x;
      this.box[1] += drag.from.y - now.y;
      this.apply();
    }
  }

  up(event) {
    const { drag } = this;
    this.drag = null;
    this.swallow = Boolean(drag?.dragged);
    if (drag?.dragged && drag.marks) {
      const to = this.point(event);
      const { from } = drag;
      this.onMark(new DOMRect(Math.min(from.x, to.x), Math.min(from.y, to.y), Math.abs(from.x - to.x), Math.abs(from.y - to.y)));
    }
  }

  /** The end of a drag is no click on what happens to be there. */
  click(event) {
    if (this.swallow) {
      this.swallow = false;
      event.stopPropagation();
      event.preventDefault();
    }
  }
}
