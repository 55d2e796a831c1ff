// Guidance's page for people: boards, each with what it should show beside what its page says that it shows, and what
// can be done with them; then trains and acts, as at every subsystem.

import { startDesk } from "/desk/desk.js";
import { both, h, hhmm, names, refill } from "/desk/dom.js";

const CONDITIONS = { ok: "正常 ok", off: "已关 off", unknown: "未知 unknown", degraded: "降级 degraded", faulty: "故障 faulty", absent: "缺失 absent" };
const AGAIN_MS = 3000;

class BoardsPane {
  constructor(desk) {
    this.desk = desk;
    this.id = "boards";
    this.names = ["引导屏", "Boards"];
    this.chosen = new Set();
    this.boards = [];
    this.alarms = h("div", {});
    this.rows = h("tbody", {});
    this.devices = h("div", {});
    this.all = h("input", { type: "checkbox", "aria-label": "全选 All", onchange: () => this.chooseAll() });
    this.table = h(
      "table",
      {},
      h("thead", {}, h("tr", {}, h("th", {}, this.all), ["引导屏 Board", "状况 Condition", "应显示 Should show", "实显示 Shows", "亮度 Light"].map((words) => h("th", { scope: "col" }, words)))),
      this.rows,
    );
    this.form();
    this.element = h("section", { class: "boards" }, h("div", { class: "scroll" }, this.alarms, this.table, this.devices), this.side);
    setInterval(() => !this.element.hidden && this.desk.session.person && this.changed(), AGAIN_MS);
  }

  form() {
    this.percent = h("input", { type: "number", min: 0, max: 100, value: "100", "aria-label": "亮度 Brightness, %" });
    this.zh = h("textarea", { rows: 2, maxlength: 300, "aria-label": "中文 Chinese text", placeholder: "中文" });
    this.en = h("textarea", { rows: 2, maxlength: 300, "aria-label": "英文 English text", placeholder: "English" });
    this.minutes = h("input", { type: "number", min: 1, max: 1440, value: "15", "aria-label": "分钟 Minutes" });
    this.whole = h("input", { type: "checkbox", checked: true });
    this.emergency = h("input", { type: "checkbox" });
    this.count = h("output", {});
    this.written = h("div", {});
    const button = (zh, en, action, more) => h("button", { type: "button", "data-do": action, onclick: () => this.command(action, more?.()) }, ...both([zh, en]));
    this.controls = h(
      "fieldset",
      {},
      h("legend", {}, ...both(["所选引导屏", "Boards chosen"]), " ", this.count),
      h("p", { class: "buttons" }, button("开", "On", "on"), button("关", "Off", "off"), button("自检", "Test", "test")),
      h("p", { class: "buttons" }, this.percent, " % ", button("亮度", "Brightness", "brightness", () => ({ percent: Number(this.percent.value) })), button("按时段", "By time of day", "brightness")),
      h(
        "form",
        { onsubmit: (event) => this.write(event) },
        h("p", {}, this.zh),
        h("p", {}, this.en),
        h("p", { class: "buttons" }, h("label", {}, this.minutes, " 分 min"), h("label", {}, this.whole, " 全屏 Full screen"), h("label", {}, this.emergency, " 紧急 Emergency")),
        h("p", {}, h("button", { class: "yes", "data-do": "text" }, ...both(["发布文字", "Show text"]))),
      ),
    );
    this.side = h("aside", {}, this.controls, h("h2", {}, ...both(["本页发布的文字", "Texts written here"])), this.written);
  }

  async changed() {
    const person = this.desk.session.person;
    this.controls.disabled = !person?.may_handle;
    if (!person) {
      refill(this.rows);
      refill(this.alarms, h("p", { class: "idle" }, "登录后可见 — seen after logging in"));
      refill(this.devices);
      refill(this.written);
      return;
    }
    let answer;
    try {
      answer = await this.desk.session.get("/api/v1/local/boards");
    } catch {
      return; // the head says that the process is gone, or the corner that the session is over
    }
    this.boards = answer.boards;
    refill(this.alarms, answer.alarms.length ? h("ul", { class: "alarms", role: "alert" }, answer.alarms.map((alarm) => h("li", {}, `${hhmm(alarm.since, this.desk.zone)} ${names(alarm.texts)}`))) : null);
    refill(this.rows, answer.boards.map((board) => this.row(board)));
    refill(
      this.devices,
      answer.devices.length ? h("h2", {}, ...both(["其他设备", "Other devices"])) : null,
      answer.devices.map((device) => h("p", {}, `${device.id} (${device.kind}) `, condition(device), ` ${device.detail}`)),
    );
    refill(this.written, answer.texts.length ? answer.texts.map((text) => this.text(text, person.may_handle)) : h("p", { class: "idle" }, "无 none"));
    this.tally();
  }

  row(board) {
    const box = h("input", { type: "checkbox", checked: this.chosen.has(board.id), "aria-label": board.id, "data-key": `choose ${board.id}`, onchange: () => this.choose(board.id, box.checked) });
    const painted = board.painted;
    return h(
      "tr",
      { "data-board": board.id },
      h("td", {}, box),
      h("td", {}, h("a", { href: `/board/${encodeURIComponent(board.id)}?look` }, names(board.names)), h("br"), h("code", {}, board.id), board.stale ? h("b", { class: "bad" }, " 过时 stale") : null),
      h("td", {}, board.device ? condition(board.device) : null, h("br"), h("small", {}, board.device?.detail ?? "")),
      h("td", { class: "what intent" }, list(board.intent), board.rows > board.intent.length ? `… ${board.rows}` : ""),
      h("td", { class: "what painted" }, painted === null ? h("span", { class: "idle" }, "无画面回报 nothing heard") : list(painted)),
      h("td", {}, board.on ? `${board.percent} %${board.percent_by_hand ? " ✋" : ""}` : h("b", {}, "关 off")),
    );
  }

  choose(id, on) {
    if (on) {
      this.chosen.add(id);
    } else {
      this.chosen.delete(id);
    }
    this.tally();
  }

  chooseAll() {
    this.chosen = new Set(this.all.checked ? this.boards.map((board) => board.id) : []);
    this.changed();
  }

  tally() {
    const there = new Set(this.boards.map((board) => board.id));
    this.chosen = new Set([...this.chosen].filter((id) => there.has(id)));
    this.count.textContent = `${this.chosen.size}`;
    this.all.checked = this.chosen.size > 0 && this.chosen.size === there.size;
    this.all.indeterminate = this.chosen.size > 0 && !this.all.checked;
  }

  some() {
    if (!this.chosen.size) {
      this.desk.tell("先选引导屏 — choose boards first", "bad");
    }
    return [...this.chosen];
  }

  async command(action, more = {}) {
    const boards = this.some();
    if (boards.length) {
      const done = await this.desk.say(() => this.desk.session.post("/api/v1/local/boards/command", { action, boards, ...more }));
      if (done) {
        this.desk.tell(`${action}: ${done.state}${done.detail ? ` — ${done.detail}` : ""}`, done.state === "done" ? "good" : "bad");
        this.changed();
      }
    }
  }

  async write(event) {
    event.preventDefault();
    const boards = this.some();
    const body = { boards, minutes: Number(this.minutes.value), whole: this.whole.checked, emergency: this.emergency.checked };
    for (const [language, field] of [["zh", this.zh], ["en", this.en]]) {
      if (field.value.trim()) {
        body[language] = field.value.trim();
      }
    }
    if (boards.length) {
      const done = await this.desk.say(() => this.desk.session.post("/api/v1/local/boards/text", body), "已发布 Shown");
      if (done) {
        this.zh.value = this.en.value = "";
        this.emergency.checked = false;
        this.changed();
      }
    }
  }

  text(text, may) {
    return h(
      "article",
      { class: "text", "data-text": text.id },
      text.emergency ? h("b", { class: "bad" }, "紧急 Emergency ") : null,
      text.texts.join(" / "),
      h("br"),
      h("small", {}, `${text.boards.join(", ")} · ${text.by} · 至 until ${hhmm(text.end, this.desk.zone)} `),
      may ? h("button", { type: "button", "data-key": `end ${text.id}`, onclick: () => this.end(text.id) }, ...both(["撤下", "Take down"])) : null,
    );
  }

  async end(text) {
    await this.desk.say(() => this.desk.session.post("/api/v1/local/boards/end", { text }), "已撤下 Taken down");
    this.changed();
  }
}

function condition(device) {
  return h("span", { class: `condition ${device.condition}` }, CONDITIONS[device.condition] ?? device.condition);
}

function list(words) {
  return words.length ? h("ol", {}, words.map((each) => h("li", {}, each))) : h("span", { class: "idle" }, "空 empty");
}

startDesk({ title: ["引导", "Guidance"], panes: (desk) => [new BoardsPane(desk)] });
