// Shows what each zone plays and waits for, and what was said. Whole states come from the process by SSE; a page that
// has lost its process says so, and the browser connects again by itself.

import { showClock } from "/static/clock.js";

const OUTCOMES = {
  done: "播完 done",
  interrupted: "中断 interrupted",
  failed: "失败 failed",
};
const KEPT = {
  held: "待放行 held, release it",
  manual: "人工 manual, release it",
  feed: "数据过旧，须人工播放 feed too old, say it now",
};
const STATES = {
  online: "联机 online",
  suspect: "联机? suspect",
  alone: "自治 autonomous",
  resyncing: "同步 resyncing",
  gone: "无连接 no connection",
};

const byId = (id) => document.getElementById(id);
let format = null;
let zoneName = null;
let shown = "";

function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key === "class") made.className = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

function clockTime(iso) {
  return iso ? format.format(new Date(iso)) : "—";
}

function names(words) {
  return Object.values(words).join(" ");
}

function trainOf(item) {
  const parts = item.call.split("/");
  return parts.length === 4 ? decodeURIComponent(parts[2]) : "";
}

function textLines(texts) {
  return Object.entries(texts).map(([language, text]) => element("div", { lang: language }, text));
}

function list(kind, items, text) {
  return element(
    "ul",
    { class: kind },
    ...items.map((item) => element("li", { title: Object.values(item.texts).join("\n") }, text(item))),
  );
}

function zoneCard(zone) {
  const card = element("article", { class: zone.playing ? "zone playing" : "zone", "data-zone": zone.id });
  card.append(element("h3", {}, names(zone.names) || zone.id));
  if (zone.playing) {
    card.append(
      element(
        "p",
        { class: "now" },
        element("span", { class: "class" }, names(zone.playing.class_names)),
        `${trainOf(zone.playing)} ▶ ${clockTime(zone.playing.begun)} → ${clockTime(zone.playing.ends)}`,
      ),
      ...textLines(zone.playing.texts),
    );
  } else {
    card.append(element("p", { class: "idle" }, "空闲 idle"));
  }
  for (const { by, why } of zone.seized) card.append(element("p", { class: "kept" }, `占用 ${by}: ${why}`));
  if (zone.held) card.append(element("p", { class: "kept" }, "人工暂停 held by hand"));
  if (zone.cut.length) card.append(list("cut", zone.cut, (item) => `⏸ ${trainOf(item)} ${Math.round(item.heard_s)} s`));
  if (zone.kept_back.length) {
    card.append(list("kept", zone.kept_back, (item) => `${trainOf(item)} ${clockTime(item.due)} ${KEPT[item.why]}`));
  }
  if (zone.queue.length) {
    card.append(
      element(
        "ol",
        {},
        ...zone.queue.map((item) =>
          element(
            "li",
            { title: Object.values(item.texts).join("\n") },
            element("span", { class: "class" }, names(item.class_names)),
            `${trainOf(item)} ${clockTime(item.due)}`,
          ),
        ),
      ),
    );
  }
  return card;
}

function playedRow(play, zones) {
  const zone = zones.get(play.target);
  const listen = element("td");
  if (play.file) {
    listen.append(element("a", { href: `/sounds/${play.file}` }, `▶ ${Math.round(play.seconds)} s`));
  }
  return element(
    "tr",
    { "data-n": String(play.n) },
    element("td", {}, clockTime(play.begun ?? play.ended)),
    element("td", {}, zone ? names(zone.names) : play.target),
    element("td", {}, ...textLines(play.texts)),
    element("td", { class: play.outcome, title: play.detail }, OUTCOMES[play.outcome] ?? play.outcome),
    listen,
  );
}

function badge(state) {
  const shownState = byId("state");
  shownState.className = `badge ${state}`;
  shownState.textContent = STATES[state] ?? state;
}

function show(state) {
  if (format === null || zoneName !== state.zone) {
    zoneName = state.zone;
    format = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium", timeZone: zoneName });
    byId("clock").dataset.zone = zoneName;
  }
  badge(state.state);
  byId("station").textContent = names(state.station);
  const problem = byId("problem");
  problem.hidden = !state.problem && !state.queue_problem;
  problem.textContent = [state.problem && `不能播音 Cannot speak: ${state.problem}`, state.queue_problem]
    .filter(Boolean)
    .join(" · ");
  byId("zones").replaceChildren(...state.zones.map(zoneCard));
  const zones = new Map(state.zones.map((zone) => [zone.id, zone]));
  byId("played").replaceChildren(...state.played.map((play) => playedRow(play, zones)));
}

showClock(byId("clock"));
const events = new EventSource("/api/v1/events");
events.addEventListener("state", (event) => {
  if (event.data !== shown) {
    shown = event.data;
    show(JSON.parse(event.data));
  } else {
    badge(JSON.parse(event.data).state);
  }
});
events.addEventListener("error", () => badge("gone"));
