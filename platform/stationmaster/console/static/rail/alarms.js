// What is wrong and needs a person, the gravest first; one line for each cause, and the way to all of it.

import { element } from "../desk/element.js";
import { hhmm } from "../words.js";

const MOST = 8;

export function alarmLines({ world, language, t, go }) {
  const alarms = world.state?.alarms ?? [];
  const fresh = alarms.filter(({ state }) => state === "unacknowledged").length;
  const all = element(
    "a",
    { href: "#alarms" },
    t({ zh: `${fresh} 条未确认，共 ${alarms.length} 条`, en: `${fresh} new of ${alarms.length}` }),
  );
  const lines = alarms.slice(0, MOST).map((alarm) => line(alarm, { world, language, t, go }));
  return alarms.length ? [element("li", { class: "alarm-total" }, all), ...lines] : [];
}

function line(alarm, { world, language, t, go }) {
  const text = alarm[language] ?? alarm.zh;
  const grave = alarm.severity === "alarm";
  const known = alarm.state === "acknowledged";
  const sign = element("i", { "aria-hidden": "true" }, grave ? "■" : "▲");
  const open = (event) => {
    event.preventDefault();
    go("alarms", { key: alarm.key });
  };
  const words = element("a", { class: grave ? "bad" : "late", href: "#alarms", onclick: open }, text);
  const mark = known ? element("span", { class: "dim", title: t({ zh: "已确认", en: "Acknowledged" }) }, "✓") : null;
  return element("li", { title: text, class: known ? "known" : null }, element("time", {}, hhmm(alarm.since, world.zone)), sign, words, mark);
}
