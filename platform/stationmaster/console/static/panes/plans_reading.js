// Files of the station as texts: tables of CSV in and out, and where in a text the hub says that something is wrong.

/** The rows of a CSV text: [{ line, cells }], as RFC 4180 has it; empty lines are left out, as the hub does. */
export function parseCsv(text) {
  const rows = [];
  let cells = [""];
  let quoted = false;
  let line = 1;
  let begun = 1;
  const end = () => {
    if (cells.length > 1 || cells[0] !== "") {
      rows.push({ line: begun, cells });
    }
    cells = [""];
    begun = line + 1;
  };
  for (let at = text.startsWith("\ufeff") ? 1 : 0; at < text.length; at += 1) {
    const sign = text[at];
    if (quoted) {
      if (sign === '"' && text[at + 1] === '"') {
        cells[cells.length - 1] += '"';
        at += 1;
      } else if (sign === '"') {
        quoted = false;
      } else {
        cells[cells.length - 1] += sign;
        line += sign === "\n" ? 1 : 0;
      }
    } else if (sign === '"' && cells.at(-1) === "") {
      quoted = true;
    } else if (sign === ",") {
      cells.push("");
    } else if (sign === "\n") {
      end();
      line += 1;
      begun = line;
    } else if (sign !== "\r") {
      cells[cells.length - 1] += sign;
    }
  }
  end();
  return rows;
}

const cellOf = (value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

/** Rows of cells as CSV text; what a program for tables would take for a formula stays the text that it is. */
export const csvOf = (rows) => rows.map((cells) => `${cells.map((value) => cellOf(value ?? "")).join(",")}\n`).join("");

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** The parts of a place in a TOML file: `rule[3].start.offset` → [{ name, nth }…]. */
function partsOf(place) {
  const parts = [];
  for (const [, name, quoted, nth] of place.matchAll(/(?:([^.[\]"]+)|"([^"]*)")(?:\[(\d+)\])?/g)) {
    parts.push({ name: name ?? quoted, nth: nth === undefined ? null : Number(nth) });
  }
  return parts;
}

const isHeader = (line) => /^\s*\[/.test(line);

/** The line (from 1) at which a fault of a file is: as the hub says it, or where the keys of its place stand. */
export function lineOf(text, place) {
  const said = /^(?:after )?line (\d+)/.exec(place) ?? /\(at line (\d+)/.exec(place);
  if (said) {
    return Number(said[1]);
  }
  const lines = text.split("\n");
  let found = 0;
  let from = 0;
  let path = "";
  for (const { name, nth } of partsOf(place)) {
    path = path === "" ? name : `${path}.${name}`;
    const header = new RegExp(
      `^\\s*\\[{1,2}\\s*(?:"${escaped(name)}"|"${escaped(path)}"|${escaped(path)}|${escaped(name)})\\s*\\]`,
    );
    const headers = lines.flatMap((line, at) => (header.test(line) ? [at] : []));
    const chosen = headers[(nth ?? 1) - 1];
    if (chosen !== undefined && (nth !== null || found === 0)) {
      found = chosen + 1;
      from = chosen + 1;
      continue;
    }
    const key = new RegExp(`(?:^|[{,])\\s*"?${escaped(name)}"?\\s*=`);
    for (let at = Math.max(from - 1, 0); at < lines.length && !(at > from && isHeader(lines[at])); at += 1) {
      if (key.test(lines[at])) {
        found = at + 1;
        from = at + 1;
        break;
      }
    }
  }
  return found;
}

/** Where a line begins and ends in a text. */
export function spanOf(text, line) {
  const lines = text.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  return [start, start + (lines[line - 1] ?? "").length];
}
