/** Drums on the roll: a row a drum, as in pipelines/music/drum_roll.py, a stroke the fuller the louder. */
import { t } from "./i18n.js";
import { SIXTEENTH } from "./roll-notes.js";

/** Drums from the bottom to the top, with their keys in General MIDI. */
const ROWS = [
  ["kick", 36], ["snare", 38], ["rim", 37], ["clap", 39], ["low", 43], ["high", 48], ["bell", 56], ["hat", 42], ["open", 46], ["ride", 51], ["crash", 49],
];
const LOUDEST = 116;
const WIDTH = 0.86; // of a sixteenth

export const isDrums = (score) => score.tracks.some(({ drums }) => drums);
export const DRUM_ROWS = ROWS.length;

/** "Snare". */
export const drumName = (row) => t(`music.drum_${ROWS[row][0]}`);

/** The strokes of a score in sixteenths, in time; `pitch` is the row. */
export function strokesOf(score) {
  const strokes = score.tracks.flatMap(({ notes }) =>
    notes.map(([start, , key, velocity]) => ({
      step: start / SIXTEENTH,
      length: WIDTH,
      pitch: ROWS.findIndex(([, one]) => one === key),
      full: Math.min(1, velocity / LOUDEST),
      track: 0,
    })),
  );
  return strokes.filter(({ pitch }) => pitch >= 0).sort((a, b) => a.step - b.step || a.pitch - b.pitch);
}

/** "Snare, bar 2, step 5": the step of the grid, whatever the swing. */
export function strokeName({ step, pitch }, { steps }) {
  const eighth = Math.floor((step + 0.3) / 2);
  const at = 2 * eighth + (step - 2 * eighth >= 0.6 ? 1 : 0);
  return t("music.stroke", { drum: drumName(pitch), bar: Math.floor(at / steps) + 1, step: (at % steps) + 1 });
}
