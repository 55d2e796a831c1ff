// Station time on a page. It is read from the process that serves the page, runs on by itself between
// readings, and says plainly when it is a demo's or a drill's time and not the real one.

const RUNNING_READ_MS = 5000;
const STEPPED_READ_MS = 1000;
const PAINT_MS = 200;

let reading = null; // { station: ms since 1970, taken: performance.now(), rate, shadow }
let failed = false;
let reader = null;
const painters = new Set();

/** Station time now in milliseconds since 1970; null before the first reading. */
export function stationNow() {
  return reading === null ? null : reading.station + (performance.now() - reading.taken) * reading.rate;
}

/**
 * Show station time in `element`, with a badge on a shadow clock.
 * The element has to be on the page when whoever calls this has done; once it is not, its clock ends.
 * The element's `data-zone` names its IANA time zone; while it is empty the zone is not known yet, and no time is
 * shown, for it would be a wrong one. Without it the browser's own is used.
 */
export function showClock(element) {
  element.classList.add("station-clock");
  const time = document.createElement("time");
  const badge = document.createElement("span");
  badge.className = "shadow-badge";
  badge.hidden = true;
  element.replaceChildren(time, badge);
  let zone = null;
  let format = null;
  let placed = false;
  queueMicrotask(() => {
    placed = true; // by who asked for it
  });

  const paint = () => {
    if (placed && !element.isConnected) {
      painters.delete(paint); // its page was drawn anew, with another clock
      return;
    }
    const now = stationNow();
    const known = now !== null && element.dataset.zone !== "";
    element.classList.toggle("stale", failed || !known);
    if (!known) {
      time.textContent = "--:--:--";
      return;
    }
    if (format === null || zone !== (element.dataset.zone ?? "")) {
      zone = element.dataset.zone ?? "";
      format = formatFor(zone);
    }
    const moment = new Date(now);
    time.dateTime = moment.toISOString();
    setText(time, format.format(moment));
    badge.hidden = !reading.shadow;
    setText(badge, reading.rate === 0 ? "DEMO TIME ⏸ / 演示时间" : `DEMO TIME ×${reading.rate} / 演示时间`);
  };
  painters.add(paint);
  paint();
  if (reader === null) {
    reader = read();
    setInterval(() => painters.forEach((each) => each()), PAINT_MS);
  }
}

function setText(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

function formatFor(zone) {
  const parts = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
  return new Intl.DateTimeFormat("zh-CN", zone ? { ...parts, timeZone: zone } : parts);
}

async function read() {
  try {
    const asked = performance.now();
    const answer = await fetch("/healthz", { cache: "no-store" });
    const taken = (asked + performance.now()) / 2;
    const health = await answer.json();
    const exact = Number(answer.headers.get("X-Station-Time")) * 1000;
    reading = {
      station: exact || Date.parse(health.station_time),
      taken,
      rate: health.rate,
      shadow: health.shadow,
    };
    failed = false;
  } catch {
    failed = true; // shown as a pale clock; the next reading mends it
  }
  painters.forEach((each) => each());
  setTimeout(read, reading !== null && reading.rate === 0 ? STEPPED_READ_MS : RUNNING_READ_MS);
}
