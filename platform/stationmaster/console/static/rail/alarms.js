// What is wrong and needs a person, the gravest first.

import { element } from "../desk/element.js";
import { hhmm } from "../words.js";

export function alarmLines({ world, language }) {
  return (world.state?.alarms ?? []).map((alarm) => {
    const text = alarm[language] ?? alarm.zh;
    const grave = alarm.severity === "alarm";
    const sign = element("i", { "aria-hidden": "true" }, grave ? "■" : "▲");
    const words = element("span", { class: grave ? "bad" : "late" }, text);
    return element("li", { title: text }, element("time", {}, hhmm(alarm.since, world.zone)), sign, words);
  });
}
