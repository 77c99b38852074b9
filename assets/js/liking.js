/**
 * What I think you like: a line per quality with a dot where it is liked most and a band for how
 * sure that is. A tap opens a line to correct or mute it. Below, which signals count.
 */
import { afterPause, button, fill, h } from "./dom.js";
import { t } from "./i18n.js";
import { capital, liked, load, quality } from "./taste.js";

const REACH = 2; // sd at either end of a line
const EVEN = 0.15; // sd: about as much one way as the other
const SIGNALS = ["keep", "pair", "rating", "skip", "edit", "another", "undo"];

let store;
let list;
let signals;
let opened = ""; // the quality whose line is open
let said = Promise.resolve(); // the last correction on its way
const rows = new Map(); // name -> {node, head, editor, ...}

/** The list and the switches. */
export function build(given) {
  store = given;
  list = h("ul", { class: "liking-list", "aria-label": t("liking.title") });
  signals = h("fieldset", { class: "signals" });
  store.subscribe("taste", ({ taste }) => taste && draw(taste));
  return [list, signals];
}

function draw({ attributes, signals: used, heard }) {
  const names = attributes.map((one) => one.name).join();
  if (list.dataset.names !== names) {
    list.dataset.names = names;
    rows.clear();
    const none = h("li", { class: "liking-none" }, t("liking.measuring"));
    fill(list, names ? attributes.map((one) => line(one.name)) : none);
  }
  attributes.forEach(show);
  drawSignals(used, heard);
}

/** One quality: its line, and what opens below it. */
function line(name) {
  const id = `liking-${name}`;
  const words = h("span", { class: "liking-what" });
  const sure = h("span", { class: "liking-sure" });
  const track = h("span", { class: "liking-track", "aria-hidden": "true" }, h("i", {}), h("b", {}));
  const head = h(
    "button",
    {
      type: "button",
      class: "liking-line",
      "aria-expanded": "false",
      "aria-controls": id,
      on: { click: () => open(opened === name ? "" : name) },
    },
    words,
    track,
    sure,
  );
  const range = h("input", {
    type: "range",
    class: "thin",
    min: String(-REACH),
    max: String(REACH),
    step: "0.1",
    "aria-label": t("liking.correct", { name: quality(name) }),
  });
  const mute = h("input", { type: "checkbox", role: "switch" });
  const again = button("liking.again", () => {
    range.focus(); // the button goes away
    put(name, { correction: null });
  });
  const editor = h(
    "div",
    { class: "liking-editor", id, hidden: true },
    h("label", { class: "close-far" }, h("span", {}, liked(name, false)), range, h("span", {}, liked(name, true))),
    h("div", { class: "liking-verbs" }, h("label", { class: "switch" }, mute, t("liking.mute")), again),
  );
  const send = afterPause(() => put(name, { correction: Number(range.value) }), 250);
  range.addEventListener("input", () => {
    spoken(range, name);
    send();
  });
  mute.addEventListener("change", () => put(name, { muted: mute.checked }));
  editor.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    open("");
    head.focus();
  });
  const node = h("li", {}, head, editor);
  rows.set(name, { node, head, words, sure, editor, range, mute, again });
  return node;
}

function open(name) {
  opened = name;
  for (const [one, { head, editor }] of rows) {
    editor.hidden = one !== name;
    head.setAttribute("aria-expanded", String(one === name));
  }
}

/** Where it stands now: the person's word counts for more than the guess. */
function show({ name, mean, spread, state, correction, muted }) {
  const { node, words, sure, range, mute, again } = rows.get(name);
  const at = correction ?? mean;
  const known = correction !== null || state !== "unknown";
  const even = Math.abs(at) < EVEN;
  words.textContent = capital(known && !even ? liked(name, at > 0) : quality(name));
  sure.textContent = t(`liking.${muted ? "muted" : correction !== null ? "yours" : even && known ? "even" : state}`);
  node.dataset.state = muted ? "muted" : correction !== null ? "yours" : state;
  node.style.setProperty("--at", share(at));
  const wide = correction !== null ? 0 : spread;
  node.style.setProperty("--from", share(at - wide));
  node.style.setProperty("--to", share(at + wide));
  if (document.activeElement !== range) range.value = at.toFixed(1);
  spoken(range, name);
  mute.checked = muted;
  again.hidden = correction === null;
}

const share = (value) => String((Math.max(-REACH, Math.min(REACH, value)) + REACH) / (2 * REACH));

function spoken(range, name) {
  const value = Number(range.value);
  range.style.setProperty("--fill", `${100 * Number(share(value))}%`);
  const words = Math.abs(value) < EVEN ? t("liking.even") : liked(name, value > 0);
  range.setAttribute("aria-valuetext", words);
}

/** Correct, mute or let it guess again: one after the other, each on top of what then holds. */
function put(name, patch) {
  said = said.then(async () => {
    const { correction, muted } = store.get().taste.attributes.find((one) => one.name === name);
    const body = { correction, muted, ...patch };
    await store.api("PUT", `/studio/taste/attributes/${encodeURIComponent(name)}`, body);
    await load(); // refused or not: show what holds
  });
}

/* Signals: what of all that was done is learnt from. */

function drawSignals(used, heard) {
  if (!signals.childElementCount) {
    const known = SIGNALS.filter((name) => name in used);
    fill(signals, h("legend", {}, t("signals.title")), known.map(signal));
  }
  for (const box of signals.querySelectorAll("input")) {
    box.checked = used[box.name];
    box.nextElementSibling.nextElementSibling.textContent = String(heard[box.name] ?? 0);
  }
}

function signal(name) {
  const box = h("input", { type: "checkbox", role: "switch", name });
  box.addEventListener("change", async () => {
    await store.api("PUT", "/studio/taste/signals", { [name]: box.checked });
    await load();
  });
  const word = h("span", {}, t(`signals.${name}`));
  return h("label", { class: "switch", title: t(`signals.${name}_tip`) }, box, word, h("b", { "aria-hidden": "true" }));
}
