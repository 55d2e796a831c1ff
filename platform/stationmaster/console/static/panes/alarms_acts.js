// What a person does about alarms: acknowledge, shelve for a time, take back; go to what is meant on the plan or the list.

const SHELVES = [
  [15, { zh: "15 分钟", en: "15 minutes" }],
  [60, { zh: "1 小时", en: "1 hour" }],
  [240, { zh: "4 小时", en: "4 hours" }],
  [720, { zh: "12 小时", en: "12 hours" }],
];
const GRAVE_MINUTES = 60;
const AT_ONCE = 8;

export class AlarmActs {
  /** `done()` is called after something was done. */
  constructor(desk, done) {
    Object.assign(this, { desk, done });
  }

  /** Say that somebody knows of these; each as the person has seen it. */
  async acknowledge(alarms, why = "") {
    const open = alarms.filter(({ acknowledged }) => acknowledged === null);
    await this.each(open, ({ key, number }) => this.desk.api.post(`/api/v1/alarms/${key}/acknowledge`, { number, why }), {
      zh: `已确认 ${open.length} 条告警`,
      en: `${open.length} acknowledged`,
    });
  }

  async acknowledgeWithWords(alarms) {
    const { desk } = this;
    const title = { zh: "确认并备注", en: "Acknowledge with a note" };
    const given = await desk.ask({ title, fields: [{ name: "why", words: { zh: "备注", en: "Note" }, kind: "textarea", maxlength: 500 }] });
    if (given !== null) {
      await this.acknowledge(alarms, given.why.trim());
    }
  }

  async shelve(alarms) {
    const { desk } = this;
    if (!alarms.length) {
      return;
    }
    const grave = alarms.some(({ severity, parts }) => severity === "alarm" || parts.some((part) => part.severity === "alarm"));
    const given = await desk.ask({
      title: { zh: `搁置 ${alarms.length} 条告警`, en: `Shelve ${alarms.length}` },
      fields: [
        {
          name: "minutes",
          words: { zh: "多久", en: "For how long" },
          kind: "select",
          value: "60",
          options: SHELVES.filter(([minutes]) => !grave || minutes <= GRAVE_MINUTES).map(([minutes, words]) => [String(minutes), words]),
          hint: grave ? { zh: "严重告警最多一小时", en: "A grave one for an hour at most" } : "",
        },
        { name: "why", words: { zh: "原因", en: "Why" }, kind: "textarea", maxlength: 500, required: true },
      ],
      ok: { zh: "搁置", en: "Shelve" },
      check: ({ why }) => (why.trim() ? null : { zh: "请写明原因", en: "Say why" }),
    });
    if (given !== null) {
      const body = { minutes: Number(given.minutes), why: given.why.trim() };
      await this.each(alarms, ({ key }) => desk.api.post(`/api/v1/alarms/${key}/shelve`, body), {
        zh: `已搁置 ${alarms.length} 条`,
        en: `${alarms.length} shelved`,
      });
    }
  }

  async unshelve(keys) {
    await this.each(keys, (key) => this.desk.api.post(`/api/v1/alarms/${key}/unshelve`), {
      zh: `已取回 ${keys.length} 条`,
      en: `${keys.length} taken back`,
    });
  }

  /** Show on the plan what these alarms mean. */
  plan(alarms) {
    const mark = [...new Set(alarms.flatMap((alarm) => marksOf(alarm)))];
    if (mark.length) {
      this.desk.go("plan", { mark });
    }
  }

  devices(alarms) {
    const mark = [...new Set(alarms.flatMap((alarm) => [alarm.subject, ...alarm.parts.map((part) => part.subject)]).filter(Boolean))];
    this.desk.go("devices", { mark });
  }

  /** Do it to each, a few at once; what was refused is told once. */
  async each(things, act, words) {
    const { desk } = this;
    const waiting = [...things];
    const refused = [];
    const worker = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        try {
          await act(next);
        } catch (problem) {
          refused.push(problem);
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    if (refused.length) {
      desk.problem(refused[0]);
    } else if (things.length) {
      desk.tell(words);
    }
    this.done();
  }
}

/** What is marked on the plan for an alarm: its devices, else the boards and zones that suffer. */
export function marksOf(alarm) {
  const subjects = [alarm.subject, ...alarm.parts.map((part) => part.subject)].filter((subject) => subject?.includes("/"));
  return subjects.length ? subjects : alarm.targets;
}
