// A board's page: joins the feed of states, the drawing and the clock. It holds nothing of the station itself, so it
// may be loaded on any screen, at any time, and left alone.

import { BoardDrawing } from "./draw.js";
import { follow } from "./feed.js";

const USUAL_SILENT_S = 30;

const path = location.pathname.replace(/\/+$/, "");
const drawing = new BoardDrawing(document.getElementById("board"), document.getElementById("notice"));
const opening = document.getElementById("opening");

follow({
  path,
  version: document.querySelector("meta[name=version]").content,
  silentMs: () => (drawing.look?.stale.silent_s ?? USUAL_SILENT_S) * 1000,
  onState(state) {
    opening.hidden = true;
    drawing.update(state);
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

setInterval(() => drawing.turn(Date.now() / 1000), 100);

function line(language, text) {
  const paragraph = document.createElement("p");
  paragraph.lang = language;
  paragraph.textContent = text;
  return paragraph;
}
