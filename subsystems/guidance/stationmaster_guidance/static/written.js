// What people write on a board: a text that takes all of it, above the rows, which go on being kept right beneath it
// and are there again at once; and lines below the rows, one at a time.

const LINE_S = 10;
const SLIDE_EM_PER_S = 4;
const PAUSE_SHARE = 0.76; // of a slide's time it moves, as the style sheet says
const LARGEST_VH = 22;
const SMALLEST_VH = 3;

export class Written {
  constructor(whole, lines) {
    this.whole = whole;
    this.lines = lines;
    this.state = null;
    this.keys = new Map();
  }

  /** Show what this state says. */
  update(state) {
    this.state = state;
    this.turn(Date.now() / 1000);
  }

  /** Show the text and the line of this moment: seconds, the same on every board of the station. */
  turn(now) {
    if (this.state === null) {
      return;
    }
    const { whole, lines } = this.state.messages;
    const text = whole[Math.floor(now / this.state.look.dwell_s) % Math.max(1, whole.length)];
    this.put(this.whole, text === undefined ? [] : [text], () => this.enlarge());
    this.put(this.lines, lines, () => this.slide());
    const shown = Math.floor(now / LINE_S) % Math.max(1, lines.length);
    [...this.lines.children].forEach((line, index) => {
      if (line.hidden !== (index !== shown)) {
        line.hidden = index !== shown;
        this.slide();
      }
    });
  }

  /** Texts into an element; it is touched only when they are others. */
  put(element, messages, measure) {
    const key = JSON.stringify([messages, innerWidth, innerHeight]);
    if (this.keys.get(element) === key) {
      return;
    }
    this.keys.set(element, key);
    element.hidden = messages.length === 0;
    element.className = messages.some((message) => message.emergency) ? "emergency" : "";
    const languages = this.state.station.languages;
    if (element === this.whole) {
      element.replaceChildren(
        ...messages.flatMap((message) => inOrder(message.texts, languages).map((part) => paragraph([part]))),
      );
      mark(element, messages[0]);
      this.colour(messages[0]?.emergency);
    } else {
      element.replaceChildren(
        ...messages.map((message, index) => {
          const line = paragraph(inOrder(message.texts, languages));
          line.hidden = index > 0;
          return mark(line, message);
        }),
      );
      document.body.classList.toggle("lined", messages.length > 0);
    }
    measure();
  }

  /** In the layout's colours. */
  colour(emergency) {
    const { message } = this.state.look;
    this.whole.style.background = emergency ? message.emergency_background : message.background;
    this.whole.style.color = emergency ? message.emergency_text : message.text;
    this.whole.style.textAlign = message.align === "centre" ? "center" : message.align;
  }

  /** As large as the screen takes. */
  enlarge() {
    for (let size = LARGEST_VH; size >= SMALLEST_VH; size *= 0.92) {
      this.whole.style.fontSize = `min(${size}vh, ${size}vw)`;
      if (this.whole.scrollHeight <= innerHeight + 1 && this.whole.scrollWidth <= innerWidth + 1) {
        return;
      }
    }
  }

  /** A line that is too long runs. */
  slide() {
    const line = [...this.lines.children].find((each) => !each.hidden);
    if (line === undefined) {
      return;
    }
    const missing = line.scrollWidth - innerWidth;
    line.classList.toggle("sliding", missing > 1);
    if (missing > 1) {
      const em = parseFloat(getComputedStyle(line).fontSize);
      line.style.setProperty("--slide", `${-missing}px`);
      line.style.setProperty("--slide-s", `${missing / (SLIDE_EM_PER_S * em * PAUSE_SHARE) + 3}s`);
    }
  }
}

function inOrder(texts, languages) {
  const order = (language) => (languages.includes(language) ? languages.indexOf(language) : languages.length);
  return Object.entries(texts).sort(([one], [other]) => order(one) - order(other));
}

function paragraph(parts) {
  const element = document.createElement("p");
  parts.forEach(([language, text], index) => {
    const span = document.createElement("span");
    span.className = "text";
    span.lang = language;
    span.textContent = text;
    element.append(...(index > 0 ? ["　　", span] : [span]));
  });
  return element;
}

function mark(element, message) {
  if (message === undefined) {
    delete element.dataset.task;
    delete element.dataset.revision;
  } else {
    element.dataset.task = message.task;
    element.dataset.revision = String(message.revision);
  }
  return element;
}
