// People: accounts with their roles, who is logged in where, and second factors; for whoever manages accounts.

import { element, refill } from "../desk/element.js";
import { accountSheet, newPassword, ROLES } from "./people_sheets.js";
import { setUpSecondFactor } from "./second_factor.js";

const W = {
  make: { zh: "新建账户…", en: "New account…" },
  own: { zh: "我的第二因子…", en: "My second factor…" },
  accounts: { zh: "账户", en: "Accounts" },
  sessions: { zh: "在线会话", en: "Sessions" },
  login: { zh: "用户名", en: "Login" },
  name: { zh: "姓名", en: "Name" },
  roles: { zh: "角色", en: "Roles" },
  where: { zh: "子系统页面", en: "At subsystems" },
  state: { zh: "状态", en: "State" },
  factor: { zh: "第二因子", en: "Second factor" },
  does: { zh: "处理", en: "Do" },
  locked: { zh: "已锁定", en: "Locked" },
  onetime: { zh: "初始密码未改", en: "Given password not changed yet" },
  well: { zh: "正常", en: "In use" },
  on: { zh: "已启用", en: "on" },
  left: { zh: "个恢复码", en: "recovery codes left" },
  needed: { zh: "须启用", en: "has to be set up" },
  none: { zh: "无", en: "none" },
  edit: { zh: "修改", en: "Change" },
  lock: { zh: "锁定", en: "Lock" },
  unlock: { zh: "解锁", en: "Unlock" },
  reset: { zh: "重置密码", en: "Reset password" },
  resetFactor: { zh: "重置第二因子", en: "Reset second factor" },
  remove: { zh: "删除", en: "Delete" },
  sure: { zh: "删除账户", en: "Delete the account" },
  since: { zh: "自", en: "Since" },
  used: { zh: "最近活动", en: "Last used" },
  address: { zh: "地址", en: "Address" },
  program: { zh: "浏览器", en: "Program" },
  end: { zh: "结束会话", en: "End it" },
  mine: { zh: "本会话", en: "this one" },
  saved: { zh: "账户已保存", en: "The account is kept" },
  gone: { zh: "账户已删除", en: "The account is gone" },
  given: { zh: "初始密码（只显示一次，请当面交给本人）", en: "Its password, shown only now: give it to its owner yourself" },
};

class PeoplePane {
  constructor(root, desk) {
    this.desk = desk;
    const { t } = desk;
    this.accounts = [];
    this.factors = new Map();
    this.body = element("tbody", {});
    this.sessionRows = element("tbody", {});
    this.manages = desk.may("putAccount");
    const table = (name, words, heads, body) =>
      element("table", { class: "people", id: name, "aria-label": t(words) }, element("thead", {}, element("tr", {}, heads.map((head) => element("th", { scope: "col" }, t(W[head]))))), body);
    root.append(
      element(
        "div",
        { class: "bar" },
        element("button", { type: "button", class: "chief", id: "people-new", disabled: !this.manages, onclick: () => this.make() }, t(W.make)),
        element("button", { type: "button", id: "people-factor", onclick: () => this.ownFactor() }, t(W.own)),
      ),
      element(
        "div",
        { class: "scroll", tabindex: "0", role: "region", "aria-label": t(W.accounts) },
        element("h2", { class: "people-part" }, t(W.accounts)),
        table("accounts", W.accounts, ["login", "name", "roles", "where", "state", "factor", "does"], this.body),
        element("h2", { class: "people-part" }, t(W.sessions)),
        table("sessions", W.sessions, ["name", "since", "used", "address", "program", "does"], this.sessionRows),
      ),
    );
  }

  async read() {
    const { api } = this.desk;
    const found = await this.desk.attempt(() =>
      Promise.all([
        this.manages ? api.get("/api/v1/accounts") : { accounts: [] },
        this.desk.may("factors") ? api.get("/api/v1/second-factors") : { factors: [] },
        api.get("/api/v1/sessions"),
      ]),
    );
    if (found === null) {
      return;
    }
    const [{ accounts }, { factors }, { sessions }] = found;
    this.accounts = accounts;
    this.factors = new Map(factors.map((factor) => [factor.login, factor]));
    refill(this.body, accounts.map((account) => this.row(account)));
    refill(this.sessionRows, sessions.map((session) => this.session(session)));
  }

  row(account) {
    const { t } = this.desk;
    const factor = this.factors.get(account.login);
    const button = (words, run, more = {}) => element("button", { type: "button", onclick: run, ...more }, t(words));
    const state = account.locked ? W.locked : account.one_time ? W.onetime : W.well;
    const own = account.login === this.desk.world.person?.login;
    return element(
      "tr",
      { "data-login": account.login },
      element("th", { scope: "row" }, account.login),
      element("td", {}, account.name),
      element("td", { class: "wraps" }, account.roles.map((role) => t(ROLES[role] ?? { zh: role, en: role })).join(" · ")),
      element("td", {}, account.subsystems.join(", ")),
      element("td", { class: account.locked ? "bad" : "" }, t(state)),
      element("td", {}, this.factorWords(factor)),
      element(
        "td",
        {},
        button(W.edit, () => this.edit(account), { "data-do": "edit" }),
        own ? null : button(account.locked ? W.unlock : W.lock, () => this.put(account.login, { locked: !account.locked }), { "data-do": "lock" }),
        button(W.reset, () => this.resetPassword(account), { "data-do": "password" }),
        factor?.since && !own ? button(W.resetFactor, () => this.resetFactor(account), { "data-do": "factor" }) : null,
        own ? null : button(W.remove, () => this.remove(account), { "data-do": "remove" }),
      ),
    );
  }

  factorWords(factor) {
    const { t } = this.desk;
    if (factor?.since) {
      return `✓ ${t(W.on)} · ${factor.recovery_left} ${t(W.left)}`;
    }
    return factor?.required ? element("span", { class: "bad" }, `⚠ ${t(W.needed)}`) : t(W.none);
  }

  session(session) {
    const { t } = this.desk;
    const when = (instant) => new Date(instant * 1000).toLocaleString(this.desk.language === "zh" ? "zh-CN" : "en-GB", { hour12: false });
    const end = element("button", { type: "button", onclick: () => this.endSession(session) }, t(W.end));
    return element(
      "tr",
      { "data-session": session.id },
      element("th", { scope: "row" }, session.name, " ", element("small", {}, session.login)),
      element("td", {}, when(session.begun)),
      element("td", {}, when(session.used)),
      element("td", {}, session.address),
      element("td", { title: session.program }, session.program.match(/(Edg|Firefox|Chrome|HeadlessChrome|Safari)\/\d+/)?.[0] ?? session.program.slice(0, 30)),
      element("td", {}, session.mine ? t(W.mine) : end),
    );
  }

  async make() {
    const given = await accountSheet(this.desk, null);
    if (given !== null) {
      const { login, ...account } = given;
      const password = newPassword();
      if (await this.put(login, { ...account, password, one_time: true })) {
        await this.tellPassword(login, password);
      }
    }
  }

  async edit(account) {
    const given = await accountSheet(this.desk, account);
    if (given !== null) {
      await this.put(account.login, given);
    }
  }

  async resetPassword(account) {
    const password = newPassword();
    if (await this.put(account.login, { password, one_time: true })) {
      await this.tellPassword(account.login, password);
    }
  }

  tellPassword(login, password) {
    const node = element("p", {}, `${login}: `, element("strong", { class: "secret", id: "given-password" }, password));
    return this.desk.ask({ title: W.given, fields: [{ node }] });
  }

  async put(login, account) {
    const kept = await this.desk.attempt(() => this.desk.api.put(`/api/v1/accounts/${encodeURIComponent(login)}`, account));
    if (kept !== null) {
      this.desk.tell(W.saved, { kind: "ok" });
      await this.read();
    }
    return kept !== null;
  }

  async remove(account) {
    const { t } = this.desk;
    const node = element("p", {}, `${account.login} · ${account.name}`);
    const sure = await this.desk.ask({ title: W.sure, fields: [{ node }], ok: W.remove, danger: true });
    if (sure !== null && (await this.done("remove", `/api/v1/accounts/${encodeURIComponent(account.login)}`))) {
      this.desk.tell(t(W.gone), { kind: "ok" });
    }
  }

  resetFactor(account) {
    return this.done("remove", `/api/v1/second-factors/${encodeURIComponent(account.login)}`);
  }

  endSession(session) {
    return this.done("remove", `/api/v1/sessions/${encodeURIComponent(session.id)}`);
  }

  async done(method, path) {
    const answer = await this.desk.attempt(() => this.desk.api[method](path));
    await this.read();
    return answer !== null;
  }

  async ownFactor() {
    await setUpSecondFactor(this.desk, this.desk.world.person?.login ?? "");
    await this.read();
  }
}

export default {
  id: "people",
  words: { zh: "人员", en: "People" },
  style: "/console/panes/audit.css",
  roles: ["security", "administrator"],
  open(root, desk) {
    const pane = new PeoplePane(root, desk);
    return { show: () => void pane.read(), hide() {} };
  },
};
