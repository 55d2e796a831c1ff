"""Whether the texts of a page can be read: their contrast, as a browser has computed it, colours and opacity."""

from __future__ import annotations

__all__ = ["FAINT"]

FAINT = """() => {
  const parts = (text) => {
    const numbers = (text.match(/[\\d.]+(e-?\\d+)?/g) || []).map(Number);
    const [r, g, b] = text.startsWith("color(") ? numbers.map((each) => each * 255) : numbers;
    const alpha = numbers.length > 3 ? numbers[3] : 1;
    return [r, g, b, alpha];
  };
  const light = ([r, g, b]) => {
    const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    const [x, y, z] = [r, g, b].map((each) => linear(each / 255));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const over = (top, under) => [0, 1, 2].map((n) => top[n] * top[3] + under[n] * (1 - top[3]));
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.offsetParent || element.closest(":disabled")) continue;
    let behind = [255, 255, 255];
    const line = [];
    let opacity = 1;
    for (let each = element; each; each = each.parentElement) {
      line.unshift(parts(getComputedStyle(each).backgroundColor));
      opacity *= Number(getComputedStyle(each).opacity);
    }
    for (const colour of line) behind = over(colour, behind);
    const ink = parts(getComputedStyle(element).color);
    const seen = over([...ink.slice(0, 3), ink[3] * opacity], behind);
    const [a, b] = [light(seen), light(behind)].sort((x, y) => y - x);
    const name = element.className || element.tagName;
    if ((a + 0.05) / (b + 0.05) < 4.5) found.push(`${name}: ${element.textContent.slice(0, 30)}`);
  }
  return [...new Set(found)];
}"""
"""Gives the texts of a page whose contrast is less than WCAG 2 asks for at level AA."""
