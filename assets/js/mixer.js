/**
 * The mixer: up to four tunes and drums at once, in a tab beside the stage. Each has its volume and place,
 * can be muted, heard alone, moved into the key of the first, drawn anew, or shaped in the Studio
 * while all of them play. A mix is kept like any work, and saved as sound, notes or stems.
 */
import { afterPause, button, fill, h, hide, oneByOne } from "./dom.js";
import { take } from "./drag.js";
import { alone } from "./floor.js";
import { t, titleOf } from "./i18n.js";
import { pictured, traveller } from "./kept.js";
import { sounds } from "./media.js";
import { frame, tell } from "./mixer-frame.js";
import { row } from "./mixer-row.js";
import { mixerSound } from "./mixer-sound.js";
import { steps } from "./mixer-steps.js";
import { dressed, plain, remember, remembered, track } from "./mixer-tracks.js";
import { lastOf } from "./playing.js";
import { canonical } from "./recipe.js";

const MOST = 4;
let store;
let panel;
let list;
let tracks = []; // {request, volume, pan, transpose, mute, solo, label, thumbnail, fresh}
let tempo = null; // quarter notes a minute; null as the first has it
let told = null; // the server's last answer
let shaped = null; // the track that follows the Studio
let cards = []; // models that sound
let sound; // of the tracks
let line; // of undo
let beside = null; // the tab that was open before

export function mount(given) {
  store = given;
  sound = mixerSound(store);
  line = steps(store, () => ({ tracks, tempo }), bringBack);
  panel = h("section", { id: "mixer", class: "mixer-panel", hidden: true, "aria-label": t("mixer.title") });
  panel.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
  });
  document.getElementById("panel-mixer").append(panel);
  store.subscribe("view", ({ view }) => view !== "studio" && close());
  store.subscribe("request", follow);
}

/** The verb of kept works that sound: a mix of them. */
export function verbs(works) {
  const fit = works.length <= MOST && works.every((work) => sounds(work.medium) && work.kind === "work");
  return fit ? [button("mixer.mix", () => open(works.toReversed().map((work) => track(traveller(work)))))] : [];
}

/** Open the mixer with tracks, in place of those that were there. */
export async function open(given, at = null) {
  if (store.get().view !== "studio") location.hash = "#/";
  const all = await store.api("GET", "/studio/models");
  if (!all) return;
  cards = all.filter((card) => sounds(card.medium));
  [tracks, tempo, told, shaped] = [given, at, null, null];
  line.opened();
  store.set({ selection: [] });
  draw();
  hide(panel, false);
  if (store.get().panel !== "mixer") beside = store.get().panel;
  store.set({ mixing: true, panel: "mixer" });
  panel.querySelector(".mixer-play").focus({ preventScroll: true });
  await refresh();
}

/** Add what the Studio shows, and go on shaping it; a mixer that was closed comes back. */
export async function bring() {
  const { request } = store.get();
  const before = panel.hidden ? await remembered(store) : { tracks, tempo };
  const full = before.tracks.length >= MOST;
  if (panel.hidden) await open(before.tracks, before.tempo);
  if (full) return store.say("mixer.full");
  const asked = put(await pictured(store, request));
  shape(tracks.at(-1));
  panel.querySelector(".mixer-play").focus({ preventScroll: true });
  return asked;
}

/** Open a mix by its recipe. */
export async function reopen({ tracks: given, tempo: at }) {
  await open(await Promise.all(given.map((one) => dressed(store, one))), at);
}

function close() {
  if (panel.hidden) return;
  silence();
  shaped = null;
  hide(panel, true);
  store.set({ mixing: false, ...(store.get().panel === "mixer" ? { panel: beside } : {}) });
  fill(panel);
}

function draw() {
  list = frame(panel, cards, { close, speed: speedTo, add: addOf, bring, play: toggle, keep, recipe });
  take(panel, (item) => put(item), (item) => sounds(mediumOf(item.request)));
  rows();
}

const mediumOf = (request) => cards.find((card) => card.id === request?.pipeline)?.medium;

/** The rows, made anew: one was added, taken away or drawn again. */
function rows() {
  const name = (one) => titleOf(cards.find((card) => card.id === one.request.pipeline) ?? { id: one.request.pipeline, title: {} });
  fill(
    list,
    tracks.map((one, at) =>
      row(one, {
        at,
        model: name(one),
        shaped: one === shaped,
        drums: told?.tracks[at]?.drums ?? false,
        key: told?.tracks[at]?.in_key ?? 0,
        moved,
        turned,
        settled: () => line.settle(),
        again: () => again(one),
        shape: () => shape(one === shaped ? null : one),
        remove: () => remove(one),
      }),
    ),
    tracks.length < MOST ? h("li", { class: "mixer-empty" }, t("mixer.empty")) : [],
  );
  panel.querySelector(".mixer-add").hidden = tracks.length >= MOST;
  for (const kind of ["play", "keep", "save"]) panel.querySelector(`.mixer-${kind}`).disabled = !tracks.length;
}

/** A hand is on a volume, a place, Mute or Solo: it is heard at once. */
function moved() {
  sound.balance(tracks);
  remember(tracks, tempo);
}

/** Other notes are asked for. */
const later = afterPause(() => refresh(), 60);

function turned() {
  remember(tracks, tempo);
  later();
}

function put(item) {
  if (tracks.length >= MOST) return store.say("mixer.full");
  tracks.push(track(item));
  return altered();
}

/** There are other tracks than before. */
function altered() {
  line.settle();
  rows();
  return refresh();
}

/** A fresh work of a model as one more track. */
async function addOf(id) {
  const model = await store.api("GET", `/studio/models/${encodeURIComponent(id)}`);
  const request = model && (await drawn(lastOf(id) ?? model.opening));
  if (request) await put(await pictured(store, request));
}

async function drawn(request) {
  const answer = await store.api("POST", "/studio/another", { request, locked: [] });
  return answer?.request;
}

/** Draw a track anew. */
async function again(one) {
  const request = await drawn(one.request);
  if (!request) return undefined;
  if (one === shaped) return store.change(request, { label: "undo.another", parents: [] });
  await replace(one, request);
  return line.settle();
}

/** Other notes in the place of a track's. */
async function replace(one, request) {
  one.request = request;
  later();
  const { thumbnail, label } = await pictured(store, request);
  if (one.request !== request) return URL.revokeObjectURL(thumbnail);
  Object.assign(one, { thumbnail, label });
  const node = list.children[tracks.indexOf(one)];
  if (node) [node.querySelector("img").src, node.querySelector(".mixer-name").textContent] = [thumbnail, label];
  return undefined;
}

function remove(one) {
  const at = tracks.indexOf(one);
  tracks.splice(at, 1);
  if (shaped === one) shaped = null;
  told?.tracks.splice(at, 1);
  altered();
  (list.children[at]?.querySelector("button") ?? panel.querySelector(".mixer-add")).focus();
  const back = () => {
    tracks.splice(at, 0, one);
    told = null;
    altered();
  };
  if (!panel.hidden) store.say("mixer.removed", {}, "info", { action: { key: "filmstrip.undo", run: back }, seconds: 10 });
}

/** Have the mix be as it was; a mixer that was closed comes back. */
async function bringBack(mix) {
  if (panel.hidden) return open(mix.tracks, mix.tempo);
  const number = shaped?.number;
  [tracks, tempo, told] = [mix.tracks, mix.tempo, null];
  shaped = tracks.find((one) => one.number === number) ?? null;
  store.set({ panel: "mixer" });
  moved();
  return altered();
}

/** Let a track be what the Studio shows, or none of them. */
function shape(one) {
  shaped = one;
  if (one && canonical(one.request) !== canonical(store.get().request)) {
    store.change(one.request, { label: "undo.open", parents: [] });
  }
  rows();
  if (one) store.say("mixer.shaping");
}

/** The Studio shows something else. */
function follow({ request }) {
  if (!shaped || panel.hidden || !request) return;
  if (request.pipeline !== shaped.request.pipeline) return shape(null);
  if (canonical(request) !== canonical(shaped.request)) replace(shaped, request);
  line.accept(); // the Studio's step
  return undefined;
}

function speedTo(value) {
  tempo = Number.isFinite(value) ? Math.min(300, Math.max(30, value)) : null;
  line.settle();
  turned();
}

/** The mix as a recipe. */
const recipe = () => ({ tracks: tracks.map(plain), tempo: tempo ?? told?.mix.tempo ?? 120 });

/** Ask what the tracks come to, and let it be heard. */
const refresh = oneByOne(ask);

async function ask() {
  if (!tracks.length || panel.hidden) {
    silence();
    return tell(panel, null);
  }
  const asked = [...tracks];
  const answer = await store.api("POST", "/studio/mix", { tracks: asked.map(plain), tempo });
  const same = asked.length === tracks.length && asked.every((one, at) => tracks[at] === one);
  if (!answer || !same || panel.hidden) return undefined; // of other tracks it is asked again
  told = answer;
  const fresh = tracks.filter((one) => one.fresh);
  tracks.forEach((one, at) => one.fresh && Object.assign(one, { transpose: told.tracks[at].in_key, fresh: false }));
  if (fresh.length) {
    rows();
    line.accept();
  }
  remember(tracks, tempo);
  tell(panel, told);
  if (sound.on()) await sound.play(tracks, told);
  return undefined;
}

/** Let it be heard, or fall silent. */
async function toggle() {
  const on = sound.toggle();
  label();
  if (!on) return;
  alone(silence);
  if (told) await sound.play(tracks, told);
  else await refresh();
}

function silence() {
  sound.silence();
  label();
}

function label() {
  const node = panel.querySelector(".mixer-play");
  if (!node) return;
  node.textContent = t(sound.on() ? "music.stop" : "music.play");
  node.setAttribute("aria-pressed", String(sound.on()));
}

async function keep() {
  const work = await store.api("POST", "/studio/mixes", { mix: recipe() });
  if (!work) return;
  const { works, total } = store.get();
  const others = works.filter((one) => one.id !== work.id);
  store.set({ works: [work, ...others], total: total + 1 + others.length - works.length });
  store.say("mixer.kept", {}, "good");
}
