// The station's files as this person edits them: the one draft that all share, as the hub keeps it.

const AGAIN_MS = 1000;

const path = (name) => `/api/v1/station/files/${name.split("/").map(encodeURIComponent).join("/")}`;
const matching = (tag) => ({ "If-Match": `"${tag}"` });

export class DraftModel {
  /** `changed()` is told after anything is another. */
  constructor(desk, changed) {
    Object.assign(this, { desk, changed });
    this.files = []; // glances, without texts
    this.possible = []; // names of files that the station has not and may have
    this.digest = ""; // of the draft; empty: nothing is drafted
    this.checked = null; // what the last check said, while the draft is what it was then
    this.versions = [];
    this.busy = "";
  }

  get drafted() {
    return this.files.filter((file) => file.drafted);
  }

  /** Learn what is drafted and which versions there are. */
  async load() {
    const [files, versions] = await Promise.all([
      this.desk.api.get("/api/v1/station/files"),
      this.desk.api.get("/api/v1/station/versions"),
    ]);
    this.files = files.files;
    this.possible = files.possible;
    this.versions = versions.versions;
    this.digestIs(files.draft);
    this.changed();
  }

  digestIs(digest) {
    this.digest = digest;
    if (this.checked !== null && this.checked.digest !== digest) {
      this.checked = null;
    }
  }

  /** One file with its text; null where there is none yet. */
  async file(name) {
    if (this.files.length && !this.files.some((file) => file.name === name)) {
      return null;
    }
    try {
      return await this.desk.api.get(path(name));
    } catch (problem) {
      if (problem.status === 404) {
        return null;
      }
      throw problem;
    }
  }

  /** Draft a file, whose state `tag` was edited; throws a `Problem`, with code "file-moved" where that is not there. */
  async put(name, text, tag) {
    const answer = await this.desk.api.put(path(name), { text }, matching(tag));
    await this.load();
    return answer;
  }

  /** Let go of what is drafted: of one file, or of all. */
  async drop(name = "") {
    await this.desk.api.remove(`/api/v1/station/draft${name ? `/files/${name}` : ""}`);
    await this.load();
  }

  /** Have the hub say what is wrong with the draft, or what it would change. */
  async check() {
    return this.working({ zh: "正在检查…", en: "Checking…" }, async () => {
      const checked = await this.desk.api.post("/api/v1/station/draft/check");
      this.checked = checked;
      this.digest = checked.digest;
      return checked;
    });
  }

  /** Have the hub use what was checked. */
  async apply(why) {
    return this.working({ zh: "正在启用…", en: "Applying…" }, async () => {
      const applied = await this.desk.api.post("/api/v1/station/draft/apply", { draft: this.checked.digest, why });
      await this.load();
      return applied;
    });
  }

  /** Have the hub use a version again. */
  async putBack(number, why) {
    return this.working({ zh: "正在恢复…", en: "Putting back…" }, async () => {
      const current = this.versions[0].number;
      const applied = await this.desk.api.post(`/api/v1/station/versions/${number}/apply`, { current, why });
      await this.load();
      return applied;
    });
  }

  /** Upload a timetable into the draft; gives the report, however long it takes. */
  async upload(file, query) {
    return this.working({ zh: "正在读取…", en: "Reading…" }, async () => {
      const content = new Blob([file], { type: "application/octet-stream" });
      let answer = await this.desk.api.ask("POST", `/api/v1/station/import?${query}`, content);
      while (answer.state === "running") {
        await new Promise((done) => setTimeout(done, AGAIN_MS));
        answer = await this.desk.api.get("/api/v1/station/import");
      }
      await this.load();
      return answer;
    });
  }

  async working(words, action) {
    this.busy = this.desk.t(words);
    this.changed();
    try {
      return await action();
    } finally {
      this.busy = "";
      this.changed();
    }
  }
}
