/** What of a tune is kept: of every voice and bar whether it stays; the rules of pipelines/music/keeping.py and chorale_keeping.py. */
import { pitchName } from "./roll-notes.js";

const FREE = "*";

/** @returns {boolean[][]} of every voice, of every bar */
export function keptOf(text, bars, voices = 1) {
  const parts = (text ?? "").replace(/^=\w+/, "").split("/").map((line) => line.split("|").map((part) => part.trim()));
  const stays = (voice, bar) => Boolean(parts[voice]?.[bar]) && parts[voice][bar] !== FREE && !parts[voice][bar].startsWith("[");
  return grid(voices, bars, stays);
}

const grid = (voices, bars, of) => Array.from({ length: voices }, (_, voice) => Array.from({ length: bars }, (__, bar) => of(voice, bar)));

/** Of every bar whether all voices stay in it. */
export const wholeBars = (kept) => kept[0].map((_, bar) => kept.every((line) => line[bar]));

/** Of every voice whether it stays in all bars. */
export const wholeVoices = (kept) => kept.map((line) => line.every(Boolean));

export const nothing = (kept) => !kept.flat().some(Boolean);
export const everything = (kept) => kept.flat().every(Boolean);

/** Keep nothing, or everything. */
export const filled = (kept, stays) => kept.map((line) => line.map(() => stays));

/** All but a bar, but for the voices that stay in every one. */
export function allButBar(kept, bar) {
  const voices = everything(kept) ? [] : wholeVoices(kept);
  return kept.map((line, voice) => line.map((_, at) => at !== bar || Boolean(voices[voice])));
}

/** All but a voice, but for the bars that stay in every one. */
export function allButVoice(kept, voice) {
  const bars = everything(kept) ? [] : wholeBars(kept);
  return kept.map((line, at) => line.map((_, bar) => at !== voice || Boolean(bars[bar])));
}

/** The stone of a bar laid or lifted. */
export function turnBar(kept, bar) {
  const stays = wholeBars(kept)[bar] ? allButBar(kept, bar) : filled(kept, true);
  return kept.map((line, voice) => line.with(bar, stays[voice][bar]));
}

/** The stone of a voice laid or lifted. */
export function turnVoice(kept, voice) {
  const stays = wholeVoices(kept)[voice] ? allButVoice(kept, voice) : filled(kept, true);
  return kept.with(voice, stays[voice]);
}

/**
 * The value of the control that keeps them.
 * @param {object[]} notes  in sixteenths, as they sound
 * @param {{steps: number, shift: number, hold?: string}} how  sixteenths of a bar; semitones from C; with `hold` what is
 *   not kept stands in brackets: it stays until something else of the recipe is changed
 * @param {boolean[][]} kept  see `keptOf`
 */
export function keptText(notes, { steps, shift, hold = "" }, kept) {
  if (everything(kept)) hold = "";
  if (nothing(kept) && !hold) return "";
  const rest = (told) => (hold ? `[${told()}]` : FREE);
  const line = (bars, voice) => {
    const own = notes.filter(({ track }) => track === voice);
    const told = (bar) => words(own, bar * steps, steps, shift);
    return bars.map((stays, bar) => (stays ? told(bar) : rest(() => told(bar)))).join(" | ");
  };
  return (hold ? `=${hold} ` : "") + kept.map(line).join(" / ");
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
