/** Others for a part of a tune, a bar or a voice: the rest stays, the melody is one nearby. */
import { keptText } from "./roll-kept.js";
import { notesOf } from "./roll-notes.js";

const FARTHER = [0.9, 1.5]; // how far the others lie, the nearer first
const SVG = "http://www.w3.org/2000/svg";
const NUM = 8;

/** @typedef {{begin: number, length: number, voice?: number}} Part  sixteenths, of one voice or of all */

/**
 * @param {object} store
 * @param {boolean[][]} kept  what stays of the tune that stands, see roll-kept.js
 * @param {object[]} notes  of that tune
 * @param {{steps: number, shift: number}} how  see `keptText`
 * @param {Part} part  what is looked at
 */
export async function* otherNotes(store, kept, notes, how, part) {
  const { request, locks } = store.get();
  const controls = { ...request.controls, kept_notes: keptText(notes, { ...how, hold: "" }, kept) };
  const [seed] = crypto.getRandomValues(new Uint32Array(1));
  for (const distance of FARTHER) {
    const body = { request: { ...request, controls }, distance, seed, num: NUM, locked: [...locks] };
    const found = [];
    if (!(await store.stream("/studio/nearby", body, (line) => found.push(line)))) return;
    for (const { request: one, score } of found) {
      const inside = cut(notesOf(score), part);
      yield { request: one, key: keyOf(inside), face: small(inside, part.length) };
    }
  }
}

/** What stands in a part, to tell it from others. */
export const keyOfPart = (notes, part) => keyOf(cut(notes, part));

const keyOf = (notes) => JSON.stringify(notes.map(({ step, length, pitch, track }) => [step, length, pitch, track]));

/** The notes of a part, told from its beginning. */
function cut(notes, { begin, length: steps, voice = null }) {
  return notes
    .filter(({ step, length, track }) => step < begin + steps && step + length > begin && (voice ?? track) === track)
    .map((note) => {
      const step = Math.max(note.step, begin);
      return { ...note, step: step - begin, length: Math.min(note.step + note.length, begin + steps) - step };
    });
}

/** A part as a small roll. */
function small(notes, steps) {
  const pitches = notes.map(({ pitch }) => pitch);
  const middle = pitches.length ? (Math.min(...pitches) + Math.max(...pitches)) / 2 : 0;
  const node = document.createElementNS(SVG, "svg");
  node.setAttribute("viewBox", `0 0 ${steps * 8} 64`);
  node.setAttribute("class", "small-roll");
  node.setAttribute("preserveAspectRatio", "none");
  node.setAttribute("aria-hidden", "true");
  const high = Math.max(12, 2 * Math.max(0, ...pitches.map((pitch) => Math.abs(pitch - middle))) + 2);
  for (const { step, length, pitch, track } of notes) {
    const box = document.createElementNS(SVG, "rect");
    const set = { x: step * 8 + 1, y: 32 + ((middle - pitch) * 58) / high - 2, width: length * 8 - 2, height: 5, rx: 1.5 };
    box.setAttribute("class", `voice-${track % 4}`);
    for (const [name, value] of Object.entries(set)) box.setAttribute(name, value);
    node.append(box);
  }
  return node;
}
