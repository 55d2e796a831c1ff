// The console's page: puts the desk together, shows its panes, and keeps what is always in sight.

import { showClock, stationNow } from "/static/clock.js";
import { Api } from "./desk/api.js";
import { Doing } from "./desk/doing.js";
import { markDrill } from "./desk/drill.js";
import { element, setText } from "./desk/element.js";
import { Keys } from "./desk/keys.js";
import { Language } from "./desk/language.js";
import { Preferences } from "./desk/preferences.js";
import { Session } from "./desk/session.js";
import { Sheet } from "./desk/sheet.js";
import { Tabs } from "./desk/tabs.js";
import { Toasts } from "./desk/toasts.js";
import { Tools } from "./desk/tools.js";
import { Topics } from "./desk/topics.js";
import { World } from "./desk/world.js";
import { panes } from "./panes/index.js";
import { Rail } from "./rail/rail.js";
import { dateOf } from "./words.js";

const place = (id) => document.getElementById(id);
const MINUTE_S = 60;

const topics = new Topics();
const api = new Api();
const language = new Language(() => spoken());
const t = (words) => language.of(words);
const stationTime = () => Math.floor((stationNow() ?? 0) / 1000) || world.state?.now || 0;
const world = new World(api, topics, { stationTime, onConnection: (connected) => told(connected) });
const sheet = new Sheet(place("sheet"), t);
const toasts = new Toasts(t, (act) => attempt(() => doing.undo(act)));
const doing = new Doing(api, { tell: (words, options) => toasts.tell(words, options), t });
const keys = new Keys(t);
const preferences = new Preferences(api);
const session = new Session(api, { corner: place("who"), sheet, toasts, t, onPerson: (person) => personIs(person) });

const desk = {
  world,
  api,
  t,
  preferences,
  now: stationTime,
  get language() {
    return language.now;
  },
  get theme() {
    return tools.theme;
  },
  act: (deeds, options) => doing.act(deeds, options),
  inTurn: (work) => doing.inTurn(work),
  undo: (act) => attempt(() => doing.undo(act)),
  redo: () => attempt(() => doing.redo()),
  may: (name) => session.may(name),
  tell: (words, options) => toasts.tell(words, options),
  problem: (problem, options) => toasts.problem(problem, options),
  attempt: (action) => attempt(action),
  ask: (question) => sheet.ask(question),
  go: (pane, argument) => tabs.go(pane, argument),
  count: (pane, number, grave = false) => tabs.count(pane, { number, grave }),
  paneShown: (pane) => (keys.pane = pane.id),
  on: (wanted, listener) => topics.on(wanted, listener),
  key: (combo, words, run, options) => keys.add(combo, words, run, options),
  /** The desk as one pane has it: what it listens to ends with it. */
  forPane(pane) {
    const ends = [];
    return Object.assign(Object.create(desk), {
      on: (wanted, listener) => ends[ends.push(topics.on(wanted, listener)) - 1],
      key: (combo, words, run, options = {}) => ends[ends.push(keys.add(combo, words, run, { pane: pane.id, ...options })) - 1],
      end: () => ends.splice(0).forEach((end) => end()),
    });
  },
};

const tools = new Tools(place("tools"), { t, language, preferences, topics, keys });
const rail = new Rail(place("rail"), desk);
const tabs = new Tabs(place("tabs"), place("panes"), panes, desk, {
  t,
  may: ({ roles = [] }) => !roles.length || roles.some((role) => world.person?.roles.includes(role)),
});

/** Do something that the hub may refuse; what it says is shown, and the answer is null. */
async function attempt(action) {
  try {
    return await action();
  } catch (problem) {
    toasts.problem(problem);
    return null;
  }
}

async function personIs(person) {
  world.person = person;
  doing.person(person?.login ?? null);
  await attempt(() => preferences.load(person));
  tools.load();
  if (tabs.now !== null) {
    tabs.reopen();
    world.readAll(); // he may see more than who was here before
  }
  topics.tell("person");
}

/** Everything that holds words is drawn anew. */
function spoken() {
  setText(place("skip"), t({ zh: "跳到内容", en: "Skip to content" }));
  place("lamps").setAttribute("aria-label", t({ zh: "信息源、中心与子系统的状态", en: "State of the feed, the hub and the subsystems" }));
  place("tabs").setAttribute("aria-label", t({ zh: "页面", en: "Panes" }));
  place("rail").setAttribute("aria-label", t({ zh: "概况", en: "At a glance" }));
  session.paint();
  tools.paint();
  rail.paint();
  if (tabs.now !== null) {
    tabs.reopen();
  }
  headed();
  told(world.connected);
  topics.tell("language");
}

/** A lost connection is said in words, over the whole width, with since when; and what is old turns pale. */
function told(connected) {
  const lost = connected === false;
  const banner = place("banner");
  document.body.classList.toggle("silent", lost);
  banner.hidden = !lost;
  if (lost) {
    const at = new Date((stationNow() ?? 0) - (performance.now() - world.heard));
    const since = new Intl.DateTimeFormat("zh-CN", { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: world.zone }).format(at);
    const words = { zh: `与中心失去联系：显示的是 ${since} 的内容`, en: `No connection to the hub: what you see is of ${since}` };
    banner.replaceChildren(element("strong", {}, t(words)), " ", t({ zh: "正在重新连接…", en: "Connecting again…" }));
  }
  headed();
}

function headed() {
  const facts = world.state?.station;
  if (facts) {
    const names = Object.fromEntries(facts.names);
    setText(place("station"), names[language.now] ?? names.zh ?? facts.telecode);
    place("clock").dataset.zone = facts.zone;
  }
  setText(place("date"), dateOf(stationTime(), world.zone, language.now));
  const lost = world.connected === false ? "⚠ " : "";
  const open = [...world.proposals.values()].filter(({ rejected }) => !rejected).length;
  const waits = open ? `(${open}) ` : "";
  document.title = `${lost}${waits}${place("station").textContent} · Stationmaster`;
}

let minute = 0;
function tick() {
  const now = Math.floor(stationTime() / MINUTE_S);
  if (now !== minute) {
    minute = now;
    topics.tell("minute");
  }
  headed();
}

keys.add("Ctrl+Z", { zh: "撤销", en: "Undo" }, () => void desk.undo());
keys.add("Ctrl+Y", { zh: "重做", en: "Redo" }, () => void desk.redo());
keys.add("Ctrl+Shift+Z", { zh: "重做", en: "Redo" }, () => void desk.redo());
keys.add("Alt+R", { zh: "显示或收起概况", en: "Show or hide the glance" }, () => tools.toggleRail());
for (const pane of panes.filter((each) => each.key)) {
  keys.add(`Alt+${pane.key}`, pane.words, () => tabs.go(pane.id));
}
addEventListener("unhandledrejection", (event) => {
  if (event.reason?.code) {
    event.preventDefault();
    toasts.problem(event.reason);
  }
});

showClock(place("clock"));
markDrill(desk, place("banner"));
panes.forEach((pane) => pane.begin?.(desk)); // what a pane does though another one is seen
await attempt(() => preferences.load(null));
tools.load();
spoken();
world.follow();
await session.ask(); // before the panes: they would be drawn twice
tabs.paint();
tabs.go(location.hash.slice(1));
topics.on(["state", "proposal"], headed);
setInterval(tick, 1000);
