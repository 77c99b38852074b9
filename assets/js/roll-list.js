/** The notes of a tune as a list, for those who read it or move them by keys. */
import { button, fill, h } from "./dom.js";
import { t } from "./i18n.js";
import { named } from "./roll-hand.js";

/**
 * @param {object} on  root, switcher: elements; tune(): what stands; hand: see roll-hand.js
 */
export function mountList({ root, switcher, tune, hand }) {
  const rows = h("ol", {});
  const add = button("music.add", () => tune().growing || focus(hand.add()), { class: "quiet" });
  const panel = h("div", { class: "roll-list", hidden: true, role: "group", "aria-label": t("music.list_label") }, rows, add);
  for (const type of ["pointerdown", "pointermove", "wheel"]) panel.addEventListener(type, (event) => event.stopPropagation());
  root.append(panel);

  function turn() {
    panel.hidden = !panel.hidden;
    switcher.setAttribute("aria-expanded", String(!panel.hidden));
    draw();
  }

  function draw() {
    if (panel.hidden || !tune()) return;
    const { notes, editable } = tune();
    add.hidden = !editable;
    const at = [...rows.children].findIndex((row) => row.contains(document.activeElement));
    fill(rows, notes.map((note, place) => row(note, place, editable)));
    if (at >= 0) focus(Math.min(at, notes.length - 1));
  }

  function row(note, place, editable) {
    const words = named(note, tune());
    const own = { type: "button", class: "plain", title: editable ? t("music.note_tip") : "" };
    const on = { keydown: (event) => editable && hand.act(event, place, focus) };
    return h("li", {}, h("button", { ...own, on }, words));
  }

  function focus(place) {
    rows.children[place]?.firstChild.focus();
  }

  return { turn, draw };
}
