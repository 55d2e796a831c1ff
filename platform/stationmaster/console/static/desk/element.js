// Elements made of data. Text that people or trains bring in is always text here and never HTML.

/**
 * An element.
 * `given`: attributes by name; functions under `on…` listen; true makes a bare attribute, false and null leave it out.
 * `children`: nodes, texts, lists of them; null and false are left out.
 */
export function element(tag, given = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (name.startsWith("on")) {
      made.addEventListener(name.slice(2), value);
    } else if (value === true) {
      made.setAttribute(name, "");
    } else if (value !== false && value !== null && value !== undefined) {
      made.setAttribute(name, value);
    }
  }
  made.append(...flat(children));
  return made;
}

/** Have `parent` hold these children and no others. */
export function refill(parent, ...children) {
  parent.replaceChildren(...flat(children));
}

/** Set a text where it is another one, so that what is marked by a reader stays so. */
export function setText(node, text) {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}

const flat = (children) => children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
