// The board's light: dark when it is switched off, dimmed by a black pane, and the picture of its self-test.

const LEAST_LIGHT = 0.05; // a board that is on is never quite dark
const TEST_MS = 1000;
const FEWEST_FRAMES = 10;

export class BoardLight {
  /** `onTested()` is called when a test is over and `outcome` says what it found. */
  constructor(pane, onTested) {
    this.pane = pane;
    this.onTested = onTested;
    this.outcome = null;
    this.testing = "";
  }

  /** Be as this state says. */
  update(state) {
    const { on, percent, test } = state.light;
    if (test !== "" && test !== this.testing) {
      this.begin(test, state.board);
    }
    if (test === "") {
      this.testing = "";
      this.outcome = null;
    }
    const opacity = on && test === "" ? Math.min(1 - LEAST_LIGHT, 1 - percent / 100) : 1;
    this.pane.hidden = opacity === 0;
    this.pane.style.opacity = String(opacity);
    this.pane.classList.toggle("test", test !== "");
  }

  /** Count pictures for a moment and look at the screen. */
  begin(test, board) {
    this.testing = test;
    const began = performance.now();
    let frames = 0;
    const count = () => {
      frames += 1;
      if (this.testing !== test) {
        return;
      }
      if (performance.now() - began < TEST_MS) {
        requestAnimationFrame(count);
        return;
      }
      const wrong = [];
      if (frames < FEWEST_FRAMES) {
        wrong.push(`only ${frames} pictures a second`);
      }
      const stretched = (innerWidth * board.height) / (innerHeight * board.width);
      if (stretched < 0.97 || stretched > 1.03) {
        wrong.push(`the screen has the shape ${innerWidth} × ${innerHeight} and not ${board.width} × ${board.height}`);
      }
      this.outcome = { id: test, frames, width: innerWidth, height: innerHeight, wrong };
      this.onTested();
    };
    requestAnimationFrame(count);
  }
}
