/** Below a roll of several voices: each by its name and ink, with a stone that keeps it, and four others. */
import { h, icon } from "./dom.js";
import { t } from "./i18n.js";

/**
 * @param {(voice: number) => void} lock  keep a voice or let it go
 * @param {(voice: number) => void} offer  others for a voice
 */
export function mountVoices(lock, offer) {
  const node = h("div", { class: "roll-voices", role: "group", "aria-label": t("music.voices"), hidden: true });

  /** @param {{voices: number, drums: boolean, editable: boolean}} tune  @param {boolean[]} kept  of every voice */
  function draw(tune, kept) {
    node.hidden = tune.voices < 2 || tune.drums;
    if (node.hidden) return;
    while (node.children.length > tune.voices) node.lastChild.remove();
    while (node.children.length < tune.voices) node.append(headOf(node.children.length));
    [...node.children].forEach((one, at) => {
      one.firstChild.ariaPressed = String(kept[at]);
      for (const press of one.children) press.disabled = !tune.editable;
    });
  }

  function headOf(at) {
    const voice = t(`music.voice_${at}`);
    const [keeps, again] = [t("music.keep_voice", { voice }), t("music.another_voice", { voice })];
    const ink = h("span", { class: `ink voice-${at}`, "aria-hidden": "true" });
    return h(
      "div",
      { class: "voice-head" },
      h("button", { type: "button", class: "stone voice-lock", "aria-label": keeps, title: keeps, on: { click: () => lock(at) } }, ink, voice),
      h("button", { type: "button", class: "plain again", "aria-label": again, title: again, on: { click: () => offer(at) } }, icon("another")),
    );
  }

  return { node, draw };
}
