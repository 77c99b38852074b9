/**
 * Notes by hand. While writing is on, the paper of the roll draws: press on it for a new note and pull
 * it longer, take a note and move it, pull its right end, press it twice to take it out. A note that
 * has the focus is moved by the arrows, made longer by Shift and the arrows, taken out by Delete.
 */
import { h } from "./dom.js";
import { t } from "./i18n.js";
import { strokeName } from "./roll-drums.js";
import { pitchName, reachOf, withNote } from "./roll-notes.js";

const EDGE = 9; // px at a note's right end that make it longer
const TWICE = 350; // ms between two presses that take a note out

/**
 * @param {object} on  root, field, layer, switcher: elements; tune(): what stands; place(event): sixteenth
 *   and pitch; draft(notes): show; commit(notes): let them stand
 */
export function mountHand({ root, field, layer, switcher, tune, place, draft, commit }) {
  let held = null; // {note, others, from, stretch, fresh, now}: the note under the hand, before and now
  let usual = 2; // sixteenths of the next new note
  let pressed = { at: 0, step: -1 };

  field.addEventListener("pointerdown", down);
  field.addEventListener("pointermove", move);
  field.addEventListener("pointerup", up);
  field.addEventListener("pointercancel", () => (held = null) ?? draft(tune().notes));
  layer.addEventListener("keydown", keys);

  const writing = () => root.classList.contains("writing");

  function turn() {
    const on = root.classList.toggle("writing");
    switcher.setAttribute("aria-pressed", String(on));
    draft(tune().notes);
  }

  /** A note's element, to be put where it belongs. */
  const node = () => h("div", { class: "note", role: "button" });

  /** What a note's element is called, and whether it can be reached. */
  function dress(one, at) {
    const note = held ? null : tune().notes[at];
    one.tabIndex = writing() && tune().editable ? 0 : -1;
    if (note) one.setAttribute("aria-label", named(note, tune()));
  }

  function down(event) {
    if (!writing() || !tune().editable || event.button) return;
    event.stopPropagation();
    event.preventDefault();
    if (tune().growing) return; // what is still to be written would be kept as silence
    field.setPointerCapture(event.pointerId);
    const at = place(event);
    const { notes } = tune();
    const note = notes.find(({ step, length, pitch }) => pitch === at.pitch && at.step >= step && at.step < step + length);
    if (note && event.timeStamp - pressed.at < TWICE && pressed.step === note.step) {
      pressed = { at: 0, step: -1 };
      return commit(without(notes, note));
    }
    pressed = { at: event.timeStamp, step: note?.step ?? at.step };
    const fresh = within({ ...at, length: usual, track: nearest(notes, at) });
    const stretch = !note || nearEnd(event, note);
    held = { note: note ?? fresh, others: note ? without(notes, note) : notes, from: at, stretch, fresh: !note, now: note ?? fresh };
    if (!note) show(fresh);
  }

  function nearEnd(event, { step, length }) {
    const box = field.getBoundingClientRect();
    const right = box.left + (box.width * (step + length)) / end();
    const width = (box.width * length) / end();
    return right - event.clientX < Math.min(EDGE, width / 3);
  }

  /** The voice that a new note belongs to: the one that lies nearest there. */
  function nearest(notes, { step, pitch }) {
    const away = ({ step: from, length, pitch: own }) =>
      Math.abs(own - pitch) + 4 * Math.max(0, from - step, step - from - length + 1);
    return notes.toSorted((a, b) => away(a) - away(b))[0]?.track ?? 0;
  }

  const end = () => tune().bars * tune().steps;
  const without = (notes, note) => notes.filter((other) => other !== note);

  function move(event) {
    if (!held) return;
    event.stopPropagation();
    const { step, pitch } = place(event);
    const { note, from, stretch } = held;
    held.now = stretch
      ? { ...note, length: Math.max(held.fresh && step === from.step ? note.length : 1, step - note.step + 1) }
      : within({ ...note, step: note.step + step - from.step, pitch: note.pitch + pitch - from.pitch });
    show(held.now);
  }

  function show(note) {
    draft(withNote(held.others, note, end()));
  }

  function up(event) {
    if (!held) return;
    event.stopPropagation();
    const { now, note, others, fresh } = held;
    held = null;
    if (!fresh && now.step === note.step && now.pitch === note.pitch && now.length === note.length) {
      draft(tune().notes);
      layer.children[tune().notes.indexOf(note)]?.focus({ preventScroll: true });
      return;
    }
    pressed = { at: 0, step: -1 };
    usual = now.length;
    commit(withNote(others, now, end()));
  }

  /** A note where it may lie. */
  function within(note) {
    const [low, high] = reachOf(note.track, tune());
    return {
      ...note,
      step: Math.max(0, Math.min(end() - note.length, note.step)),
      length: Math.max(1, Math.min(end() - note.step, note.length)),
      pitch: Math.max(low, Math.min(high, note.pitch)),
    };
  }

  function keys(event) {
    const at = [...layer.children].indexOf(event.target);
    if (at >= 0 && writing()) act(event, at, (place) => layer.children[place]?.focus({ preventScroll: true }));
  }

  /** What a key does to the note at `at`; `focus(place)` goes to the note that has it afterwards. */
  function act(event, at, focus) {
    const { notes } = tune();
    const note = notes[at];
    if (!note || event.ctrlKey || event.metaKey || event.altKey) return;
    const many = event.shiftKey;
    const changed = {
      ArrowUp: { pitch: note.pitch + (many ? 12 : 1) },
      ArrowDown: { pitch: note.pitch - (many ? 12 : 1) },
      ArrowLeft: many ? { length: note.length - 1 } : { step: note.step - 1 },
      ArrowRight: many ? { length: note.length + 1 } : { step: note.step + 1 },
    }[event.key];
    const out = ["Delete", "Backspace"].includes(event.key);
    if (!changed && !out) return;
    event.preventDefault();
    event.stopPropagation();
    if (tune().growing) return;
    const one = within({ ...note, ...changed });
    commit(out ? without(notes, note) : withNote(without(notes, note), one, end()));
    focus(out ? Math.min(at, notes.length - 2) : find(one));
  }

  /** Where a note is now. */
  const find = ({ step, track }) => tune().notes.findIndex((one) => one.step === step && one.track === track);

  /** A new note in the first silence of the highest voice, or in its longest note. */
  function add() {
    const { notes } = tune();
    const own = notes.filter(({ track }) => track === 0);
    let at = 0;
    for (const { step, length } of own) {
      if (step - at >= 1) break;
      at = Math.max(at, step + length);
    }
    const longest = own.toSorted((a, b) => b.length - a.length)[0];
    const step = at >= end() ? longest.step + Math.floor(longest.length / 2) : at;
    const after = own.find((note) => note.step > step)?.step ?? end();
    const [low, high] = reachOf(0, tune());
    const pitch = own.findLast((note) => note.step <= step)?.pitch ?? own[0]?.pitch ?? Math.round((low + high) / 2);
    const note = { step, pitch, length: Math.max(1, Math.min(4, after - step)), track: 0 };
    commit(withNote(notes, note, end()));
    return find(note);
  }

  return { turn, node, dress, act, add, busy: () => held !== null };
}

/** "F♯5, bar 2, beat 3, 4/16", of several voices with the voice before it. */
export function named(note, tune) {
  if (tune.drums) return strokeName(note, tune);
  const { step, length, pitch, track } = note;
  const { steps, beat, key, voices } = tune;
  const inside = (step % steps) / beat + 1;
  const said = t("music.note", {
    pitch: pitchName(pitch, key),
    bar: Math.floor(step / steps) + 1,
    beat: Number(inside.toFixed(2)),
    length,
  });
  return voices > 1 ? t("music.voice_note", { voice: t(`music.voice_${track}`), note: said }) : said;
}
