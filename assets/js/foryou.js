/**
 * For you: twelve works from anywhere in the model, most of them after the person's taste. What is
 * kept stays where it is; after a keep the others follow, but never the one under the hand.
 */
import { afterPause, button, fill, h, iconButton } from "./dom.js";
import { t } from "./i18n.js";
import { register } from "./keys.js";
import { glide } from "./glide.js";
import { draw, offers, tellShown } from "./offers.js";
import { canonical } from "./recipe.js";
import { changed, retract, tell, told } from "./taste.js";
import { grid } from "./tiles.js";
import * as why from "./why.js";

const PAUSE = 400; // ms after which the tiles follow what was said
const REMEMBERED = 8; // twelves that can be brought back

let store;
let tiles;
let source;
let panel;
let line; // what was heard and how far it steers
let back; // the button to the twelve before
let whole = ""; // what all twelve were asked for
let heard = ""; // what was known of the taste then
const earlier = [];
const owed = new Set(); // places of another twelve that have not come yet

/** Fill #panel-foryou. */
export function mount(given) {
  store = given;
  panel = document.getElementById("panel-foryou");
  tiles = grid({ go, keep, why: ask, not: notThis }, "foryou.tile");
  tiles.root.setAttribute("aria-label", t("foryou.label"));
  source = offers(store, tiles);
  line = h("p", { class: "foryou-line", role: "status" });
  fill(panel, tiles.root, line, foot());
  const later = afterPause(refresh, PAUSE);
  store.subscribe(["panel", "size", "view", "locks", "model", "taste", "steer"], later);
  document.addEventListener("visibilitychange", later);
  panel.addEventListener("pointerleave", later);
  store.subscribe(["taste", "steer"], say);
  store.subscribe("works", hearts);
  // Both belong to the tile that has the focus; tiles.js hears them first.
  register("W", () => false, { label: "keys.why" });
}

function foot() {
  back = iconButton("left", "foryou.before", before, { class: "plain foryou-before", disabled: true });
  return h(
    "div",
    { class: "tiles-foot" },
    slider("foryou-surprise", "foryou.surprise", {
      ends: ["foryou.surprise_me", "foryou.my_taste"],
      read: () => 1 - store.get().steer.surprise,
      write: (value) => ({ surprise: Number((1 - value).toFixed(2)) }),
    }),
    slider("foryou-strength", "foryou.strength", {
      ends: ["foryou.strength", null],
      read: () => store.get().steer.strength,
      write: (value) => ({ strength: value }),
    }),
    h("div", { class: "foryou-verbs" }, back, button("foryou.another", another, { class: "quiet tiles-another" })),
  );
}

/** A slider in per cent, with a word at each end, or a word before and the figure behind. */
function slider(id, key, { ends, read, write }) {
  const range = h("input", { type: "range", class: "thin", id, min: "0", max: "100", step: "5", "aria-label": t(key) });
  const figure = h("output", { htmlFor: id, "aria-hidden": "true" });
  const show = () => {
    const percent = Math.round(100 * read());
    if (document.activeElement !== range || Number(range.value) !== percent) range.value = String(percent);
    range.style.setProperty("--fill", `${percent}%`);
    const words = t(percent === 0 && !ends[1] ? "foryou.bare" : "foryou.percent", { percent });
    range.setAttribute("aria-valuetext", words);
    range.title = words;
    figure.textContent = t("foryou.percent", { percent });
  };
  range.addEventListener("input", () => {
    store.set({ steer: { ...store.get().steer, ...write(Number(range.value) / 100) } });
  });
  store.subscribe("steer", show);
  show();
  const last = ends[1] ? h("span", {}, t(ends[1])) : figure;
  return h("label", { class: "close-far" }, h("span", {}, t(ends[0])), range, last);
}

/** Whether someone can see the tiles. */
const seen = () => store.get().view === "studio" && panel.offsetParent !== null && !document.hidden;

const full = () => tiles.tiles.every((tile) => tile.request);

function say() {
  const words = changed();
  if (line.textContent !== words) line.textContent = words;
}

/** Bring tiles where there are none, others than those that were asked for, or others after a keep. */
async function refresh() {
  const { model, steer, locks, taste } = store.get();
  if (!model || !taste || !seen()) return;
  const wanted = canonical([model.id, steer, [...locks].sort()]);
  const known = told();
  if (wanted === whole && (known === heard || !steer.strength)) {
    if (full()) await offered();
    return;
  }
  const all = wanted !== whole;
  [whole, heard] = [wanted, known];
  if (!(await bring(changing(all)))) whole = "";
}

/** Places that may change: what was kept stays, after a keep also what is under the hand; unless others are owed. */
function changing(all) {
  const stays = (tile) => tile.kept || (!all && tile.node.matches(":hover, :focus-within"));
  const free = (tile) => !tile.request || owed.has(tile.index) || isLeaving(tile) || !stays(tile);
  return tiles.tiles.filter(free).map((tile) => tile.index);
}

const isLeaving = (tile) => tile.node.classList.contains("leaving");

/** Ask for works into some places. @returns {Promise<boolean>} whether all came */
async function bring(places) {
  if (!places.length) return true;
  const { model, steer, locks } = store.get();
  remember();
  const body = { model: model.id, ...steer, seed: draw(), locked: [...locks] };
  const how = places.length < tiles.tiles.length ? source.mend : source.ask;
  const placed = ({ by }, at) => {
    owed.delete(at);
    return { by };
  };
  const came = await how("/studio/taste/suggest", body, places, placed);
  // Unless a later call brings them: nothing came, so they stay.
  if (!came && !source.busy()) {
    tiles.tiles.forEach((tile) => tile.node.classList.remove("leaving"));
    owed.clear();
  }
  await offered();
  return came;
}

async function offered() {
  store.set({ listening: tiles.tiles.filter((tile) => tile.by === "taste").length });
  await tellShown(store, tiles);
}

function remember() {
  if (!full()) return;
  earlier.push(tiles.tiles.map(({ request, image, by }) => ({ request, image, by })));
  if (earlier.length > REMEMBERED) earlier.shift();
  back.disabled = false;
}

/** The twelve that stood here before these. */
async function before() {
  const old = earlier.pop();
  back.disabled = !earlier.length;
  if (!old) return;
  source.stop();
  owed.clear();
  old.forEach((tile, index) => put(index, tile));
  await offered();
}

const put = (index, tile) => tiles.set(index, { ...tile, work: store.keptWork(tile.request) });

/** Another twelve; what was kept is in the filmstrip and makes room. */
export async function another() {
  heard = told();
  const all = tiles.tiles.map((tile) => tile.index);
  for (const place of all) owed.add(place);
  await bring(all);
}

/** Glide to a tile. It was found anywhere, so it has no parents. */
function go(tile) {
  store.done("tap");
  store.done("listen");
  glide(tile.request, { label: "undo.foryou", parents: [] });
}

/** Keep a tile without going there, or take it out again. */
async function keep(tile) {
  if (tile.kept) return (await store.unkeep(tile.kept)) ? null : undefined;
  return (await store.keep({ request: tile.request, parents: [] })) ?? undefined;
}

function ask(tile, opener) {
  return why.open(store, tile, opener, { not: notThis });
}

/** Not this: heard, and another one stands there. It can be undone. */
async function notThis(tile) {
  const { index, request, image, by } = tile;
  let heard;
  const out = async () => {
    tile.node.classList.add("leaving");
    heard = await tell("skip", request, { payload: { from: "foryou" } });
    await bring(tiles.tiles.filter(isLeaving).map((one) => one.index));
  };
  const back = () => {
    put(index, { request, image, by });
    retract(heard);
  };
  store.record({ label: "undo.not_this", undo: back, redo: out });
  await out();
}

function hearts() {
  for (const tile of tiles.tiles) if (tile.request) tiles.pressed(tile, store.keptWork(tile.request));
}
