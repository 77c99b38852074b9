/** Below a roll of several voices: each by its name and ink, with a stone that keeps it, and four others. */
import { h } from "./dom.js";
import { t } from "./i18n.js";
import { drawHeads, head } from "./roll-heads.js";

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
    drawHeads(node, kept, tune.editable, headOf);
  }

  function headOf(at) {
    const voice = t(`music.voice_${at}`);
    const ink = h("span", { class: `ink voice-${at}`, "aria-hidden": "true" });
    const names = { keeps: t("music.keep_voice", { voice }), again: t("music.another_voice", { voice }) };
    return head({ class: "voice-head", stone: "voice-lock", shown: [ink, voice], ...names }, () => lock(at), () => offer(at));
  }

  return { node, draw };
}
