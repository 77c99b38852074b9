/** A tune as a small drawing, notes on a sheet of bars: where there is no room for the roll of the stage. */
import { pitchName } from "./roll-notes.js";

const SVG = "http://www.w3.org/2000/svg";
const FEWEST = 16; // semitones that are shown at least
const HEIGHT = 100;

const element = (tag, props) => {
  const node = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(props)) node.setAttribute(key, value);
  return node;
};

/** The notes of a tune as they are read out: "G4 A4 C5". */
export const spelled = (score, key) =>
  score.tracks.flatMap(({ notes }) => notes.map(([, , pitch]) => pitchName(pitch, key))).join(" ");

/**
 * @param {{bar: number, end: number, tracks: {notes: number[][]}[]}} score  as the server tells it
 * @param {string} label  what it is, for those who do not see it
 */
export function rollFigure(score, label) {
  const notes = score.tracks.flatMap((track) => track.notes);
  const pitches = notes.map(([, , pitch]) => pitch);
  const [least, most] = [Math.min(...pitches), Math.max(...pitches)];
  const rows = Math.max(FEWEST, most - least + 3);
  const low = Math.round((least + most + 1 - rows) / 2);
  const bars = Math.max(1, Math.ceil(score.end / score.bar));
  const wide = bars * score.bar;
  const x = (ticks) => (100 * ticks) / wide;
  const tall = HEIGHT / rows;
  const root = element("svg", { class: "roll-figure", role: "img", "aria-label": label });
  const sheet = { viewBox: `0 0 100 ${HEIGHT}`, preserveAspectRatio: "none" };
  for (const [key, value] of Object.entries(sheet)) root.setAttribute(key, value);
  for (let bar = 0; bar <= bars; bar += 1)
    root.append(element("line", { x1: x(bar * score.bar), x2: x(bar * score.bar), y1: 0, y2: HEIGHT }));
  for (const [start, length, pitch] of notes) {
    const box = { x: x(start), y: HEIGHT - (pitch - low + 1) * tall, width: Math.max(0.6, x(length) - 0.4) };
    root.append(element("rect", { ...box, height: tall * 0.9 }));
  }
  return root;
}
