/** Heads of the bars above a roll and of the voices below it: each a stone that keeps it, and four others. */
import { h, icon } from "./dom.js";

/**
 * One head.
 * @param {{class: string, stone: string, keeps: string, again: string, shown: unknown[]}} words  classes, names
 *   of the two buttons, and what is on the stone's
 * @param {() => void} lock  keep it or let it go
 * @param {() => void} offer  others for it
 */
export function head({ class: name, stone, keeps, again, shown }, lock, offer) {
  return h(
    "div",
    { class: name },
    h("button", { type: "button", class: `stone ${stone}`, "aria-label": keeps, title: keeps, on: { click: lock } }, shown),
    h("button", { type: "button", class: "plain again", "aria-label": again, title: again, on: { click: offer } }, icon("another")),
  );
}

/**
 * As many heads as there are kept or free ones.
 * @param {HTMLElement} node  which holds them
 * @param {boolean[]} kept  of each whether it stays
 * @param {boolean} editable  whether stones can be laid
 * @param {(at: number) => HTMLElement} make  a further head
 */
export function drawHeads(node, kept, editable, make) {
  while (node.children.length > kept.length) node.lastChild.remove();
  while (node.children.length < kept.length) node.append(make(node.children.length));
  [...node.children].forEach((one, at) => {
    one.firstChild.ariaPressed = String(kept[at]);
    for (const press of one.children) press.disabled = !editable;
  });
}
