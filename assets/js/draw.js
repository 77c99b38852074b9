/**
 * Draw: the sketch that the model paints. Every move of the pen is painted at once; a stroke is one
 * step of the undo line, which brings the sketch back with the rest of the recipe.
 */
import { fetched, hold, inputOf } from "./attached.js";
import { button, fill, h, iconButton, pictureButton } from "./dom.js";
import { t } from "./i18n.js";
import { register } from "./keys.js";
import { openPanel } from "./layout.js";
import { guides, newest, pen, pressed } from "./pen.js";
import { Sheet } from "./sheet.js";

const COLOURS = ["#b22824", "#d9772b", "#e8be3c", "#78963c", "#3f6b46", "#5a3c6e", "#7a4a2a", "#fefefe"];
const SNAPSHOTS = 24; // sketches that come back as fine as they were drawn
const brush = { tool: "pen", size: 2, colour: COLOURS[0], mirror: false };
const snapshots = new Map(); // sha256 -> layers
let store;
let panel;
let canvas;
let context;
let sheet = null;
let of = ""; // the model it was last opened for
let shown = ""; // sha256 of the sketch on the sheet
let hand; // see pen.js
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
  hand = pen(canvas, { line, moved, paper, able: () => Boolean(sheet) });
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
  return pictureButton(label, uri, () => put(name, { commit: true }), { class: "draw-start" });
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

/** Width in the painter's pixels. */
const widthOf = (event) => pressed(event, brush.size * { pen: 1, colour: 4, eraser: 3 }[brush.tool]);

function line(from, to, event) {
  const made = { ...brush, width: widthOf(event) };
  sheet.stroke(from, to, made);
  if (brush.mirror) sheet.stroke({ ...from, x: 1 - from.x }, { ...to, x: 1 - to.x }, made);
  paper();
}

/** Show the sheet, the line of the mirror and the cross of the keys. */
function paper() {
  if (!sheet) return;
  sheet.show(context);
  const { width, height } = canvas;
  if (brush.mirror) guides(context, [[width / 2, 0, width / 2, height]]);
  hand.cross(context);
}

/** The sheet changed: tell the recipe. */
const moved = newest(async (commit) => {
  const name = await hold(await sheet.bytes());
  snapshots.delete(name);
  if (commit) snapshots.set(name, sheet.snapshot());
  if (snapshots.size > SNAPSHOTS) snapshots.delete(snapshots.keys().next().value);
  shown = name;
  put(name, { commit });
  if (!commit) return;
  canvas.dataset.strokes = Number(canvas.dataset.strokes ?? 0) + 1;
  store.done("drawn");
});

function put(name, { commit }) {
  const { request } = store.get();
  const inputs = { ...request.inputs, sketch: name };
  store.change({ ...request, inputs }, { label: "undo.draw", commit });
}

/** A recipe came from elsewhere: its sketch onto the sheet. */
async function load({ request, model }) {
  const name = request?.inputs?.sketch;
  if (!sheet || !name || name === shown || hand.down() || request.pipeline !== model?.id) return;
  shown = name;
  const known = snapshots.get(name);
  const bytes = known ? null : await fetched(name, model);
  if (shown !== name) return;
  if (known) sheet.restore(known);
  else if (bytes) await sheet.read(bytes);
  else sheet.clear();
  paper();
}
