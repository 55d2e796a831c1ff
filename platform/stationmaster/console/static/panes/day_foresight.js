// What an act would bring with it, said before it is done: who else is on the track at that time.

import { element, refill, setText } from "../desk/element.js";
import { clock } from "./day_times.js";

const ALONE_S = 20 * 60; // a train that only begins or ends here stands about so long

/** From when until when a call stands on its track, by its best known times. */
export function stay(call) {
  const arrival = call.arrival?.best ?? call.arrival?.planned ?? null;
  const departure = call.departure?.best ?? call.departure?.planned ?? null;
  return { from: arrival ?? departure - ALONE_S, until: departure ?? arrival + ALONE_S };
}

/** The other trains that stand on `track` while `call` would, in order of time. */
export function neighbours(call, track, calls) {
  const mine = stay(call);
  const there = [...calls].filter((other) => {
    if (other.id === call.id || other.track !== track || other.running === "suspended") {
      return false;
    }
    if ((other.departure ?? other.arrival).actual !== null && other.departure !== null) {
      return false;
    }
    const theirs = stay(other);
    return theirs.from <= mine.until && mine.from <= theirs.until;
  });
  return there.sort((one, other) => stay(one).from - stay(other).from);
}

export class Foresight {
  constructor(desk) {
    this.desk = desk;
  }

  /** Who is in the way of these deeds: a list of words. */
  ways(deeds) {
    const { world, t } = this.desk;
    return deeds
      .filter((deed) => deed.do === "track")
      .flatMap((deed) => {
        const call = world.calls.get(deed.call);
        return neighbours(call, deed.track, world.calls.values()).map((other) => {
          const { from, until } = stay(other);
          const times = `${clock(from, world.zone)}–${clock(until, world.zone)}`;
          return t({
            zh: `股道 ${deed.track} 有 ${other.number} ${times}`,
            en: `${other.number} is on track ${deed.track} ${times}`,
          });
        });
      });
  }

  /** Say in `output` what stands in the way, beside what is there already. */
  note(deeds, output) {
    const ways = this.ways(deeds);
    if (ways.length) {
      setText(output, `${output.textContent} ⚠ ${ways.join("; ")}`);
      output.className = "bad";
    }
  }

  /** The same as a list, for a sheet. */
  list(deeds, place) {
    refill(
      place,
      this.ways(deeds).map((words) => element("p", { class: "bad" }, `⚠ ${words}`)),
    );
  }
}
