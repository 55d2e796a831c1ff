// The head of the page: how this subsystem stands with its hub, how old the feed is, and whose time it shows. What is
// not as usual takes the whole width, in words and not by colour alone.

import { showClock, stationNow } from "/static/clock.js";
import { both, h, hhmm, names, span } from "./dom.js";

const STATES = {
  online: ["联机", "online"],
  suspect: ["可疑", "suspect"],
  alone: ["自治", "alone"],
  resyncing: ["同步中", "resyncing"],
  gone: ["失去连接", "connection lost"],
};
const GRADES = { fresh: ["正常", "fresh"], late: ["迟到", "late"], lost: ["中断", "lost"] };
const OLD_FEED_S = 60;

export class DeskStatus {
  constructor(title, corner) {
    this.state = null;
    this.gone = false;
    this.badge = h("strong", { class: "desk-state", role: "status", "aria-live": "polite" });
    this.feed = h("span", { class: "desk-feed" });
    this.clock = h("span", { "data-zone": "" });
    this.station = h("span", {});
    this.head = h(
      "header",
      { class: "desk-head" },
      h("h1", {}, this.station, " ", ...both(title)),
      this.badge,
      this.feed,
      this.clock,
      corner,
    );
    this.banners = h("div", { class: "desk-banners" });
    this.said = "";
    showClock(this.clock);
    setInterval(() => this.paint(), 1000);
  }

  show(state) {
    this.state = state;
    this.gone = false;
    this.clock.dataset.zone = state.known ? state.zone : "";
    this.station.textContent = names(state.station);
    this.paint();
  }

  lost() {
    this.gone = true;
    this.paint();
  }

  paint() {
    const state = this.state;
    const word = this.gone || state === null ? "gone" : state.state;
    document.body.classList.toggle("gone", word === "gone");
    this.badge.className = `desk-state ${word}`;
    const label = STATES[word].join(" ");
    if (this.badge.textContent !== label) {
      this.badge.textContent = label;
    }
    if (state === null) {
      return;
    }
    const now = stationNow() ?? Date.parse(state.station_time);
    const age = state.feed.fresh_at === null ? null : (now - Date.parse(state.feed.fresh_at)) / 1000;
    const old = state.feed.grade !== "fresh" || age === null || age > OLD_FEED_S;
    const told = age === null ? "时间未知 age unknown" : `${span(age)} 前 ago`;
    this.feed.className = old ? "desk-feed old" : "desk-feed";
    this.feed.textContent = `行车数据 Feed ${GRADES[state.feed.grade].join(" ")}, ${told}`;
    this.paintBanners(state, now);
  }

  paintBanners(state, now) {
    const found = [];
    if (this.gone) {
      found.push(["gone", "此页与本机程序失去连接, 内容已过时 — This page has lost its process; what it shows is old"]);
    } else if (state.state === "alone") {
      const waiting = state.acts_waiting ? `; ${state.acts_waiting} 项操作待报 acts wait for it` : "";
      const since = state.since ? ` ${hhmm(state.since, state.zone)} (${span((now - Date.parse(state.since)) / 1000)})` : "";
      found.push([
        "alone",
        `自治运行 AUTONOMOUS 自 since${since}: 无主机, 此处操作立即生效并在恢复后上报 — no hub; what is done here counts here at once and is reported when it is back${waiting}`,
      ]);
    } else if (state.state === "suspect") {
      found.push(["suspect", "主机无回应, 可能中断 — The hub does not answer; it may be gone"]);
    } else if (state.state === "resyncing") {
      found.push(["suspect", "正在与主机同步 — Being brought up to date by the hub"]);
    }
    if (!state.known) {
      found.push(["suspect", "尚未收到车站数据 — Nothing is known of the station yet"]);
    }
    if (!state.stored) {
      found.push(["gone", "本机磁盘写入失败 — This machine's disk takes nothing"]);
    }
    if (state.clock === "free_run" || state.clock === "invalid") {
      found.push(["suspect", "站时不可靠 — Station time cannot be relied on"]);
    }
    const badge = this.clock.querySelector(".shadow-badge");
    if (badge && !badge.hidden) {
      found.push(["shadow", `${badge.textContent}: 不是真实时间 — this is not the real time`]);
    }
    const said = JSON.stringify(found);
    if (said !== this.said) {
      this.said = said;
      this.banners.replaceChildren(...found.map(([kind, words]) => h("p", { class: `desk-banner ${kind}` }, words)));
    }
  }
}
