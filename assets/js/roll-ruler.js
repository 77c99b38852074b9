/** Above the roll: the head of every bar, its number, which keeps it, and four others; which bars are in view. */
import { h, iconButton } from "./dom.js";
import { t } from "./i18n.js";
import { drawHeads, head } from "./roll-heads.js";

export const WIDE = 4; // bars that are seen at once

/**
 * @param {HTMLElement} scroller  of the roll; more than four bars run sideways
 * @param {(bar: number) => void} lock  keep a bar or let it go
 * @param {(bar: number) => void} offer  others for a bar
 */
export function mountRuler(scroller, lock, offer) {
  const node = h("div", { class: "roll-ruler" });
  const turn = (glyph, key, by) => iconButton(glyph, key, () => scroller.scrollBy({ left: by * scroller.clientWidth }));
  const seen = h("span", {});
  const pager = h("span", { class: "roll-pager" }, turn("left", "music.earlier", -1), seen, turn("right", "music.later", 1));
  let bars = 0;
  scroller.addEventListener("scroll", tell);

  /** @param {{bars: number, editable: boolean}} tune  @param {boolean[]} kept  of every bar */
  function draw(tune, kept) {
    ({ bars } = tune);
    drawHeads(node, kept, tune.editable, headOf);
    pager.hidden = bars <= WIDE;
    tell();
  }

  /** The first bar in view, from 0. */
  const first = () => (pager.hidden ? 0 : Math.round((scroller.scrollLeft / scroller.scrollWidth) * bars));

  function tell() {
    if (!pager.hidden) seen.textContent = t("music.bars", { first: first() + 1, last: Math.min(bars, first() + WIDE), of: bars });
  }

  function headOf(at) {
    const number = at + 1;
    const names = { keeps: t("music.keep", { number }), again: t("music.another", { number }) };
    return head({ class: "bar-head", stone: "bar-lock", shown: [String(number)], ...names }, () => lock(at), () => offer(at));
  }

  return { node, pager, draw, first };
}
