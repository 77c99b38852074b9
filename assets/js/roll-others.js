/** Others for one bar of a tune: the other bars stay, the melody is one nearby. */
import { keptText, notesOf } from "./roll-notes.js";

const FARTHER = [0.9, 1.5]; // how far the others lie, the nearer first
const SVG = "http://www.w3.org/2000/svg";
const NUM = 8;

/**
 * @param {object} store
 * @param {number} bar  from 0
 * @param {object[]} notes  of the tune that stands; every other bar stays
 * @param {{steps: number, shift: number, bars: number}} how  see `keptText`
 */
export async function* otherBars(store, bar, notes, how) {
  const { request, locks } = store.get();
  const kept = Array.from({ length: how.bars }, (_, at) => at !== bar);
  const controls = { ...request.controls, kept_notes: keptText(notes, how, kept) };
  const [seed] = crypto.getRandomValues(new Uint32Array(1));
  for (const distance of FARTHER) {
    const body = { request: { ...request, controls }, distance, seed, num: NUM, locked: [...locks] };
    const found = [];
    if (!(await store.stream("/studio/nearby", body, (line) => found.push(line)))) return;
    for (const { request: one, score } of found) {
      const inside = cut(notesOf(score), bar * how.steps, how.steps);
      yield { request: one, key: keyOf(inside), face: small(inside, how.steps) };
    }
  }
}

/** What stands in a bar, to tell it from others. */
export const keyOfBar = (notes, bar, steps) => keyOf(cut(notes, bar * steps, steps));

const keyOf = (notes) => JSON.stringify(notes.map(({ step, length, pitch, track }) => [step, length, pitch, track]));

/** The notes of a stretch, told from its beginning. */
function cut(notes, begin, steps) {
  return notes
    .filter(({ step, length }) => step < begin + steps && step + length > begin)
    .map((note) => {
      const step = Math.max(note.step, begin);
      return { ...note, step: step - begin, length: Math.min(note.step + note.length, begin + steps) - step };
    });
}

/** A bar as a small roll. */
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
