/**
 * A line that is carried to another's place: by its stone, with a pointer, or with Alt and the arrows.
 * Nothing is pressed on the way: a stone that was carried is not turned.
 */
const FAR = 6; // px from which a press is a drag
const STEPS = { ArrowUp: -1, ArrowDown: 1, ArrowRight: -1, ArrowLeft: 1 }; // columns run to the left

/**
 * @param {HTMLElement} list  of the lines, each with a `.stone`
 * @param {(from: number, to: number) => void} move
 */
export function mountMove(list, move) {
  let held = null; // {from, to, x, y, pointer, far}
  let carried = false; // until the click that ends a drag

  const at = (node) => [...list.children].indexOf(node?.closest?.("li"));

  function mark() {
    [...list.children].forEach((row, place) => {
      row.classList.toggle("carried", Boolean(held?.far) && place === held.from);
      row.classList.toggle("takes", Boolean(held?.far) && place === held.to && held.to !== held.from);
    });
  }

  list.addEventListener("pointerdown", ({ target, clientX: x, clientY: y, pointerId: pointer, button }) => {
    carried = false;
    const stone = target.closest(".stone");
    if (button || !stone) return;
    stone.setPointerCapture(pointer);
    held = { from: at(stone), to: at(stone), x, y, pointer, far: false };
  });
  list.addEventListener("pointermove", ({ clientX: x, clientY: y, pointerId }) => {
    if (held?.pointer !== pointerId) return;
    held.far ||= Math.hypot(x - held.x, y - held.y) > FAR;
    const over = document.elementFromPoint(x, y);
    if (held.far) held.to = list.contains(over) ? Math.max(0, at(over)) : held.from;
    mark();
  });
  const end = (drop) => ({ pointerId }) => {
    if (held?.pointer !== pointerId) return;
    const { from, to, far } = held;
    held = null;
    carried = far;
    mark();
    if (drop && far && to !== from) move(from, to);
  };
  list.addEventListener("pointerup", end(true));
  list.addEventListener("pointercancel", end(false));
  list.addEventListener("click", (event) => {
    if (carried && event.target.closest(".stone")) event.stopPropagation();
    carried = false;
  }, true);
  list.addEventListener("keydown", (event) => {
    const from = at(event.target);
    const to = from + (STEPS[event.key] ?? 0);
    if (!event.altKey || !event.target.closest(".stone") || to === from || to < 0 || to >= list.children.length) return;
    event.preventDefault();
    event.stopPropagation();
    move(from, to);
  });
}
