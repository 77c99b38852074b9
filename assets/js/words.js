/** Words that are written into a prompt. */
import { afterPause } from "./dom.js";

const PAUSE = 350; // ms without a key until the words are painted

/** Someone writes: paint the words after a pause, or at once when they are `done`. */
export function written(store, name, text, done) {
  if (done) later.cancel();
  (done ? say : later)(store, name, text);
}

function say(store, name, text) {
  if (store.values()[name] === text) return;
  store.change(store.withValue(store.get().request, name, text), { label: "undo.words" });
}

const later = afterPause(say, PAUSE);
