// What is asked of whoever makes or changes an account.

export const ROLES = {
  viewer: { zh: "查看", en: "Viewer" },
  announcer: { zh: "广播员", en: "Announcer" },
  controller: { zh: "综控员", en: "Controller" },
  supervisor: { zh: "值班站长", en: "Supervisor" },
  administrator: { zh: "系统管理员", en: "Administrator" },
  security: { zh: "安全管理员", en: "Security" },
  auditor: { zh: "审计管理员", en: "Auditor" },
};
const SUBSYSTEMS = ["guidance", "broadcast", "query"];
const ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"; // none looks like another
const GROUPS = 4;
const GROUP = 4;

/** A password that a person can read out and type, of some 78 bits. */
export function newPassword() {
  const letters = [...crypto.getRandomValues(new Uint8Array(GROUPS * GROUP))].map((byte) => ALPHABET[(byte * ALPHABET.length) >> 8]);
  return Array.from({ length: GROUPS }, (_, group) => letters.slice(group * GROUP, (group + 1) * GROUP).join("")).join("-");
}

/** Ask for an account: a new one, or what is to be different; null if the person gives up. */
export async function accountSheet(desk, account) {
  const made = account === null;
  const login = { name: "login", words: { zh: "用户名", en: "Login" }, required: true, maxlength: 32, hint: { zh: "小写字母与数字", en: "Small letters and digits" } };
  const given = await desk.ask({
    title: made ? { zh: "新建账户", en: "New account" } : { zh: `修改 ${account.login}`, en: `Change ${account.login}` },
    fields: [
      ...(made ? [login] : []),
      { name: "name", words: { zh: "姓名", en: "Name" }, value: account?.name ?? "", required: true, maxlength: 100 },
      { name: "roles", words: { zh: "角色", en: "Roles" }, kind: "many", value: account?.roles ?? [], options: Object.entries(ROLES) },
      {
        name: "subsystems",
        words: { zh: "可登录的子系统页面", en: "May log in at pages of" },
        kind: "many",
        value: account?.subsystems ?? [],
        options: SUBSYSTEMS.map((kind) => [kind, { zh: kind, en: kind }]),
      },
    ],
    check: ({ roles }) => (roles.length ? null : { zh: "至少一个角色。", en: "One role at least." }),
  });
  return given === null ? null : { ...given, name: given.name.trim() };
}
