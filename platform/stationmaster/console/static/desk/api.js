// Asking the hub: JSON in, JSON out, and a refusal as a `Problem` with the hub's own words.

const PATIENCE_MS = 12_000; // the hub itself answers an act that waits after 10 s

/** What the hub refused (RFC 9457), or that it could not be reached: then `status` is 0. */
export class Problem extends Error {
  constructor({ status = 0, error = "not-reached", message = "", hint = "", faults = [], ...more }) {
    super(message);
    Object.assign(this, { status, code: error, message, hint, faults, more });
  }
}

export class Api {
  constructor() {
    this.proof = null; // what shows that this page itself asks; it comes with the session
    this.onTurnedAway = () => {};
  }

  get(path) {
    return this.ask("GET", path);
  }

  post(path, body = {}, headers = {}) {
    return this.ask("POST", path, body, headers);
  }

  put(path, body = {}, headers = {}) {
    return this.ask("PUT", path, body, headers);
  }

  remove(path, headers = {}) {
    return this.ask("DELETE", path, {}, headers);
  }

  /** Ask for anything; `body` is sent as JSON, or as it is if it is a Blob. */
  async ask(method, path, body, headers = {}) {
    const answer = await this.answer(method, path, body, headers);
    if (answer.status === 204) {
      return null;
    }
    try {
      return await answer.json();
    } catch (error) {
      throw new Problem({ status: answer.status, error: "not-json", message: String(error) });
    }
  }

  /** The answer itself, for what is no JSON; throws a `Problem` for every refusal. */
  async answer(method, path, body, headers = {}) {
    const given = { method, cache: "no-store", credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE_MS), headers: { ...headers } };
    if (method !== "GET") {
      given.headers["X-Session-Proof"] = this.proof ?? "";
      const plain = body instanceof Blob;
      given.headers["Content-Type"] ??= plain ? body.type || "application/octet-stream" : "application/json";
      given.body = plain ? body : JSON.stringify(body);
    }
    let answer;
    try {
      answer = await fetch(path, given);
    } catch (error) {
      throw new Problem({ message: String(error) });
    }
    if (answer.ok) {
      return answer;
    }
    const said = await answer.json().catch(() => ({}));
    const problem = new Problem({ error: `http-${answer.status}`, message: answer.statusText, ...said, status: answer.status });
    if (answer.status === 401) {
      this.onTurnedAway(problem);
    }
    throw problem;
  }
}
