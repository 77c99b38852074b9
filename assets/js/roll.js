/**
 * The tune on the stage, as a piano roll: time to the right, pitch upwards, a ruler of bars above.
 *
 * A bar can be kept (its number is the lock), or written again with four others to choose from;
 * notes can be drawn, moved and taken out (roll-hand.js), and read as a list. It lies over the canvas,
 * which has the same tune as a picture, and is there only while that is what the canvas shows.
 */
import { button, fill, h, hide, still } from "./dom.js";
import { t } from "./i18n.js";
import { currentParent } from "./kept.js";
import * as others from "./others.js";
import { sameRequest } from "./recipe.js";
import { DRUM_ROWS, drumName, isDrums, strokesOf } from "./roll-drums.js";
import { mountHand } from "./roll-hand.js";
import * as stones from "./roll-kept.js";
import { mountList } from "./roll-list.js";
import { among, notesOf, shiftOf, SIXTEENTH } from "./roll-notes.js";
import { keyOfPart, otherNotes } from "./roll-others.js";
import { mountRuler, WIDE } from "./roll-ruler.js";
import { mountVoices } from "./roll-voices.js";
import { audition, beatNow } from "./sound.js";
import { onShown } from "./stage.js";

const ROWS = 24; // semitones that are shown at least, as in pipelines/music/roll.py
const MIDDLE = 72; // pitch in the middle of an empty roll
const SLACK = 5; // semitones at an edge that may stay empty before the roll is centred again

let store;
let root;
let ruler; // the heads of the bars
let voices; // and of the voices
let scroller; // more than four bars run sideways
let field;
let names; // of the octaves
let layer; // of the notes
let head; // where it sounds
let lift;
let hand; // draws, moves and takes out
let list;
let tune = null; // {notes, steps, bars, beat, shift, key, editable, growing} of what is shown
let waiting = []; // what was asked for while the tune grew
let last = null; // recipe before the one of now
let awaited = null; // what was just written by hand: frames of before come late
let low = 0; // lowest pitch that is shown
let rows = ROWS;
let framed = ""; // what low and rows were chosen for

export function mount(the) {
  store = the;
  layer = h("div", { class: "roll-notes" });
  head = h("div", { class: "playhead", hidden: true });
  names = h("div", { class: "roll-names", "aria-hidden": "true" });
  field = h("div", { class: "roll-field" }, h("div", { class: "roll-grid" }), layer, head);
  scroller = h("div", { class: "roll-scroll" });
  ruler = mountRuler(scroller, lock, (bar) => onceWritten(() => offer(bar)));
  scroller.append(h("div", { class: "roll-sheet" }, ruler.node, field));
  voices = mountVoices((voice) => onceWritten(() => lay(stones.turnVoice(keptNow(), voice), "voice", voice)), (voice) => onceWritten(() => offerVoice(voice)));
  lift = button("music.lift_all", liftAll, { class: "quiet", hidden: true });
  const write = button("music.write", () => hand.turn(), { class: "quiet roll-write", "aria-pressed": "false" });
  const read = button("music.list", () => list.turn(), { class: "quiet", "aria-expanded": "false" });
  const mix = button("mixer.bring", () => import("./mixer.js").then((mixer) => mixer.bring()));
  const tools = h("div", { class: "roll-tools" }, write, read, mix, ruler.pager, lift);
  root = h("div", { id: "roll", hidden: true, role: "group", "aria-label": t("music.roll") }, names, scroller, voices.node, tools);
  // What is pressed here is a button; the paper between is the picture's, see gestures.js.
  root.addEventListener("pointerdown", (event) => event.target.closest("button") && event.stopPropagation());
  document.getElementById("frame").append(root);
  hand = mountHand({ root, field, layer, switcher: write, tune: () => tune, place, draft: draw, commit });
  list = mountList({ root, switcher: read, tune: () => tune, hand });
  onShown(show);
  store.subscribe("request", moved);
  store.subscribe("model", () => tune && dress());
  store.subscribe("sounding", ({ sounding }) => sounding && follow());
}

/** Show the tune that is on the canvas; a picture without notes hides the roll. */
function show({ score, of, growing = false }) {
  hide(root, !score, "with-roll");
  if (!score) document.body.classList.remove("voiced");
  if (!score || hand.busy()) return;
  const { request } = store.get();
  const now = request.controls?.kept_notes;
  if (awaited !== null && now === awaited && of && of.controls?.kept_notes !== now) return;
  awaited = null;
  if (growing && standsAlready(score)) return; // as after a bar is kept: what is on the paper stays there
  const [values, steps] = [store.values(request), score.bar / SIXTEENTH];
  const drums = isDrums(score);
  tune = {
    notes: drums ? strokesOf(score) : notesOf(score),
    drums,
    steps,
    bars: Math.max(1, Math.ceil(score.end / score.bar)),
    beat: score.beat / SIXTEENTH,
    voices: Math.max(1, score.tracks.length),
    hold: score.tracks.length > 1 ? score.hold : "",
    shift: shiftOf(values),
    key: values.key,
    growing,
  };
  root.classList.toggle("drums", drums);
  root.setAttribute("aria-label", t(drums ? "music.drums" : "music.roll"));
  frame(tune.notes);
  dress();
  if (!growing) for (const act of waiting.splice(0)) act();
}

/** The notes, and what can be done with them: a model may come after its first tune. */
function dress() {
  tune.editable = Boolean(store.control("kept_notes"));
  root.classList.toggle("editable", tune.editable);
  drawHeads();
  draw(tune.notes);
  list.draw();
}

/** Whether all that has grown so far of a score is in the tune that is shown, which is whole. */
function standsAlready(score) {
  if (!tune || tune.growing || tune.drums || tune.steps !== score.bar / SIXTEENTH) return false;
  return tune.voices === score.tracks.length && among(notesOf(score), tune.notes);
}

/** Do it once the tune is whole, or at once where `bars` are written: of one that is not, nothing can be kept. */
function onceWritten(act, bars = null) {
  if (tune.growing && !bars?.every(written)) waiting.push(act);
  else act();
}

/** Whether every voice of the tune is past a bar. */
function written(bar) {
  const past = tune.notes.filter(({ step }) => step >= (bar + 1) * tune.steps);
  return new Set(past.map(({ track = 0 }) => track)).size === tune.voices;
}

/** Choose which pitches are shown; as before while the notes fit and the tune is the same to look at. */
function frame(notes) {
  if (tune.drums) return frameDrums();
  const pitches = notes.length ? notes.map(({ pitch }) => pitch) : [MIDDLE];
  const [least, most] = [Math.min(...pitches), Math.max(...pitches)];
  const like = `${tune.shift} ${tune.bars} ${tune.voices}`;
  const same = framed === like;
  const wide = rows > Math.max(ROWS, most - least + 1 + 2 * SLACK);
  if (same && !wide && least >= low && most < low + rows) return;
  framed = like;
  rows = Math.max(ROWS, most - least + 5);
  low = Math.round((least + most + 1 - rows) / 2);
  const octaves = Array.from({ length: rows }, (_, at) => low + at).filter((pitch) => pitch % 12 === 0);
  const at = (pitch) => ({ class: "octave", style: { bottom: `${(100 * (pitch - low)) / rows}%` } });
  fill(field.firstChild, octaves.map((pitch) => h("div", at(pitch))));
  fill(names, octaves.map((pitch) => h("div", at(pitch), `C${pitch / 12 - 1}`)));
  root.style.setProperty("--rows", rows);
}

/** A row for every drum, with its name. */
function frameDrums() {
  [low, rows] = [0, DRUM_ROWS];
  if (framed !== "drums") {
    const at = (row) => ({ class: "octave", style: { bottom: `${(100 * row) / rows}%` } });
    const all = Array.from({ length: rows }, (_, row) => row);
    fill(field.firstChild, all.map((row) => h("div", at(row))));
    fill(names, all.map((row) => h("div", at(row + 0.5), drumName(row))));
    root.style.setProperty("--rows", rows);
  }
  framed = "drums";
}

/** What is kept, on the ruler and at the voices. */
function drawHeads() {
  const kept = keptNow();
  root.style.setProperty("--bars", tune.bars);
  root.style.setProperty("--sheets", Math.max(1, tune.bars / WIDE));
  root.style.setProperty("--beats", (tune.bars * tune.steps) / tune.beat);
  const voiced = tune.voices > 1 && !tune.drums;
  for (const node of [root, document.body]) node.classList.toggle("voiced", voiced && !root.hidden);
  ruler.draw(tune, stones.wholeBars(kept));
  voices.draw(tune, stones.wholeVoices(kept));
  lift.hidden = stones.nothing(kept);
}

/** Put notes where they belong; those that were there before glide. */
function draw(notes) {
  const end = tune.bars * tune.steps;
  while (layer.children.length > notes.length) layer.lastChild.remove();
  while (layer.children.length < notes.length) layer.append(hand.node());
  notes.forEach(({ step, length, pitch, track = 0, full = 1 }, at) => {
    const node = layer.children[at];
    node.className = `note voice-${track % 4}`;
    node.style.left = `${(100 * step) / end}%`;
    node.style.width = `${(100 * length) / end}%`;
    node.style.bottom = `${(100 * (pitch - low)) / rows}%`;
    node.style.height = `${(100 * full) / rows}%`;
    hand.dress(node, at);
  });
}

/** Where a pointer is: sixteenth and pitch. */
function place(event) {
  const box = field.getBoundingClientRect();
  const step = Math.floor(((event.clientX - box.left) / box.width) * tune.bars * tune.steps);
  const pitch = low + rows - 1 - Math.floor(((event.clientY - box.top) / box.height) * rows);
  return { step: Math.max(0, Math.min(tune.bars * tune.steps - 1, step)), pitch };
}

/** The line under which it sounds, and the notes that do. */
function follow() {
  if (store.get().sounding) requestAnimationFrame(follow);
  if (root.hidden || !tune) return;
  const beat = beatNow();
  head.hidden = beat === null;
  const step = beat === null ? -1 : beat * tune.beat;
  const end = tune.bars * tune.steps;
  head.style.left = `${(100 * Math.min(step, end)) / end}%`;
  if (tune.bars > WIDE && beat !== null) turnPage(step / end);
  tune.notes.forEach((note, at) => {
    layer.children[at]?.classList.toggle("sounds", !still() && step >= note.step && step < note.step + note.length);
  });
}

/** Keep the place in view where it sounds: turn on where it leaves the roll. */
function turnPage(share) {
  const { scrollLeft, scrollWidth, clientWidth } = scroller;
  const at = share * scrollWidth;
  if (at < scrollLeft || at > scrollLeft + clientWidth) scroller.scrollLeft = Math.floor(at / clientWidth) * clientWidth;
}

/** Change what is kept of the notes that stand. */
function keep(notes, kept, label) {
  const { request: now } = store.get(); // may be ahead of what the canvas shows
  const controls = { ...now.controls, kept_notes: stones.keptText(notes, tune, kept) };
  if (!controls.kept_notes) delete controls.kept_notes;
  store.change({ ...now, controls }, { label, parents: [currentParent(store, "edit")] });
}

const keptNow = () => stones.keptOf(store.get().request.controls?.kept_notes, tune.bars, tune.voices);

/** Keep a bar or let it go, once it and all that are kept are written. */
function lock(bar) {
  const kept = keptNow();
  const needed = [...kept[0].keys()].filter((at) => at === bar || kept.some((line) => line[at]));
  onceWritten(() => lay(stones.turnBar(keptNow(), bar), "bar", bar), needed);
}

/** Stones were laid or lifted: `kind` and `at` say which. */
function lay(kept, kind, at) {
  const laid = kind === "bar" ? stones.wholeBars(kept)[at] : stones.wholeVoices(kept)[at];
  keep(tune.notes, kept, "undo.bar");
  if (tune.voices < 2 || !laid) return;
  if (kind === "bar") store.say("music.around");
  else store.say("music.around_voice", { voice: t(`music.voice_${at}`) });
}

const liftAll = () => keep(tune.notes, stones.filled(keptNow(), false), "undo.bar");

/** Notes by hand: they stand, and so does every other bar. */
function commit(notes) {
  const kept = keptNow();
  if (!stones.everything(kept)) store.say("music.written");
  tune = { ...tune, notes };
  draw(notes);
  list.draw();
  const all = stones.filled(kept, true);
  awaited = stones.keptText(notes, tune, all);
  keep(notes, all, "undo.notes");
}

/** Write others for a bar. */
function offer(bar) {
  const number = bar + 1;
  const part = { begin: bar * tune.steps, length: tune.steps };
  offered(stones.allButBar(keptNow(), bar), part, t("music.others", { number }), () => store.say("music.no_others", { number }), "undo.another_bar");
}

/** Write others for a voice; the bars in view are shown. */
function offerVoice(at) {
  const voice = t(`music.voice_${at}`);
  const part = { begin: ruler.first() * tune.steps, length: Math.min(WIDE, tune.bars) * tune.steps, voice: at };
  offered(stones.allButVoice(keptNow(), at), part, t("music.another_voice", { voice }), () => store.say("music.no_others_voice", { voice }), "undo.another_voice");
}

function offered(kept, part, title, none, label) {
  others.open({
    title,
    known: keyOfPart(tune.notes, part),
    offers: otherNotes(store, kept, tune.notes, tune, part),
    choose: (one) => store.change(one, { label, parents: [currentParent(store, "edit")] }),
    look: audition,
    none,
  });
}

/** What waited was meant for the tune before. Where every bar is kept, what moves the melody moves nothing: say so. */
function moved({ request: now }) {
  others.close();
  const before = last;
  last = now;
  const shaped = ["seed", "point", "directions"].some((name) => !sameRequest(before?.[name], now?.[name]));
  if (shaped) waiting = [];
  const text = now?.controls?.kept_notes;
  if (root.hidden || !tune || !text || !before || before.controls.kept_notes !== text) return;
  if (shaped && stones.everything(keptNow())) store.say("music.all_kept");
}
