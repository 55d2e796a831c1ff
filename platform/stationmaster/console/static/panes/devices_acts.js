// Commands to the devices that are marked: each device is commanded by itself, and what came of it stands beside it.

import { ACTIONS, actionsOf } from "./devices_words.js";

const AT_ONCE = 8;
const LOOK_MS = 250;
const PATIENCE_MS = 30_000;
const MOST = 500;
const OVER = ["done", "failed", "refused", "expired"];

const page = crypto.getRandomValues(new Uint32Array(2)).reduce((text, number) => text + number.toString(36), "");
let count = 0;

export class DeviceActs {
  /** `outcome(ids, { state, detail })` shows what came of it. */
  constructor(desk, outcome) {
    Object.assign(this, { desk, outcome });
  }

  /** The actions that at least one of these devices has. */
  possible(rows) {
    const kinds = new Set(rows.map(({ device }) => device.kind));
    return new Set([...kinds].flatMap((kind) => actionsOf(kind)));
  }

  /** Have all of these do something; asks first for what has to be known. */
  async act(name, rows) {
    const { desk } = this;
    const action = ACTIONS[name];
    if (!rows.length || !desk.may("doCommand") || !this.possible(rows).has(name)) {
      return;
    }
    if (rows.length > MOST) {
      desk.tell({ zh: `一次最多 ${MOST} 台设备`, en: `${MOST} devices at once at most` }, { kind: "warn" });
      return;
    }
    const parameters = await this.ask(name, action, rows.length);
    if (parameters === null) {
      return;
    }
    const fit = rows.filter(({ device }) => actionsOf(device.kind).includes(name));
    this.outcome(rows.filter((row) => !fit.includes(row)).map(({ id }) => id), { state: "unfit", detail: "" });
    this.outcome(fit.map(({ id }) => id), { state: "waits", detail: "" });
    const waiting = [...fit];
    const tally = {};
    const worker = async () => {
      for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) {
        const came = await this.command(name, row.device, parameters, (state) => this.outcome([row.id], { state, detail: "" }));
        tally[came.state] = (tally[came.state] ?? 0) + 1;
        this.outcome([row.id], came);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    const done = tally.done ?? 0;
    const words = { zh: `${done} / ${fit.length} 台设备完成`, en: `${done} of ${fit.length} devices did it` };
    desk.tell(words, { kind: done === fit.length ? "ok" : "error" });
  }

  /** What has to be known before it is done; null: not to be done. */
  async ask(name, action, number) {
    const title = { zh: `${action.words.zh.split(/[ …]/)[0]}：${number} 台设备`, en: `${action.words.en.split(/[ …]/)[0]}: ${number} devices` };
    if (action.percent) {
      const field = { name: "percent", words: { zh: "百分比", en: "Percent" }, kind: "number", value: 50, min: 0, max: 100, required: true };
      const given = await this.desk.ask({ title, fields: [field] });
      return given === null ? null : { percent: String(given.percent) };
    }
    if (action.danger) {
      const node = document.createElement("p");
      node.textContent = this.desk.t({ zh: "重启期间设备不显示、不发声。", en: "While it starts anew it shows and says nothing." });
      const given = await this.desk.ask({ title, fields: [{ node }], ok: { zh: "重启", en: "Restart" }, danger: true });
      return given === null ? null : {};
    }
    return {};
  }

  async command(action, device, parameters, told) {
    count += 1;
    const id = `devices-${page}-${count}`;
    try {
      const body = { id, identity: device.identity, action, devices: [device.id], parameters, expires_s: 30 };
      const answer = await this.desk.api.post("/api/v1/commands", body);
      if (answer.waits) {
        return { state: "none", detail: answer.message }; // for a second person
      }
      let known = answer.command;
      const until = performance.now() + PATIENCE_MS;
      while (!over(known) && performance.now() < until) {
        if (known.parts[0]?.result) {
          told("accepted");
        }
        await new Promise((done) => setTimeout(done, LOOK_MS));
        known = (await this.desk.api.get(`/api/v1/commands/${id}`)).command;
      }
      const result = known.parts[0]?.result;
      return over(known) ? { state: result.state, detail: result.detail || result.code } : { state: "none", detail: "" };
    } catch (problem) {
      return { state: "refused", detail: problem.message };
    }
  }
}

const over = ({ parts }) => parts.every(({ result }) => result !== null && OVER.includes(result.state));
