/** Notes of a tune and what of them is kept; the rules of pipelines/music/keeping.py and grid.py. */

export const LOWEST = 48; // MIDI pitches that a melody in C may have
export const HIGHEST = 93;
export const SIXTEENTH = 120; // ticks
const FREE = "*";
const NAMES = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];
const FLATS = ["C", "D♭", "D", "E♭", "E", "F", "G♭", "G", "A♭", "A", "B♭", "B"];
const KEYS = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];
const FLAT_KEYS = new Set(["Db", "Eb", "F", "Ab", "Bb"]);

/** Semitones from C to where the notes sound. */
export function shiftOf({ key = "C", octave = 0 }) {
  const at = Math.max(0, KEYS.indexOf(key));
  return (at <= 6 ? at : at - 12) + 12 * octave;
}

/** "F♯5", or "G♭5" in a key with flats. */
export function pitchName(pitch, key) {
  return `${(FLAT_KEYS.has(key) ? FLATS : NAMES)[pitch % 12]}${Math.floor(pitch / 12) - 1}`;
}

/** The line of a score in sixteenths, in time. @returns {{step: number, length: number, pitch: number}[]} */
export function notesOf(score) {
  const notes = score.tracks.flatMap(({ notes: own }, track) =>
    own.map(([start, length, pitch]) => ({ step: start / SIXTEENTH, length: length / SIXTEENTH, pitch, track })),
  );
  return notes.sort((a, b) => a.step - b.step || a.pitch - b.pitch);
}

/** Which bars are kept. @returns {boolean[]} */
export function keptOf(text, bars) {
  const parts = (text ?? "").split("|").map((part) => part.trim());
  return Array.from({ length: bars }, (_, at) => Boolean(parts[at]) && parts[at] !== FREE);
}

/**
 * The value of the control that keeps some bars.
 * @param {object[]} notes  of one voice, in sixteenths, as they sound
 * @param {{steps: number, shift: number}} how  sixteenths of a bar; semitones from C
 * @param {boolean[]} kept  of every bar, whether it stays
 */
export function keptText(notes, { steps, shift }, kept) {
  if (!kept.some(Boolean)) return "";
  return kept.map((stays, bar) => (stays ? words(notes, bar * steps, steps, shift) : FREE)).join(" | ");
}

/** The notes of one bar as text, with what is held over from the bar before. */
function words(notes, begin, steps, shift) {
  const told = [];
  let at = begin;
  for (const note of notes) {
    const [from, to] = [Math.max(note.step, begin), Math.min(note.step + note.length, begin + steps)];
    if (to <= from) continue;
    if (from > at) told.push(`r:${from - at}`);
    told.push(`${note.step < begin ? "~" : asciiName(note.pitch - shift)}:${to - from}`);
    at = to;
  }
  if (at < begin + steps) told.push(`r:${begin + steps - at}`);
  return told.join(" ");
}

const asciiName = (pitch) => pitchName(pitch, "C").replace("♯", "#");

/** One voice after `note` was put in: what it covers is cut, what lies under it goes. */
export function withNote(notes, note, end) {
  const to = Math.min(note.step + note.length, end);
  const rest = notes.flatMap((other) => {
    if (other.step + other.length <= note.step || other.step >= to) return [other];
    if (other.step < note.step) return [{ ...other, length: note.step - other.step }];
    const left = other.step + other.length - to; // its beginning is covered
    return left > 0 && other.step > note.step ? [{ ...other, step: to, length: left }] : [];
  });
  return [...rest, { ...note, length: to - note.step }].sort((a, b) => a.step - b.step);
}
