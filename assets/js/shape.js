/**
 * The sliders and the chips. They listen to the native inputs inside Gradio's components, so a move
 * reaches the live channel in the same task, with no layout work and no round trip.
 */
import { afterPause } from "./dom.js";
import { drawFigure, typeNumber } from "./figure.js";
import { controlName, optionName, t } from "./i18n.js";
import { register } from "./keys.js";
import { newestOf } from "./live-moves.js";
import { written } from "./words.js";

const MAGNET = 0.012; // share of the range within which a drag falls onto the default
const OWN_ARROWS =
  "[role=grid], [role=listbox], [role=tablist], [role=radiogroup], fieldset, " +
  "input[type=range]:not([id^=control-] input)"; // such as Nearby's Close to far
const rows = new Map(); // name -> {control, range, number, lock, row}
let store;
let dragging = null; // name of the slider under the pointer
let drawnValues = {};

export function mount(the) {
  store = the;
  document.addEventListener("input", (event) => heardRange(event, false), true);
  document.addEventListener("change", (event) => heardRange(event, true), true);
  document.addEventListener("pointerdown", markDrag, true);
  document.addEventListener("click", clicked);
  document.addEventListener("dblclick", (event) => {
    const name = nameOf(event.target);
    if (name && event.target.type === "range") reset(name);
  });
  store.subscribe("model", build);
  store.subscribe("request", () => draw());
  store.subscribe("locks", drawLocks);
  store.subscribe("activeControl", drawActive);
  mountKeys();
  mountDragOnPicture();
}

/** Name of the slider or choice that an element belongs to. */
function nameOf(node) {
  return node.closest?.("[id^=control-]")?.id.slice("control-".length) ?? null;
}

/** Find every row of the model's controls and name its parts. */
function build({ model }) {
  if (!model) return;
  rows.clear();
  const names = new Set(model.controls.map((one) => one.name));
  for (const row of document.querySelectorAll(":is(#shape-list, #more-sliders) > .control-row")) {
    row.hidden = !names.has(nameOf(row.querySelector("[id^=control-]")));
  }
  for (const control of model.controls) {
    const node = document.getElementById(`control-${control.name}`);
    if (!node) continue;
    const row = node.closest(".control-row");
    const parts = {
      control,
      node,
      row,
      range: node.querySelector("input[type=range]"),
      text: control.kind === "prompt" ? node.querySelector("textarea, input[type=text]") : null,
      number: row.querySelector(".number"),
      lock: row.querySelector(".lock"),
    };
    rows.set(control.name, parts);
    const name = controlName(control);
    parts.lock?.setAttribute("aria-label", t("slider.lock", { name }));
    parts.lock?.setAttribute("title", t("slider.lock_tip"));
    if (control.kind === "choice") nameChips(parts);
    const words = node.querySelector("[data-testid=block-info]")?.firstChild;
    if (words && words.data !== name) words.data = name; // a model's own label, in our words
    if (parts.range) prepare(parts, name);
    if (parts.text) parts.text.name = control.name;
  }
  drawnValues = {};
  draw();
  drawLocks(store.get());
  if (!rows.has(store.get().activeControl)) {
    store.set({
      activeControl:
        model.controls.find((one) => one.kind === "slider" && one.group === "main")?.name ?? null,
    });
  }
  drawActive(store.get());
}

function prepare({ control, range, number, row }, name) {
  range.setAttribute("aria-label", name);
  range.name = control.name;
  const bounds = { min: control.minimum, max: control.maximum, step: control.step };
  for (const [key, value] of Object.entries(bounds)) range[key] = value;
  const share = (control.default - control.minimum) / (control.maximum - control.minimum);
  row.style.setProperty("--from", share);
  row.classList.toggle("off-centre", share > 0.02 && share < 0.98);
  range.addEventListener("focus", () => activate(control.name));
}

function nameChips({ node, control }) {
  node.setAttribute("aria-label", controlName(control));
  for (const input of node.querySelectorAll("input[type=radio]")) {
    input.name = control.name;
    input.parentElement.hidden = !control.options.includes(input.value);
    const words = input.parentElement.querySelector("span");
    words.textContent = optionName(input.value, control.name);
  }
}

function markDrag(event) {
  const name = event.target.type === "range" ? nameOf(event.target) : null;
  if (!name || !rows.has(name)) return;
  dragging = name;
  activate(name);
  const end = () => {
    dragging = null;
    removeEventListener("pointerup", end, true);
    removeEventListener("pointercancel", end, true);
  };
  addEventListener("pointerup", end, true);
  addEventListener("pointercancel", end, true);
}

/** A native input moved (`input`) or came to rest (`change`). */
function heardRange(event, done) {
  const input = event.target;
  const name = nameOf(input);
  const parts = name && rows.get(name);
  if (!parts) return;
  if (parts.range === input) event.stopPropagation(); // Gradio would draw its own slider as well
  if (input.type === "radio" && done) choose(name, input.value);
  if (parts.text === input) written(store, name, input.value, done);
  if (input.type !== "range") return;
  let value = Number(input.value);
  const { minimum, maximum, default: start } = parts.control;
  if (dragging === name && Math.abs(value - start) < MAGNET * (maximum - minimum)) value = start;
  moves.hear(name, value, done);
}

/** Moves of a native slider, which may come faster than pictures. */
const moves = newestOf((name, value, done) => move(name, value, done));

/** Put a slider at a value; `done` ends the drag: one step of the undo line. */
export function move(name, value, done = true) {
  moves.overtake(name);
  const { request } = store.get();
  const parts = rows.get(name);
  if (!request || !parts) return;
  const tidy = parts.control.whole ? Math.round(value) : Number(value.toFixed(4));
  const changed = store.withValue(request, name, tidy);
  if (store.values()[name] !== tidy)
    store.change(changed, { label: "undo.slider", commit: false });
  if (done) {
    store.change(store.get().request, { label: "undo.slider", live: false });
    store.done("drag");
  }
}

function choose(name, value) {
  store.change(store.withValue(store.get().request, name, value), { label: "undo.kind" });
}

/** Back to the default. */
export function reset(name) {
  const parts = rows.get(name);
  if (parts?.range) move(name, parts.control.default);
}

export function activate(name) {
  if (rows.get(name)?.range) store.set({ activeControl: name });
}

/** Show the request's values; only what changed is touched. */
function draw() {
  const values = store.values();
  for (const [name, parts] of rows) {
    if (drawnValues[name] === values[name]) continue;
    drawnValues[name] = values[name];
    if (parts.range) drawSlider(parts, values[name]);
    else if (parts.control.kind === "choice") drawChips(parts, values[name]);
    else if (parts.text && parts.text.value !== values[name]) parts.text.value = values[name];
  }
}

function drawSlider(parts, value) {
  const { control, range } = parts;
  if (dragging !== control.name || Number(range.value) !== value) range.value = value;
  drawFigure(parts, value);
}

function drawChips({ node }, value) {
  for (const input of node.querySelectorAll("input[type=radio]")) {
    input.checked = input.value === value;
    input.setAttribute("aria-checked", String(input.checked));
  }
}

function drawLocks({ locks }) {
  for (const [name, { lock, row }] of rows) {
    lock?.setAttribute("aria-pressed", String(locks.has(name)));
    row.classList.toggle("locked", locks.has(name));
  }
}

function drawActive({ activeControl }) {
  for (const [name, { row }] of rows) row.classList.toggle("active", name === activeControl);
}

function clicked(event) {
  const lock = event.target.closest("[data-lock]");
  if (lock) store.toggleLock(lock.dataset.lock);
  const number = event.target.closest("button.number");
  if (number) typeInto(nameOf(number.closest(".control-row").querySelector("[id^=control-]")));
  if (event.target.closest("#more")) toggleMore();
}

function typeInto(name) {
  const { number, control } = rows.get(name);
  activate(name);
  typeNumber(store, number, control, store.values()[name], (value) => move(name, value));
}

/** Open or close what stands behind "More". */
export function toggleMore(
  open = document.getElementById("more").getAttribute("aria-expanded") !== "true",
) {
  document.getElementById("more").setAttribute("aria-expanded", String(open));
  document.getElementById("more-sliders").classList.toggle("open", open);
}

/** A row of presses on an arrow key is one step. */
const settle = afterPause((name) => move(name, store.values()[name]), 400);

/** The sliders in the order of the page, those behind More only while it is open. */
function visibleSliders() {
  const open = document.getElementById("more").getAttribute("aria-expanded") === "true";
  return [...rows.values()].filter(
    ({ range, control }) => range && (open || control.group === "main"),
  );
}

function mountKeys() {
  register(
    "1 / 2 / 3 / 4 / 5 / 6 / 7 / 8",
    (event) => {
      const parts = visibleSliders()[Number(event.key) - 1];
      if (!parts || store.get().view !== "studio") return false;
      activate(parts.control.name);
      parts.range.focus();
      return undefined;
    },
    { label: "keys.pick" },
  );
  const nudge = (size) => (event) => {
    const { activeControl, view } = store.get();
    if (view !== "studio" || !rows.get(activeControl)) return false;
    if (event.target.closest?.(OWN_ARROWS)) return false;
    const { control } = rows.get(activeControl);
    const by = control.whole ? Math.sign(size) : size;
    const value = Math.min(
      control.maximum,
      Math.max(control.minimum, store.values()[activeControl] + by),
    );
    move(activeControl, value, false);
    settle(activeControl);
    return undefined;
  };
  register(
    "ArrowLeft / ArrowRight",
    (event) => nudge(event.key === "ArrowLeft" ? -0.1 : 0.1)(event),
    { label: "keys.nudge", repeat: true },
  );
  register(
    "Shift+ArrowLeft / Shift+ArrowRight",
    (event) => nudge(event.key === "ArrowLeft" ? -0.5 : 0.5)(event),
    { label: "keys.nudge_more", repeat: true },
  );
  register("L", () => store.toggleLock(store.get().activeControl), { label: "keys.lock" });
  register("Backspace", () => reset(store.get().activeControl), { label: "keys.reset" });
}

/** Dragging the picture left and right moves the active slider. */
function mountDragOnPicture() {
  const frame = document.getElementById("frame");
  let from = 0;
  frame.addEventListener("duet-drag", ({ detail }) => {
    const parts = rows.get(store.get().activeControl);
    if (!parts) return;
    const { minimum, maximum } = parts.control;
    if (detail.phase === "start") from = store.values()[parts.control.name];
    if (detail.phase !== "move") {
      if (detail.phase === "end") move(parts.control.name, store.values()[parts.control.name]);
      return;
    }
    const value = from + detail.share * (maximum - minimum) * 0.75;
    move(parts.control.name, Math.min(maximum, Math.max(minimum, value)), false);
  });
}
