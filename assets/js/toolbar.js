/** Another, Undo, Redo, Compare and the heart, by button and key. */
import { request as http } from "./api.js";
import { has, t } from "./i18n.js";
import { register } from "./keys.js";
import { sameRequest } from "./recipe.js";
import { keepLocked } from "./sliders.js";
import { hold, release, remembered, remember } from "./stage.js";

let store;
let comparing = false;

export function mount(the) {
  store = the;
  press("tool-another", () => another());
  press("tool-undo", () => back());
  press("tool-redo", () => forth());
  press("favourite", () => toggleKeep());
  mountCompare();
  register("F", () => void toggleKeep(), { label: "keys.keep" });
  register("X", () => void skip(), { label: "keys.skip" });
  register("R", () => void another(), { label: "keys.another" });
  register("Z", () => void back(), { label: "keys.undo", repeat: true });
  register("Shift+Z", () => void forth(), { label: "keys.redo", repeat: true });
  register("Space / C", compareByKey, { label: "keys.compare", release: endCompare });
  store.subscribe(["past", "future", "compareWith", "works", "request"], refresh);
}

const press = (id, run) => document.getElementById(id).addEventListener("click", run);

function refresh({ past, future, compareWith }) {
  step("tool-undo", past, "undo.tip", "tips.undo");
  step("tool-redo", future, "undo.redo_tip", "tips.redo");
  document.getElementById("tool-compare").disabled = !compareWith;
  const heart = document.getElementById("favourite");
  const kept = Boolean(store.keptWork());
  if (heart.getAttribute("aria-pressed") === String(kept)) return;
  heart.setAttribute("aria-pressed", String(kept));
  heart.setAttribute("aria-label", t(kept ? "tools.kept" : "tools.keep"));
  heart.title = t(kept ? "tips.kept" : "tips.keep");
}

/** Whether there is a step to go, and which one it is. */
function step(id, steps, named, unnamed) {
  const button = document.getElementById(id);
  const name = steps.at(-1)?.label;
  button.disabled = !steps.length;
  button.title = name && has(name) ? t(named, { step: t(name) }) : t(unnamed);
}

/** A fresh work; locked controls, the kind and Adventure stay. */
export async function another(kind = "another") {
  const { request, locks, hints } = store.get();
  if (!request) return;
  const told = store.note(kind, { locked: [...locks] });
  const { fresh, heard } = await freshOf(request, told);
  const label = kind === "skip" ? "undo.not_this" : "undo.another";
  if (fresh) store.change(fresh, { label, parents: [], heard });
  if (!hints.drag) store.done("drag");
}

/** A fresh work in the place of one; of what is kept or locked while it is asked for nothing is lost. */
async function freshOf(request, told, tries = 3) {
  const { locks } = store.get();
  const asked = store.api("POST", "/studio/another", { request, locked: [...locks] });
  const [answer, event] = await Promise.all([asked, told]);
  const now = store.get();
  const moved = now.locks !== locks || !sameRequest(now.request, request);
  if (answer && moved && tries > 1) return freshOf(now.request, told, tries - 1);
  return { fresh: answer?.request && keepLocked(answer.request, request), heard: event?.id };
}

/** Not this: the same, and said so. */
function skip() {
  return another("skip");
}

function back() {
  if (!store.undo()) store.say("undo.none");
}

function forth() {
  if (!store.redo()) store.say("undo.none_ahead");
}

/** Keep what is shown, or take it out again. */
export async function toggleKeep() {
  const work = store.keptWork();
  const heart = document.getElementById("favourite");
  if (heart.getAttribute("aria-busy") === "true") return;
  heart.setAttribute("aria-busy", "true");
  if (work) {
    if (await store.unkeep(work)) sayTakenOut(work);
  } else if (await store.keep()) {
    if (store.get().hints.keep && store.get().hints.kept) store.say("keep.done", {}, "good");
    store.done("keep");
  }
  heart.removeAttribute("aria-busy");
}

function sayTakenOut(work) {
  const run = async () => {
    if (await store.api("POST", `/studio/works/${work.id}/restore`)) {
      store.set({ works: [work, ...store.get().works], total: store.get().total + 1 });
    }
  };
  store.say("keep.taken_out", {}, "info", { action: { key: "keep.put_back", run }, seconds: 10 });
}

/* Compare: the work before the last step, while something is held. */

/** Hold the work before the last step up against this one, until `endCompare`. */
export async function compare() {
  const before = store.get().compareWith;
  if (!before || comparing) return;
  comparing = true;
  document.getElementById("tool-compare").setAttribute("aria-pressed", "true");
  const known = remembered(before);
  if (known) {
    hold(known);
    return;
  }
  try {
    const body = { request: before, quality: "reference" };
    const response = await http("POST", "/studio/render", body, { raw: true });
    const picture = await createImageBitmap(await response.blob());
    remember(before, picture);
    if (comparing) hold(picture);
  } catch (error) {
    store.fail(error);
  }
}

/** Show the work itself again. */
export function endCompare() {
  if (!comparing) return;
  comparing = false;
  document.getElementById("tool-compare").setAttribute("aria-pressed", "false");
  release();
}

function compareByKey(event) {
  // A film on the stage plays and pauses with Space.
  if (event.code === "Space" && document.documentElement.dataset.film === "on") return false;
  compare();
  return undefined;
}

function mountCompare() {
  const button = document.getElementById("tool-compare");
  button.setAttribute("aria-pressed", "false");
  button.addEventListener("pointerdown", () => compare());
  for (const type of ["pointerup", "pointercancel", "pointerleave"]) {
    button.addEventListener(type, endCompare);
  }
  button.addEventListener("keydown", (event) => {
    if (event.key === " " || event.key === "Enter") compare();
  });
  button.addEventListener("keyup", endCompare);
  button.addEventListener("blur", endCompare);
}
