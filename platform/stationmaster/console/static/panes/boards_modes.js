// Automatic and manual: for the station, for a kind of task, which is what a subsystem does, for a rule and for a call.

import { element, refill } from "../desk/element.js";
import { hhmm } from "../words.js";
import { stationOf, trainOf } from "./station.js";

const KINDS = {
  display: { zh: "显示屏行（引导）", en: "Rows on boards (guidance)" },
  announcement: { zh: "广播（广播系统）", en: "Announcements (broadcast)" },
  check_in: { zh: "检票", en: "Check-in" },
  notice: { zh: "到发通告", en: "Notices to staff" },
  lighting: { zh: "照明", en: "Lights" },
};
const STATION = { zh: "全站", en: "The whole station" };

export class Modes {
  constructor(desk) {
    this.desk = desk;
    this.table = element("tbody", {});
    this.said = element("summary", {});
    const { t } = desk;
    const may = desk.may("mode");
    this.other = element("button", { type: "button", disabled: !may, id: "mode-other", onclick: () => this.askOther() }, t({ zh: "车次或规则改为人工…", en: "Make a train or a rule manual…" }));
    this.node = element(
      "details",
      { class: "modes" },
      this.said,
      element("table", { "aria-label": t({ zh: "自动与人工", en: "Automatic and manual" }) }, this.table),
      this.other,
    );
    this.paint();
  }

  paint() {
    const { world } = this.desk;
    const usual = ["station", ...Object.keys(KINDS).map((kind) => `kind.${kind}`)];
    const others = [...world.modes.keys()].filter((scope) => !usual.includes(scope)).sort();
    const manual = world.modes.size;
    const words = manual ? { zh: `‖ 自动 / 人工：${manual} 项人工`, en: `‖ Automatic / manual: ${manual} manual` } : { zh: "自动 / 人工：全部自动", en: "Automatic / manual: all automatic" };
    this.said.textContent = this.desk.t(words);
    this.said.classList.toggle("moved", manual > 0);
    const focused = this.table.contains(document.activeElement) ? document.activeElement.dataset.scope : null;
    refill(this.table, [...usual, ...others].map((scope) => this.row(scope)));
    if (focused) {
      this.table.querySelector(`[data-scope="${CSS.escape(focused)}"]`)?.focus();
    }
  }

  row(scope) {
    const { desk } = this;
    const { t, world } = desk;
    const mode = world.modes.get(scope);
    const words = t(this.name(scope));
    const change = mode ? { zh: "恢复自动…", en: "Back to automatic…" } : { zh: "改为人工", en: "Make manual" };
    const said = mode ? `‖ ${t({ zh: "人工", en: "Manual" })} · ${hhmm(mode.since, world.zone)} ${mode.by}` : t({ zh: "自动", en: "Automatic" });
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, words),
      element("td", { class: mode ? "moved" : "good" }, said),
      element(
        "td",
        {},
        element("button", { type: "button", disabled: !desk.may("mode"), "data-scope": scope, "aria-label": `${t(change)} ${words}`, onclick: () => (mode ? this.back(scope) : this.manual(scope)) }, t(change)),
      ),
    );
  }

  name(scope) {
    const place = scope.indexOf(".");
    const [what, item] = place < 0 ? [scope, ""] : [scope.slice(0, place), scope.slice(place + 1)];
    switch (what) {
      case "station":
        return STATION;
      case "kind":
        return KINDS[item] ?? item;
      case "call": {
        const train = trainOf(this.desk, { call: item });
        return { zh: `车次 ${train}`, en: `Train ${train}` };
      }
      default:
        return { zh: `规则 ${item}`, en: `Rule ${item}` };
    }
  }

  manual(scope) {
    const { desk } = this;
    const name = desk.t(this.name(scope));
    return desk.attempt(() => desk.act([{ do: "mode", scope, manual: true }], { words: { zh: `人工：${name}`, en: `Manual: ${name}` } }));
  }

  /** Back to automatic: what fell due meanwhile is shown, and of it is done what is chosen. */
  async back(scope) {
    const { desk } = this;
    const { t, world } = desk;
    const fallen = await desk.attempt(() => desk.api.get(`/api/v1/modes/fallen?scope=${encodeURIComponent(scope)}`));
    if (fallen === null) {
      return;
    }
    const words = (task) => {
      const text = task.texts.find(({ name, language }) => name === "speech" && language === desk.language)?.text ?? task.rule;
      return `${hhmm(task.due ?? task.start, world.zone)} ${trainOf(desk, task)} · ${text}`;
    };
    const name = t(this.name(scope));
    const said = fallen.tasks.length
      ? { zh: "其间到时未执行的；选中的将补做，其余不再做：", en: "What fell due meanwhile: what is chosen is done now, the rest not at all." }
      : { zh: "其间没有到时的任务。", en: "Nothing fell due meanwhile." };
    const values = await desk.ask({
      title: { zh: `恢复自动：${name}`, en: `Back to automatic: ${name}` },
      fields: [
        { node: element("p", {}, t(said)) },
        ...(fallen.tasks.length ? [{ name: "chosen", words: { zh: "补做", en: "Do after all" }, kind: "many", value: [], options: fallen.tasks.map((task) => [task.id, words(task)]) }] : []),
      ],
      ok: { zh: "恢复自动", en: "Back to automatic" },
    });
    if (values !== null) {
      const deed = { do: "mode", scope, manual: false, chosen: values.chosen ?? [] };
      await desk.attempt(() => desk.act([deed], { words: { zh: `自动：${name}`, en: `Automatic: ${name}` } }));
    }
  }

  async askOther() {
    const { desk } = this;
    const station = await desk.attempt(() => stationOf(desk));
    if (station === null) {
      return;
    }
    const values = await desk.ask({
      title: { zh: "改为人工", en: "Make manual" },
      fields: [
        { name: "train", words: { zh: "车次", en: "Train" } },
        { name: "rule", words: { zh: "或规则", en: "or a rule" }, kind: "select", options: [["", ""], ...station.rules.map(({ id }) => [id, id])] },
      ],
      check: (given) => (this.scopeOf(given) === null ? { zh: "请给出本日的车次或一条规则。", en: "Give a train of the day, or a rule." } : null),
    });
    if (values !== null) {
      await this.manual(this.scopeOf(values));
    }
  }

  scopeOf({ train, rule }) {
    const number = train.trim().toUpperCase();
    if (number) {
      const now = this.desk.now();
      const time = ({ departure, arrival }) => Math.abs(((departure ?? arrival).best ?? (departure ?? arrival).planned) - now);
      const found = [...this.desk.world.calls.values()].filter((call) => call.number === number || call.numbers.includes(number)).sort((one, other) => time(one) - time(other));
      return found.length ? `call.${found[0].id}` : null;
    }
    return rule ? `rule.${rule}` : null;
  }
}
