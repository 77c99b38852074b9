/** Others for one line of a poem: the other lines stay, the seed is another. */
import { keptText, linesOf, plainControls, scriptOf } from "./verse-lines.js";

const TRIES = 12; // seeds, until four lines differ

/**
 * @param {object} store
 * @param {number} at  the line
 * @param {string[]} lines  of the poem; every other stays
 * @param {boolean[][]} own  whose the words are
 */
export async function* otherLines(store, at, lines, own) {
  const { request } = store.get();
  const script = scriptOf(store.values().form);
  const controls = plainControls(request.controls, at);
  controls.kept_lines = keptText(lines, lines.map((_, place) => place !== at), own, script);
  for (let tried = 0; tried < TRIES; tried += 1) {
    const [seed] = crypto.getRandomValues(new Uint32Array(1));
    const one = { ...request, seed, point: null, controls };
    const answer = await store.api("POST", "/studio/render", { request: one, quality: "fast", size: 64, told: true });
    if (!answer) return;
    const line = linesOf(answer.text ?? "", script)[at];
    yield { request: one, key: line, face: line, lang: script.lang };
  }
}
