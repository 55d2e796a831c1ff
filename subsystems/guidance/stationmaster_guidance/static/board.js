// A board's page: joins the feed of states, the drawing, what people write, the light, and the account of what is
// really to be seen. It holds nothing of the station itself, so it may be loaded on any screen, at any time, and left
// alone. With `?look` in its address somebody only looks: such a page is no screen, and gives no account.

import { stationNow } from "/static/clock.js";
import { BoardDrawing } from "./draw.js";
import { follow } from "./feed.js";
import { BoardLight } from "./light.js";
import { PaintedReader } from "./painted.js";
import { Written } from "./written.js";

const USUAL_SILENT_S = 30;
const ENDED_MS = 2000; // of station time, in which the server takes down what has ended

const path = location.pathname.replace(/\/+$/, "");
const drawing = new BoardDrawing(document.getElementById("board"), document.getElementById("notice"));
const written = new Written(document.getElementById("whole"), document.getElementById("lines"));
const light = new BoardLight(document.getElementById("dark"), () => reader?.read());
const opening = document.getElementById("opening");
const looking = new URLSearchParams(location.search).has("look");
const reader = looking ? null : new PaintedReader(path, () => light.outcome);

let shown = null;

follow({
  path,
  version: document.querySelector("meta[name=version]").content,
  silentMs: () => (drawing.look?.stale.silent_s ?? USUAL_SILENT_S) * 1000,
  onState(state, id) {
    opening.hidden = true;
    shown = state;
    drawing.update(state);
    written.update(state);
    light.update(state);
    reader?.drawn(id);
  },
  onAnswer(answer) {
    if (answer.error === "no-such-board") {
      drawing.clear();
      opening.replaceChildren(line("zh", `没有引导屏 ${path.split("/").pop()}`), line("en", answer.message));
      opening.hidden = false;
    }
  },
  onSilence: (silent) => drawing.setSilent(silent),
});

setInterval(() => {
  const now = Date.now() / 1000;
  takeDown();
  drawing.turn(now);
  written.turn(now);
}, 100);

/** No row stays after its time, though the server is gone and nobody says so. */
function takeDown() {
  const now = stationNow();
  const rows = shown?.rows.filter((row) => (row.ends ?? null) === null || now === null || now < row.ends * 1000 + ENDED_MS);
  if (rows !== undefined && rows.length < shown.rows.length) {
    shown = { ...shown, rows };
    drawing.update(shown);
  }
}

function line(language, text) {
  const paragraph = document.createElement("p");
  paragraph.lang = language;
  paragraph.textContent = text;
  return paragraph;
}
