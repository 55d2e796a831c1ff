// The console's page: keeps a copy of the hub's calls and tasks in step with its stream, and paints what changed.

import { showClock, stationNow } from "/static/clock.js";
import { paintCalls, showNow } from "./calls.js";
import { paintDue } from "./due.js";
import { follow } from "./hub.js";
import { dateOf } from "./words.js";
import { paintAlarms, paintLamps, paintNotes, paintSubsystems } from "./side.js";

const world = { calls: new Map(), tasks: new Map(), names: {}, subsystems: [], state: null, zone: undefined };
const wanted = { all: document.getElementById("all"), find: document.getElementById("find") };
const date = document.getElementById("date");
const clock = document.getElementById("clock");
const banner = document.getElementById("banner");
let silent = false;

const stationTime = () => Math.floor((stationNow() ?? 0) / 1000) || world.state?.now || 0;

function paint() {
  const now = stationTime();
  const day = dateOf(now, world.zone);
  if (date.textContent !== day) {
    date.textContent = day;
  }
  paintCalls(world, now, { all: wanted.all.checked, find: wanted.find.value.trim() });
  paintDue(world, now);
  paintSubsystems(world);
  paintNotes(world);
  paintLamps(world, silent);
  paintAlarms(world);
}

let asked = false;
function paintSoon() {
  if (!asked) {
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      paint();
    });
  }
}

follow({
  world,
  stationTime,
  onChange() {
    const station = world.state?.station;
    if (station) {
      document.getElementById("station").textContent = station.names.map(([, name]) => name).join(" ");
      clock.dataset.zone = station.zone;
      world.zone = station.zone;
    }
    paintSoon();
  },
  onSilence(now) {
    silent = now;
    document.body.classList.toggle("silent", silent);
    banner.hidden = !silent;
    banner.textContent = "与中心失去联系，显示内容可能已过时 — No connection to the hub: what you see may be old";
    paintSoon();
  },
});

showClock(clock);
wanted.all.addEventListener("change", () => {
  paint();
  showNow();
});
wanted.find.addEventListener("input", () => {
  paint();
  showNow();
});
setInterval(paintSoon, 1000);
