/**
 * Finish: colour, contrast, size, sharpness, grain and paper, laid over what the model makes. A fold
 * below the sliders. Each change is a step of the recipe, and one step of the undo line.
 */
import { afterPause, fill, h, iconButton } from "./dom.js";
import { drawFigure, typeNumber } from "./figure.js";
import { tidied, used, valuesIn, withFinish } from "./finish-steps.js";
import { controlName, optionName, t } from "./i18n.js";
import { inside } from "./made-rows.js";

const MAGNET = 0.012; // share of the range within which a drag falls onto the default
const UNDO = { label: "undo.finish" };
let store;
let rows = []; // {operation, control, node, range, number, reset, chips}
let built = null; // the list of operations that the rows are of
let dragging = false;
let drawn = null; // the steps that the rows show

export function mount(given) {
  store = given;
  const opener = document.getElementById("finish");
  opener.addEventListener("click", () => toggle());
  document.getElementById("finish-reset").addEventListener("click", without);
  store.subscribe("model", build);
  store.subscribe("request", draw);
}

/** Open or close the fold. */
export function toggle(open = document.getElementById("finish").getAttribute("aria-expanded") !== "true") {
  document.getElementById("finish").setAttribute("aria-expanded", String(open));
  const box = document.getElementById("finish-steps");
  box.classList.toggle("open", open);
  if (open) document.getElementById("finish-row").scrollIntoView({ block: "start" });
}

const shown = (control) => control.group !== "hidden";

function build({ model }) {
  const finishing = model?.finishing ?? [];
  document.getElementById("finish-row").hidden = !finishing.length;
  if (JSON.stringify(finishing) === JSON.stringify(built)) return draw();
  built = finishing;
  rows = finishing.flatMap((operation) => operation.controls.filter(shown).map((one) => row(operation, one)));
  fill(document.getElementById("finish-steps"), ...rows.map((one) => one.node));
  drawn = null;
  return draw();
}

function row(operation, control) {
  const id = `finish-${control.name}`;
  const name = controlName(control);
  const body = inside({ ...control, label: name }, id);
  const parts = { operation, control, name };
  const again = () => set(parts, control.default, true);
  parts.reset = iconButton("reset", "finish.reset", again, { class: "plain finish-again" });
  parts.reset.setAttribute("aria-label", t("finish.reset", { name }));
  parts.reset.title = t("finish.reset", { name });
  parts.node = h("div", { class: `control-row ${control.kind}-row finish-row`, title: t(`finish.docs.${control.name}`) }, body);
  if (control.kind === "slider") slider(parts, body.querySelector("input"));
  else chips(parts, body);
  parts.node.append(parts.reset);
  return parts;
}

function slider(parts, range) {
  const { control, name, node } = parts;
  parts.range = range;
  range.name = `finish-${control.name}`;
  range.setAttribute("aria-label", t("finish.slider", { name }));
  const share = (control.default - control.minimum) / (control.maximum - control.minimum);
  node.style.setProperty("--from", share);
  node.classList.toggle("off-centre", share > 0.02 && share < 0.98);
  range.addEventListener("pointerdown", drag);
  range.addEventListener("input", () => set(parts, landed(control, Number(range.value)), false));
  range.addEventListener("change", () => (dragging ? settle() : later()));
  range.addEventListener("dblclick", () => set(parts, control.default, true));
  range.addEventListener("keydown", (event) => {
    if (event.key !== "Backspace") return;
    event.stopPropagation(); // it would reset the active slider of the model
    set(parts, control.default, true);
  });
  parts.number = h("button", { class: "number", type: "button" });
  parts.number.addEventListener("click", (event) => {
    event.stopPropagation(); // shape.js listens for the figures of the model's sliders
    typeNumber(store, parts.number, control, valueOf(parts), (value) => set(parts, value, true));
  });
  node.append(parts.number);
}

function chips(parts, body) {
  const { control, name } = parts;
  body.setAttribute("aria-label", t("finish.slider", { name }));
  parts.chips = [...body.querySelectorAll("input")];
  for (const input of parts.chips) {
    const times = input.value === control.default ? t("finish.whole") : t("finish.times", { number: input.value });
    const words = control.name === "factor" ? times : optionName(input.value);
    input.parentElement.querySelector("span").textContent = words;
    input.addEventListener("change", () => set(parts, input.value, true));
  }
}

function drag() {
  dragging = true;
  const end = () => {
    removeEventListener("pointerup", end);
    removeEventListener("pointercancel", end);
    setTimeout(() => (dragging = false)); // after the change that a release fires
  };
  addEventListener("pointerup", end);
  addEventListener("pointercancel", end);
}

/** A drag that comes near the default falls onto it. */
function landed({ minimum, maximum, default: start }, value) {
  return dragging && Math.abs(value - start) < MAGNET * (maximum - minimum) ? start : value;
}

const valueOf = ({ operation, control }) => valuesIn(store.get().request, operation)[control.name];

/** Put a value; `done` ends a drag: one step of the undo line. */
function set(parts, value, done) {
  const { request } = store.get();
  if (!request) return;
  if (valueOf(parts) !== value) {
    store.change(withFinish(request, built, parts.operation, parts.control.name, value), { ...UNDO, commit: false });
  }
  if (done) settle();
}

/** The hand rests: what changes nothing is no step, and what was moved is one to undo. */
function settle() {
  later.cancel();
  const { request } = store.get();
  const tidy = tidied(request, built);
  const same = tidy.steps.length === (request.steps ?? []).length;
  store.change(same ? request : tidy, { ...UNDO, live: !same });
}

/** A row of presses on an arrow key is one step. */
const later = afterPause(settle, 400);

/** Take the whole finish away. */
function without() {
  store.change({ ...store.get().request, steps: [] }, UNDO);
  document.getElementById("finish").focus();
}

function draw() {
  const { request } = store.get();
  if (!request || !built || request.steps === drawn) return; // most moves are of the model's sliders
  drawn = request.steps;
  for (const parts of rows) {
    const values = valuesIn(request, parts.operation);
    const value = values[parts.control.name];
    const strength = parts.operation.strengths.includes(parts.control.name);
    // What says how is of no use before how much.
    const rests = parts.operation.strengths.every((name) => values[name] === startOf(parts.operation, name));
    parts.node.hidden = !strength && rests;
    parts.reset.hidden = value === parts.control.default;
    if (parts.range) drawSlider(parts, value);
    else for (const input of parts.chips) input.checked = input.value === value;
  }
  const number = used(request, built);
  document.getElementById("finish-set").textContent = number ? t("finish.set", { number }) : "";
  document.getElementById("finish-reset").hidden = !(request.steps ?? []).length;
}

const startOf = (operation, name) => operation.controls.find((one) => one.name === name).default;

function drawSlider(parts, value) {
  const { range } = parts;
  if (Number(range.value) !== value && !(dragging && document.activeElement === range)) range.value = value;
  drawFigure(parts, value);
}
