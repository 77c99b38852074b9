/**
 * Ask me: two works side by side, the pair whose answer would teach the most. 1 takes the left one,
 * 2 the right one, 3 says that one can't say. When answers stop helping it says so and stops.
 */
import { fill, h } from "./dom.js";
import { face } from "./face.js";
import { t } from "./i18n.js";
import { register } from "./keys.js";
import { hush, listening, soundOf } from "./listen.js";
import { sounds } from "./media.js";
import { retract, tell } from "./taste.js";

const ANSWERS = { 1: "left", 2: "right", 3: "neither" };

let store;
let root;
let words; // what is asked, or that it is enough
let bar;
let sides; // the two works
let verbs;
let pair = null;
let answered = 0;
let busy = false;
let anyway = false; // asked on although it was enough
let of = ""; // the model the pair is of

/** The left part of the Taste view. */
export function build(given) {
  store = given;
  words = h("p", { class: "ask-left", id: "ask-left" });
  bar = h("div", {
    class: "ask-bar",
    role: "progressbar",
    "aria-labelledby": "ask-left",
    "aria-valuemin": "0",
    "aria-valuemax": "100",
  });
  sides = h("div", { class: "ask-pair", role: "group", "aria-label": t("ask.pair") });
  verbs = h("div", { class: "ask-verbs" });
  root = h(
    "section",
    { class: "ask-me", "aria-labelledby": "ask-title" },
    h("header", {}, h("h2", { id: "ask-title" }, t("ask.title")), words, bar),
    sides,
    verbs,
  );
  const told = (event) => (showing() ? void answer(ANSWERS[event.key]) : false);
  register("1 / 2 / 3", told, { label: "keys.answer" });
  store.subscribe(["view", "model"], ({ view, model }) => {
    if (view !== "taste" || !model) return;
    if (!pair || of !== model.id) next();
  });
  return root;
}

const showing = () => store.get().view === "taste" && pair !== null && !sides.hidden;

/** Bring the pair that would teach the most now. */
async function next() {
  const { model } = store.get();
  busy = true;
  const came = await store.api("POST", "/studio/taste/pair", { model: model.id });
  busy = false;
  if (!came?.left) {
    if (!pair) ended("ask.none");
    return;
  }
  pair = came;
  of = model.id;
  if (came.enough && !anyway) ended("ask.enough");
  else draw();
}

function draw() {
  const left = Math.max(0, Math.round(pair.questions_left ?? 0));
  progress(answered / Math.max(1, answered + left));
  words.textContent = left ? t(left === 1 ? "ask.left_one" : "ask.left", { count: left }) : t("ask.further");
  const focused = root.contains(document.activeElement) ? document.activeElement.dataset.answer : null;
  sides.hidden = false;
  fill(sides, work("left", "1"), work("right", "2"), ...(sounds(store.get().model.medium) ? ["left", "right"].map(sound) : []));
  fill(verbs, verb("left", "1"), verb("neither", "3"), verb("right", "2"));
  if (focused) root.querySelector(`.ask-verbs [data-answer=${focused}]`)?.focus({ preventScroll: true });
}

function work(side, key) {
  return h(
    "button",
    {
      type: "button",
      class: "ask-work",
      tabIndex: -1, // the buttons below are in the order of Tab; this is for the hand
      "aria-label": t(`ask.${side}_side`),
      data: { answer: side, key },
      on: { click: () => answer(side) },
    },
    face(pair[side].image),
  );
}

/** A tune is judged by ear. */
const sound = (side) =>
  listening(() => soundOf(store, pair[side].request), { class: "quiet ask-sound", name: t(`ask.${side}_side`) });

function verb(side, key) {
  return h(
    "button",
    { type: "button", class: "quiet", data: { answer: side }, on: { click: () => answer(side) } },
    h("kbd", { "aria-hidden": "true" }, key),
    t(`ask.${side}_side`),
  );
}

/** Send an answer, show that it was heard, and ask the next one. */
async function answer(side) {
  if (busy || !pair) return;
  busy = true;
  hush();
  const [left, right] = [pair.left.request, pair.right.request];
  root.dataset.answered = side;
  const chosen = side === "neither" ? null : pair[side].request;
  const heard = await tell("pair", chosen, {
    payload: { left, right, answer: side },
    shown: [left, right],
  });
  busy = false;
  if (heard) {
    answered += 1;
    undoable(pair, side, heard);
    await next();
  }
  delete root.dataset.answered;
}

/** An answer is a step of the undo line: the pair comes back, and what was said is not learnt. */
function undoable(asked, side, heard) {
  const back = async () => {
    await retract(heard);
    pair = asked;
    answered -= 1;
    draw();
  };
  store.record({ label: "undo.answer", undo: back, redo: () => void (pair === asked && answer(side)) });
}

/** No pair: enough is known, or there is nothing to ask about. */
function ended(key) {
  progress(key === "ask.enough" ? 1 : 0);
  words.textContent = t(key);
  sides.hidden = true;
  fill(sides);
  const on = h("button", { type: "button", class: "quiet", on: { click: goOn } }, t("ask.anyway"));
  fill(verbs, key === "ask.enough" ? on : null);
}

function goOn() {
  anyway = true;
  draw();
  verbs.querySelector("button")?.focus();
}

function progress(share) {
  bar.style.setProperty("--share", String(share));
  bar.setAttribute("aria-valuenow", String(Math.round(100 * share)));
}
