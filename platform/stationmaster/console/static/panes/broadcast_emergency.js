// Emergencies: called in zones or everywhere with a message that is ready or in one's own words, and ended.

import { element, refill } from "../desk/element.js";
import { clock } from "./broadcast_zone.js";
import { command } from "./commanding.js";
import { named } from "./station.js";

const OWN = "";
const EVERYWHERE = "*";

/** Ask for an emergency and call it; `told` is what broadcast says, `marked` are zones. */
export async function callEmergency(desk, told, marked) {
  const { t } = desk;
  const languages = desk.world.state?.station?.languages ?? ["zh", "en"];
  const zones = told?.zones ?? [];
  const some = marked.map((id) => named(desk, zones.find((zone) => zone.id === id)?.names, id)).join(", ");
  const messages = (told?.messages ?? []).map(({ id, texts, ready }) => [id, `${id} – ${named(desk, texts)}${ready ? "" : ` (${t({ zh: "尚未就绪", en: "not ready" })})`}`]);
  const values = await desk.ask({
    title: { zh: "紧急广播", en: "Emergency announcement" },
    danger: true,
    ok: { zh: "立即广播", en: "Call it now" },
    fields: [
      { name: "message", words: { zh: "内容", en: "Message" }, kind: "select", options: [...messages, [OWN, { zh: "自由文字", en: "Own words" }]], value: messages[0]?.[0] ?? OWN },
      ...languages.map((language) => ({ name: `text-${language}`, words: { zh: `自由文字（${language}）`, en: `Own words (${language})` }, kind: "textarea", lang: language, maxlength: 500 })),
      { name: "where", words: { zh: "位置", en: "Where" }, kind: "select", options: [[EVERYWHERE, { zh: "全站", en: "Everywhere" }], ...(some ? [["marked", some]] : [])], value: some ? "marked" : EVERYWHERE },
    ],
    check: (given) => {
      if (given.message === OWN && !given[`text-${languages[0]}`].trim()) {
        return { zh: `请输入文字（${languages[0]}）。`, en: `Give words in ${languages[0]}.` };
      }
      return given.message !== OWN && languages.some((language) => given[`text-${language}`].trim())
        ? { zh: "消息与自由文字只能取其一。", en: "A message or words of one's own, not both." }
        : null;
    },
  });
  if (values === null) {
    return;
  }
  const texts = languages.filter((language) => values[`text-${language}`].trim());
  const parameters =
    values.message === OWN
      ? Object.fromEntries(texts.map((language) => [language === languages[0] ? "text" : `text.${language}`, values[`text-${language}`].trim()]))
      : { message: values.message };
  const targets = values.where === EVERYWHERE ? [] : marked;
  await command(desk, { kind: "broadcast", action: "emergency", targets, parameters, words: { zh: "紧急广播已开始", en: "The emergency is called" } });
}

/** The emergencies that are under way, each with what ends it. */
export class Emergencies {
  constructor(desk, { ended }) {
    Object.assign(this, { desk, ended });
    this.key = "";
    this.node = element("div", { class: "emergencies", role: "alert" });
  }

  paint(emergencies) {
    const { desk } = this;
    const { t } = desk;
    const key = JSON.stringify(emergencies.map(({ id, phase, zones, problem }) => [id, phase, zones, problem]));
    if (key === this.key) {
      return;
    }
    this.key = key;
    const row = (each) =>
      element(
        "p",
        { "data-emergency": each.id },
        element("strong", {}, `! ${t({ zh: "紧急广播进行中", en: "EMERGENCY UNDER WAY" })} `),
        `${clock(desk, each.since)} ${each.by}: ${named(desk, each.texts, each.message)} → ${each.zones.join(", ")}${each.problem ? ` (${each.problem})` : ""} `,
        element("button", { type: "button", class: "danger", onclick: () => this.end(each) }, t({ zh: "结束…", en: "End it…" })),
      );
    refill(this.node, emergencies.map(row));
  }

  async end(emergency) {
    const { desk } = this;
    const sure = await desk.ask({
      title: { zh: "结束紧急广播？", en: "End the emergency?" },
      fields: [{ node: element("p", {}, `${named(desk, emergency.texts, emergency.message)} → ${emergency.zones.join(", ")}`) }],
      ok: { zh: "结束", en: "End it" },
      danger: true,
    });
    if (sure !== null) {
      const words = { zh: "紧急广播已结束", en: "The emergency is over" };
      await command(desk, { kind: "broadcast", action: "emergency-end", parameters: { id: emergency.id }, words });
      this.ended();
    }
  }
}
