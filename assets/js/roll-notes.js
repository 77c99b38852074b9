/** Notes of a tune, in sixteenths; the rules of pipelines/music/keeping.py and chorale_keeping.py. */

/** MIDI pitches that a line in C may have: of one alone, and of the four voices of a chorale. */
const ALONE = [48, 93];
const VOICES = [[51, 86], [47, 79], [41, 74], [30, 69]];
export const SIXTEENTH = 120; // ticks
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
  return notes.sort((a, b) => a.step - b.step || a.track - b.track);
}

/** Lowest and highest pitch of a line as it sounds, `shift` semitones from C. */
export function reachOf(track, { voices, shift }) {
  const [low, high] = voices > 1 ? (VOICES[track] ?? ALONE) : ALONE;
  return [low + shift, high + shift];
}

/** Whether every one of some notes is one of others too. */
export function among(some, others) {
  const spelled = ({ step, length, pitch, track }) => `${track} ${step} ${length} ${pitch}`;
  const known = new Set(others.map(spelled));
  return some.every((note) => known.has(spelled(note)));
}

/** The notes after `note` was put in: what it covers of its own voice is cut, what lies under it goes. */
export function withNote(notes, note, end) {
  const to = Math.min(note.step + note.length, end);
  const rest = notes.flatMap((other) => {
    if (other.track !== note.track) return [other];
    if (other.step + other.length <= note.step || other.step >= to) return [other];
    if (other.step < note.step) return [{ ...other, length: note.step - other.step }];
    const left = other.step + other.length - to; // its beginning is covered
    return left > 0 && other.step > note.step ? [{ ...other, step: to, length: left }] : [];
  });
  return [...rest, { ...note, length: to - note.step }].sort((a, b) => a.step - b.step || a.track - b.track);
}
