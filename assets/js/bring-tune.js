/**
 * Bring your own, of models of music: hum into the microphone, or bring a recording or MIDI. What was
 * heard is shown in bars beside how the model says it; tempo, metre and bars can be put right before
 * one of the two becomes the work. The recording goes to our server, which keeps only its notes.
 */
import { request as http, StudioError } from "./api.js";
import { counting } from "./bring-count.js";
import { afterPause, button, fill, h, icon, iconButton } from "./dom.js";
import { silence } from "./floor.js";
import { t } from "./i18n.js";
import { hush, listening, soundOf } from "./listen.js";
import { sounds } from "./media.js";
import { NoMicrophone, record } from "./recorder.js";
import { rollFigure, spelled } from "./roll-figure.js";

const MOST = 20_000_000; // bytes
const LONGEST = 30; // seconds of a recording
const PAUSE = 250; // ms after a change before it is counted anew
const FILES = "audio/*,video/webm,.mid,.midi,.wav,.mp3,.flac,.ogg,.opus,.m4a,.webm";
const ENDING = /\.(wav|mp3|flac|ogg|oga|opus|m4a|aac|aiff?|webm|midi?)$/i;

let store;
let panel;
let body;
let told; // what readers hear
let chooser;
let recorder = null; // {stop, drop} while it records
let brought = null; // {id, source, notes, beats} as the server answered
let counted = null; // {tempo, first, start, given, seen, ...}
let round = 0; // what comes in for an older one is dropped

export function mount(given) {
  store = given;
  body = h("div", { class: "tune-body" });
  told = h("p", { class: "tune-told", role: "status" });
  chooser = h("input", { type: "file", class: "unseen", id: "tune-file", tabIndex: -1, accept: FILES, "aria-label": t("hum.choose") });
  chooser.addEventListener("change", () => chooser.files[0] && open(chooser.files[0]));
  const title = h("h2", { id: "tune-title" }, t("hum.title"));
  const head = h("header", { class: "bring-head" }, title, iconButton("close", "bring.close", leave));
  const own = { id: "tune", class: "bring tune", hidden: true, tabIndex: -1, "aria-labelledby": "tune-title" };
  panel = h("section", { ...own, on: { keydown: keys } }, head, told, body, chooser);
  (document.querySelector(".gradio-container") ?? document.body).append(panel);
  store.subscribe("view", ({ view }) => view !== "studio" && leave());
  store.subscribe("model", leave);
}

/** Whether the model in use can take a tune in. */
export const can = () => Boolean(store.get().model?.invertible) && sounds(store.get().model.medium);

/** Whether a file is a recording or MIDI, by what its name and the browser say. */
export const sounding = (file) => /^audio\/|^video\/webm/.test(file.type) || ENDING.test(file.name ?? "");

/** Whether a file can hold no recipe of ours, so that it need not be opened as one. */
export const foreign = (file) => sounding(file) && !/\.(wav|mp3|midi?)$/i.test(file.name ?? "") && !/wav|mpeg|midi?$/.test(file.type);

function keys(event) {
  event.stopPropagation(); // Space is not the stage's here
  if (event.key === "Escape") leave();
}

/** Open the panel, with nothing brought yet. */
export function begin() {
  show();
  start();
  panel.querySelector(".tune-record").focus({ preventScroll: true });
}

function show() {
  if (store.get().view !== "studio") location.hash = "#/";
  silence();
  panel.hidden = false;
}

function start() {
  brought = null;
  counted = null;
  panel.dataset.state = "start";
  const shut = h("button", { type: "button", class: "quiet tune-record", on: { click: hum } }, h("span", { class: "tune-dot", "aria-hidden": "true" }), t("hum.record"));
  const choose = () => {
    chooser.value = "";
    chooser.click();
  };
  fill(
    body,
    h("p", {}, t("hum.how")),
    h("div", { class: "tune-doors" }, shut, button("hum.choose", choose)),
    h("p", { class: "tune-small" }, t("hum.privacy", { most: LONGEST })),
  );
}

/** Say something in the panel, where hand and eye are. */
function say(text, bad = false) {
  told.textContent = text;
  told.classList.toggle("bad", bad);
}

async function hum() {
  say(t("hum.asking"));
  silence();
  const mine = (round += 1);
  const meter = h("div", { class: "tune-meter", "aria-hidden": "true" }, h("div", {}));
  const clock = h("span", { class: "tune-clock", role: "timer" });
  const heard = (seconds, level) => {
    meter.style.setProperty("--level", level);
    clock.textContent = t("hum.clock", { seconds: Math.floor(seconds), most: LONGEST });
  };
  try {
    const made = await record({ most: LONGEST, heard, done: hear });
    if (mine !== round || panel.hidden) return made.drop();
    recorder = made;
  } catch (error) {
    if (mine !== round) return undefined;
    say(t(`hum.microphone.${error instanceof NoMicrophone ? error.message : "broken"}`), true);
    return undefined;
  }
  panel.dataset.state = "recording";
  say(t("hum.recording"));
  const stop = button("hum.stop", () => recorder?.stop(), { class: "quiet tune-stop" });
  stop.prepend(h("span", { class: "tune-square", "aria-hidden": "true" }));
  fill(body, h("div", { class: "tune-doors" }, stop, clock), meter);
  stop.focus({ preventScroll: true });
  return undefined;
}

/** Open the panel with a recording or a MIDI file. @param {Blob} file  @returns {Promise<boolean>} whether it was heard */
export async function open(file) {
  show();
  drop();
  if (!brought) start();
  round += 1;
  return hear(file);
}

async function hear(file) {
  const mine = round;
  recorder = null;
  if (file.size > MOST) return refuse(new StudioError({ code: "recording_too_large", name: file.name ?? t("hum.yours") }));
  panel.dataset.state = "listening";
  say(t("hum.listening"));
  body.inert = true;
  const query = new URLSearchParams({ model: store.get().model.id, name: file.name ?? t("hum.yours") });
  try {
    const answer = await http("POST", `/studio/bring?${query}`, file);
    if (mine !== round || panel.hidden) return false;
    brought = answer;
    hush();
    body.inert = false;
    draw(answer.count, true);
    panel.querySelector(".tune-take").focus({ preventScroll: true });
    return true;
  } catch (error) {
    return mine === round && !panel.hidden ? refuse(error) : false;
  }
}

/** Nothing is lost: what was heard before stays, and one can try again. */
function refuse(error) {
  body.inert = false;
  const info = error instanceof StudioError ? error.info : { code: "offline" };
  if (!brought) start();
  else if (body.querySelector(".tune-sides")) panel.dataset.state = "heard";
  else draw(counted, true);
  say(t(`errors.${info.code}`, info), true);
  panel.querySelector(".tune-record").focus({ preventScroll: true });
  return false;
}

/** The recipe as the artist's instrument plays it; MIDI has its own. */
function played(request) {
  const { instrument } = store.values();
  return instrument && brought.source === "recording" ? store.withValue(request, "instrument", instrument) : request;
}

function side(name, { score, request }) {
  const words = spelled(score, request.controls.key);
  const hearIt = listening(() => soundOf(store, played(request)), { class: "quiet", name: t(`hum.${name}`) });
  const label = t("hum.notes", { what: t(`hum.${name}`), notes: words });
  return h("figure", { class: `tune-${name}` }, h("figcaption", {}, t(`hum.${name}`), hearIt), rollFigure(score, label));
}

/** That it was moved: models of tunes know no basses. */
function octaves(by) {
  const key = by > 0 ? "hum.up" : "hum.down";
  return t(Math.abs(by) > 1 ? `${key}_more` : key, { count: Math.abs(by) });
}

/** What was heard, and how the model says it. */
function draw(answer, first = false) {
  counted = answer;
  panel.dataset.state = "heard";
  const notes = [t(`hum.near.${answer.closeness}`)];
  if (answer.octaves) notes.push(octaves(answer.octaves));
  if (answer.bars > answer.num_bars) notes.push(t("hum.cut", { bars: answer.num_bars, of: answer.bars }));
  say(notes.join(" "));
  const sides = h("div", { class: "tune-sides" }, side("given", answer.given), side("seen", answer.seen));
  if (!first) {
    body.querySelector(".tune-sides").replaceWith(sides);
    body.tuning.show(answer);
    return;
  }
  body.tuning = counting({ brought, answer, own: store.values().tempo, changed: afterPause(recount, PAUSE) });
  const again = h("button", { type: "button", class: "quiet tune-record", on: { click: hum } }, icon("another"), t("hum.again"));
  fill(
    body,
    sides,
    body.tuning.root,
    h(
      "div",
      { class: "bring-foot" },
      button("hum.take", () => take("seen"), { class: "quiet tune-take" }),
      button("hum.take_given", () => take("given")),
      again,
    ),
  );
}

/** Count what was heard otherwise; the newest wish wins. */
async function recount() {
  const mine = (round += 1);
  try {
    const answer = await http("POST", `/studio/bring/${brought.id}/count`, body.tuning.wish());
    if (mine === round && !panel.hidden) {
      hush();
      draw(answer);
    }
  } catch (error) {
    if (mine !== round || panel.hidden) return;
    const info = error instanceof StudioError ? error.info : { code: "offline" };
    body.tuning.show(counted);
    say(t(`errors.${info.code}`, info), true);
  }
}

/** It becomes the current work, one step of the undo line. */
function take(which) {
  const request = played(counted[which].request);
  leave();
  store.change(request, { label: "undo.bring_tune", parents: [] });
  store.say(which === "seen" ? "hum.taken" : "hum.taken_given", {}, "good", { seconds: 20 });
}

function drop() {
  recorder?.drop();
  recorder = null;
}

/** Close the panel; a recording under way is forgotten. */
function leave() {
  if (panel.hidden) return;
  round += 1;
  drop();
  hush();
  const inside = panel.contains(document.activeElement);
  panel.hidden = true;
  body.inert = false;
  say("");
  fill(body);
  brought = null;
  if (inside) document.getElementById("bring-open").focus({ preventScroll: true });
}
