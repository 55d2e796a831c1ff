// What waits for a second person, over the whole width of every console until it is decided.

import { element, refill } from "../desk/element.js";

const W = {
  needed: { zh: "需第二人确认", en: "A second person is needed" },
  confirm: { zh: "确认执行", en: "Confirm" },
  refuse: { zh: "拒绝", en: "Refuse" },
  withdraw: { zh: "撤回", en: "Withdraw" },
  yours: { zh: "等待另一人确认", en: "Waits for another person" },
  confirmed: { zh: "已确认并执行", en: "Confirmed and done" },
  failed: { zh: "已确认，但未执行：", en: "Confirmed, and yet not done: " },
  refused: { zh: "已拒绝", en: "Refused" },
};

class Confirming {
  constructor(desk) {
    this.desk = desk;
    this.heard = performance.now();
    this.known = "";
    this.node = element("div", { id: "confirmations", role: "alert" });
    document.getElementById("banner").after(this.node);
    desk.on(["state"], () => this.take());
    desk.on(["person", "language"], () => this.paint());
    setInterval(() => this.count(), 1000);
  }

  get waiting() {
    return this.desk.world.state?.confirmations ?? [];
  }

  take() {
    const now = JSON.stringify(this.waiting);
    if (now !== this.known) {
      this.known = now;
      this.heard = performance.now();
      this.paint();
    }
  }

  paint() {
    refill(this.node, this.waiting.map((request) => this.request(request)));
    this.count();
  }

  request(request) {
    const { desk } = this;
    const { t, world } = desk;
    const own = world.person !== null && (request.login ? request.login === world.person.login : request.by === world.person.name);
    const may = desk.may("decideConfirmation");
    const button = (words, confirm, style) =>
      element("button", { type: "button", class: style, "data-confirm": String(confirm), onclick: () => this.decide(request, confirm) }, t(words));
    const why = request.why ? ` (${request.why})` : "";
    return element(
      "div",
      { class: "request", "data-id": request.id },
      element("p", {}, element("strong", {}, `⚠ ${t(own ? W.yours : W.needed)} `), `${request.by}: ${request.words}${why}`),
      element("time", { "data-left": request.left_s }),
      may && own ? button(W.withdraw, false, "") : null,
      may && !own ? [button(W.confirm, true, "danger"), button(W.refuse, false, "")] : null,
    );
  }

  /** How long each still waits. */
  count() {
    const gone = (performance.now() - this.heard) / 1000;
    for (const time of this.node.querySelectorAll("time")) {
      const left = Math.max(0, Math.round(Number(time.dataset.left) - gone));
      time.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    }
  }

  async decide(request, confirm) {
    const { desk } = this;
    const path = `/api/v1/confirmations/${request.id.split("/").map(encodeURIComponent).join("/")}`;
    const decided = await desk.attempt(() => desk.api.post(path, { confirm }));
    if (decided === null) {
      return;
    }
    const { t } = desk;
    if (decided.status !== null && decided.status >= 400) {
      desk.tell(`${t(W.failed)}${decided.message}`, { kind: "error" });
    } else {
      desk.tell(t(confirm ? W.confirmed : W.refused), { kind: "ok" });
    }
  }
}

/** Show them from now on. */
export function showConfirmations(desk) {
  return new Confirming(desk);
}
