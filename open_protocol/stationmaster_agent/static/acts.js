// What was done here, by whom, and what the hub did not make its own. What can be taken back has a button for it.

import { both, h, hhmm, refill } from "./dom.js";
import { changeList } from "./changes.js";

export class ActsPane {
  constructor(desk) {
    this.desk = desk;
    this.id = "acts";
    this.names = ["操作记录", "Acts"];
    this.list = h("div", {});
    this.element = h("section", {}, this.list);
  }

  async changed() {
    if (!this.desk.session.person) {
      refill(this.list, h("p", { class: "idle" }, "登录后可见 — seen after logging in"));
      return;
    }
    let acts;
    try {
      acts = await this.desk.session.get("/api/v1/local/acts");
    } catch {
      return; // the head says that the process is gone, or the corner that the session is over
    }
    refill(
      this.list,
      acts.refused.length
        ? h(
            "section",
            { class: "refused" },
            h("h2", {}, ...both(["主机未采纳", "Not taken by the hub"])),
            h("ul", {}, acts.refused.map((one) => h("li", {}, `${hhmm(one.at, this.desk.zone)} ${one.by}: ${one.problem}`))),
          )
        : null,
      h("h2", {}, ...both(["本机操作", "Done here"])),
      acts.done.length ? null : h("p", { class: "idle" }, "本次启动后尚无 — nothing since the process began"),
      acts.done.map((done) => this.done(done)),
    );
  }

  done(done) {
    return h(
      "article",
      { class: "act", "data-act": done.id },
      h("strong", {}, `${hhmm(done.at, this.desk.zone, true)} ${done.by}`),
      done.why ? ` — ${done.why}` : "",
      " ",
      done.undone ? h("em", {}, "已撤销 taken back") : null,
      done.can_undo
        ? h("button", { type: "button", "data-key": `undo ${done.id}`, onclick: () => this.undo(done.id) }, ...both(["撤销", "Undo"]))
        : null,
      changeList(done.changes, this.desk.zone),
    );
  }

  async undo(act) {
    await this.desk.say(() => this.desk.session.post("/api/v1/local/undo", { act }), "已撤销 Taken back");
    this.desk.changed();
  }
}
