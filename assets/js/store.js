/**
 * The one store of the page: what is shown, how it came about, what was kept.
 *
 * Every module reads it with `store.get()`, listens with `store.subscribe(keys, fn)` and changes the
 * work with `store.change(request, options)`. Nothing else holds state that two modules need.
 *
 * state:
 *   model          JSON of GET /studio/models/{id}: controls, opening, latent_shape, ... (null at first)
 *   request        the current recipe (null until the model is known)
 *   parents        lineage of the current point: [{id, role, info}], sent along by keep()
 *   shown          digests of the recipes on offer now (tiles), sent along by keep()
 *   locks          Set of control names that Another, Nearby and Breed leave alone
 *   activeControl  name of the slider that the arrows, the foot and a drag on the picture act on
 *   compareWith    recipe before the last step, null where there is none
 *   past, future   the undo line: [{request, parents, label}] or [{label, undo, redo}]
 *   works          kept works, newest first, as far as loaded;  total: how many there are in all
 *   selection      ids selected in the filmstrip, in the order of selection
 *   view           "studio" | "works" | "taste" | "models"
 *   panel          "sliders" | "draw" | "brush" | "nearby" | "pad" | "foryou" | "mixer" (which is a tab while `mixing`)
 *   taste          JSON of GET /studio/taste and `moved`, see taste.js (null until it is known)
 *   steer, listening  {strength, surprise}, each 0 to 1, of the taste; how many tiles on show follow it
 *   own            JSON of GET /studio/own/jobs/{id}, the model in training (null: none)
 *   size           "wide" | "middle" | "phone"
 *   hints          {name: true} of the first hints that are done
 *   lang, theme    "en" | "zh";  "light" | "dark" (what is in force)
 *   live           {state: "idle" | "rendering" | "error", link: "open" | "lost" | "plain", seq, engine}
 */
import { request as http, streamLines, StudioError } from "./api.js";
import { canonical, sameRequest, valuesOf, withValue, wordsOf } from "./recipe.js";

const MAX_STEPS = 100;

const state = {
  model: null,
  request: null,
  parents: [],
  shown: [],
  locks: new Set(),
  activeControl: null,
  compareWith: null,
  past: [],
  future: [],
  works: [],
  total: 0,
  selection: [],
  view: "studio",
  panel: "nearby",
  size: "wide",
  taste: null,
  steer: { strength: 1, surprise: 0.5 },
  listening: 0,
  hints: {},
  lang: "en",
  theme: "light",
  live: { state: "idle", link: "plain", seq: 0, engine: "" },
};

/** The recipe at the last step; a drag moves `request` away from it until it commits. */
let settled = null;
const listeners = new Map(); // key -> Set of functions
const speakers = new Set();
const keptBy = new Map(); // canonical recipe -> Work

/** The state itself: read it, never write to it (`set` and the verbs below do). */
function get() {
  return state;
}

/**
 * Call `fn(state, changedKeys)` after any of `keys` changed.
 * @param {string | string[]} keys  @returns {() => void} stops listening
 */
function subscribe(keys, fn) {
  const list = [keys].flat();
  for (const key of list) {
    if (!listeners.has(key)) listeners.set(key, new Set());
    listeners.get(key).add(fn);
  }
  return () => list.forEach((key) => listeners.get(key).delete(fn));
}

/** Set some keys at once and tell whoever listens, each listener once. */
function set(patch) {
  const changed = Object.keys(patch).filter((key) => state[key] !== patch[key]);
  Object.assign(state, patch);
  if (changed.includes("works")) indexWorks();
  const called = new Set();
  for (const key of changed) {
    for (const fn of listeners.get(key) ?? []) {
      if (called.has(fn)) continue;
      called.add(fn);
      fn(state, changed);
    }
  }
}

/**
 * Go to a recipe.
 * @param {object} request
 * @param {object} options
 *   label    key of the step's name ("undo.slider", "undo.another", ...)
 *   live     false where the caller paints the stage itself (morph scrubbing)
 *   commit   false while a drag lasts; the last call of a drag commits: one step of the undo line
 *   parents  new lineage; left out, the lineage stays
 *   heard    id of the event that told of the step; undoing takes it back
 */
function change(request, { label = "undo.change", live = true, commit = true, parents, heard } = {}) {
  const patch = { request };
  if (parents) patch.parents = parents;
  if (commit) {
    if (settled && !sameRequest(settled.request, request)) {
      patch.past = [...state.past, { ...settled, label, heard }].slice(-MAX_STEPS);
      patch.future = [];
      patch.compareWith = settled.request;
    }
    settled = { request, parents: parents ?? state.parents };
  }
  paintLive = live;
  set(patch);
}

/** Whether the change being told should be rendered; live.js asks while it is called. */
let paintLive = true;

/** Put a step that is not a recipe on the undo line, such as deleting a work. */
function record({ label, undo: back, redo: again }) {
  const step = { label, undo: back, redo: again };
  set({ past: [...state.past, step].slice(-MAX_STEPS), future: [] });
}

/** One step back. @returns {boolean} whether there was one */
function undo() {
  return travel("past", "future", "undo");
}

/** One step forward again. @returns {boolean} whether there was one */
function redo() {
  return travel("future", "past", "redo");
}

function travel(from, to, kind) {
  // A move that has not come to rest yet is a step too.
  if (settled && !sameRequest(settled.request, state.request))
    change(state.request, { live: false });
  if (!state[from].length) return false;
  const [step, rest] = [state[from].at(-1), state[from].slice(0, -1)];
  if (!step.request) {
    set({ [from]: rest, [to]: [...state[to], step] });
    step[kind]();
  } else {
    const here = { ...settled, label: step.label };
    if (step.heard) note("retract", { event: step.heard });
    settled = { request: step.request, parents: step.parents };
    paintLive = true;
    const patch = { [from]: rest, [to]: [...state[to], here] };
    patch.compareWith = patch.past.findLast((one) => one.request)?.request ?? null;
    set({ ...patch, request: step.request, parents: step.parents });
  }
  note(kind);
  return true;
}

/** Begin with a recipe that is no step: opening the page, restoring a session. */
function start(request, { parents = [], past = [], future = [] } = {}) {
  settled = { request, parents };
  paintLive = true;
  const compareWith = past.findLast((one) => one.request)?.request ?? null;
  set({ request, parents, past, future, compareWith });
}

/** name -> value of every control of a recipe (the current one if left out). */
function values(request = state.request) {
  return state.model && request ? valuesOf(state.model, request) : {};
}

/** The declaration of a control by name. */
function control(name) {
  return state.model?.controls.find((one) => one.name === name) ?? null;
}

/** The kept work of a recipe (the current one if left out), or null. */
function keptWork(request = state.request) {
  return (request && keptBy.get(canonical(request))) ?? null;
}

/** Keep the current recipe (or another). Resolves to the Work once the library has it, or null. */
async function keep({ request = state.request, parents = state.parents, label = "" } = {}) {
  const kept = keptWork(request);
  if (kept || !request) return kept;
  const body = {
    request,
    parents,
    shown: state.shown,
    label,
    words: wordsOf(state.model, request),
  };
  const work = await api("POST", "/studio/works", body);
  if (!work) return null;
  set({ works: [work, ...state.works], total: state.total + 1 });
  return work;
}

/**
 * Take a work out of the kept ones (it can be restored).
 * @param {"unkeep" | "delete"} why  the heart taken back, or deleted
 * @returns {Promise<boolean>}
 */
async function unkeep(work, why = "unkeep") {
  if ((await api("DELETE", `/studio/works/${work.id}?kind=${why}`)) === null) return false;
  dropWork(work.id);
  return true;
}

/** Forget a work in the page only, after the server did. */
function dropWork(id) {
  set({
    works: state.works.filter((one) => one.id !== id),
    selection: state.selection.filter((one) => one !== id),
    total: Math.max(0, state.total - 1),
  });
}

function indexWorks() {
  keptBy.clear();
  for (const work of state.works) if (work.request && work.kind !== "film") keptBy.set(canonical(work.request), work);
}

/**
 * Call a route. JSON in, JSON out; null after an error, which is said in the hint line.
 * @param {object} [options] quiet: say nothing; raw: resolve to the Response; signal: AbortSignal
 */
async function api(method, path, body, options = {}) {
  try {
    return (await http(method, path, body, options)) ?? {};
  } catch (error) {
    if (error.name === "AbortError") return null;
    if (!options.quiet) fail(error);
    return null;
  }
}

/** Call a route that answers with lines of JSON; `onLine(object)` per line as it arrives. */
async function stream(path, body, onLine, { signal, quiet = false, method = "POST" } = {}) {
  try {
    await streamLines(method, path, body, onLine, signal);
    return true;
  } catch (error) {
    if (error.name !== "AbortError" && !quiet) fail(error);
    return false;
  }
}

/** Append a feedback event, never in the way of anything. kind: skip undo redo another note open export retract */
function note(kind, payload = {}) {
  if (!state.request) return;
  const body = { kind, request: state.request, shown: state.shown, payload };
  return api("POST", "/studio/events", body, { quiet: true });
}

/**
 * Say one sentence in the hint line.
 * @param {string} key  @param {object} values  @param {"info"|"bad"|"good"} kind
 * @param {object} [options] action: {key, run}, a button beside it; seconds: how long it stays
 */
function say(key, values = {}, kind = "info", { action, seconds } = {}) {
  speakers.forEach((fn) => fn({ key, values, kind, action, seconds }));
}

/** Say an error in the hint line; a StudioError names its control. */
function fail(error) {
  const info = error instanceof StudioError ? error.info : { code: "offline" };
  speakers.forEach((fn) => fn({ key: `errors.${info.code}`, values: info, kind: "bad" }));
}

/** The hint line registers here. */
function onSay(fn) {
  speakers.add(fn);
}

/** Mark a first hint as done; it never comes back. */
function done(name) {
  if (!state.hints[name]) set({ hints: { ...state.hints, [name]: true } });
}

/** Lock or free a control. */
function toggleLock(name) {
  const locks = new Set(state.locks);
  if (!locks.delete(name)) locks.add(name);
  set({ locks });
}

// prettier-ignore
export const store = {
  get, subscribe, set, change, record, undo, redo, start, values, control, keptWork, keep,
  unkeep, dropWork, api, stream, note, say, fail, onSay, done, toggleLock,
  /** A recipe with one value changed: directions, seed and plain controls each to their place. */
  withValue: (request, name, value) => withValue(state.model, request, name, value),
  /** False while a change is told whose sender paints the stage itself. */
  paints: () => paintLive,
};
