/**
 * Brush: a picture that the model starts from, changed as a whole, or only where it is brushed over.
 * The picture and the strokes are part of the recipe, and each is one step of the undo line.
 */
import { fetched, fileOf, hold, inputOf } from "./attached.js";
import { address } from "./api.js";
import { mountOthers } from "./brush-others.js";
import { mountStyle } from "./brush-style.js";
import { take } from "./drag.js";
import { button, fill, h, hide, iconButton, pictureButton } from "./dom.js";
import { t } from "./i18n.js";
import { register } from "./keys.js";
import { isPicture, parentOf, titleOfWork } from "./kept.js";
import { openPanel } from "./layout.js";
import { Mask } from "./mask.js";
import { newest, pen, pressed } from "./pen.js";

const STARTS = 8; // kept works on offer
const brush = { tool: "brush", size: 14 };
let store;
let panel;
let canvas;
let context;
let hand; // see pen.js
let parts; // {empty, work, tools, starts, says, change}
let picture = null; // ImageBitmap of what is changed
let shown = { picture: "", mask: "" }; // what the canvas shows, by sha256
const mask = new Mask();

const usable = () => Boolean(inputOf(store.get().model, "picture"));
const brushable = () => Boolean(inputOf(store.get().model, "mask")); // else all of it becomes something else

/** Fill #panel-brush; its tab is there while the model can start from a picture. */
export function mount(given) {
  store = given;
  panel = document.getElementById("panel-brush");
  canvas = h("canvas", { id: "brush-canvas", width: 688, height: 688, tabIndex: 0, role: "application" });
  canvas.setAttribute("aria-label", t("brush.canvas"));
  context = canvas.getContext("2d");
  parts = { tools: tools(), starts: h("div", { class: "brush-starts" }), says: h("p", { class: "brush-says" }) };
  parts.invites = h("p", {});
  parts.change = change();
  parts.empty = h("div", { class: "brush-empty" }, parts.invites, ways(false), parts.starts);
  const others = h("div", { class: "brush-others" });
  const style = h("div", { class: "brush-style", hidden: true });
  parts.side = h("div", { class: "brush-side" }, parts.tools, parts.change, parts.says, style, others, ways(true));
  parts.work = h("div", { class: "brush-work", hidden: true }, canvas, parts.side);
  fill(panel, parts.empty, parts.work);
  hand = pen(canvas, { line, moved, paper, able: () => Boolean(picture) && brushable() });
  mountOthers(store, others);
  mountStyle(store, style);
  take(panel, startFrom, ({ request }) => Boolean(request));
  store.subscribe("model", follow);
  store.subscribe(["request", "model"], load);
  store.subscribe("works", drawStarts);
  register("D", () => usable() && openPanel("brush"), { label: "keys.brush" });
  choose("brush");
}

function follow() {
  const brushed = brushable();
  parts.change.hidden = !store.control("strength");
  parts.tools.hidden = !brushed;
  parts.invites.textContent = t(brushed ? "brush.empty" : "brush.empty_whole");
  parts.work.classList.toggle("still", !brushed);
  canvas.setAttribute("aria-label", t(brushed ? "brush.canvas" : "brush.canvas_whole"));
  (brushed ? parts.empty : parts.side).append(parts.starts);
  drawStarts();
}

/** What can be started from; `begun` where there is a picture already. */
function ways(begun) {
  const own = button("brush.own", () => import("./drop.js").then((drop) => drop.choose()), { class: "quiet" });
  const current = () => startFrom({ id: store.keptWork()?.id ?? null, request: store.get().request });
  const here = button(begun ? "brush.go_on" : "brush.this", current, { class: "quiet brush-this" });
  const nothing = begun ? button("brush.leave", leave, { class: "quiet brush-leave" }) : null;
  return h("div", { class: "brush-ways" }, here, own, nothing);
}

/** Kept pictures to begin with, the newest first. */
function drawStarts() {
  if (!usable()) return;
  const works = store.get().works.filter(isPicture).slice(0, STARTS);
  const start = (work) => {
    const label = t("brush.start", { name: titleOfWork(work) });
    return pictureButton(label, address(work.thumbnail), () => startFrom(work), { class: "brush-start" });
  };
  const examples = Object.entries(inputOf(store.get().model, "picture").examples).map(example);
  const some = works.length || examples.length;
  fill(parts.starts, some ? h("p", {}, t(brushable() ? "brush.starts" : "brush.starts_whole")) : null, ...works.map(start), ...examples);
}

/** A picture that the model brings along. */
function example([name, source], index) {
  const label = t("brush.example", { number: index + 1 });
  return pictureButton(label, source, () => begin(name), { class: "brush-start" });
}

function tools() {
  const tool = (name) => {
    const on = { class: "plain draw-tool", data: { tool: name } };
    return iconButton(name === "brush" ? "colour" : name, `brush.${name}`, () => choose(name), on);
  };
  const size = h("input", {
    type: "range",
    class: "draw-size",
    min: "4",
    max: "40",
    step: "1",
    value: String(brush.size),
    title: t("draw.size"),
    "aria-label": t("draw.size"),
    on: { input: (event) => (brush.size = Number(event.target.value)) },
  });
  const act = (key, run) => {
    const go = () => {
      run();
      paper();
      moved(true);
    };
    return button(key, go, { class: "quiet" });
  };
  return h(
    "div",
    { class: "draw-tools", role: "toolbar", "aria-label": t("brush.tools") },
    tool("brush"),
    tool("eraser"),
    size,
    act("brush.invert", () => mask.invert()),
    act("draw.clear", () => mask.clear()),
  );
}

function choose(name) {
  brush.tool = name;
  for (const one of parts.tools.querySelectorAll("[data-tool]")) {
    one.setAttribute("aria-pressed", String(one.dataset.tool === name));
  }
}

/** How far the picture may change: the model's own slider, here as well. */
function change() {
  const range = h("input", { type: "range", class: "draw-size", "aria-label": t("controls.strength") });
  const move = (commit) => () => {
    const request = store.withValue(store.get().request, "strength", Number(range.value));
    store.change(request, { label: "undo.slider", commit });
  };
  range.addEventListener("input", move(false));
  range.addEventListener("change", move(true));
  store.subscribe(["request", "model"], () => {
    const control = store.control("strength");
    if (!control) return;
    for (const [key, value] of [["min", control.minimum], ["max", control.maximum], ["step", control.step]]) {
      range[key] = String(value);
    }
    range.value = String(store.values().strength);
  });
  return h("label", { class: "brush-change" }, h("span", {}, t("controls.strength")), range);
}

function line(from, to, event) {
  mask.stroke(from, to, { tool: brush.tool, width: pressed(event, brush.size) });
  paper();
}

/** Show the picture, the strokes over it and the cross of the keys. */
function paper() {
  if (!picture) return;
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  mask.show(context);
  hand.cross(context);
}

/** The strokes changed: tell the recipe. */
const moved = newest(async (commit) => {
  const bytes = await mask.bytes();
  const name = bytes ? await hold(bytes) : "";
  if (!picture) return;
  shown.mask = name;
  const { mask: _, ...rest } = store.get().request.inputs;
  put(name ? { ...rest, mask: name } : rest, { label: "undo.draw", commit });
  if (commit) canvas.dataset.strokes = Number(canvas.dataset.strokes ?? 0) + 1;
});

function put(inputs, options) {
  const { request } = store.get();
  store.change({ ...request, inputs }, options);
}

/** Start from a work: it becomes a file that the recipe names. @param {{id: ?string, request: object}} work */
async function startFrom({ id, request }) {
  const name = await fileOf(store, request);
  if (name) begin(name, [parentOf({ id, request }, "edit")]);
}

/** Start from a file that is held. @param {string} name  its sha256  @param {object[]} parents */
export function begin(name, parents = []) {
  openPanel("brush");
  put({ ...worn(), picture: name }, { label: "undo.picture", parents });
  store.say(brushable() ? "brush.begun" : "brush.begun_whole");
}

/** The style that is worn: it stays when the picture is another. */
function worn() {
  const { style } = store.get().request.inputs;
  return style ? { style } : {};
}

/** Paint from nothing again. */
function leave() {
  put(worn(), { label: "undo.picture" });
}

/** A recipe came from elsewhere, or changed here: its picture and its strokes onto the canvas. */
async function load({ request, model }) {
  if (!request || request.pipeline !== model?.id || hand.down()) return;
  const wanted = { picture: "", mask: "", ...(usable() ? request.inputs : {}) };
  hide(parts.empty, Boolean(wanted.picture));
  hide(parts.work, !wanted.picture);
  const whole = !brushable() ? "brush.other_kind" : store.control("strength") ? "brush.whole" : "brush.half";
  parts.says.textContent = t(wanted.mask ? "brush.part" : whole);
  if (wanted.picture === shown.picture && wanted.mask === shown.mask) return;
  const known = shown;
  shown = { picture: wanted.picture, mask: wanted.mask };
  const mine = shown;
  const read = (name) => (name ? fetched(name, model) : null);
  const [bytes, strokes] = await Promise.all([
    wanted.picture === known.picture ? picture : read(wanted.picture),
    read(wanted.mask),
  ]);
  const made = bytes instanceof Uint8Array ? await createImageBitmap(new Blob([bytes])) : bytes;
  if (shown !== mine) return;
  picture = made;
  if (strokes) await mask.read(strokes);
  else mask.clear();
  paper();
}
