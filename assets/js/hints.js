/**
 * The hint line: one sentence at a time. What just happened stays a few seconds; below it waits the
 * next of the six first hints, each shown until done once and then never again.
 */
import { h } from "./dom.js";
import { has, t } from "./i18n.js";

const STAYS = 6; // seconds
const RANK = { info: 0, good: 0, bad: 1 };

/** The six, in order: shown when `due` is true of the state, gone when its name is done. */
const HINTS = [
  { name: "drag", due: () => true },
  { name: "keep", due: ({ hints }) => hints.drag },
  { name: "tap", due: ({ hints }) => hints.drag && hints.keep },
  { name: "kept", due: ({ total }) => total >= 1 },
  { name: "bridge", due: ({ total, hints }) => total >= 2 && hints.kept },
  { name: "files", due: ({ total }) => total >= 5 },
];

let store;
let line;
let timer = 0;
let saying = null;

export function mount(the) {
  store = the;
  line = document.getElementById("hint");
  store.onSay(hear);
  store.subscribe(["hints", "total", "size"], rest);
  store.subscribe("total", ({ total, hints }) => {
    if (total >= 1 && !hints.keep) store.done("keep");
  });
}

/** The hint that is due, or null. */
export function dueHint(state) {
  return HINTS.find((one) => !state.hints[one.name] && one.due(state)) ?? null;
}

function rest() {
  if (saying) return;
  const hint = dueHint(store.get());
  line.className = "";
  if (!hint || !store.get().model) {
    line.replaceChildren();
    return;
  }
  const phone = store.get().size === "phone" && has(`hints.${hint.name}_touch`);
  const text = t(`hints.${hint.name}${phone ? "_touch" : ""}`);
  if (line.dataset.hint === hint.name && line.textContent === text) return;
  line.replaceChildren(text);
  line.dataset.hint = hint.name;
  // Read once, it is done: there is nothing to do about it.
  if (hint.name === "kept") setTimeout(() => store.done("kept"), 8000);
}

function hear(words) {
  if (saying && RANK[saying.kind] > RANK[words.kind] && performance.now() < saying.until - 3000)
    return;
  const seconds = words.seconds ?? (words.kind === "bad" ? 12 : STAYS);
  saying = { ...words, until: performance.now() + seconds * 1000 };
  delete line.dataset.hint;
  line.className = words.kind;
  line.replaceChildren(sentence(words));
  if (words.action) line.append(" ", actionOf(words));
  clearTimeout(timer);
  timer = setTimeout(hush, seconds * 1000);
}

/** Forget what is said and go back to the hint that is due. */
function hush() {
  clearTimeout(timer);
  saying = null;
  rest();
}

function actionOf({ action }) {
  const press = () => {
    hush();
    action.run();
  };
  return h("button", { type: "button", class: "quiet", on: { click: press } }, t(action.key));
}

/** The words of something that was said. */
export function sentence({ key, values }) {
  if (has(key)) return t(key, named(values));
  return key.startsWith("errors.") ? t("errors.other", named(values)) : t(key, values);
}

/** A control at fault by the name the page gives it, and the bounds that the rule speaks of. */
function named(values) {
  const bounds = /\[(\S+), (\S+)\]/.exec(values?.rule ?? "");
  const known = bounds ? { minimum: bounds[1], maximum: bounds[2] } : {};
  const control = values?.name && has(`controls.${values.name}`);
  return { ...known, ...values, ...(control ? { name: t(`controls.${values.name}`) } : {}) };
}
