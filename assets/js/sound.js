/**
 * Sound of tunes: Play in the toolbar, Space, and what is heard while a hand shapes.
 *
 * While it plays every change of the recipe asks for its sound, the newest first; it enters at the
 * next beat (loop.js). A tile that is pointed at or has the focus is heard instead of the work,
 * until it is left. Nothing sounds before Play was pressed.
 */
import { request as http } from "./api.js";
import { h, icon } from "./dom.js";
import { alone } from "./floor.js";
import { t } from "./i18n.js";
import { register } from "./keys.js";
import { loop } from "./loop.js";
import { SOUND, sounds } from "./media.js";
import { newest } from "./newest.js";
import { canonical } from "./recipe.js";

const REMEMBERED = 14; // sounds: twelve tiles, the work, and one more
const LINGER = 120; // ms on a tile before it is heard

let store;
let context = null;
let player = null;
let on = false;
let guest = null; // recipe that is heard instead of the work
let heard = ""; // what sounds, or was last asked to
let busy = false;
let rest = 0; // beat where it was last stopped
let node;
const known = new Map(); // canonical recipe -> {buffer, seconds, beats}, newest last

export function mount(the) {
  store = the;
  node = h("button", { id: "tool-play", type: "button", class: "tool", hidden: true, on: { click: () => toggle() } });
  document.getElementById("tool-compare").after(node);
  register("Space", () => (musical() && !filming() ? void toggle() : false), { label: "keys.play" });
  store.subscribe("model", () => {
    node.hidden = !musical();
    if (!musical()) stop();
  });
  store.subscribe("request", follow);
  label();
}

const musical = () => sounds(store.get().model?.medium);
const filming = () => document.documentElement.dataset.film === "on";

/** The beat that is heard, with its part; null while nothing is, or something else than the work. */
export const beatNow = () => (on && !guest ? (player?.position() ?? null) : null);

/** Play or stop. */
export function toggle() {
  if (on) return stop();
  context ??= new AudioContext({ sampleRate: 48_000 });
  player ??= loop(context, context.destination);
  context.resume();
  alone(stop);
  on = true;
  label();
  return follow();
}

/** Fall silent, and remember where. */
export function stop() {
  if (!on) return;
  rest = Math.floor(player.position() ?? 0);
  player.stop();
  on = false;
  guest = null;
  heard = "";
  label();
}

function label() {
  const key = on ? "music.stop" : "music.play";
  node.replaceChildren(icon(on ? "pause" : "play"), h("span", {}, t(key)));
  node.title = t(on ? "music.stop_tip" : "music.play_tip");
  node.setAttribute("aria-pressed", String(on));
  store.set({ sounding: on });
}

let lingering = 0;

/** Hear a recipe instead of the work, or with null the work again. */
export function audition(request) {
  clearTimeout(lingering);
  if (!on || request === guest) return;
  lingering = setTimeout(() => {
    guest = request;
    follow();
  }, LINGER);
}

/** What is to be heard now. */
const wish = () => guest ?? store.get().request;

/** Ask for the sound of what is to be heard; while one is under way, the newest waits. */
async function follow() {
  if (busy || !on || !musical()) return;
  busy = true;
  for (let key = canonical(wish()); on && key !== heard; key = canonical(wish())) {
    heard = key;
    const sound = await soundOf(wish(), key);
    if (sound && on && musical()) player.enter(sound.buffer, sound, rest);
  }
  busy = false;
}

async function soundOf(request, key) {
  if (!known.has(key)) {
    try {
      const answer = await http("POST", "/studio/sound", { request, accept: SOUND }, { raw: true });
      const [seconds, beats] = ["X-Duet-Seconds", "X-Duet-Beats"].map((name) => Number(answer.headers.get(name)));
      known.set(key, { buffer: await context.decodeAudioData(await answer.arrayBuffer()), seconds, beats });
    } catch (error) {
      store.fail(error);
      return null;
    }
  }
  return newest(known, key, REMEMBERED);
}
