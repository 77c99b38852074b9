/**
 * The filmstrip: "now", then what was kept, newest first. At most 60 nodes, whatever is kept.
 * Click opens, Shift-click or a long press selects; `selection.js` shows what can be done then.
 */
import { carry, take } from "./drag.js";
import { fill, h, throttle } from "./dom.js";
import { t } from "./i18n.js";
import { dots, loadMore, open, picked, rate, reload, remove } from "./kept.js";
import { register } from "./keys.js";
import { workCell } from "./strip-cell.js";
import * as moves from "./strip-moves.js";
import * as selection from "./selection.js";

const MAX_NODES = 60;
const BRIDGE = 20; // extra room between the two newest, for the bridge

let store;
let scroller;
let track;
let rating;
let now;
let loading = true;
let focused = 0; // index of the cell that Tab reaches; 0 is "now"
const cells = new Map(); // id -> element

const side = () => (store.get().size === "phone" ? 56 : 88);
const pitch = () => side() + 8;
const margin = () => (store.get().size === "phone" ? 12 : 24);
const left = (index) => margin() + index * pitch() + (index > 1 && moves.bridged() ? BRIDGE : 0);

/** Put the filmstrip into #filmstrip. */
export function mount(given) {
  store = given;
  now = nowCell();
  track = h(
    "div",
    {
      class: "strip-track",
      role: "listbox",
      "aria-multiselectable": "true",
      "aria-orientation": "horizontal",
      "aria-label": t("filmstrip.label"),
    },
    now,
  );
  rating = h("div", { class: "strip-rating", hidden: true });
  const empty = h("p", { class: "strip-empty", hidden: true }, t("filmstrip.empty"));
  scroller = h("div", { class: "strip-scroll" }, track, rating, empty);
  fill(document.getElementById("filmstrip"), scroller, selection.bar(store));
  moves.mount(store, { scroller, track, left, side, cellOf: (id) => cells.get(id) });
  scroller.addEventListener("scroll", throttle(render, 40), { passive: true });
  scroller.addEventListener("wheel", sideways, { passive: false });
  track.addEventListener("keydown", walk);
  track.addEventListener("pointerleave", hideRating);
  rating.addEventListener("pointerleave", hideRating);
  new ResizeObserver(render).observe(scroller);
  store.subscribe(["works", "total"], () => {
    empty.hidden = loading || store.get().works.length > 0;
    render();
  });
  store.subscribe(["selection", "size"], render);
  store.subscribe("request", throttle(mark, 100));
  document.addEventListener("duet:work", ({ detail }) => {
    if (rating.dataset.id === detail.work.id) fill(rating, dots(store, detail.work));
  });
  watchStage();
  register("Alt+1 / Alt+2 / Alt+3 / Alt+4 / Alt+5", (event) => rateCurrent(Number(event.code.at(-1))), {
    label: "keys.rate",
  });
  reload(store).then(() => {
    loading = false;
    moves.settle();
    empty.hidden = store.get().works.length > 0;
  });
}

const moreSoon = throttle(async () => {
  if (loading) return;
  loading = true;
  await loadMore(store);
  loading = false;
}, 200);

/** The cell of what is on the stage, with a live copy of the canvas. */
function nowCell() {
  const cell = h(
    "div",
    {
      class: "cell now",
      role: "option",
      tabIndex: 0,
      "aria-selected": "false",
      "aria-label": t("filmstrip.now"),
      data: { index: "0" },
      on: { click: () => toNow() },
    },
    h("canvas", { width: "176", height: "176", "aria-hidden": "true" }),
    h("span", { "aria-hidden": "true" }, t("filmstrip.now")),
  );
  carry(cell, () => moves.current());
  take(cell, (item) => moves.morph(item, moves.current()));
  return cell;
}

async function toNow() {
  scroller.scrollTo({ left: 0, behavior: "smooth" });
  const { stop } = await import("./player.js");
  stop();
  if (store.get().view !== "studio") location.hash = "#/";
}

/** Copy the canvas into "now" a while after it was painted, not per frame. */
function watchStage() {
  const canvas = document.getElementById("live-canvas");
  const copy = throttle(() => {
    const small = now.querySelector("canvas");
    const context = small.getContext("2d");
    context.imageSmoothingQuality = "high";
    if (canvas.width) context.drawImage(canvas, 0, 0, small.width, small.height);
  }, 140);
  new MutationObserver(copy).observe(canvas, { attributes: true, attributeFilter: ["data-seq"] });
  store.subscribe("request", copy); // a morph paints without the live channel
}

/** Which works stand in the window, with as many beside it as the node limit allows. */
function range(count) {
  const first = Math.floor((scroller.scrollLeft - margin()) / pitch());
  const visible = Math.ceil(scroller.clientWidth / pitch()) + 1;
  const spare = Math.max(0, Math.floor((MAX_NODES - 1 - visible) / 2));
  return [Math.max(1, first - spare), Math.min(count, first + visible + spare)];
}

/** Bring the nodes in line with the works in the window. */
function render() {
  const { works } = store.get();
  const cell = side();
  track.style.setProperty("--cell", `${cell}px`);
  track.style.width = `${left(works.length + 1)}px`;
  now.style.translate = `${left(0)}px 0`;
  const [from, to] = range(works.length);
  const wanted = new Set(works.slice(from - 1, to).map((work) => work.id));
  for (const [id, node] of cells) {
    if (wanted.has(id)) continue;
    node.remove();
    cells.delete(id);
  }
  let last = now; // in the order of the strip, which is the order they are read in
  for (let index = from; index <= to; index += 1) {
    const node = cellOf(works[index - 1]);
    if (last.nextSibling !== node) last.after(node);
    node.dataset.index = index;
    node.style.translate = `${left(index)}px 0`;
    last = node;
  }
  moves.bridge();
  mark();
  if (to > works.length - 20) moreSoon();
}

/** The cell of a work, made again where the work has changed. */
function cellOf(work) {
  const old = cells.get(work.id);
  if (old?.work === work) return old;
  const fresh = workCell(work, { toggle, open: openCell, hover: showRating, selecting });
  cells.set(work.id, fresh);
  if (!old) return fresh;
  const focus = old.contains(document.activeElement);
  fresh.tabIndex = old.tabIndex;
  old.replaceWith(fresh);
  if (focus) fresh.focus({ preventScroll: true });
  return fresh;
}

/** Show which is open, which are selected, and where Tab goes. */
function mark() {
  const { selection: chosen, works } = store.get();
  const open = store.keptWork()?.id;
  focused = Math.min(focused, works.length);
  for (const [id, node] of cells) {
    node.setAttribute("aria-selected", String(chosen.includes(id)));
    node.toggleAttribute("data-open", id === open);
    node.tabIndex = Number(node.dataset.index) === focused ? 0 : -1;
  }
  now.tabIndex = focused === 0 || !tabbable() ? 0 : -1;
}

const tabbable = () => [...cells.values()].some((node) => Number(node.dataset.index) === focused);

const selecting = () => store.get().selection.length > 0;

function openCell(work, cell) {
  focused = Number(cell.dataset.index);
  if (!picked(work)) open(store, work);
}

/** Select a work, or take it out of the selection. */
function toggle({ id }, cell = null) {
  if (cell) focused = Number(cell.dataset.index);
  const { selection: chosen } = store.get();
  const next = chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id];
  store.set({ selection: next });
}

/** Arrows walk, Enter opens, Space or Shift+Enter selects, Delete deletes. */
function walk(event) {
  const { works, selection: chosen } = store.get();
  const index = Number(event.target.dataset.index);
  const target = { ArrowLeft: index - 1, ArrowRight: index + 1, Home: 0, End: works.length }[event.key];
  if (Number.isInteger(index) && target !== undefined && !event.altKey) {
    event.preventDefault();
    event.stopPropagation();
    focusOn(Math.min(works.length, Math.max(0, target)));
    return;
  }
  const work = works[index - 1];
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    event.stopPropagation();
    if (!work) toNow();
    else if (event.key === " " || event.shiftKey) toggle(work);
    else if (!picked(work)) open(store, work);
  } else if (event.key === "Escape" && chosen.length) {
    event.stopPropagation();
    store.set({ selection: [] });
  } else if (event.key === "Delete" && work) {
    event.preventDefault();
    remove(store, work);
  }
}

/** Give a cell the focus, scrolling it into the window first. */
function focusOn(index) {
  focused = index;
  const x = left(index);
  if (x < scroller.scrollLeft + margin()) scroller.scrollLeft = x - margin();
  else if (x + side() > scroller.scrollLeft + scroller.clientWidth - 12) {
    scroller.scrollLeft = x + side() + 12 - scroller.clientWidth;
  }
  render();
  const node = index ? cells.get(store.get().works[index - 1]?.id) : now;
  node?.focus({ preventScroll: true });
}

function showRating(cell) {
  if (store.get().size === "phone") return;
  fill(rating, dots(store, cell.work));
  rating.dataset.id = cell.work.id;
  rating.hidden = false;
  rating.style.translate = `${left(Number(cell.dataset.index))}px 0`;
}

function hideRating(event) {
  if (!rating.contains(event.relatedTarget) && !track.contains(event.relatedTarget)) rating.hidden = true;
}

/** Alt+1..5 rates the cell with the focus, the one selected, or what is on the stage. */
async function rateCurrent(number) {
  const { works, selection: chosen } = store.get();
  const id = document.activeElement?.dataset?.id ?? (chosen.length === 1 ? chosen[0] : store.keptWork()?.id);
  const work = works.find((one) => one.id === id);
  if (!work) return store.say("filmstrip.keepFirst");
  const changed = await rate(store, work, number);
  if (changed) store.say(changed.rating ? "filmstrip.isRated" : "filmstrip.unrated", { rating: number });
  return undefined;
}

/** A wheel without a sideways part scrolls the strip sideways. */
function sideways(event) {
  if (event.deltaX || event.shiftKey || !event.deltaY) return;
  event.preventDefault();
  scroller.scrollLeft += event.deltaY;
}
