// What the sections of a hand-over sheet are called, and what the time of an item means there.

const SINCE = { zh: "自", en: "since" };
const UNTIL = { zh: "至", en: "until" };
const AT = { zh: "", en: "" };

export const SECTIONS = {
  manual: { title: { zh: "手动方式", en: "Manual" }, at: SINCE },
  acceptance: { title: { zh: "不自动接受的来源", en: "Sources that are not taken by themselves" }, at: AT },
  held: { title: { zh: "暂停的任务", en: "Held tasks" }, at: AT },
  proposals: { title: { zh: "待确认的变更", en: "Changes that wait for a decision" }, at: SINCE },
  conflicts: { title: { zh: "冲突", en: "Conflicts" }, at: AT },
  trains: { title: { zh: "晚点、未定与停运的列车", en: "Trains late, unknown or suspended" }, at: AT },
  texts: { title: { zh: "人工显示与广播", en: "Texts on boards and announcements of people" }, at: UNTIL },
  alarms: { title: { zh: "报警", en: "Alarms" }, at: SINCE },
  shelved: { title: { zh: "搁置的报警", en: "Alarms put aside" }, at: UNTIL },
  devices: { title: { zh: "停用或故障的设备", en: "Devices off or faulty" }, at: SINCE },
  acts: { title: { zh: "本班操作", en: "What was done this shift" }, at: AT },
};
