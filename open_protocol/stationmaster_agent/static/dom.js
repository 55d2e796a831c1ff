// Small helps for pages for people. What comes from a station (names, texts, numbers) is only ever put in as text.

/** An element; `properties` are attributes, but `class`, and functions, which are listeners (`onclick`). */
export function h(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) {
      continue;
    }
    if (typeof value === "function") {
      made.addEventListener(key.replace(/^on/, ""), value);
    } else if (key === "class") {
      made.className = value;
    } else if (key === "value" || key === "checked") {
      made[key] = value;
    } else {
      made.setAttribute(key, value === true ? "" : value);
    }
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** Chinese first, English smaller behind it. */
export function both([zh, en]) {
  return [h("span", { lang: "zh" }, zh), " ", h("small", { lang: "en" }, en)];
}

/** Put new children into `element` without losing the focus of a control that has a `data-key`. */
export function refill(element, ...children) {
  const held = document.activeElement?.closest?.("[data-key]");
  const key = held && element.contains(held) ? held.dataset.key : null;
  const top = element.scrollTop;
  element.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  element.scrollTop = top;
  if (key !== null) {
    [...element.querySelectorAll("[data-key]")].find((each) => each.dataset.key === key)?.focus({ preventScroll: true });
  }
}

const formats = new Map();

/** HH:MM of an instant (ISO text or milliseconds) in the station's zone; empty for none. */
export function hhmm(moment, zone, seconds = false) {
  if (moment === null || moment === undefined || moment === "") {
    return "";
  }
  const key = `${zone} ${seconds}`;
  if (!formats.has(key)) {
    const parts = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone };
    formats.set(key, new Intl.DateTimeFormat("zh-CN", seconds ? { ...parts, second: "2-digit" } : parts));
  }
  return formats.get(key).format(new Date(moment));
}

/** How long, in words: `40 s`, `7 min`, `3 h 05`. */
export function span(seconds) {
  if (seconds < 90) {
    return `${Math.max(0, Math.round(seconds))} s`;
  }
  const minutes = Math.floor(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")}`;
}

export const names = (words) => Object.values(words ?? {}).join(" ");
