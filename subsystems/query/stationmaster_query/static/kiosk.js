// The kiosk: asks what was typed or touched, shows the answer, and keeps it true while somebody looks at it.
// After a minute without a touch it is as the next person expects it: the start, in the first language.

import { showClock } from "/static/clock.js";
import { keysFor } from "./keys.js";
import { TrainList } from "./trains.js";
import { LANGUAGES, WORDS } from "./words.js";

const IDLE_MS = 60000;
const ASK_AGAIN_MS = 20000;
const TYPING_MS = 150;
const ANSWER_MS = 5000;
const SILENT_AFTER_MS = 30000;
const TABS = ["number", "place", "time"];
const LABELS = { number: "labelNumber", place: "labelPlace", time: "labelTime" };
const ARGUMENTS = { number: "q", place: "place", time: "from" };

const byId = (id) => document.getElementById(id);
const typed = byId("typed");
const trains = new TrainList(byId("trains"));

let language = LANGUAGES[0];
let tab = TABS[0];
let answer = null;
let asked = 0;
let waiting = null;
let idle = null;
let answeredAt = performance.now();

const say = (word) => WORDS[language][word];

// -- asking ------------------------------------------------------------------------------------------------------

function askSoon() {
  clearTimeout(waiting);
  waiting = setTimeout(ask, TYPING_MS);
}

async function ask() {
  clearTimeout(waiting);
  const number = ++asked;
  const query = new URLSearchParams();
  if (typed.value.trim() !== "") {
    query.set(ARGUMENTS[tab], typed.value.trim());
  }
  try {
    const response = await fetch(`/api/v1/search?${query}`, {
      cache: "no-store",
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const body = response.ok ? await response.json() : { ...(answer ?? {}), calls: [], more: 0 };
    if (number === asked) {
      answer = body;
      answeredAt = performance.now();
      show();
    }
  } catch {
    showNotice(); // silence is what shows it
  }
  waiting = setTimeout(ask, ASK_AGAIN_MS);
}

// -- showing -----------------------------------------------------------------------------------------------------

function show() {
  if (answer?.station) {
    byId("station").textContent = answer.station.names[language] ?? "";
    byId("clock").dataset.zone = answer.station.zone;
    trains.show(answer, language);
  }
  const text = typed.value.trim();
  const found = answer === null ? "" : text === "" ? say("next") : tab === "time" ? timed() : say("results")(text);
  byId("summary").textContent = found;
  const nothing = answer === null || !answer.station ? "" : answer.calls.length === 0 ? say("nothing") : "";
  const more = answer?.more > 0 ? say("more")(answer.more) : "";
  byId("nothing").textContent = nothing || more;
  byId("nothing").hidden = nothing === "" && more === "";
  showNotice();
}

function timed() {
  if (!answer.from) {
    return say("nothing");
  }
  const clock = trains.clock(answer.from, answer.station.zone);
  const day = trains.otherDay(answer.from, answer) ? ` (${say("tomorrow")})` : "";
  return say("from")(clock + day);
}

function showNotice() {
  const silent = performance.now() - answeredAt > SILENT_AFTER_MS;
  const text = silent
    ? say("silent")
    : answer !== null && !answer.station
      ? say("waiting")
      : answer?.stale
        ? say("stale")
        : "";
  const notice = byId("notice");
  notice.hidden = text === "";
  if (notice.textContent !== text) {
    notice.textContent = text;
  }
}

function showLanguage() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : language;
  byId("language").lang = language === "zh" ? "en" : "zh-CN";
  for (const element of document.querySelectorAll("[data-say]")) {
    const word = element.dataset.say === "label" ? LABELS[tab] : element.dataset.say;
    element.textContent = say(word);
  }
  showKeys();
  show();
}

function showKeys() {
  byId("keys").className = `keys-${tab}`;
  byId("keys").replaceChildren(
    ...keysFor(tab).map(({ text, word, value, wide }) => {
      const key = document.createElement("button");
      key.type = "button";
      key.textContent = word ? say(word) : text;
      key.className = wide ? "wide" : "";
      key.dataset.key = value;
      key.addEventListener("click", () => press(value));
      return key;
    }),
  );
}

// -- touching ----------------------------------------------------------------------------------------------------

function press(value) {
  if (value === "erase") {
    typed.value = typed.value.slice(0, -1);
  } else if (value === "now") {
    typed.value = "";
  } else if (tab === "time") {
    typed.value = value;
  } else {
    typed.value += value;
  }
  ask();
}

function choose(name) {
  tab = name;
  typed.value = "";
  for (const each of TABS) {
    const button = byId(`tab-${each}`);
    button.setAttribute("aria-selected", String(each === tab));
    button.tabIndex = each === tab ? 0 : -1;
  }
  byId("panel").setAttribute("aria-labelledby", `tab-${tab}`);
  typed.inputMode = "none"; // the kiosk has keys of its own
  showLanguage();
  ask();
}

function restart() {
  language = LANGUAGES[0];
  choose(TABS[0]);
  byId("found").scrollTo(0, 0);
  typed.focus({ preventScroll: true });
}

function touched() {
  clearTimeout(idle);
  idle = setTimeout(restart, IDLE_MS);
}

for (const name of TABS) {
  byId(`tab-${name}`).addEventListener("click", () => choose(name));
}
byId("tabs").addEventListener("keydown", (event) => {
  const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (move) {
    choose(TABS[(TABS.indexOf(tab) + move + TABS.length) % TABS.length]);
    byId(`tab-${tab}`).focus();
  }
});
byId("language").addEventListener("click", () => {
  language = LANGUAGES[(LANGUAGES.indexOf(language) + 1) % LANGUAGES.length];
  showLanguage();
});
byId("clear").addEventListener("click", () => {
  typed.value = "";
  typed.focus();
  ask();
});
typed.addEventListener("input", askSoon);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    restart();
  } else if (/^[\p{L}\p{N}]$/u.test(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey) {
    typed.focus(); // whoever types means the one field there is
  }
});
for (const kind of ["pointerdown", "keydown", "wheel", "touchmove"]) {
  document.addEventListener(kind, touched, { passive: true });
}

// -- living ------------------------------------------------------------------------------------------------------

function listen() {
  const events = new EventSource("/events");
  events.addEventListener("state", askSoon);
  events.addEventListener("error", () => {
    if (events.readyState === EventSource.CLOSED) {
      setTimeout(listen, ANSWER_MS); // the browser tries by itself after most errors, but not after this one
    }
  });
}

showClock(byId("clock"));
restart();
listen();
setInterval(showNotice, 1000);
