// Who works here: logging in and out, and what he may do. The session itself is a cookie that no script can read.

import { setUpSecondFactor } from "../panes/second_factor.js";
import { Problem } from "./api.js";
import { element, refill } from "./element.js";

const AGAIN_MS = 60_000;
const ENDS_SOON_S = 180;

export class Session {
  constructor(api, { corner, sheet, toasts, t, onPerson }) {
    Object.assign(this, { api, corner, sheet, toasts, t, onPerson });
    this.person = null;
    this.permits = new Set(); // what this person may, by operation and by deed
    this.here = false; // whether he has done anything since the hub was told so
    this.warned = null;
    api.onTurnedAway = () => this.person !== null && this.ask();
    for (const sign of ["keydown", "pointerdown", "wheel"]) {
      addEventListener(sign, () => (this.here = true), { capture: true, passive: true });
    }
    setInterval(() => this.person !== null && this.again(), AGAIN_MS);
  }

  /** Tell the hub that the person is still here, if he has shown it; a page that is left alone is logged out in time. */
  async again() {
    const here = this.here;
    this.here = false;
    await this.ask(here ? "PUT" : "GET");
  }

  /** Whether this person may do an operation of the API, or a deed. */
  may(name) {
    return this.permits.has(name);
  }

  /** Learn from the hub who is logged in here. */
  async ask(method = "GET") {
    try {
      await this.take(await this.api.ask(method, "/api/v1/session", {}));
    } catch (problem) {
      if (problem.status === 401) {
        await this.take(null);
      } else if (problem.status !== 0 && problem.status !== 503) {
        this.toasts.problem(problem);
      }
    }
  }

  async take(answer) {
    const before = this.person?.login;
    this.person = answer?.person ?? null;
    this.api.proof = answer?.proof ?? null;
    this.permits = new Set(answer?.permits ?? []);
    this.warn(answer?.ends_in_s ?? null);
    if (before !== this.person?.login) {
      if (before !== undefined && this.person === null) {
        this.toasts.tell({ zh: "您已退出登录。", en: "You are logged out." }, { kind: "warn" });
      }
      this.paint();
      await this.onPerson(this.person);
    }
    if (this.person?.change_password && !this.asked) {
      this.changePassword({ zh: "请先设置您自己的密码。", en: "Choose a password of your own first." });
    }
  }

  /** Say in time that the session is about to end. */
  warn(seconds) {
    this.warned?.();
    this.warned = null;
    if (seconds !== null && seconds < ENDS_SOON_S) {
      const words = { zh: "长时间无操作，即将退出登录。", en: "You will soon be logged out: nothing was done for long." };
      const stay = { words: { zh: "继续", en: "Stay" }, run: () => this.ask("PUT") };
      this.warned = this.toasts.tell(words, { kind: "warn", actions: [stay] });
    }
  }

  paint() {
    const { t } = this;
    if (this.person === null) {
      const label = t({ zh: "登录", en: "Log in" });
      refill(this.corner, element("button", { type: "button", id: "login", class: "chief", onclick: () => this.login() }, label));
      return;
    }
    const button = (id, words, run) =>
      element("button", { type: "button", id, onclick: () => ((menu.open = false), run()) }, t(words));
    const menu = element(
      "details",
      { id: "person-menu" },
      element("summary", { id: "person", title: this.person.roles.join(", ") }, this.person.name),
      element(
        "div",
        {},
        element("small", {}, this.person.roles.join(", ")),
        button("password", { zh: "修改密码…", en: "Change password…" }, () => this.changePassword()),
        button("second-factor", { zh: "第二因子…", en: "Second factor…" }, () => this.setUpFactor()),
        button("logout", { zh: "退出登录", en: "Log out" }, () => this.logout()),
      ),
    );
    refill(this.corner, menu);
  }

  /** Ask for login and password until they fit, or the person gives up. */
  async login(said = null) {
    const fields = [
      { name: "login", words: { zh: "用户名", en: "Login" }, required: true, autocomplete: "username" },
      { name: "password", words: { zh: "密码", en: "Password" }, kind: "password", required: true, autocomplete: "current-password" },
    ];
    if (said?.code === "code-needed" || said?.given?.code) {
      fields.push({ name: "code", words: { zh: "动态验证码", en: "Code of the second factor" }, required: true, inputmode: "numeric", autocomplete: "one-time-code" });
    }
    if (said?.code === "code-needed") {
      const words = { zh: "尚未设置第二因子…", en: "No second factor yet…" };
      fields.push({ node: element("button", { type: "button", id: "set-up-factor", onclick: () => this.setUpFactor(said.given.login) }, this.t(words)) });
    }
    const note = said === null ? [] : [{ node: element("p", { class: "fault", role: "alert" }, [said.message, said.hint].join(" ")) }];
    fields[0].value = said?.given.login ?? "";
    fields[1].value = said?.code === "code-needed" ? said.given.password : "";
    const given = await this.sheet.ask({ title: { zh: "登录", en: "Log in" }, fields: [...note, ...fields], ok: { zh: "登录", en: "Log in" } });
    if (given === null) {
      return;
    }
    try {
      this.take(await this.api.post("/api/v1/session", given));
    } catch (problem) {
      if (!(problem instanceof Problem) || problem.status === 0) {
        this.toasts.problem(problem);
      } else {
        await this.login(Object.assign(problem, { given }));
      }
    }
  }

  setUpFactor(login = this.person?.login) {
    const { sheet, toasts, api, t } = this;
    const tools = { api, t, ask: (question) => sheet.ask(question), tell: (...said) => toasts.tell(...said), problem: (refused) => toasts.problem(refused) };
    return setUpSecondFactor(tools, login);
  }

  async changePassword(why = null) {
    this.asked = true;
    const word = { kind: "password", required: true };
    const given = await this.sheet.ask({
      title: { zh: "修改密码", en: "Change the password" },
      fields: [
        ...(why === null ? [] : [{ node: element("p", {}, this.t(why)) }]),
        { ...word, name: "old", words: { zh: "当前密码", en: "Present password" }, autocomplete: "current-password" },
        { ...word, name: "new", words: { zh: "新密码", en: "New password" }, autocomplete: "new-password" },
        { ...word, name: "again", words: { zh: "再输一次", en: "Once more" }, autocomplete: "new-password" },
      ],
      check: (values) => (values.new === values.again ? null : { zh: "两次输入不一致。", en: "The two are different." }),
    });
    this.asked = false;
    if (given === null) {
      return;
    }
    try {
      this.take(await this.api.put("/api/v1/session/password", { old: given.old, new: given.new }));
      this.toasts.tell({ zh: "密码已修改", en: "The password is changed" });
    } catch (problem) {
      this.toasts.problem(problem);
    }
  }

  async logout() {
    try {
      await this.api.remove("/api/v1/session");
    } catch (problem) {
      if (problem.status === 0) {
        this.toasts.problem(problem); // the cookie is still there, and counts
        return;
      }
    }
    this.person = null;
    this.paint();
    this.take(null);
    this.onPerson(null);
  }
}
