// The list of trains: one entry a call, written in place, so that what somebody reads does not jump while it changes.

import { WORDS } from "./words.js";

const FIELDS = ["areas", "gates", "platform", "exits"];

export class TrainList {
  constructor(list) {
    this.list = list;
    this.entries = new Map(); // call -> element
  }

  /** Show the calls of an answer in a language. */
  show(answer, language) {
    const gone = new Set(this.entries.keys());
    answer.calls.forEach((call, index) => {
      gone.delete(call.call);
      let entry = this.entries.get(call.call);
      if (entry === undefined) {
        entry = document.createElement("li");
        entry.dataset.call = call.call;
        this.entries.set(call.call, entry);
      }
      this.write(entry, call, answer, language);
      if (this.list.children[index] !== entry) {
        this.list.insertBefore(entry, this.list.children[index] ?? null);
      }
    });
    for (const call of gone) {
      this.entries.get(call).remove();
      this.entries.delete(call);
    }
  }

  write(entry, call, answer, language) {
    const key = JSON.stringify([call, language, answer.station.zone, this.otherDay(this.moment(call), answer)]);
    if (entry.dataset.key === key) {
      return;
    }
    entry.dataset.key = key;
    entry.dataset.status = call.status;
    const say = WORDS[language];
    const text = (byLanguage) => byLanguage?.[language] ?? Object.values(byLanguage ?? {})[0] ?? "";
    const number = make("span", "number", call.number);
    const others = call.numbers.filter((each) => each !== call.number);
    if (others.length > 0) {
      number.append(make("small", "", ` /${others.join("/")}`));
    }
    const route = make("span", "route", text(call.origin), make("i", "arrow", "→"), text(call.destination));
    const times = make("span", "times");
    for (const [event, word] of [[call.arrival, say.arrives], [call.departure, say.departs]]) {
      if (event !== null) {
        times.append(this.time(event, word, answer.station.zone));
      }
    }
    if (this.otherDay(this.moment(call), answer)) {
      times.append(make("small", "day", say.tomorrow));
    }
    const status = make("span", "status", text(call.status_texts));
    const places = make("span", "places");
    for (const field of FIELDS) {
      const named = text(call[field]);
      const wanted = field === "exits" ? call.departure === null : field === "platform" || call.departure !== null;
      if (named !== "" && wanted) {
        const known = named.toLowerCase().includes(say[field].toLowerCase()); // 候车区B says by itself what it is
        places.append(make("span", `place ${field}`, ...(known ? [] : [make("small", "", say[field])]), named));
      }
    }
    if (call.check_in_open !== null && call.departure !== null && call.departure.actual === null) {
      const zone = answer.station.zone;
      const span = `${this.clock(call.check_in_open, zone)}–${this.clock(call.check_in_close, zone)}`;
      places.append(make("span", "place check-in", make("small", "", say.checkIn), span));
    }
    if (call.platform_changed) {
      places.append(make("span", "place changed", say.changed));
    }
    if (call.reason !== "" && language === answer.station.languages[0]) { // it has one language only
      places.append(make("span", "place", make("small", "", say.reason), call.reason));
    }
    entry.replaceChildren(number, route, times, status, places);
  }

  time(event, word, zone) {
    const element = make("span", "time");
    const planned = this.clock(event.planned, zone);
    const best = event.best === null ? planned : this.clock(event.best, zone);
    if (best === planned) {
      element.append(planned);
    } else {
      element.append(make("s", "", planned), make("b", "", best));
    }
    element.append(make("small", "", word));
    return element;
  }

  moment(call) {
    const event = call.departure ?? call.arrival;
    return event.best ?? event.planned;
  }

  /** HH:MM at the station. */
  clock(iso, zone) {
    return new Intl.DateTimeFormat("zh-CN", { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(
      new Date(iso),
    );
  }

  /** Whether a moment is on a later day than the station's now. */
  otherDay(iso, answer) {
    const day = (each) => new Intl.DateTimeFormat("sv-SE", { timeZone: answer.station.zone }).format(new Date(each));
    return day(iso) > day(answer.station_time);
  }
}

function make(tag, classes, ...children) {
  const element = document.createElement(tag);
  if (classes !== "") {
    element.className = classes;
  }
  element.append(...children);
  return element;
}
