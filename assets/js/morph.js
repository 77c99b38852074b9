/**
 * From one work to another in sixteen frames. They arrive once; scrubbing and playing only paint
 * them, with no server. The frame on show is the current point: the heart keeps it, a slider goes on.
 */
import { fill, h, hide, iconButton, still } from "./dom.js";
import { t } from "./i18n.js";
import { parentOf } from "./kept.js";
import { paint } from "./stage.js";

const FRAMES = 16;
const STEP = 70; // ms a frame when it plays

let store;
let slot;
let tools;
let run = null; // {a, b, frames, index, own: Set of recipes, bar, playing, stop}

/** Remember where the scrub bar goes. */
export function mount(given) {
  store = given;
  slot = document.getElementById("slot-scrub");
  tools = document.getElementById("slot-tools");
  store.subscribe("request", () => {
    if (run && !run.own.has(store.get().request)) leave();
  });
}

/** Whether a morph is on the stage. */
export const running = () => run !== null;

/** Begin a morph between two travellers. */
export async function start(a, b) {
  leave();
  if (store.get().view !== "studio") location.hash = "#/";
  (await import("./player.js")).stop();
  (await import("./compare.js")).leave();
  const stop = new AbortController();
  run = { a, b, frames: [], index: 0, own: new Set([store.get().request]), playing: 0, stop };
  draw();
  const mine = run;
  const body = { a: a.request, b: b.request, num: FRAMES };
  const whole = await store.stream("/studio/morph", body, (line) => take(mine, line), { signal: stop.signal });
  if (!whole && run === mine && !mine.frames.length) leave();
  if (run === mine) mine.bar.removeAttribute("aria-busy");
}

async function take(mine, line) {
  const image = Object.assign(new Image(), { text: line.text, bare: line.bare, places: line.places }); // a poem is read as text
  image.src = line.image;
  await image.decode();
  if (run !== mine) return;
  mine.frames[line.index] = { request: line.request, image, t: line.t };
  mine.own.add(line.request);
  mine.bar.max = String(Math.max(0, reach(mine) - 1));
  if (line.index === 0) show(0, { commit: true });
}

/** How many frames there are from the first on; one that is decoded late holds up those after it. */
const reach = ({ frames }) => Array.from(frames).concat(undefined).indexOf(undefined);

/** The scrub bar in the caption's place: A, a track as wide as the picture, B. */
function draw() {
  const thumb = (item, side) =>
    h("img", { src: item.thumbnail, alt: t(`morph.${side}`, { title: item.label }), draggable: false });
  run.bar = h("input", {
    type: "range",
    class: "thin",
    min: "0",
    max: "0",
    step: "1",
    value: "0",
    "aria-busy": "true",
    "aria-label": t("morph.scrub"),
    on: {
      input: () => {
        pause();
        store.done("bridge");
        show(Number(run.bar.value));
      },
      change: () => run && show(Number(run.bar.value), { commit: true }),
      keydown: (event) => event.key.startsWith("Arrow") && event.stopPropagation(),
    },
  });
  fill(slot, thumb(run.a, "from"), run.bar, thumb(run.b, "to"));
  slot.setAttribute("role", "group");
  slot.setAttribute("aria-label", t("morph.label"));
  hide(slot, false, "with-morph");
  run.play = iconButton("play", "morph.play", toggle, { class: "plain tool-play" });
  fill(tools, run.play, iconButton("close", "morph.leave", leave, { class: "plain" }));
  addEventListener("keydown", escape);
}

/** Paint a frame and make it the current point. */
function show(index, { commit = false } = {}) {
  const frame = run?.frames[index];
  if (!frame) return;
  run.index = index;
  run.bar.value = String(index);
  run.bar.setAttribute("aria-valuetext", t("morph.at", { percent: Math.round((100 * index) / (FRAMES - 1)) }));
  const parents = [parentOf(run.a, "morph", { t: frame.t }), parentOf(run.b, "morph", { t: frame.t })];
  paint(frame.image);
  store.change(frame.request, { label: "undo.morph", live: false, commit, parents });
}

function toggle() {
  if (run.playing) {
    pause();
    show(run.index, { commit: true });
    return;
  }
  mark("pause", "morph.pause");
  if (still()) return void step(1);
  step(run.index < FRAMES - 1 ? 1 : -1);
}

/** One frame on, turning at either end. */
function step(way) {
  if (!run) return;
  const next = run.index + way;
  const turned = next < 0 || next >= reach(run) ? -way : way;
  run.playing = setTimeout(() => {
    show(run.index + turned);
    step(turned);
  }, STEP);
}

function pause() {
  if (!run?.playing) return;
  clearTimeout(run.playing);
  run.playing = 0;
  mark("play", "morph.play");
}

function mark(name, key) {
  const fresh = iconButton(name, key, toggle, { class: "plain tool-play" });
  const focus = document.activeElement === run.play;
  run.play.replaceWith(fresh);
  run.play = fresh;
  if (focus) fresh.focus();
}

function escape(event) {
  if (event.key === "Escape") leave();
}

/** Take the bar away; the work stays where it is. */
export function leave() {
  if (!run) return;
  pause();
  run.stop.abort();
  run = null;
  removeEventListener("keydown", escape);
  hide(slot, true, "with-morph");
  fill(slot);
  fill(tools);
}
