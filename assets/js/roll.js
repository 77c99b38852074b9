/**
 * The tune on the stage, as a piano roll: time to the right, pitch upwards, a ruler of bars above.
 *
 * A bar can be kept (its number is the lock), or written again with four others to choose from;
 * notes can be drawn, moved and taken out (roll-hand.js), and read as a list. It lies over the canvas,
 * which has the same tune as a picture, and is there only while that is what the canvas shows.
 */
import { button, fill, h, icon, still } from "./dom.js";
import { t } from "./i18n.js";
import { currentParent } from "./kept.js";
import * as others from "./others.js";
import { mountHand } from "./roll-hand.js";
import { mountList } from "./roll-list.js";
import { HIGHEST, keptOf, keptText, LOWEST, notesOf, shiftOf, SIXTEENTH } from "./roll-notes.js";
import { keyOfBar, otherBars } from "./roll-others.js";
import { audition, beatNow } from "./sound.js";
import { onShown } from "./stage.js";

const ROWS = 24; // semitones that are shown at least, as in pipelines/music/roll.py
const SLACK = 5; // semitones at an edge that may stay empty before the roll is centred again

let store;
let root;
let ruler;
let field;
let layer; // of the notes
let head; // where it sounds
let lift;
let hand; // draws, moves and takes out
let list;
let tune = null; // {notes, steps, bars, beat, shift, key, editable} of what is shown
let request = null;
let last = null; // recipe before the one of now
let low = 0; // lowest pitch that is shown
let rows = ROWS;
let framed = ""; // what low and rows were chosen for

export function mount(the) {
  store = the;
  ruler = h("div", { class: "roll-ruler" });
  layer = h("div", { class: "roll-notes" });
  head = h("div", { class: "playhead", hidden: true });
  field = h("div", { class: "roll-field" }, h("div", { class: "roll-grid" }), layer, head);
  lift = button("music.lift_all", liftAll, { class: "quiet", hidden: true });
  const write = button("music.write", () => hand.turn(), { class: "quiet roll-write", "aria-pressed": "false" });
  const read = button("music.list", () => list.turn(), { class: "quiet", "aria-expanded": "false" });
  const tools = h("div", { class: "roll-tools" }, write, read, lift);
  root = h("div", { id: "roll", hidden: true, role: "group", "aria-label": t("music.roll") }, ruler, field, tools);
  // What is pressed here is a button; the paper between is the picture's, see gestures.js.
  root.addEventListener("pointerdown", (event) => event.target.closest("button") && event.stopPropagation());
  document.getElementById("frame").append(root);
  hand = mountHand({ root, field, layer, switcher: write, tune: () => tune, place, draft: draw, commit });
  list = mountList({ root, switcher: read, tune: () => tune, hand });
  onShown(show);
  store.subscribe("request", moved);
  requestAnimationFrame(follow);
}

/** Show the tune that is on the canvas; a picture without notes hides the roll. */
function show({ score }) {
  root.hidden = !score;
  if (!score || hand.busy()) return;
  request = store.get().request;
  const values = store.values(request);
  const steps = score.bar / SIXTEENTH;
  tune = {
    notes: notesOf(score),
    steps,
    bars: Math.max(1, Math.ceil(score.end / score.bar)),
    beat: score.beat / SIXTEENTH,
    shift: shiftOf(values),
    key: values.key,
    editable: store.control("kept_notes") !== undefined,
  };
  root.classList.toggle("editable", tune.editable);
  frame(tune.notes);
  drawRuler();
  draw(tune.notes);
  list.draw();
}

/** Choose which pitches are shown; as before while the notes fit and the tune is the same to look at. */
function frame(notes) {
  const pitches = notes.length ? notes.map(({ pitch }) => pitch) : [LOWEST + 24];
  const [least, most] = [Math.min(...pitches), Math.max(...pitches)];
  const same = framed === `${tune.shift} ${tune.bars}`;
  const wide = rows > Math.max(ROWS, most - least + 1 + 2 * SLACK);
  if (same && !wide && least >= low && most < low + rows) return;
  framed = `${tune.shift} ${tune.bars}`;
  rows = Math.max(ROWS, most - least + 5);
  low = Math.round((least + most + 1 - rows) / 2);
  const octaves = [];
  for (let pitch = low; pitch < low + rows; pitch += 1) {
    if (pitch % 12 !== 0) continue;
    const name = h("span", {}, `C${pitch / 12 - 1}`);
    octaves.push(h("div", { class: "octave", style: { bottom: `${(100 * (pitch - low)) / rows}%` } }, name));
  }
  const grid = fill(field.firstChild, octaves);
  grid.style.setProperty("--rows", rows);
}

/** The head of every bar: its number, which keeps it, and four others. */
function drawRuler() {
  const kept = keptOf(request.controls?.kept_notes, tune.bars);
  root.style.setProperty("--bars", tune.bars);
  root.style.setProperty("--beats", (tune.bars * tune.steps) / tune.beat);
  while (ruler.children.length > tune.bars) ruler.lastChild.remove();
  while (ruler.children.length < tune.bars) ruler.append(bar(ruler.children.length));
  [...ruler.children].forEach((node, at) => {
    node.firstChild.ariaPressed = String(kept[at]);
    node.classList.toggle("kept", kept[at]);
    for (const one of node.children) one.disabled = !tune.editable;
  });
  lift.hidden = !kept.some(Boolean);
}

function bar(at) {
  const number = at + 1;
  const keeps = t("music.keep", { number });
  const again = t("music.another", { number });
  return h(
    "div",
    { class: "bar-head" },
    h("button", { type: "button", class: "bar-lock", "aria-label": keeps, title: keeps, on: { click: () => toggle(at) } }, String(number)),
    h("button", { type: "button", class: "plain again", "aria-label": again, title: again, on: { click: () => offer(at) } }, icon("another")),
  );
}

/** Put notes where they belong; those that were there before glide. */
function draw(notes) {
  const end = tune.bars * tune.steps;
  while (layer.children.length > notes.length) layer.lastChild.remove();
  while (layer.children.length < notes.length) layer.append(hand.node());
  notes.forEach(({ step, length, pitch, track = 0 }, at) => {
    const node = layer.children[at];
    node.className = `note voice-${track % 4}`;
    node.style.left = `${(100 * step) / end}%`;
    node.style.width = `${(100 * length) / end}%`;
    node.style.bottom = `${(100 * (pitch - low)) / rows}%`;
    node.style.height = `${100 / rows}%`;
    hand.dress(node, at);
  });
}

/** Where a pointer is: sixteenth and pitch. */
function place(event) {
  const box = field.getBoundingClientRect();
  const step = Math.floor(((event.clientX - box.left) / box.width) * tune.bars * tune.steps);
  const pitch = low + rows - 1 - Math.floor(((event.clientY - box.top) / box.height) * rows);
  return {
    step: Math.max(0, Math.min(tune.bars * tune.steps - 1, step)),
    pitch: Math.max(LOWEST + tune.shift, Math.min(HIGHEST + tune.shift, pitch)),
  };
}

/** The line under which it sounds, and the notes that do. */
function follow() {
  requestAnimationFrame(follow);
  if (root.hidden || !tune) return;
  const beat = beatNow();
  head.hidden = beat === null;
  if (beat === null && !layer.querySelector(".sounds")) return;
  const step = beat === null ? -1 : beat * tune.beat;
  const end = tune.bars * tune.steps;
  head.style.left = `${(100 * Math.min(step, end)) / end}%`;
  tune.notes.forEach((note, at) => {
    layer.children[at]?.classList.toggle("sounds", !still() && step >= note.step && step < note.step + note.length);
  });
}

/** Change what is kept of the notes that stand. */
function keep(notes, kept, label) {
  const controls = { ...request.controls, kept_notes: keptText(notes, tune, kept) };
  if (!controls.kept_notes) delete controls.kept_notes;
  store.change({ ...request, controls }, { label, parents: [currentParent(store, "edit")] });
}

function toggle(at) {
  const kept = keptOf(request.controls?.kept_notes, tune.bars);
  kept[at] = !kept[at];
  keep(tune.notes, kept, "undo.bar");
}

function liftAll() {
  keep(tune.notes, [], "undo.bar");
}

/** Notes by hand: they stand, and so does every other bar. */
function commit(notes) {
  const all = keptOf(request.controls?.kept_notes, tune.bars);
  if (!all.every(Boolean)) store.say("music.written");
  tune = { ...tune, notes };
  draw(notes);
  list.draw();
  keep(notes, all.fill(true), "undo.notes");
}

/** Write others for a bar. */
function offer(at) {
  const number = at + 1;
  others.open({
    title: t("music.others", { number }),
    known: keyOfBar(tune.notes, at, tune.steps),
    offers: otherBars(store, at, tune.notes, tune),
    choose,
    look: audition,
    none: () => store.say("music.no_others", { number }),
  });
}

/** One of the four others of a bar. */
function choose(one) {
  store.change(one, { label: "undo.another_bar", parents: [currentParent(store, "edit")] });
}

/** Where every bar is kept, what moves the melody moves nothing: say so. */
function moved({ request: now }) {
  others.close();
  const before = last;
  last = now;
  const text = now?.controls?.kept_notes;
  if (root.hidden || !tune || !text || before?.controls.kept_notes !== text) return;
  const shaped = ["seed", "point", "directions"].some((name) => before[name] !== now[name]);
  if (shaped && keptOf(text, tune.bars).every(Boolean)) store.say("music.all_kept");
}
