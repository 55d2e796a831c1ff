// A page for people at a subsystem: the head, who is logged in, and panes, one of which is seen at a time. A subsystem
// gives its own panes; trains and acts are the same everywhere.

import { ActsPane } from "./acts.js";
import { both, h } from "./dom.js";
import { DeskSession } from "./session.js";
import { DeskStatus } from "./status.js";
import { TrainsPane } from "./trains.js";

const SAID_MS = 12000;
const AGAIN_MS = 1500;
const NEWS_MS = 1000;

class LoginCorner {
  constructor(session, say) {
    this.session = session;
    this.say = say;
    this.element = h("div", { class: "desk-login" });
    session.onChange(() => this.paint());
    this.paint();
  }

  paint() {
    const { person, logins, way_good: good, way } = this.session.who;
    const focused = this.element.contains(document.activeElement);
    if (person) {
      this.element.replaceChildren(
        h("span", { class: "person" }, `${person.name} (${person.roles.join(", ")})`),
        h("button", { type: "button", onclick: () => this.out() }, ...both(["退出", "Log out"])),
      );
    } else if (!good) {
      this.element.replaceChildren(
        h("span", { class: "bad" }, "连接未加密, 不能登录 — not encrypted, so no login here"),
      );
    } else if (!logins) {
      this.element.replaceChildren(h("span", {}, "此处不能登录 — no logins here (accounts = true)"));
    } else {
      const login = h("input", { name: "login", autocomplete: "username", required: true, size: 9, "aria-label": "登录名 Login", placeholder: "登录名 Login" });
      const password = h("input", { name: "password", type: "password", autocomplete: "current-password", required: true, size: 11, "aria-label": "密码 Password", placeholder: "密码 Password" });
      this.element.replaceChildren(
        h(
          "form",
          { onsubmit: (event) => this.in(event, login, password) },
          way === "plain" ? h("span", { class: "bad" }, "未加密! Not encrypted!") : null,
          login,
          password,
          h("button", {}, ...both(["登录", "Log in"])),
        ),
      );
      if (focused) {
        login.focus();
      }
    }
  }

  async in(event, login, password) {
    event.preventDefault();
    const words = password.value;
    password.value = "";
    await this.say(() => this.session.login(login.value.trim(), words));
  }

  async out() {
    await this.say(() => this.session.logout());
  }
}

/**
 * Begin. `title` is the page's, Chinese and English; `panes(desk)` gives the subsystem's own panes, which come first;
 * `above(desk)` gives an element that is always seen, or null.
 *
 * A pane has `id`, `names`, `element`, `changed()`, which is called when something may be different and the pane is
 * seen, and it may have `key`, the number that brings it.
 */
export function startDesk({ title, panes, above = () => null }) {
  const session = new DeskSession();
  const line = h("p", { class: "desk-said", role: "status", "aria-live": "assertive", hidden: true });
  let timer = null;

  const tell = (words, kind = "") => {
    clearTimeout(timer);
    line.hidden = false;
    line.className = `desk-said ${kind}`;
    line.textContent = words;
    timer = setTimeout(() => (line.hidden = true), SAID_MS);
  };

  /** Do what may be refused; a refusal is said, in the process's words, and gives undefined. */
  const say = async (what, done = "") => {
    try {
      const answer = await what();
      if (done) {
        tell(done, "good");
      }
      return answer;
    } catch (error) {
      tell(error.message || String(error), "bad");
      return undefined;
    }
  };

  const corner = new LoginCorner(session, say);
  const status = new DeskStatus(title, corner.element);
  const desk = { session, say, tell, get state() { return status.state; }, get zone() { return status.state?.zone ?? "UTC"; }, changed: () => changed() };
  const all = [...panes(desk), new TrainsPane(desk), new ActsPane(desk)];
  const extra = above(desk);
  const tabs = h("nav", { class: "desk-tabs", role: "tablist" });
  const body = h("main", { class: "desk-body" });
  let shown = null;
  let asked = 0;
  let pending = null;

  const choose = (pane, { focus = false } = {}) => {
    shown = pane;
    history.replaceState(null, "", `#${pane.id}`);
    for (const each of all) {
      each.element.hidden = each !== pane;
    }
    for (const button of tabs.children) {
      const mine = button.dataset.pane === pane.id;
      button.setAttribute("aria-selected", String(mine));
      button.tabIndex = mine ? 0 : -1;
      if (mine && focus) {
        button.focus();
      }
    }
    changed();
  };

  const changed = () => {
    asked = performance.now();
    extra?.changed?.();
    shown?.changed();
  };

  /** News: looked at once a second at most. */
  const news = () => {
    const rest = asked + NEWS_MS - performance.now();
    if (rest <= 0) {
      changed();
    } else {
      pending ??= setTimeout(() => {
        pending = null;
        changed();
      }, rest);
    }
  };

  all.forEach((pane, number) => {
    pane.element.id = `pane-${pane.id}`;
    pane.element.setAttribute("role", "tabpanel");
    pane.element.classList.add("desk-pane");
    tabs.append(
      h(
        "button",
        { type: "button", role: "tab", "data-pane": pane.id, "aria-controls": `pane-${pane.id}`, "aria-keyshortcuts": `Alt+${number + 1}`, onclick: () => choose(pane) },
        ...both(pane.names),
      ),
    );
    body.append(pane.element);
  });
  tabs.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) {
      event.preventDefault();
      choose(all[(all.indexOf(shown) + step + all.length) % all.length], { focus: true });
    }
  });
  addEventListener("keydown", (event) => {
    const number = event.altKey && !event.ctrlKey && !event.metaKey ? Number(event.key) : 0;
    if (number >= 1 && number <= all.length) {
      event.preventDefault();
      choose(all[number - 1], { focus: true });
    }
  });
  session.onChange(changed);

  document.body.classList.add("desk");
  document.body.replaceChildren(status.head, status.banners, ...(extra ? [extra.element] : []), line, tabs, body);
  document.title = title.join(" · ");
  choose(all.find((pane) => `#${pane.id}` === location.hash) ?? all[0]);

  let boot = null;
  const events = new EventSource("/api/v1/local/events");
  events.addEventListener("state", (event) => {
    const state = JSON.parse(event.data);
    const fresh = state.boot !== boot;
    boot = state.boot;
    status.show(state);
    if (fresh) {
      session.look().catch(() => setTimeout(() => session.look().catch(() => status.lost()), AGAIN_MS));
    } else {
      news();
    }
  });
  events.addEventListener("error", () => status.lost());
  return desk;
}
