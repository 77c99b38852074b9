/**
 * The square of a picture that is brought: dragged, pinched from its corner, moved by arrows, or by
 * buttons. Numbers are pixels of the picture as the server sent it back.
 */
import { button, h, iconButton } from "./dom.js";
import { t } from "./i18n.js";

const NUDGE = 0.05; // of the square's side

/**
 * @param {{image: string, width: number, height: number, smallest: number, crop: object}} picture
 * @param {(crop: {x: number, y: number, side: number}) => void} changed  after each move
 * @returns {{root: HTMLElement, crop: () => object, set: (crop: object) => void}}
 */
export function cropper({ image, width, height, smallest, crop: first }, changed) {
  const largest = Math.min(width, height);
  let crop = { ...first };
  const square = h("div", {
    class: "bring-square",
    role: "group",
    tabIndex: 0,
    "aria-label": t("bring.square"),
    "aria-describedby": "bring-how",
    on: { pointerdown: grab, keydown: arrows },
  });
  const corner = h("div", { class: "bring-corner", "aria-hidden": "true", on: { pointerdown: stretch } });
  square.append(corner);
  const board = h(
    "div",
    { class: "bring-board", style: { "--ratio": width / height } },
    h("img", { src: image, alt: t("bring.yours"), draggable: false }),
    square,
  );
  const size = h("input", {
    type: "range",
    class: "bring-size",
    min: String(Math.min(smallest, largest)),
    max: String(largest),
    step: "1",
    "aria-label": t("bring.size"),
    on: { input: () => scale(Number(size.value)) },
  });
  const step = (icon, key, x, y) => iconButton(icon, key, () => move(x * NUDGE * crop.side, y * NUDGE * crop.side));
  const moves = h(
    "div",
    { class: "bring-moves", role: "group", "aria-label": t("bring.move") },
    step("left", "bring.left", -1, 0),
    step("up", "bring.up", 0, -1),
    step("down", "bring.down", 0, 1),
    step("right", "bring.right", 1, 0),
    button("bring.whole", () => set(middle(largest))),
    button("bring.centre", () => set(first)),
  );
  const sizes = h("label", { class: "bring-sizes" }, h("span", {}, t("bring.size")), size);

  /** Keep the square inside, and draw it. */
  function set({ x, y, side }, tell = true) {
    const whole = Math.max(Math.min(side, largest), Math.min(smallest, largest));
    crop = { x: within(x, width - whole), y: within(y, height - whole), side: whole };
    const percent = (value, of) => `${(100 * value) / of}%`;
    square.style.left = percent(crop.x, width);
    square.style.top = percent(crop.y, height);
    square.style.width = percent(crop.side, width);
    square.style.height = percent(crop.side, height);
    size.value = String(Math.round(crop.side));
    size.setAttribute("aria-valuetext", t("bring.percent", { percent: Math.round((100 * crop.side) / largest) }));
    if (tell) changed({ ...crop });
  }

  const move = (x, y) => set({ x: crop.x + x, y: crop.y + y, side: crop.side });

  /** Another size around the same middle. */
  function scale(side) {
    const half = (crop.side - side) / 2;
    set({ x: crop.x + half, y: crop.y + half, side });
  }

  const middle = (side) => ({ x: (width - side) / 2, y: (height - side) / 2, side });

  /** Follow a pointer from where it went down; `go(dx, dy, before)` in pixels of the picture. */
  function follow(event, go) {
    if (event.button) return;
    event.preventDefault();
    event.stopPropagation();
    square.focus({ preventScroll: true });
    const target = event.currentTarget;
    const before = { ...crop };
    const unit = width / board.clientWidth;
    const moved = (now) => go((now.clientX - event.clientX) * unit, (now.clientY - event.clientY) * unit, before);
    const done = () => {
      target.removeEventListener("pointermove", moved);
      target.removeEventListener("pointerup", done);
      target.removeEventListener("pointercancel", done);
    };
    target.setPointerCapture(event.pointerId);
    target.addEventListener("pointermove", moved);
    target.addEventListener("pointerup", done);
    target.addEventListener("pointercancel", done);
  }

  function grab(event) {
    follow(event, (dx, dy, { x, y, side }) => set({ x: x + dx, y: y + dy, side }));
  }

  /** From the lower right corner; the upper left one stays. */
  function stretch(event) {
    follow(event, (dx, dy, { x, y, side }) => {
      const wanted = side + (dx + dy) / 2;
      set({ x, y, side: Math.min(wanted, width - x, height - y) });
    });
  }

  function arrows(event) {
    const far = crop.side * NUDGE * (event.shiftKey ? 3 : 1);
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (way) move(way[0] * far, way[1] * far);
    else if (event.key === "+" || event.key === "=") scale(crop.side * 1.08);
    else if (event.key === "-") scale(crop.side / 1.08);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  set(first, false);
  return { root: h("div", { class: "bring-crop" }, board, sizes, moves), crop: () => ({ ...crop }), set };
}

const within = (value, most) => Math.max(0, Math.min(value, most));
