// The next trains, and what a person may do with one: a delay, a delay that nobody knows, another track, and what
// becomes of its tasks. A delay and a track are tried first: the page shows what would change before it is done.

import { both, h, hhmm, refill } from "./dom.js";
import { changeList, trainOf } from "./changes.js";

const KINDS = { origin: "始发", terminus: "终到", through: "经停", passing: "通过" };
const TASKS = { announcement: ["广播", "announcement"], display: ["屏", "row"], message: ["文字", "text"], check_in: ["检票", "check-in"], notice: ["通告", "notice"], lighting: ["灯", "light"] };
const TASK_STATES = { planned: "待 planned", begun: "进行 under way", done: "完成 done", interrupted: "中断 interrupted", failed: "失败 failed", expired: "过期 expired", unconfirmed: "未证实 unconfirmed", withdrawn: "撤回 withdrawn", skipped: "略过 skipped" };
const HOW = [
  ["hold", "缓", "Hold"],
  ["release", "放", "Release"],
  ["now", "立即", "Now"],
  ["skip", "略过", "Skip"],
  ["automatic", "自动", "Auto"],
];

export class TrainsPane {
  constructor(desk) {
    this.desk = desk;
    this.id = "trains";
    this.names = ["列车", "Trains"];
    this.chosen = null;
    this.outlook = null;
    this.asked = 0;
    this.find = h("input", { type: "search", "aria-label": "车次、车站 Find", placeholder: "车次、车站 Find", accesskey: "f", oninput: () => this.changed() });
    this.rows = h("tbody", {});
    this.more = h("p", { class: "idle" });
    this.panel = new CallPanel(desk);
    this.table = h(
      "table",
      {},
      h("thead", {}, h("tr", {}, ["车次 Train", "始发 — 终到 From — to", "到 Arr.", "发 Dep.", "股道 Track", "站台 Plat.", "状态 State"].map((words) => h("th", { scope: "col" }, words)))),
      this.rows,
    );
    this.scroll = h("div", { class: "scroll" }, h("p", {}, this.find), this.table, this.more);
    this.element = h("section", { class: "trains" }, this.scroll, this.panel.element);
  }

  async changed() {
    if (!this.desk.session.person) {
      this.outlook = null;
      refill(this.rows);
      this.more.textContent = "登录后可见 — seen after logging in";
      this.panel.show(null, null);
      return;
    }
    const mine = ++this.asked;
    try {
      const asked = new URLSearchParams({ find: this.find.value.trim(), call: this.chosen ?? "" });
      const answer = await this.desk.session.get(`/api/v1/local/calls?${asked}`);
      if (mine !== this.asked) {
        return; // asked again meanwhile
      }
      this.outlook = answer;
    } catch {
      return; // the head says that the process is gone, or the corner that the session is over
    }
    this.paint();
  }

  paint() {
    const { calls, more, station_time: now } = this.outlook;
    const first = this.rows.children.length === 0 && this.table.offsetParent !== null;
    refill(this.rows, calls.map((call) => this.row(call)));
    this.more.textContent = more ? `另有 ${more} 列, 请查找 — ${more} more; find them` : calls.length ? "" : "此时段无列车 — no trains in these hours";
    this.panel.show(calls.find((call) => call.id === this.chosen) ?? null, this.outlook);
    if (first) {
      // What is long overdue stands above; what comes next is what is looked for.
      const next = calls.findIndex((call) => ((call.departure ?? call.arrival).best ?? (call.departure ?? call.arrival).planned) >= now);
      const row = this.rows.children[Math.max(0, next - 2)];
      this.scroll.scrollTop = row ? row.offsetTop - this.rows.offsetTop : 0;
    }
  }

  row(call) {
    const zone = this.desk.zone;
    return h(
      "tr",
      { class: call.id === this.chosen ? "chosen" : "", "data-call": call.id, onclick: () => this.choose(call.id) },
      h("td", {}, h("button", { type: "button", class: "link", "data-key": call.id, "aria-pressed": String(call.id === this.chosen) }, call.number), " ", h("small", {}, KINDS[call.kind])),
      h("td", {}, `${call.origin} — ${call.destination}`),
      h("td", { class: "time" }, timeCell(call.arrival, zone)),
      h("td", { class: "time" }, timeCell(call.departure, zone)),
      h("td", { class: call.track !== call.planned_track ? "moved" : "" }, call.track),
      h("td", {}, call.platform),
      h("td", {}, standing(call, this.desk.state?.feed.grade === "fresh")),
    );
  }

  choose(id) {
    this.chosen = id;
    this.outlook.tasks = null; // those of another train
    this.paint();
    this.changed();
  }
}

function timeCell(event, zone) {
  if (event === null) {
    return "";
  }
  const planned = hhmm(event.planned, zone);
  if (event.unknown) {
    return [planned, " ", h("b", { class: "bad" }, "未定 unknown")];
  }
  const best = hhmm(event.actual ?? event.best, zone);
  return best === planned ? planned : [h("s", {}, planned), " ", h("b", { class: event.late > 0 ? "late" : "early" }, best)];
}

/** Where a train stands; what nobody reports any more is no better known than the plan. */
function standing(call, fresh) {
  const last = call.departure ?? call.arrival;
  if (call.running === "suspended") {
    return h("b", { class: "bad" }, "停运 Suspended");
  }
  if (last?.actual) {
    return call.departure ? "已发 Departed" : "已到 Arrived";
  }
  const words = [];
  if (call.unconfirmed) {
    words.push(h("b", { class: "bad" }, "未证实 Unconfirmed "));
  }
  if (last?.unknown) {
    words.push(h("b", { class: "bad" }, "晚点未定 Delay unknown "));
  } else if (last && last.late !== 0) {
    words.push(h("b", { class: last.late > 0 ? "late" : "early" }, last.late > 0 ? `晚 ${last.late} 分 late ` : `早 ${-last.late} 分 early `));
  }
  if (call.arrival?.actual) {
    words.push("在站 In station ");
  }
  if (call.by_hand.length) {
    words.push(h("small", { title: call.by_hand.map((one) => `${one.field}: ${one.by}`).join("\n") }, "人工 by hand"));
  }
  return words.length ? words : fresh ? "正点 On time" : "按计划 As planned";
}

class CallPanel {
  constructor(desk) {
    this.desk = desk;
    this.call = null;
    this.element = h("aside", { class: "call-panel", "aria-live": "polite" });
  }

  show(call, outlook) {
    if (call === null) {
      this.call = null;
      this.element.replaceChildren(h("p", { class: "idle" }, "选一列车 — choose a train"));
      return;
    }
    const other = this.call?.id !== call.id || this.may !== JSON.stringify(this.desk.session.person);
    this.call = call;
    this.may = JSON.stringify(this.desk.session.person);
    if (other) {
      this.build(outlook);
    }
    this.head.textContent = `${call.number} ${call.origin} — ${call.destination}`;
    const person = this.desk.session.person;
    const tasks = outlook.tasks ?? [];
    refill(this.tasks, tasks.length ? tasks.map((task) => this.task(task, person.may_handle)) : h("p", { class: "idle" }, outlook.tasks ? "此处无任务 — no tasks here" : "…"));
  }

  build(outlook) {
    const call = this.call;
    const day = this.desk.session.person.may_work_the_day;
    const events = ["arrival", "departure"].filter((name) => call[name] !== null);
    this.head = h("h2", {});
    this.tasks = h("div", { class: "tasks" });
    this.answer = h("div", { class: "answer", role: "status", "aria-live": "polite" });
    this.checks = events.map((name) => {
      const box = h("input", { type: "checkbox", checked: call[name].actual === null, disabled: call[name].actual !== null, value: name });
      return [box, h("label", {}, box, name === "arrival" ? " 到 arr." : " 发 dep.")];
    });
    this.minutes = h("input", { type: "number", min: -2880, max: 2880, step: 1, value: "", "aria-label": "晚点分钟 Minutes late", class: "minutes" });
    this.cumulative = h("input", { type: "checkbox" });
    this.track = h("select", { "aria-label": "股道 Track" }, outlook.tracks.map((one) => h("option", { value: one.id }, one.platform ? `${one.id} (站台 ${one.platform})` : one.id)));
    this.track.value = call.track;
    this.why = h("input", { type: "text", maxlength: 200, "aria-label": "原因 Reason", placeholder: "原因 Reason" });
    const forms = [
      h(
        "form",
        { onsubmit: (event) => this.try(event, this.delay()) },
        h("p", {}, this.checks.map(([, label]) => label)),
        h("p", {}, h("label", {}, "晚 ", this.minutes, " 分 min late"), " ", h("label", {}, this.cumulative, " 累加 on top"), " ", h("button", { "data-do": "delay" }, ...both(["晚点", "Delay"]))),
        h(
          "p",
          {},
          h("button", { type: "button", "data-do": "unknown", onclick: (event) => this.try(event, this.unknown(true)) }, ...both(["晚点未定", "Delay unknown"])),
          " ",
          h("button", { type: "button", onclick: (event) => this.try(event, this.unknown(false)) }, ...both(["已知", "Known again"])),
        ),
      ),
      h("form", { onsubmit: (event) => this.try(event, { track: { call: call.id, track: this.track.value } }) }, h("p", {}, this.track, " ", h("button", { "data-do": "track" }, ...both(["改股道", "Change track"])))),
      h("p", {}, this.why),
    ];
    this.element.replaceChildren(
      this.head,
      ...(day ? forms : [h("p", { class: "idle" }, "无权改晚点和股道 — no right to change delays and tracks")]),
      this.answer,
      h("h3", {}, ...both(["任务", "Tasks"])),
      this.tasks,
    );
  }

  events() {
    return this.checks.filter(([box]) => box.checked).map(([box]) => box.value);
  }

  delay() {
    const minutes = Number.parseInt(this.minutes.value, 10);
    return { delay: { call: this.call.id, events: this.events(), minutes: Number.isNaN(minutes) ? null : minutes, cumulative: this.cumulative.checked } };
  }

  unknown(unknown) {
    return { unknown: { call: this.call.id, events: this.events(), unknown } };
  }

  async try(event, wish) {
    event.preventDefault();
    if (wish.delay?.minutes === null) {
      this.minutes.focus();
      return;
    }
    const why = this.why.value.trim();
    const asked = why ? { ...wish, why } : wish;
    const tried = await this.desk.say(() => this.desk.session.post("/api/v1/local/try", asked));
    if (!tried) {
      this.answer.replaceChildren();
      return;
    }
    const yes = h("button", { type: "button", class: "yes", "data-do": "yes", onclick: () => this.do(asked) }, ...both(["执行", "Do it"]));
    refill(
      this.answer,
      h("h3", {}, ...both(["将会改变", "What would change"])),
      changeList(tried.changes, this.desk.zone),
      tried.undo ? null : h("p", {}, "不能撤销 — this cannot be taken back"),
      h("p", {}, yes, " ", h("button", { type: "button", onclick: () => this.answer.replaceChildren() }, ...both(["不", "No"]))),
    );
    yes.focus();
  }

  async do(wish) {
    const done = await this.desk.say(() => this.desk.session.post("/api/v1/local/acts", wish), "已执行 Done");
    this.answer.replaceChildren();
    if (done) {
      this.why.value = "";
      this.minutes.value = "";
      this.minutes.focus();
      this.desk.changed();
    }
  }

  task(task, may) {
    const zone = this.desk.zone;
    const when = task.due ? hhmm(task.due, zone) : `${hhmm(task.start, zone) || "?"}–${hhmm(task.end, zone) || "?"}`;
    const hand = task.hand === "held" ? "缓 HELD" : task.hand === "released" ? "放 released" : task.held ? "待人放行 waits for a person" : "";
    const gone = ["done", "withdrawn", "expired"].includes(task.state);
    return h(
      "article",
      { class: `task ${task.state}`, "data-task": task.id },
      h("p", {}, h("b", {}, when), ` ${(TASKS[task.kind] ?? [task.kind])[0]} ${task.rule} → ${task.targets.join(", ")} `, h("small", {}, TASK_STATES[task.state] ?? task.state), hand ? h("b", { class: "late" }, ` ${hand}`) : ""),
      task.texts.length ? h("p", { class: "words" }, task.texts.map((text) => text.text).join(" · ")) : null,
      may && !gone
        ? h("p", { class: "hands" }, HOW.map(([how, zh, en]) => h("button", { type: "button", "data-how": how, "data-key": `${how} ${task.id}`, onclick: () => this.hand(task.id, how) }, ...both([zh, en]))))
        : null,
    );
  }

  async hand(task, how) {
    const words = HOW.find(([each]) => each === how).slice(1).join(" ");
    const done = await this.desk.say(() => this.desk.session.post("/api/v1/local/acts", { handle: { tasks: [task], how } }), `${trainOf(task)}: ${words}`);
    if (done) {
      this.desk.changed();
    }
  }
}
