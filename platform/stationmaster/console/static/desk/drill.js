// A drill must never be taken for the day itself, nor the day for a drill: a strip over the whole width says so, in both
// languages, as long as the hub says that it is one; and the page's title begins with it.

import { element } from "./element.js";

const WORDS = [
  ["zh-CN", "演练：这里的操作不会到达任何设备、车站和列车。"],
  ["en", "DRILL: nothing that is done here reaches any device, board or loudspeaker."],
];

/** Show the strip under `banner` while the hub that this page sees is a drill's. */
export function markDrill(desk, banner) {
  const strip = element(
    "div",
    { id: "drill", role: "note", hidden: true },
    WORDS.map(([lang, text]) => element("strong", { lang }, text)),
  );
  banner.after(strip);
  const look = () => {
    const drill = Boolean(desk.world.state?.drill);
    strip.hidden = !drill;
    document.body.classList.toggle("drill", drill);
  };
  desk.on(["state", "connection"], look);
  look();
}
