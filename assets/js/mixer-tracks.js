/** Tracks of the mixer as values: made of a work, as a recipe has them, and remembered. */
import { pictured } from "./kept.js";

const MEMORY = "duet.mix";

let made = 0;

/** A work as a track: {request, thumbnail, label} with its place in the sound, and a number by which it is known. */
export const track = ({ request, thumbnail, label }) => ({
  number: (made += 1),
  request,
  thumbnail,
  label,
  volume: 0,
  pan: 0,
  transpose: 0,
  mute: false,
  solo: false,
  fresh: true, // until it came into the key of the first
});

/** A track as its recipe has it. */
export const plain = ({ request, volume, pan, transpose, mute, solo }) => ({ request, volume, pan, transpose, mute, solo });

/** A track of a recipe, with its picture. */
export const dressed = async (store, one) => ({ ...track(await pictured(store, one.request)), ...one, fresh: false });

/** What was in the mixer last. @returns {Promise<{tracks: object[], tempo: number | null}>} */
export async function remembered(store) {
  try {
    const { tracks, tempo } = JSON.parse(localStorage.getItem(MEMORY));
    return { tracks: await Promise.all(tracks.map((one) => dressed(store, one))), tempo };
  } catch {
    return { tracks: [], tempo: null };
  }
}

export function remember(tracks, tempo) {
  try {
    localStorage.setItem(MEMORY, JSON.stringify({ tracks: tracks.map(plain), tempo }));
  } catch {
    // A browser without memory begins with an empty mixer.
  }
}
