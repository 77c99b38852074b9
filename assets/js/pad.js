/**
 * The pad: four works in the corners, one handle; where it stands is how they are blended, live.
 * The corners' latents are fetched once, so that moving the handle needs nothing but the live channel.
 */
import { carrying, take } from "./drag.js";
import { address } from "./api.js";
import { button, fill, h, iconButton } from "./dom.js";
import { t } from "./i18n.js";
import { parentOf, traveller } from "./kept.js";
import { bilinear, blendCorners } from "./latents.js";
import * as moves from "./strip-moves.js";

const NAMES = ["top_left", "top_right", "bottom_left", "bottom_right"];
const STEP = 0.05;

let store;
let panel;
let square;
let handle;
let ranges;
let free;
let frame = 0;
let filling = false;
const spot = { x: 0.5, y: 0.5 };
const corners = NAMES.map((name) => ({ name, item: null, baked: null, node: null }));

/** Fill #panel-pad; the corners come when it is first shown. */
export function mount(given) {
  store = given;
  panel = document.getElementById("panel-pad");
  handle = h("div", { class: "pad-handle", "aria-hidden": "true" });
  square = h(
    "div",
    { class: "pad-square" },
    h("span", { class: "pad-lines", "aria-hidden": "true" }),
    corners.map(cornerNode),
    handle,
  );
  ranges = ["x", "y"].map((axis) =>
    h("input", {
      type: "range",
      class: "unseen",
      min: "0",
      max: "1",
      step: String(STEP),
      value: "0.5",
      "aria-label": t(`pad.${axis}`),
      on: {
        input: (event) =>
          go(
            axis === "x" ? Number(event.target.value) : spot.x,
            axis === "y" ? Number(event.target.value) : spot.y,
          ),
        change: commit,
        keydown: arrows,
        focus: () => square.classList.add("focused"),
        blur: () => square.classList.remove("focused"),
      },
    }),
  );
  free = button("pad.free", setFree, { disabled: true });
  fill(
    panel,
    square,
    ...ranges,
    h("div", { class: "pad-foot" }, h("p", { class: "pad-hint" }, t("pad.hint")), free),
  );
  square.addEventListener("pointerdown", grab);
  document
    .getElementById("tab-pad")
    ?.addEventListener("dragenter", () => carrying() && store.set({ panel: "pad" }));
  place();
  store.subscribe(["panel", "size", "view", "request"], () => {
    if (store.get().panel === "pad" && store.get().view === "studio" && store.get().request) begin();
  });
  store.subscribe("request", () => {
    free.disabled = !mine;
  });
}

/** True while a change is told that the handle made. */
let mine = false;

function cornerNode(corner) {
  const label = (key) => t(key, { corner: t(`pad.${corner.name}`) });
  const put = iconButton("put", "pad.put", () => set(corner, moves.current()));
  const other = iconButton("another", "pad.another", () => another(corner));
  put.setAttribute("aria-label", label("pad.put_at"));
  other.setAttribute("aria-label", label("pad.another_at"));
  corner.node = h(
    "div",
    { class: `pad-corner ${corner.name}`, role: "group", "aria-label": t(`pad.${corner.name}`) },
    h("img", { alt: "", draggable: false, hidden: true }),
    h("span", { class: "pad-verbs" }, put, other),
  );
  corner.node.addEventListener("dblclick", () => another(corner));
  corner.node.querySelector(".pad-verbs").addEventListener("pointerdown", (event) => event.stopPropagation());
  corner.node.querySelector(".pad-verbs").addEventListener("dblclick", (event) => event.stopPropagation());
  take(corner.node, (item) => set(corner, item));
  return corner.node;
}

/** The first four corners: the newest kept works, then fresh ones. */
async function begin() {
  if (filling || corners[0].item) return;
  filling = true;
  const kept = store
    .get()
    .works.filter((work) => work.kind === "work")
    .slice(0, NAMES.length)
    .map(traveller);
  for (const corner of corners) {
    const item = kept.shift();
    if (item) await set(corner, item);
    else await another(corner);
  }
  filling = false;
}

/** Another work in a corner. */
async function another(corner) {
  const { request, locks } = store.get();
  const fresh = await store.api("POST", "/studio/another", { request, locked: [...locks] });
  if (!fresh) return;
  const picture = await store.api(
    "POST",
    "/studio/render",
    { request: fresh.request, quality: "fast" },
    { raw: true },
  );
  if (!picture) return;
  const thumbnail = URL.createObjectURL(await picture.blob());
  await set(corner, { request: fresh.request, thumbnail, id: null, label: t("pad.fresh") });
}

/** Put a work into a corner, and blend on from there. */
async function set(corner, item) {
  if (!item) return;
  const image = corner.node.querySelector("img");
  if (image.src.startsWith("blob:")) URL.revokeObjectURL(image.src);
  image.src = item.thumbnail.startsWith("/") ? address(item.thumbnail) : item.thumbnail;
  image.alt = item.label;
  image.hidden = false;
  corner.item = item;
  corner.baked = null;
  const four = NAMES.map(() => item.request);
  const answer = await store.api("POST", "/studio/pad", { corners: four, x: 0.5, y: 0 });
  if (answer && corner.item === item) corner.baked = answer.request; // the same work as a bare latent
}

/* The handle */

function grab(event) {
  if (event.button || !event.isPrimary) return;
  ranges[0].focus({ preventScroll: true });
  const start = { x: event.clientX, y: event.clientY };
  // A press on a corner may become a double click: nothing moves or is captured until the hand does.
  let moving = !event.target.closest(".pad-corner");
  const begin = () => {
    moving = true;
    square.setPointerCapture(event.pointerId);
    square.classList.add("held");
  };
  const follow = (one) => {
    if (!moving && Math.hypot(one.clientX - start.x, one.clientY - start.y) < 4) return;
    if (!moving) begin();
    const box = square.getBoundingClientRect();
    const edge = corners[0].node.offsetWidth;
    go(
      (one.clientX - box.left - edge / 2) / (box.width - edge),
      (one.clientY - box.top - edge / 2) / (box.height - edge),
    );
  };
  const drop = () => {
    square.classList.remove("held");
    square.removeEventListener("pointermove", follow);
    square.removeEventListener("pointerup", drop);
    square.removeEventListener("pointercancel", drop);
    if (moving) commit();
  };
  square.addEventListener("pointermove", follow);
  square.addEventListener("pointerup", drop);
  square.addEventListener("pointercancel", drop);
  if (moving) {
    event.preventDefault();
    begin();
    follow(event);
  }
}

/** Arrows move the handle along both axes, whichever range has the focus. */
function arrows(event) {
  const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[
    event.key
  ] ?? [0, 0];
  if (!dx && !dy) return;
  event.preventDefault();
  event.stopPropagation();
  const size = event.shiftKey ? 5 * STEP : STEP;
  go(spot.x + dx * size, spot.y + dy * size);
  commit();
}

/** Move the handle; the stage follows with the next frame. */
function go(x, y) {
  spot.x = Math.min(1, Math.max(0, x));
  spot.y = Math.min(1, Math.max(0, y));
  place();
  cancelAnimationFrame(frame);
  frame = requestAnimationFrame(() => blend(false));
}

function place() {
  square.style.setProperty("--x", spot.x);
  square.style.setProperty("--y", spot.y);
  const percent = { x: Math.round(spot.x * 100), y: Math.round(spot.y * 100) };
  ranges.forEach((range, index) => {
    range.value = String(index ? spot.y : spot.x);
    range.setAttribute("aria-valuetext", t("pad.at", percent));
  });
}

function blend(last) {
  if (corners.some((corner) => !corner.baked)) return;
  const request = blendCorners(
    corners.map((corner) => corner.baked),
    spot.x,
    spot.y,
  );
  mine = true;
  store.change(request, { label: "undo.pad", commit: last, parents: last ? parents() : undefined });
  mine = false;
}

/** One step of the undo line. */
function commit() {
  cancelAnimationFrame(frame);
  blend(true);
}

const parents = () =>
  bilinear(spot.x, spot.y)
    .map((weight, index) => [corners[index].item, weight])
    .filter(([, weight]) => weight > 0)
    .map(([item, weight]) => parentOf(item, "morph", { weight }));

/** The blend stands on its own: on to its neighbours, or on the phone to its sliders. */
function setFree() {
  free.disabled = true;
  store.set({ panel: store.get().size === "wide" ? "nearby" : "sliders" });
  store.say("pad.is_free");
}
