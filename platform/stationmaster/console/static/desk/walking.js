// Walking through the rows of a table: one of them is current, Tab leads to it, and the arrows move on from there.

/** Make the row of `id` the current one; rows have their ids in the data attribute `key`. */
export function markCurrent(body, key, id) {
  for (const row of [...body.children].filter(({ dataset }) => dataset[key] !== undefined)) {
    const current = row.dataset[key] === id;
    row.tabIndex = current ? 0 : -1;
    row.classList.toggle("current", current);
  }
}

/** The id that is `step` rows further on; who comes from outside of the table begins with the current row. */
export function stepFrom(body, ids, current, step) {
  const place = Math.max(0, ids.indexOf(current));
  const inside = body.contains(document.activeElement);
  return ids[inside ? Math.min(ids.length - 1, Math.max(0, place + step)) : place];
}

/** Draw the rows anew; what had the focus in one of them has it again, or the current row where that one is gone. */
export function redrawn(body, key, draw) {
  const active = body.contains(document.activeElement) ? document.activeElement : null;
  const before = active?.closest("tr");
  const parts = (row) => [row, ...row.querySelectorAll("button, input, select, a")];
  const place = before ? parts(before).indexOf(active) : -1;
  draw();
  if (active !== null && !active.isConnected) {
    const row = [...body.children].find((each) => each.dataset[key] === before?.dataset[key]);
    (row ? (parts(row)[place] ?? row) : body.querySelector('[tabindex="0"]'))?.focus();
  }
}

/** Put the focus on the current row. */
export function focusCurrent(body) {
  body.querySelector('[tabindex="0"]')?.focus();
}
