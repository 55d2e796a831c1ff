// Broadcast's page for people: emergencies above everything, zones with what plays and waits, what was said; then
// trains and acts, as at every subsystem.

import { startDesk } from "/desk/desk.js";
import { trainOf } from "/desk/changes.js";
import { both, h, hhmm, names, refill } from "/desk/dom.js";

const OUTCOMES = { done: "播完 done", interrupted: "中断 interrupted", failed: "失败 failed" };
const PHASES = { tone: "警报音 tone", speech: "播报 speech", "stand-in": "备用播报 stand-in", pause: "间歇 pause", covered: "被覆盖 covered" };
const KEPT = { held: "待放行 held", manual: "人工 manual", feed: "数据过旧 feed too old" };
const CONFIRM_MS = 20000;
const OWN = "own words";

/** What both panes and the emergency bar show, asked for once for all of them. */
class Zones {
  constructor(desk) {
    this.desk = desk;
    this.found = null;
    this.listeners = [];
    this.asked = null;
  }

  async read() {
    if (!this.desk.session.person) {
      this.found = null;
    } else {
      this.asked ??= this.desk.session.get("/api/v1/local/zones").finally(() => (this.asked = null));
      try {
        this.found = await this.asked;
      } catch {
        return; // the head says that the process is gone, or the corner that the session is over
      }
    }
    this.listeners.forEach((each) => each());
  }

  async post(path, body, done) {
    const answer = await this.desk.say(() => this.desk.session.post(path, body), done);
    await this.read();
    return answer;
  }
}

class EmergencyBar {
  constructor(desk, zones) {
    this.desk = desk;
    this.zones = zones;
    this.timer = null;
    this.said = "";
    this.underway = h("div", { role: "alert", class: "emergency-now" });
    this.button = h("button", { type: "button", class: "danger", "data-do": "emergency", onclick: () => this.ask() }, ...both(["紧急广播", "EMERGENCY"]));
    this.hint = h("span", { class: "idle" });
    this.form = h("div", { class: "emergency-form" });
    this.element = h("section", { class: "emergency", "aria-label": "紧急广播 Emergency" }, this.underway, this.button, this.hint, this.form);
    this.underway.style.display = this.form.style.display = "contents";
    addEventListener("keydown", (event) => event.key === "Escape" && this.form.children.length && this.close());
    zones.listeners.push(() => this.paint());
  }

  changed() {
    this.zones.read();
  }

  paint() {
    const person = this.desk.session.person;
    this.button.disabled = !person?.may_handle;
    this.hint.textContent = person ? (person.may_handle ? "" : "无权 — no right to it") : "登录后可用 — after logging in";
    const now = this.zones.found?.emergencies ?? [];
    const said = JSON.stringify([now, person]);
    if (said === this.said) {
      return;
    }
    this.said = said;
    refill(this.underway, now.map((each) => this.line(each, person?.may_handle)));
  }

  line(each, may) {
    const where = each.everywhere ? "全站 everywhere" : each.zones.join(", ");
    const end = h("button", { type: "button", "data-do": "end", "data-key": `end ${each.id}`, onclick: () => this.end(each.id, end) }, ...both(["结束", "End"]));
    return h(
      "p",
      { class: "underway" },
      h("span", {}, `紧急广播进行中 EMERGENCY UNDER WAY · ${where} · ${PHASES[each.phase] ?? each.phase} · ${hhmm(each.since, this.desk.zone, true)} ${each.by}`),
      h("span", {}, Object.values(each.texts).join(" / ")),
      each.problem ? h("span", {}, `⚠ ${each.problem}`) : null,
      may ? end : null,
    );
  }

  end(id, button) {
    if (button.dataset.sure) {
      this.zones.post("/api/v1/local/emergency/end", { emergency: id }, "紧急广播已结束 Emergency ended");
      return;
    }
    button.dataset.sure = "yes";
    button.replaceChildren(...both(["确认结束?", "Really end?"]));
    setTimeout(() => {
      delete button.dataset.sure;
      button.replaceChildren(...both(["结束", "End"]));
    }, CONFIRM_MS);
  }

  ask() {
    const found = this.zones.found;
    if (!found || this.form.children.length) {
      return;
    }
    const message = h(
      "select",
      { "aria-label": "内容 Message" },
      found.messages.map((each) => h("option", { value: each.id }, `${each.id}: ${Object.values(each.texts)[0] ?? ""}`.slice(0, 60))),
      h("option", { value: OWN }, "自拟 own words"),
    );
    const zh = h("textarea", { rows: 1, maxlength: 500, "aria-label": "中文 Chinese words", placeholder: "中文" });
    const en = h("textarea", { rows: 1, maxlength: 500, "aria-label": "英文 English words", placeholder: "English" });
    const own = h("span", {}, zh, " ", en);
    const show = () => (own.hidden = message.value !== OWN);
    message.addEventListener("change", show);
    show();
    const everywhere = h("input", { type: "checkbox", checked: true });
    const some = [...this.desk.chosen];
    everywhere.checked = some.length === 0;
    const sure = h("button", { type: "button", class: "danger", "data-do": "sure" }, ...both(["确认: 立即播出", "CONFIRM: say it now"]));
    sure.addEventListener("click", () => {
      const body = everywhere.checked ? { everywhere: true } : { zones: some };
      if (message.value === OWN) {
        for (const [language, field] of [["zh", zh], ["en", en]]) {
          if (field.value.trim()) {
            body[language] = field.value.trim();
          }
        }
      } else {
        body.message = message.value;
      }
      this.close();
      this.zones.post("/api/v1/local/emergency", body, "紧急广播已开始 Emergency begun");
    });
    everywhere.disabled = some.length === 0;
    this.form.replaceChildren(
      h(
        "fieldset",
        {},
        h("legend", { class: "bad" }, "紧急广播, 请确认 — Emergency: please confirm"),
        message,
        own,
        h("label", {}, everywhere, some.length ? ` 全站 everywhere (不选: ${some.join(", ")} 所选分区 the zones chosen)` : " 全站 everywhere"),
        sure,
        h("button", { type: "button", "data-do": "cancel", onclick: () => this.close() }, ...both(["取消", "Cancel"])),
      ),
    );
    sure.focus();
    clearTimeout(this.timer);
    this.form.addEventListener("input", () => this.wait());
    this.wait();
  }

  /** A confirmation that is left alone goes away. */
  wait() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.close(), CONFIRM_MS);
  }

  close() {
    clearTimeout(this.timer);
    this.form.replaceChildren();
    this.button.focus();
  }
}

class ZonesPane {
  constructor(desk, zones) {
    this.desk = desk;
    this.zones = zones;
    this.id = "zones";
    this.names = ["分区", "Zones"];
    desk.chosen = new Set();
    this.percent = h("input", { type: "number", min: 0, max: 100, value: "60", "aria-label": "音量 Volume, %" });
    const button = (zh, en, action, more) => h("button", { type: "button", "data-do": action, onclick: () => this.command(action, more?.()) }, ...both([zh, en]));
    this.all = h("input", { type: "checkbox", onchange: () => this.chooseAll() });
    this.count = h("output", {});
    this.hand = h(
      "fieldset",
      { class: "hand" },
      h("label", {}, this.all, " 全选 All"),
      this.count,
      button("停", "Stop", "stop"),
      button("略过下一条", "Skip next", "skip"),
      button("缓", "Hold", "hold"),
      button("放", "Release", "release"),
      this.percent,
      "%",
      button("音量", "Volume", "volume", () => ({ percent: Number(this.percent.value) })),
      button("按时段", "By time of day", "volume"),
      button("试音", "Test", "test"),
    );
    this.alarms = h("div", {});
    this.list = h("div", { class: "zones" });
    this.element = h("section", {}, this.hand, this.alarms, this.list);
    zones.listeners.push(() => this.paint());
  }

  changed() {
    this.zones.read();
  }

  paint() {
    const found = this.zones.found;
    this.hand.disabled = !this.desk.session.person?.may_handle;
    if (found === null) {
      refill(this.alarms);
      refill(this.list, h("p", { class: "idle" }, "登录后可见 — seen after logging in; ", h("a", { href: "/" }, "只看 only look")));
      return;
    }
    const signs = found.alarms.map((alarm) => `${hhmm(alarm.since, this.desk.zone)} ${names(alarm.texts)}`);
    const devices = found.devices.filter((device) => device.condition !== "ok").map((device) => `${device.id} (${device.kind}): ${device.condition} ${device.detail}`);
    const wrong = [...(found.problem ? [`不能播音 Cannot speak: ${found.problem}`] : []), ...signs, ...devices];
    refill(this.alarms, wrong.length ? h("ul", { class: "alarms", role: "alert" }, wrong.map((words) => h("li", {}, words))) : null);
    const busy = new Set(found.emergencies.flatMap((each) => (each.everywhere ? found.zones.map((zone) => zone.id) : each.zones)));
    refill(this.list, found.zones.map((zone) => this.card(zone, found, busy)));
    this.tally();
  }

  card(zone, found, busy) {
    const held = found.held.includes(zone.id);
    const box = h("input", { type: "checkbox", checked: this.desk.chosen.has(zone.id), "aria-label": zone.id, "data-key": `choose ${zone.id}`, onchange: () => this.choose(zone.id, box.checked) });
    const volume = found.volumes[zone.id];
    const kind = [zone.playing && "playing", held && "held", busy.has(zone.id) && "emergencied"].filter(Boolean).join(" ");
    return h(
      "article",
      { class: `zone ${kind}`, "data-zone": zone.id },
      h("h3", {}, box, h("span", {}, names(zone.names) || zone.id), h("small", {}, zone.id), held ? h("b", { class: "late" }, "缓 HELD") : null, volume === undefined ? null : h("b", {}, `${volume} %`), busy.has(zone.id) ? h("b", { class: "bad" }, "紧急 emergency") : null),
      zone.seized.map(({ by, why }) => h("p", { class: "late" }, `占用 taken: ${by} ${why}`)),
      zone.playing ? this.playing(zone.playing) : h("p", { class: "idle" }, "空闲 idle"),
      zone.cut.length ? h("ul", {}, zone.cut.map((item) => h("li", { title: Object.values(item.texts).join("\n") }, `⏸ 将续播 goes on: ${item.call ? trainOf(item.call) : ""} (${Math.round(item.heard_s)} s)`))) : null,
      zone.kept_back.length ? h("ul", { class: "kept" }, zone.kept_back.map((item) => this.kept(zone.id, item))) : null,
      zone.queue.length ? h("ol", {}, zone.queue.map((item) => this.waiting(zone.id, item))) : null,
    );
  }

  playing(item) {
    return [
      h("p", {}, h("span", { class: "class" }, names(item.class_names)), ` ${item.call ? trainOf(item.call) : ""} ▶ ${hhmm(item.begun, this.desk.zone, true)} → ${hhmm(item.ends, this.desk.zone, true)}`),
      h("p", {}, Object.values(item.texts).join(" / ")),
    ];
  }

  waiting(zone, item) {
    const skip = h("button", { type: "button", "data-key": `skip ${zone} ${item.task}`, onclick: () => this.skip(zone, item.task) }, ...both(["略过", "Skip"]));
    return h(
      "li",
      { title: Object.values(item.texts).join("\n") },
      h("span", { class: "class" }, names(item.class_names)),
      ` ${item.call ? trainOf(item.call) : ""} ${hhmm(item.due, this.desk.zone)}`,
      item.made ? "" : " …",
      this.desk.session.person?.may_handle ? skip : null,
    );
  }

  /** What waits for a person. What the feed is too old for is said on his word alone; all else is let go. */
  kept(zone, item) {
    const [how, ...words] = item.why === "feed" ? ["now", "立即播", "Say now"] : ["release", "放行", "Release"];
    const button = h("button", { type: "button", "data-key": `${how} ${zone} ${item.task}`, "data-how": how, onclick: () => this.handle(item.task, how, words) }, ...both(words));
    return h(
      "li",
      { title: Object.values(item.texts).join("\n") },
      h("b", { class: "late" }, KEPT[item.why] ?? item.why),
      ` ${item.call ? trainOf(item.call) : ""} ${item.rule} ${hhmm(item.due, this.desk.zone)}`,
      this.desk.session.person?.may_handle ? button : null,
    );
  }

  handle(task, how, words) {
    this.zones.post("/api/v1/local/acts", { handle: { tasks: [task], how } }, `${trainOf(task)}: ${words.join(" ")}`);
  }

  choose(id, on) {
    if (on) {
      this.desk.chosen.add(id);
    } else {
      this.desk.chosen.delete(id);
    }
    this.tally();
  }

  chooseAll() {
    this.desk.chosen = new Set(this.all.checked ? this.zones.found.zones.map((zone) => zone.id) : []);
    this.paint();
  }

  tally() {
    const there = new Set(this.zones.found.zones.map((zone) => zone.id));
    this.desk.chosen = new Set([...this.desk.chosen].filter((id) => there.has(id)));
    const chosen = this.desk.chosen.size;
    this.count.textContent = `${chosen}`;
    this.all.checked = chosen > 0 && chosen === there.size;
    this.all.indeterminate = chosen > 0 && !this.all.checked;
  }

  async command(action, more = {}) {
    const zones = [...this.desk.chosen];
    if (!zones.length) {
      this.desk.tell("先选分区 — choose zones first", "bad");
      return;
    }
    const done = await this.zones.post("/api/v1/local/zones/command", { action, zones, ...more });
    if (done) {
      const bad = (done.tests ?? []).filter((test) => test.problem).map((test) => `${test.zone}: ${test.problem}`);
      const where = (done.zones ?? done.tests.map((test) => test.zone)).join(", ") || "无 none";
      this.desk.tell(bad.length ? bad.join("; ") : `${action}: ${where}`, bad.length ? "bad" : "good");
    }
  }

  skip(zone, task) {
    this.zones.post("/api/v1/local/zones/command", { action: "skip", zones: [zone], task }, "已略过 Left out");
  }
}

class PlayedPane {
  constructor(desk, zones) {
    this.desk = desk;
    this.zones = zones;
    this.id = "played";
    this.names = ["已播", "Played"];
    this.rows = h("tbody", {});
    const heads = ["时间 Begun", "分区 Zone", "内容 Text", "结果 Outcome", "收听 Listen"];
    this.element = h("section", {}, h("table", {}, h("thead", {}, h("tr", {}, heads.map((words) => h("th", { scope: "col" }, words)))), this.rows));
    zones.listeners.push(() => this.paint());
  }

  changed() {
    this.zones.read();
  }

  paint() {
    const found = this.zones.found;
    const named = new Map((found?.zones ?? []).map((zone) => [zone.id, names(zone.names)]));
    refill(
      this.rows,
      (found?.played ?? []).map((play) =>
        h(
          "tr",
          {},
          h("td", {}, hhmm(play.begun ?? play.ended, this.desk.zone, true)),
          h("td", {}, named.get(play.target) ?? play.target),
          h("td", {}, Object.values(play.texts).join(" / ")),
          h("td", { class: play.outcome }, OUTCOMES[play.outcome] ?? play.outcome, h("br"), h("small", {}, play.detail)),
          h("td", {}, play.file ? h("a", { href: `/sounds/${play.file}` }, `▶ ${Math.round(play.seconds)} s`) : ""),
        ),
      ),
    );
  }
}

let zones = null;
startDesk({
  title: ["广播", "Broadcast"],
  panes: (desk) => {
    zones = new Zones(desk);
    return [new ZonesPane(desk, zones), new PlayedPane(desk, zones)];
  },
  above: (desk) => new EmergencyBar(desk, zones),
});
