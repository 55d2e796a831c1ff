// Who is at the page: logging in and out, and asking for things in his name. The session itself is a cookie that no
// script can read; the proof that goes with every deed is held in this module alone and is gone with the page.

const HERE_MS = 60000;
const NOBODY = { person: null, proof: "", logins: true, way: "near", way_good: true };

/** What the process refused, in its own words. */
export class RefusedByDesk extends Error {
  constructor({ error, message, hint }) {
    super([message, hint].filter(Boolean).join(" "));
    this.code = error;
  }
}

export class DeskSession {
  constructor() {
    this.who = NOBODY;
    this.listeners = [];
    this.told = performance.now();
    for (const kind of ["keydown", "pointerdown"]) {
      addEventListener(kind, () => this.here(), { capture: true, passive: true });
    }
  }

  get person() {
    return this.who.person;
  }

  onChange(listener) {
    this.listeners.push(listener);
  }

  async look() {
    this.become(await this.get("/api/v1/local/who"));
  }

  async login(login, password) {
    this.become(await this.post("/api/v1/local/login", { login, password }));
  }

  async logout() {
    this.become(await this.post("/api/v1/local/logout", {}));
  }

  async get(path) {
    return this.answer(await fetch(path, { cache: "no-store", credentials: "same-origin" }));
  }

  async post(path, body) {
    const headers = { "Content-Type": "application/json", "X-Session-Proof": this.who.proof };
    const asked = { method: "POST", headers, body: JSON.stringify(body), credentials: "same-origin" };
    return this.answer(await fetch(path, asked));
  }

  async answer(response) {
    const body = await response.json();
    if (response.ok) {
      return body;
    }
    if (body.error === "not-logged-in" && this.person) {
      this.become({ ...NOBODY, logins: this.who.logins, way: this.who.way, way_good: this.who.way_good });
    }
    throw new RefusedByDesk(body);
  }

  become(who) {
    this.who = who;
    this.listeners.forEach((each) => each());
  }

  /** The person does something: his session does not rest. */
  here() {
    if (this.person && performance.now() - this.told > HERE_MS) {
      this.told = performance.now();
      this.post("/api/v1/local/here", {}).catch(() => {}); // the next deed will say what is wrong
    }
  }
}
