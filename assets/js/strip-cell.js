/** One kept work in the filmstrip: its thumbnail, its marks, and what a hand does to it. */
import { address } from "./api.js";
import { carry, take } from "./drag.js";
import { afterPause, h } from "./dom.js";
import { describe, titleOfWork, traveller } from "./kept.js";
import { morph } from "./strip-moves.js";

const HOLD = 500; // ms of a long press

/**
 * The cell of a kept work.
 * @param {object} on  toggle(work), open(work, cell), hover(cell), selecting()
 */
export function workCell(work, on) {
  const image = h("img", {
    src: address(work.thumbnail),
    alt: "",
    draggable: false,
    loading: "lazy",
    decoding: "async",
  });
  const score = h("span", { class: "score", "aria-hidden": "true" }, "•".repeat(work.rating ?? 0));
  const cell = h(
    "div",
    {
      class: `cell ${work.kind}`,
      role: "option",
      tabIndex: -1,
      "aria-label": describe(work),
      title: titleOfWork(work),
      data: { id: work.id },
    },
    image,
    score,
    work.kind === "film" ? h("span", { class: "film-mark", "aria-hidden": "true" }, "▶") : null,
    work.note ? h("span", { class: "note-mark", "aria-hidden": "true" }, "✎") : null,
  );
  cell.work = work;
  carry(cell, () => traveller(work));
  take(
    cell,
    (item) => morph(item, traveller(work)),
    (item) => item.id !== work.id && work.kind === "work",
  );
  press(cell, work, on);
  cell.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && on.hover(cell));
  return cell;
}

/** Click, Shift-click and long press. While works are selected, a touch selects too. */
function press(cell, work, on) {
  let held = false;
  const hold = afterPause(() => {
    held = true;
    on.toggle(work);
    navigator.vibrate?.(10);
  }, HOLD);
  cell.addEventListener("pointerdown", (event) => {
    held = false;
    if (event.pointerType !== "mouse") hold();
  });
  for (const type of ["pointerup", "pointercancel", "pointermove", "dragstart"]) {
    cell.addEventListener(type, (event) => {
      if (type !== "pointermove" || Math.hypot(event.movementX, event.movementY) > 3) hold.cancel();
    });
  }
  cell.addEventListener("contextmenu", (event) => event.pointerType !== "mouse" && event.preventDefault());
  cell.addEventListener("click", (event) => {
    if (held) return;
    const touch = event.pointerType === "touch" && on.selecting();
    if (event.shiftKey || event.ctrlKey || event.metaKey || touch) on.toggle(work, cell);
    else on.open(work, cell);
  });
}
