// Watches the alarms wherever the person looks: a counter in the tab, and a tone for new grave ones that comes again until
// somebody has acknowledged them.

import { beep } from "./sound.js";

const AGAIN_MS = 8_000;
const LOOK_MS = 1_000;
export const SOUND = "alarms.sound";
export const USUAL = { on: true, volume: 70 };

const NONE = { unacknowledged: 0, grave: 0, acknowledged: 0, returned: 0, shelved: 0, suppressed: 0, within_ten_minutes: 0, flood: false };

export class AlarmWatch {
  constructor(desk) {
    this.desk = desk;
    this.all = null; // the last answer of /api/v1/alarms
    this.listeners = new Set();
    this.grave = new Set(); // numbers of grave ones that nobody has acknowledged
    this.sounded = -Infinity;
    this.asking = false;
    this.again = false;
    desk.on(["alarm", "person", "connection"], () => this.read());
    setInterval(() => this.remind(), LOOK_MS);
    this.read();
  }

  get counts() {
    return this.all?.counts ?? NONE;
  }

  /** Ask what is wrong; what comes while it is asked is asked once more. */
  async read() {
    if (this.asking) {
      this.again = true;
      return;
    }
    this.asking = true;
    try {
      this.take(await this.desk.api.get("/api/v1/alarms"));
    } catch (problem) {
      if (problem.status !== 0 && problem.status !== 401) {
        this.desk.problem(problem);
      }
    }
    this.asking = false;
    if (this.again) {
      this.again = false;
      this.read();
    }
  }

  take(all) {
    this.all = all;
    const { unacknowledged, grave, returned } = all.counts;
    this.desk.count("alarms", unacknowledged + returned, grave > 0);
    const numbers = new Set(
      all.alarms.filter(({ severity, state }) => severity === "alarm" && state === "unacknowledged").map(({ number }) => number),
    );
    const fresh = [...numbers].some((number) => !this.grave.has(number));
    this.grave = numbers;
    if (fresh) {
      this.sound();
    }
    this.listeners.forEach((listener) => listener());
  }

  /** The tone comes again for as long as nobody has acknowledged. */
  remind() {
    if (this.grave.size && performance.now() - this.sounded >= AGAIN_MS) {
      this.sound();
    }
  }

  sound() {
    const { on, volume } = { ...USUAL, ...this.desk.preferences.get(SOUND, USUAL) };
    if (on && this.desk.may("acknowledgeAlarm")) {
      this.sounded = performance.now();
      document.body.dataset.alarmSounded = String(Number(document.body.dataset.alarmSounded ?? 0) + 1);
      beep(volume / 100);
    }
  }
}
