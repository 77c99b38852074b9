/**
 * Draw: the sketch that the model paints. Every move of the pen is painted at once; a stroke is one
 * step of the undo line, which brings the sketch back with the rest of the recipe.
 */
import { fetched, hold, inputOf } from "./attached.js";
import { button, fill, h, iconButton } from "./dom.js";
import { t } from "./i18n.js";
import { register } from "./keys.js";
import { openPanel } from "./layout.js";
import { Sheet } from "./sheet.js";

const COLOURS = ["#b22824", "#d9772b", "#e8be3c", "#78963c", "#3f6b46", "#5a3c6e", "#7a4a2a", "#fefefe"];
const SNAPSHOTS = 24; // sketches that come back as fine as they were drawn
const KEY_STEP = 0.02; // of the sheet, for a press on an arrow
const brush = { tool: "pen", size: 2, colour: COLOURS[0], mirror: false };
const snapshots = new Map(); // sha256 -> layers
let store;
let panel;
let canvas;
let context;
let sheet = null;
let of = ""; // the model it was last opened for
let shown = ""; // sha256 of the sketch on the sheet
let last = null; // where the pen was, while it is down
let cross = null; // where the keys have taken it
let dirty = false;
let busy = false;
let tools;

/** Fill #panel-draw; its tab is there while the model paints sketches. */
export function mount(given) {
  store = given;
  panel = document.getElementById("panel-draw");
  canvas = h("canvas", { id: "draw-canvas", width: 688, height: 688, tabIndex: 0, role: "application" });
  canvas.setAttribute("aria-label", t("draw.canvas"));
  context = canvas.getContext("2d");
  tools = h("div", { class: "draw-tools", role: "toolbar", "aria-label": t("draw.tools") });
  const starts = h("div", { class: "draw-starts" });
  fill(panel, canvas, tools, palette(), starts);
  fill(tools, ...["pen", "colour", "eraser"].map(toolButton), mirror(), size(), clear());
  canvas.addEventListener("pointerdown", down);
  canvas.addEventListener("keydown", keyed);
  canvas.addEventListener("blur", () => setCross(null));
  store.subscribe("model", ({ model }) => follow(model, starts));
  store.subscribe("request", load);
  const drawable = () => Boolean(inputOf(store.get().model, "sketch"));
  register("D", () => drawable() && openPanel("draw"), { label: "keys.draw" });
  choose("pen");
}

function follow(model, starts) {
  const input = inputOf(model, "sketch");
  if (!input) return;
  const [side] = input.size;
  if (sheet?.side !== side) sheet = new Sheet(side);
  fill(starts, h("p", {}, t("draw.starts")), ...Object.entries(input.examples).map(start));
  shown = "";
  if (model.id !== of) store.set({ panel: "draw" });
  of = model.id;
  load(store.get());
}

/** A drawing to begin with. */
function start([name, uri], index) {
  const label = t("draw.start", { number: index + 1 });
  const go = () => put(name, { commit: true });
  return h(
    "button",
    { type: "button", class: "draw-start", "aria-label": label, title: label, on: { click: go } },
    h("img", { src: uri, alt: "" }),
  );
}

function toolButton(name) {
  const made = iconButton(name === "pen" ? "pencil" : name, `draw.${name}`, () => choose(name), {
    class: "plain draw-tool",
    data: { tool: name },
  });
  made.setAttribute("aria-pressed", "false");
  return made;
}

function choose(name) {
  brush.tool = name;
  for (const one of tools.querySelectorAll("[data-tool]")) {
    one.setAttribute("aria-pressed", String(one.dataset.tool === name));
  }
}

function mirror() {
  const made = iconButton(
    "mirror",
    "draw.mirror",
    () => {
      brush.mirror = !brush.mirror;
      made.setAttribute("aria-pressed", String(brush.mirror));
      panel.classList.toggle("mirrored", brush.mirror);
      paper();
    },
    { class: "plain draw-tool" },
  );
  made.setAttribute("aria-pressed", "false");
  return made;
}

function size() {
  return h("input", {
    type: "range",
    class: "draw-size",
    min: "1",
    max: "6",
    step: "0.5",
    value: String(brush.size),
    title: t("draw.size"),
    "aria-label": t("draw.size"),
    on: { input: (event) => (brush.size = Number(event.target.value)) },
  });
}

function clear() {
  return button(
    "draw.clear",
    () => {
      sheet.clear();
      moved(true);
    },
    { class: "quiet" },
  );
}

function palette() {
  const pick = (colour) => {
    brush.colour = colour;
    choose("colour");
    for (const one of row.querySelectorAll("[data-colour]")) {
      one.setAttribute("aria-checked", String(one.dataset.colour === colour));
    }
  };
  const row = h("div", { class: "draw-colours", role: "radiogroup", "aria-label": t("draw.colours") });
  for (const [index, colour] of COLOURS.entries()) {
    const label = t(`draw.colour_${index + 1}`);
    const on = { click: () => pick(colour) };
    const data = { colour };
    const set = { type: "button", role: "radio", "aria-checked": "false", "aria-label": label, title: label };
    row.append(h("button", { ...set, class: "draw-colour", data, on, style: { background: colour } }));
  }
  const on = { input: (event) => pick(event.target.value) };
  const own = { type: "color", class: "draw-own", value: "#8a5a44", "aria-label": t("draw.own"), title: t("draw.own") };
  row.append(h("input", { ...own, on }));
  return row;
}

function place(event) {
  const box = canvas.getBoundingClientRect();
  return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
}

/** Width in the painter's pixels: a pen draws finer the lighter it is pressed. */
function widthOf(event) {
  const pressed = event.pointerType === "pen" ? 0.4 + 1.2 * event.pressure : 1;
  return brush.size * pressed * { pen: 1, colour: 4, eraser: 3 }[brush.tool];
}

function line(from, to, width) {
  const made = { ...brush, width };
  sheet.stroke(from, to, made);
  if (brush.mirror) sheet.stroke({ ...from, x: 1 - from.x }, { ...to, x: 1 - to.x }, made);
  paper();
}

function down(event) {
  if (event.button > 0 || !sheet) return;
  event.preventDefault();
  canvas.focus({ preventScroll: true });
  canvas.setPointerCapture(event.pointerId);
  last = place(event);
  line(last, last, widthOf(event));
  moved(false);
  const move = (next) => {
    for (const one of next.getCoalescedEvents?.() ?? [next]) {
      const here = place(one);
      line(last, here, widthOf(one));
      last = here;
    }
    moved(false);
  };
  const up = () => {
    last = null;
    canvas.removeEventListener("pointermove", move);
    for (const type of ["pointerup", "pointercancel"]) canvas.removeEventListener(type, up);
    moved(true);
  };
  canvas.addEventListener("pointermove", move);
  for (const type of ["pointerup", "pointercancel"]) canvas.addEventListener(type, up);
}

/** Arrows move a cross, Enter puts the pen down and lifts it. */
function keyed(event) {
  const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (event.key === "Enter") {
    const at = cross ?? { x: 0.5, y: 0.5, down: false };
    setCross({ ...at, down: !at.down });
    if (cross.down) line(cross, cross, widthOf(event));
    moved(!cross.down);
  } else if (way) {
    const at = cross ?? { x: 0.5, y: 0.5, down: false };
    const far = KEY_STEP * (event.shiftKey ? 4 : 1);
    const clamp = (value) => Math.min(1, Math.max(0, value));
    const next = { ...at, x: clamp(at.x + way[0] * far), y: clamp(at.y + way[1] * far) };
    if (at.down) line(at, next, widthOf(event));
    setCross(next);
    if (at.down) moved(false);
  } else return;
  event.preventDefault();
  event.stopPropagation();
}

function setCross(at) {
  if (cross?.down && !at) moved(true);
  cross = at;
  paper();
}

/** Show the sheet, the line of the mirror and the cross of the keys. */
function paper() {
  if (!sheet) return;
  sheet.show(context);
  const { width, height } = canvas;
  context.strokeStyle = "#2f5378";
  context.lineWidth = 2;
  context.beginPath();
  if (brush.mirror) {
    context.moveTo(width / 2, 0);
    context.lineTo(width / 2, height);
  }
  if (cross) {
    context.moveTo(cross.x * width - 12, cross.y * height);
    context.lineTo(cross.x * width + 12, cross.y * height);
    context.moveTo(cross.x * width, cross.y * height - 12);
    context.lineTo(cross.x * width, cross.y * height + 12);
  }
  context.globalAlpha = 0.5;
  context.stroke();
  context.globalAlpha = 1;
}

let ended = false; // whether the stroke that waits to be told of is over

/** The sheet changed: tell the recipe, the newest state only; `done` ends the stroke. */
async function moved(done) {
  dirty = true;
  ended ||= done;
  if (busy) return;
  busy = true;
  while (dirty) {
    dirty = false;
    const commit = ended;
    ended = false;
    const name = await hold(await sheet.bytes());
    snapshots.delete(name);
    if (commit) snapshots.set(name, sheet.snapshot());
    if (snapshots.size > SNAPSHOTS) snapshots.delete(snapshots.keys().next().value);
    shown = name;
    put(name, { commit });
    if (!commit) continue;
    canvas.dataset.strokes = Number(canvas.dataset.strokes ?? 0) + 1;
    store.done("drawn");
  }
  busy = false;
}

function put(name, { commit }) {
  const { request } = store.get();
  const inputs = { ...request.inputs, sketch: name };
  store.change({ ...request, inputs }, { label: "undo.draw", commit });
}

/** A recipe came from elsewhere: its sketch onto the sheet. */
async function load({ request, model }) {
  const name = request?.inputs?.sketch;
  if (!sheet || !name || name === shown || last || request.pipeline !== model?.id) return;
  shown = name;
  const known = snapshots.get(name);
  const bytes = known ? null : await fetched(name, model);
  if (shown !== name) return;
  if (known) sheet.restore(known);
  else if (bytes) await sheet.read(bytes);
  else sheet.clear();
  paper();
}
