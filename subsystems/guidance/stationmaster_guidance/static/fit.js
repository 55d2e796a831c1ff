// Makes texts fit their cells: smaller down to a size that can still be read, and what is still too long scrolls.
// Everything is measured first and written afterwards, so a board of a hundred cells is laid out once and not
// a hundred times.

const SMALLEST = 0.68;
const WRAPPED = [0.9, 0.8, 0.7, 0.62, 0.55]; // sizes that are tried one after the other
const SMALLEST_TITLE = 0.35;
const SMALLEST_VERTICAL = 0.2;
const GAP_EM = 0.4;
const SCROLL_EM_PER_S = 3;
const PAUSE_S = 2;

/** Fit every text in `cells`; a cell whose text and size are those of the last time is left alone. */
export function fit(cells) {
  const texts = [];
  for (const cell of cells) {
    const key = `${cell.clientWidth}x${cell.clientHeight} ${cell.textContent}`;
    if (cell.clientWidth > 0 && cell.dataset.fitted !== key) {
      cell.dataset.fitted = key;
      texts.push(...cell.querySelectorAll(".text"));
    }
  }
  for (const text of texts) {
    text.style.removeProperty("font-size");
    text.classList.remove("sliding");
  }
  const sizes = texts.map((text) => measure(text));
  texts.forEach((text, index) => apply(text, sizes[index]));
}

function measure(text) {
  const cell = text.closest(".cell, .heading, .fitted");
  const holder = text.parentElement;
  const room = cell.clientWidth - padding(cell) - (holder === cell ? 0 : padding(holder)) - beside(text, holder);
  const high = cell.clientHeight / holder.dataset.stack;
  if (text.classList.contains("vertical")) {
    const room = depth(cell, text);
    return { overflow: "vertical", smallest: SMALLEST_VERTICAL, room, wide: text.offsetHeight, own: ownSize(text) };
  }
  return {
    overflow: holder.classList.contains("value") ? cell.dataset.overflow : "shrink",
    smallest: cell.classList.contains("cell") ? SMALLEST : SMALLEST_TITLE,
    room,
    wide: text.scrollWidth,
    high,
    em: parseFloat(getComputedStyle(text).fontSize),
    own: ownSize(text),
  };
}

/** How large a text is beside what it stands in: the style sheet makes second languages smaller. */
function ownSize(text) {
  return parseFloat(getComputedStyle(text).fontSize) / parseFloat(getComputedStyle(text.parentElement).fontSize);
}

/** How wide the languages are that stand beside this one because they are written from top to bottom. */
function beside(text, holder) {
  if (!(holder.dataset.stack > 1)) {
    return 0;
  }
  const others = [...holder.children].filter((other) => other !== text && other.classList.contains("vertical"));
  return others.reduce((sum, other) => sum + other.offsetWidth + GAP_EM * parseFloat(getComputedStyle(text).fontSize), 0);
}

/** How far down a text may run: as far as its cell, or as the board's header; else little more than its line. */
function depth(cell, text) {
  if (cell.classList.contains("cell")) {
    return cell.clientHeight;
  }
  return cell.tagName === "H1" ? cell.parentElement.clientHeight * 0.94 : 2.4 * parseFloat(getComputedStyle(text).fontSize);
}

function padding(element) {
  const style = getComputedStyle(element);
  return parseFloat(style.paddingLeft) + parseFloat(style.paddingRight);
}

function apply(text, { overflow, smallest, room, wide, high, em, own }) {
  if (overflow === "wrap") {
    for (const scale of WRAPPED) {
      if (text.scrollHeight <= high + 1) {
        break;
      }
      text.style.fontSize = `${own * scale}em`;
    }
    return;
  }
  if (wide <= room + 0.5) {
    return;
  }
  const wanted = overflow === "scroll" ? 1 : room / wide;
  const scale = Math.max(smallest, wanted);
  if (scale < 1) {
    text.style.fontSize = `${own * scale * 0.995}em`;
  }
  const missing = wide * scale - room;
  if (missing > 1 && overflow !== "vertical") {
    text.style.setProperty("--slide", `${-missing}px`);
    text.style.setProperty("--slide-s", `${2 * (PAUSE_S + missing / (SCROLL_EM_PER_S * em))}s`);
    text.classList.add("sliding");
  }
}
