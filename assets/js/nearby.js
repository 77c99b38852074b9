/**
 * Nearby: twelve works around the current one. Tap goes there, the heart keeps without going,
 * Close to Far sets how different they are, locked sliders stay. Once a taste is known some of them
 * follow it and say so. Breed borrows the same grid.
 */
import { register } from "./keys.js";
import { button, fill, h, afterPause } from "./dom.js";
import { t } from "./i18n.js";
import { canonical } from "./recipe.js";
import { currentParent } from "./kept.js";
import { glide } from "./glide.js";
import { draw, offers, tellShown } from "./offers.js";
import { steers, told } from "./taste.js";
import { grid } from "./tiles.js";
import * as why from "./why.js";

const PAUSE = 600; // ms without a move before the tiles follow
const NEAREST = 0.1;
const FARTHEST = 1.5;
const REMEMBERED = 8; // sets of tiles that Undo finds again

let store;
let tiles;
let source;
let panel;
let head;
let distance = 0.5;
let seed = draw();
let children = null; // breed.js takes the grid over: {header(), path, body(), words(), parents(), leave()}
let around = ""; // what the tiles on show were asked for
let centre = null; // the work they were asked around
const sets = new Map(); // what was asked -> its tiles

/** Fill #panel-nearby. */
export function mount(given) {
  store = given;
  panel = document.getElementById("panel-nearby");
  tiles = grid({ go, keep, look, why: (tile, opener) => why.open(store, tile, opener, {}) });
  tiles.root.setAttribute("aria-label", t("nearby.label"));
  source = offers(store, tiles);
  head = h("div", { class: "tiles-head", hidden: true });
  fill(panel, head, tiles.root, foot());
  const later = afterPause(() => refresh(), PAUSE);
  store.subscribe("request", () => {
    if (children) return;
    source.stop(); // live frames first
    later();
  });
  store.subscribe(["panel", "size", "view", "locks", "taste", "steer"], later);
  document.addEventListener("visibilitychange", later);
  store.subscribe("works", hearts);
  register("[", () => farther(-0.1), { label: "keys.closer", repeat: true });
  register("]", () => farther(0.1), { label: "keys.farther", repeat: true });
}

/** The slider from close to far, and another twelve. */
function foot() {
  const range = h("input", {
    type: "range",
    class: "thin",
    id: "nearby-distance",
    min: String(NEAREST),
    max: String(FARTHEST),
    step: "0.05",
    value: String(distance),
    "aria-label": t("nearby.distance"),
    on: {
      input: () => {
        distance = Number(range.value);
        spoken();
      },
      change: () => refresh({ again: true }),
    },
  });
  const spoken = () => {
    range.style.setProperty("--fill", `${(100 * (distance - NEAREST)) / (FARTHEST - NEAREST)}%`);
    range.setAttribute("aria-valuetext", t("nearby.spread", { distance: distance.toFixed(2) }));
  };
  spoken();
  return h(
    "div",
    { class: "tiles-foot" },
    h("label", { class: "close-far" }, h("span", {}, t("nearby.close")), range, h("span", {}, t("nearby.far"))),
    button("nearby.another", another, { class: "quiet tiles-another" }),
  );
}

/** [ and ]. */
function farther(step) {
  const range = document.getElementById("nearby-distance");
  range.value = String(distance + step);
  range.dispatchEvent(new Event("input"));
  later();
}

const later = afterPause(() => refresh({ again: true }), 300);

/** Whether someone can see the tiles. */
const seen = () => store.get().view === "studio" && panel.offsetParent !== null && !document.hidden;

const question = () => {
  const { request, locks, steer } = store.get();
  const place = [request, distance, seed, [...locks].sort()];
  return canonical(steers() ? [...place, steer, told()] : place);
};

/** Ask for tiles around the current work into some places: by taste where there is one. */
function ask(free) {
  const { model, request, locks, steer } = store.get();
  const body = { request, distance, seed, locked: [...locks] };
  if (!steers()) return source.ask("/studio/nearby", body, free);
  const how = free.length < tiles.tiles.length ? source.mend : source.ask;
  return how("/studio/taste/suggest", { ...body, ...steer, model: model.id }, free, ({ by }) => ({ by }));
}

/** Places that may change: not what was kept, and after a keep not what is under the hand either. */
function changing(afterKeep) {
  const held = (tile) => afterKeep && tile.node.matches(":hover, :focus-within");
  return tiles.tiles.filter((tile) => !tile.kept && !held(tile)).map((tile) => tile.index);
}

/** Bring the tiles around the current work; `again` also where they are there already. */
export async function refresh({ again = false } = {}) {
  const { request } = store.get();
  if (!request || !seen()) return;
  if (children) {
    await (again ? breed() : offered());
    return;
  }
  const asked = question();
  if (asked === around && !again) {
    await offered();
    return;
  }
  const known = sets.get(asked);
  const heard = request === centre && tiles.tiles.every((tile) => tile.request) && !again;
  around = asked;
  centre = request;
  if (known) {
    source.stop();
    known.forEach((tile, index) => tiles.set(index, { ...tile, work: store.keptWork(tile.request) }));
    offered();
    return;
  }
  const whole = await ask(heard ? changing(true) : tiles.tiles.map((_, index) => index));
  if (!whole) {
    if (around === asked) around = "";
    return;
  }
  remember(asked);
  offered();
}

function remember(asked) {
  sets.set(
    asked,
    tiles.tiles.map(({ request, image, by }) => ({ request, image, by })),
  );
  if (sets.size > REMEMBERED) sets.delete(sets.keys().next().value);
}

async function offered() {
  store.set({ listening: tiles.tiles.filter((tile) => tile.by === "taste").length });
  await tellShown(store, tiles);
}

/** Another twelve: what was kept stays where it is. */
export async function another() {
  seed = draw();
  if (children) return breed();
  const free = changing(false);
  if (!free.length || !store.get().request) return undefined;
  around = question();
  await ask(free);
  remember(around);
  return offered();
}

/** Glide to a tile. */
function go(tile) {
  store.done("tap");
  const parents = children ? children.parents(tile.rest) : [currentParent(store, "variation", { distance })];
  glide(tile.request, { label: children ? "undo.breed" : "undo.tile", parents });
}

/** Keep a tile without going there, or take it out again. */
async function keep(tile) {
  if (tile.kept) return (await store.unkeep(tile.kept)) ? null : undefined;
  const parents = children ? children.parents(tile.rest) : [currentParent(store, "variation", { distance })];
  return (await store.keep({ request: tile.request, parents })) ?? undefined;
}

/** On hover and focus: which parent gave form and which colour. */
function look(tile) {
  children?.look(tile?.rest ?? null);
}

function hearts() {
  for (const tile of tiles.tiles) if (tile.request) tiles.pressed(tile, store.keptWork(tile.request));
}

/** Let breed.js use the grid, or give it back with null. */
export async function lend(guest) {
  children = guest;
  around = "";
  head.hidden = !guest;
  panel.classList.toggle("breeding", Boolean(guest));
  tiles.root.setAttribute("aria-label", t(guest ? "breed.label" : "nearby.label"));
  fill(head, guest ? guest.header : []);
  if (!guest) return refresh();
  tiles.tiles.forEach((tile) => tiles.clear(tile.index));
  return breed();
}

async function breed() {
  const { locks } = store.get();
  const body = { ...children.body, seed, locked: [...locks] };
  await source.ask("/studio/breed", body, changing(false), children.words);
  await offered();
}
