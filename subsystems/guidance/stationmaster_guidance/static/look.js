// What a layout says of a board's look beyond its cells: fonts and ways of writing by language, where the cars of a
// train stop along the platform, and the standing text of a board without rows.

let sheet = null;

/** Give each language of the page the fonts that the layout names. */
export function dress(look) {
  const rules = Object.entries(look.fonts ?? {}).map(([language, families]) => {
    const names = families.map((family) => `"${family}"`).join(", ");
    return `:is(#board, #whole, #lines) [lang="${language}"] { font-family: ${names}, sans-serif; }`;
  });
  if (sheet === null) {
    sheet = document.createElement("style");
    document.head.append(sheet);
  }
  const text = rules.join("\n");
  if (sheet.textContent !== text) {
    sheet.textContent = text;
  }
}

/** The platform from end to end: its sectors, and below them the train's cars with their numbers. */
export function drawCars(value, count, { first, places, sectors, here }) {
  const key = JSON.stringify([count, first, places, sectors, here]);
  if (value.dataset.key === key) {
    return;
  }
  value.dataset.key = key;
  const strip = part("div", "cars");
  if (sectors.length > 0) {
    const marks = sectors.map((name) => part("i", name === here ? "here" : "", name));
    strip.append(part("div", "sectors", ...marks));
  }
  const room = Math.max(places, count);
  const train = part("div", "train");
  train.style.setProperty("--places", room);
  const numbers = Array.from({ length: count }, (_, index) => (first === "right" ? count - index : index + 1));
  const before = Math.floor((room - count) / 2);
  numbers.forEach((number, index) => {
    const nose = index === 0 ? "nose-left" : index === count - 1 ? "nose-right" : "";
    const car = part("b", nose, String(number));
    car.style.gridColumn = String(before + index + 1);
    train.append(car);
  });
  strip.append(train);
  value.replaceChildren(strip);
}

/** The standing text of a board that has no rows. */
export function standing(look, languages, named) {
  const section = part("section", `standing ${look.message.align}`);
  section.style.background = look.message.background;
  section.style.color = look.message.text;
  section.style.setProperty("--size", look.message.size);
  const texts = named(look.message.texts);
  const shown = look.languages === "first" ? languages.slice(0, 1) : languages;
  for (const [index, language] of shown.entries()) {
    if (texts[language]) {
      const line = part("p", `text l${index}`, texts[language]);
      line.lang = language;
      line.classList.toggle("vertical", look.vertical.includes(language));
      section.append(line);
    }
  }
  return section;
}

/** As large as its room takes. */
export function enlarge(section) {
  const size = Number(getComputedStyle(section).getPropertyValue("--size")) || 1;
  for (let part = 24 * size; part >= 3; part *= 0.92) {
    section.style.fontSize = `min(${part}vh, ${part}vw)`;
    if (section.scrollHeight <= section.clientHeight + 1 && section.scrollWidth <= section.clientWidth + 1) {
      return;
    }
  }
}

function part(tag, classes, ...children) {
  const element = document.createElement(tag);
  element.className = classes;
  element.append(...children);
  return element;
}
