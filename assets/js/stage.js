/**
 * The stage: paints pictures, and says in the plate below which work it is.
 *
 * Painting does no layout: the canvas has as many pixels as it covers on the screen, and a picture
 * is drawn onto all of it.
 */
import { hide } from "./dom.js";
import { spokenNumber } from "./figure.js";
import { clock, controlName, lang, optionName, t, titleOf } from "./i18n.js";
import { isPixelArt, layGround } from "./pixels.js";
import { canonical } from "./recipe.js";

const REMEMBERED = 12;

let canvas;
let context;
let shown = null; // what is on the canvas
let steady = null; // what belongs there when nothing is held up against it
let held = false;
const cache = new Map(); // canonical recipe -> picture, newest last
const watching = []; // who hears what the canvas shows

export function mount(store) {
  canvas = document.getElementById("live-canvas");
  context = canvas.getContext("2d", { alpha: false });
  fit();
  new ResizeObserver(fit).observe(canvas.parentElement);
  const plate = () => writePlate(store);
  const medium = document.getElementById("medium");
  store.subscribe("model", ({ model }) => (medium.textContent = t(`media.${model?.medium ?? "picture"}`)));
  store.subscribe(["request", "works", "model", "compareWith"], plate);
  store.subscribe("request", () => speakLater(store));
  store.subscribe("theme", () => shown && draw(shown));
  leaveFirstLight();
}

/** As many pixels as the canvas covers; what was shown is shown again. */
function fit() {
  const side = Math.round(canvas.clientWidth * devicePixelRatio);
  if (!side || canvas.width === side) return;
  canvas.width = side;
  canvas.height = side;
  if (shown) draw(shown);
}

/** Smooth as the browser can; while the hand moves, smooth as is cheap: without a GPU five times faster. */
function draw(picture, { moving = false } = {}) {
  shown = picture;
  context.imageSmoothingEnabled = !isPixelArt(picture);
  context.imageSmoothingQuality = moving ? "low" : "high";
  layGround(context);
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  for (const hear of watching) hear(picture);
}

/** Be told of every picture that the canvas shows; that of a poem has its words as `text`. */
export function onShown(hear) {
  watching.push(hear);
}

/** Paint a picture (an ImageBitmap, image or canvas) as what the stage shows. */
export function paint(picture, options) {
  steady = picture;
  if (!held) draw(picture, options);
}

/** Paint a frame of the live channel and raise `data-seq`, in this order. */
export function paintFrame(picture, seq, options) {
  paint(picture, options);
  canvas.dataset.seq = seq;
}

/** Say how the stage is: idle, rendering or error. */
export function setState(state) {
  if (canvas.dataset.state === state) return;
  canvas.dataset.state = state;
  hide(document.getElementById("fault"), state !== "error");
}

/** Whether the last recipe was refused. */
export const refused = () => canvas.dataset.state === "error";

/** Remember the exact picture of a recipe, for Compare and Undo. */
export function remember(request, picture) {
  const key = canonical(request);
  cache.delete(key);
  cache.set(key, picture);
  if (cache.size > REMEMBERED) cache.delete(cache.keys().next().value);
}

/** The remembered picture of a recipe, or undefined. */
export function remembered(request) {
  return cache.get(canonical(request));
}

/** Hold another picture up against the work until `release`. */
export function hold(picture) {
  held = true;
  canvas.parentElement.classList.add("held");
  draw(picture);
}

/** Show the work itself again. */
export function release() {
  if (!held) return;
  held = false;
  canvas.parentElement.classList.remove("held");
  if (steady) draw(steady);
}

/** What the stage shows, for a thumbnail or a flight into the filmstrip; null before the first. */
export function picture() {
  return steady;
}

/** "Apple · seed 18204 · not kept": kind, seed, version if not the one in use, whether and when kept. */
function writePlate(store) {
  const { request, model } = store.get();
  if (!request || !model) return;
  const work = store.keptWork();
  const kept = work ? t("plate.kept", { time: clock(work.created_at) }) : t("plate.not_kept");
  const version = request.weights.base === model.opening.weights.base ? "" : t("plate.version");
  const parts = [describe(store), seedWords(request), version, kept].filter(Boolean);
  const text = parts.join(t("plate.dot"));
  const plate = document.getElementById("plate");
  if (plate.textContent !== text) plate.textContent = text;
}

function seedWords(request) {
  return request.point ? t("plate.travelled") : t("plate.seed", { seed: request.seed });
}

/** Kind of the work, as chosen; what the model makes where there is no kind to choose. */
function describe(store) {
  const { model, request } = store.get();
  if (model.medium === "music") return song(store.values(request));
  if (model.medium === "drums") return groove(store.values(request));
  const kind = model.controls.find((one) => one.group === "kind");
  const value = kind ? store.values(request)[kind.name] : null;
  if (value && value !== "any") return capital(optionName(value, kind.name));
  return kind ? t("plate.any") : titleOf(model);
}

/** "D major, flute". */
const song = ({ key, mode, instrument }) =>
  t("music.song", { key: optionName(key, "key"), mode: optionName(mode, "mode"), instrument: optionName(instrument, "instrument") });

/** "Funk, 104 bpm". */
const groove = ({ style, tempo }) => t("music.groove", { style: capital(optionName(style, "style")), tempo });

const capital = (word) => word.charAt(0).toUpperCase() + word.slice(1);

let speaking = 0;

/** The canvas's name changes 600 ms after the last move, never per frame. */
function speakLater(store) {
  clearTimeout(speaking);
  speaking = setTimeout(() => speak(store), 600);
}

function speak(store) {
  const { model, request } = store.get();
  if (!model || !request) return;
  const values = store.values();
  const moved = model.controls
    .filter((one) => one.kind === "slider" && one.group === "main" && one.direction)
    .filter((one) => Math.abs(values[one.name] - one.default) >= 0.3)
    .map((one) => `${controlName(one)} ${spokenNumber(values[one.name])}`);
  const words = [
    t(`media.work_${model.medium ?? "picture"}`),
    describe(store),
    ...moved,
    seedWords(request),
  ];
  if (words[0] === words[1]) words.shift();
  const label = words.join(lang === "zh" ? "，" : ", ");
  canvas.setAttribute("aria-label", label);
  document.getElementById("spoken").textContent = label;
}

/** Fade the first picture out once the canvas has one of its own. */
function leaveFirstLight() {
  const watcher = new MutationObserver(() => {
    watcher.disconnect();
    const first = document.getElementById("first-light");
    first?.classList.add("gone");
    setTimeout(() => first?.remove(), 260);
  });
  watcher.observe(canvas, { attributeFilter: ["data-seq"] });
}
