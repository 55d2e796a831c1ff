// Getting a second factor: the password once more, a picture for the authenticator app, a code of it, recovery codes.

import { element } from "../desk/element.js";

const SVG = "http://www.w3.org/2000/svg";
const MARGIN = 4; // light squares around a QR code, as its standard wants them
const W = {
  title: { zh: "设置第二因子", en: "Set up a second factor" },
  login: { zh: "用户名", en: "Login" },
  password: { zh: "密码", en: "Password" },
  next: { zh: "继续", en: "Next" },
  scan: { zh: "用验证器应用扫描，或输入密钥：", en: "Scan this with an authenticator app, or type the key:" },
  code: { zh: "应用显示的六位验证码", en: "The six digits that it shows" },
  recovery: { zh: "恢复码", en: "Recovery codes" },
  keep: { zh: "手机丢失时，每个恢复码可代替一次验证码。此处只显示一次，请抄写并妥善保管。", en: "Each counts once in place of the phone. They are shown only now: write them down and keep them safe." },
  kept: { zh: "我已抄写", en: "I have written them down" },
  done: { zh: "第二因子已启用", en: "The second factor is on" },
};

/** A QR code as a picture: dark on light in either theme. */
export function picture(rows, words) {
  const size = rows.length + 2 * MARGIN;
  const made = (name, given) => {
    const node = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(given)) {
      node.setAttribute(key, value);
    }
    return node;
  };
  const dark = rows.flatMap((row, y) => [...row].map((square, x) => (square === "1" ? `M${x + MARGIN} ${y + MARGIN}h1v1h-1z` : "")));
  const svg = made("svg", { viewBox: `0 0 ${size} ${size}`, class: "qr", role: "img", "aria-label": words, "shape-rendering": "crispEdges" });
  svg.append(made("rect", { width: size, height: size }), made("path", { d: dark.join("") }));
  return svg;
}

/** Lead somebody through it; `tools` are { ask, api, t, tell, problem } of the desk. */
export async function setUpSecondFactor({ ask, api, t, tell, problem }, login = "") {
  const shown = await ask({
    title: W.title,
    fields: [
      { name: "login", words: W.login, value: login, required: true, autocomplete: "username" },
      { name: "password", words: W.password, kind: "password", required: true, autocomplete: "current-password" },
    ],
    ok: W.next,
  });
  if (shown === null) {
    return;
  }
  try {
    const invited = await api.post("/api/v1/second-factor", shown);
    const codes = await confirmed({ ask, api, t }, shown, invited);
    if (codes !== null) {
      await told({ ask, t }, codes);
      tell(W.done, { kind: "ok" });
    }
  } catch (refused) {
    problem(refused);
  }
}

async function confirmed({ ask, api, t }, shown, invited) {
  let said = "";
  for (;;) {
    const given = await ask({
      title: W.title,
      fields: [
        { node: element("p", {}, t(W.scan)) },
        { node: picture(invited.picture, t(W.scan)) },
        { node: element("p", { class: "secret" }, invited.secret) },
        { node: element("p", { class: "fault", role: "alert" }, said) },
        { name: "code", words: W.code, required: true, inputmode: "numeric", autocomplete: "one-time-code" },
      ],
      ok: W.next,
    });
    if (given === null) {
      return null;
    }
    try {
      const { recovery } = await api.post("/api/v1/second-factor/confirmation", { ...shown, code: given.code });
      return recovery;
    } catch (refused) {
      if (refused.code !== "code-refused") {
        throw refused;
      }
      said = `${refused.message} ${refused.hint}`;
    }
  }
}

async function told({ ask, t }, codes) {
  await ask({
    title: W.recovery,
    fields: [
      { node: element("p", {}, t(W.keep)) },
      { node: element("ul", { class: "codes" }, codes.map((code) => element("li", {}, code))) },
      { name: "kept", words: W.kept, kind: "checkbox", required: true },
    ],
  });
}
