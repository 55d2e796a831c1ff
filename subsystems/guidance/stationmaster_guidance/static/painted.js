// Tells the server what this page really shows: read from the page after it was painted, never from what was received.
//
// A reading is made two animation frames after every state, after anything in the page has changed, whoever changed
// it, and every few seconds. In a page that is not painted no frame comes, so it falls silent, and the server says so.

const EVERY_MS = 5000;
const LEAST_MS = 500; // between readings that no state has asked for
const FULL_EVERY = 12; // readings after which all is said again though it is the same
const ANSWER_MS = 5000;
const SEVERAL = 2; // pixels by which a row may stand out

export class PaintedReader {
  /** `outcome()` gives what a self-test found, or null. */
  constructor(path, outcome) {
    this.path = path;
    this.outcome = outcome;
    this.page = pageName();
    this.state = null;
    this.known = "";
    this.since = 0;
    this.waiting = false;
    this.sending = false;
    this.again = false;
    this.readAt = 0;
    this.watch = new MutationObserver((changes) => {
      if (changes.some(({ target }) => !inClock(target))) {
        this.soon();
      }
    });
    const all = { attributes: true, characterData: true, childList: true, subtree: true };
    this.watch.observe(document.body, all);
    setInterval(() => this.read(), EVERY_MS);
    addEventListener("pagehide", () => navigator.sendBeacon(`${path}/left?page=${this.page}`));
    addEventListener("resize", () => this.soon());
  }

  /** A state has been drawn. */
  drawn(id) {
    this.state = id;
    this.read();
  }

  /** Something has changed: read, but not more often than a person could see. */
  soon() {
    if (this.timer === undefined) {
      const wait = Math.max(0, this.readAt + LEAST_MS - performance.now());
      this.timer = setTimeout(() => {
        this.timer = undefined;
        this.read();
      }, wait);
    }
  }

  /** Read and tell once what stands in the page now has been painted. */
  read() {
    if (this.waiting || this.state === null) {
      return;
    }
    this.waiting = true;
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        this.waiting = false;
        this.readAt = performance.now();
        this.send();
      }),
    );
  }

  async send() {
    if (this.sending) {
      this.again = true;
      return;
    }
    this.sending = true;
    this.again = false;
    const painted = performance.now();
    const reading = { state: this.state, ...readPage(), test: this.outcome() };
    const key = JSON.stringify(reading);
    const same = key === this.known && ++this.since < FULL_EVERY;
    try {
      const body = same ? "" : JSON.stringify({ ...reading, ...weight(), age_ms: Math.round(performance.now() - painted) });
      const answer = await fetch(`${this.path}/painted?page=${this.page}`, {
        method: "POST",
        body,
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      const { known } = await answer.json();
      this.known = known ? key : "";
      if (!same) {
        this.since = 0;
      } else if (!known) {
        this.again = true; // the server has begun anew
      }
    } catch {
      this.known = ""; // the feed notices that the server is gone, and says so on the board
    }
    this.sending = false;
    if (this.again) {
      this.read();
    }
  }
}

/** What stands in the page. */
function readPage() {
  const whole = document.getElementById("whole");
  const notice = document.getElementById("notice");
  const dark = document.getElementById("dark");
  return {
    rows: [...document.querySelectorAll("#board .region")].flatMap((region, index) => readRegion(region, index)),
    whole: whole.hidden ? null : readMessage(whole),
    lines: [...document.getElementById("lines").children].map((line) => readMessage(line)),
    notice: seen(notice, false) ? notice.className : "",
    dark: !dark.hidden && Number(getComputedStyle(dark).opacity) > 0.99,
  };
}

/** The rows of a part of the board as they stand: those that are showing from top to bottom, then the others. */
function readRegion(region, index) {
  const rows = [...region.querySelectorAll(".row")].map((row) => {
    const showing = row.dataset.page === region.dataset.page;
    const top = row.hidden ? 1e6 + Number(row.style.order) : row.getBoundingClientRect().top;
    return { row, top, seen: showing || !row.hidden ? showing && seen(row) : null };
  });
  rows.sort((one, other) => one.top - other.top);
  return rows.map(({ row, seen: visible }) => ({
    task: row.dataset.task ?? "",
    revision: number(row.dataset.revision),
    page: number(row.dataset.page),
    region: index,
    status: row.dataset.status ?? "",
    seen: visible,
    cells: [...row.querySelectorAll(".cell")].map((cell) => ({
      field: cell.dataset.field ?? cell.classList[1] ?? "",
      words: [...cell.querySelectorAll(".value .text")].flatMap((text) =>
        text.children.length > 0 ? [...text.children].map((part) => part.textContent) : [text.textContent],
      ),
    })),
  }));
}

function readMessage(element) {
  return {
    task: element.dataset.task ?? "",
    revision: number(element.dataset.revision),
    seen: element.hidden ? null : seen(element),
    words: [...element.querySelectorAll(".text")].map((text) => text.textContent),
  };
}

/** Whether an element is on the screen, and nothing is in front of it. */
function seen(element, uncovered = true) {
  if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) {
    return false;
  }
  const { left, right, top, bottom } = element.getBoundingClientRect();
  if (right - left < 1 || bottom - top < 1 || top < -SEVERAL || bottom > innerHeight + SEVERAL) {
    return false;
  }
  const x = Math.min(innerWidth - 1, Math.max(0, (left + Math.min(right, innerWidth)) / 2));
  return !uncovered || element.contains(document.elementFromPoint(x, (top + bottom) / 2));
}

function weight() {
  return {
    nodes: document.getElementsByTagName("*").length,
    memory: Math.round(performance.memory?.usedJSHeapSize ?? 0),
  };
}

function inClock(node) {
  const element = node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
  return element?.closest(".station-clock, .date") !== null;
}

function number(text) {
  return /^\d{1,15}$/.test(text ?? "") ? Number(text) : 0;
}

/** A name for this page that lasts as long as its tab, over reloads. */
function pageName() {
  const kept = sessionStorage.getItem("page");
  if (kept !== null) {
    return kept;
  }
  const made = [...crypto.getRandomValues(new Uint8Array(9))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  sessionStorage.setItem("page", made);
  return made;
}
