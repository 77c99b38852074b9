/**
 * Where the person left: loaded once, saved a moment after every change.
 * Also the first minute: until something is touched, the first slider glides once by itself.
 */
import { afterPause, still } from "./dom.js";
import { withTaught } from "./sliders.js";

const SAVE_AFTER = 700; // ms
const STEPS = 30; // of the undo line that travel
const MOST = 200_000; // characters; the server takes 256 KB
const MOST_LAST = 50_000; // browsers carry 64 KB for a page that is gone
const GLIDE = { reach: 0.8, seconds: 4 };
let store;
let open = false; // nothing is saved before the old state was read
let told;

/** Resolves once the work of last time is on the stage: what is opened earlier would be covered by it. */
export const begun = new Promise((resolve) => (told = resolve));

export async function mount(the) {
  store = the;
  await begin().finally(told);
}

async function begin() {
  const [session, models] = await Promise.all([
    store.api("GET", "/studio/session"),
    store.api("GET", "/studio/models"),
  ]);
  const state = session?.state ?? {};
  const id = pick(models, state.model);
  const bare = id && (await store.api("GET", `/studio/models/${encodeURIComponent(id)}`));
  if (!bare) return;
  const model = await withTaught(store, bare);
  store.set({
    model,
    hints: state.hints ?? session?.hints ?? {},
    locks: known(model, state.locks),
    steer: { ...store.get().steer, ...state.steer },
  });
  restore(model, state);
  open = true;
  const save = afterPause(send, SAVE_AFTER);
  store.subscribe(
    ["request", "parents", "locks", "past", "future", "hints", "panel", "activeControl", "steer"],
    save,
  );
  addEventListener("pagehide", sendLast);
  if (!store.get().hints.glided) glideOnce();
}

/** The model of last time if it is still here, else the one the page was built for. */
function pick(models, wanted) {
  const ids = Array.isArray(models) ? models.map((one) => one.id) : [];
  const built = document.querySelector("#models")?.dataset.model;
  return [wanted, built, ids[0]].find((id) => ids.includes(id));
}

/** Names among `names` that the model has. */
function known(model, names = []) {
  const all = new Set(model.controls.map((one) => one.name));
  return new Set(names.filter((name) => all.has(name)));
}

/** A recipe of a version that is here; one of other weights would be refused at every move. */
function fits(model, request) {
  return request?.pipeline === model.opening.pipeline && model.versions.includes(request.weights.base);
}

function restore(model, state) {
  const mine = fits(model, state.request);
  const steps = (list) => (mine ? (list ?? []).filter((one) => fits(model, one.request)) : []);
  store.start(mine ? state.request : model.opening, {
    parents: mine ? (state.parents ?? []) : [],
    past: steps(state.past),
    future: steps(state.future),
  });
  // The panel goes with the size of the window, and a phone opens on the sliders.
  if (state.panel && state.size === store.get().size) store.set({ panel: state.panel });
  if (state.activeControl && store.control(state.activeControl))
    store.set({ activeControl: state.activeControl });
}

/** The state as it is sent: as many steps of the undo line as fit into `limit` characters. */
function packed(limit) {
  const { model, request, parents, locks, past, future, hints, panel, size, activeControl, steer } =
    store.get();
  const state = {
    schema: 1,
    model: model.id,
    request,
    parents,
    locks: [...locks],
    hints,
    panel,
    size,
    activeControl,
    steer,
  };
  let room = limit - JSON.stringify(state).length;
  const fitting = (list) => {
    const kept = [];
    for (const step of list
      .filter((one) => one.request)
      .slice(-STEPS)
      .reverse()) {
      room -= JSON.stringify(step).length;
      if (room < 0) break;
      kept.unshift(step);
    }
    return kept;
  };
  return { ...state, past: fitting(past), future: fitting(future) };
}

function send() {
  if (open) store.api("PUT", "/studio/session", { state: packed(MOST) }, { quiet: true });
}

/** The last word of a page that is being left: small enough for the browser to carry on alone. */
function sendLast() {
  if (!open) return;
  const body = { state: packed(MOST_LAST) };
  store.api("PUT", "/studio/session", body, { quiet: true, keepalive: true });
}

/** Down to -0.8, up to +0.8 and back in four seconds, the picture following; never again after. */
function glideOnce() {
  const { model } = store.get();
  const slider = model.controls.find(
    (one) => one.kind === "slider" && one.direction && one.group === "main",
  );
  const canvas = document.getElementById("live-canvas");
  if (!slider || still() || store.get().view !== "studio") return;
  const begin = store.get().request;
  const base = store.values()[slider.name];
  let frame = 0;
  let start = 0;
  const stop = () => {
    cancelAnimationFrame(frame);
    for (const type of ["pointerdown", "keydown", "wheel"]) removeEventListener(type, stop, true);
    clearInterval(waiting);
    store.done("glided");
  };
  const step = (now) => {
    start ||= now;
    const share = (now - start) / (GLIDE.seconds * 1000);
    if (share >= 1) {
      store.change(begin, { commit: false });
      stop();
      return;
    }
    const value = base - GLIDE.reach * Math.sin(share * 2 * Math.PI);
    const request = store.withValue(begin, slider.name, Number(value.toFixed(3)));
    store.change(request, { commit: false });
    frame = requestAnimationFrame(step);
  };
  for (const type of ["pointerdown", "keydown", "wheel"]) addEventListener(type, stop, true);
  // Not before the exact first picture stands: the glide begins from where the eye is.
  const waiting = setInterval(() => {
    if (canvas.dataset.state !== "idle" || canvas.dataset.seq === "0") return;
    clearInterval(waiting);
    store.set({ activeControl: slider.name });
    frame = requestAnimationFrame(step);
  }, 250);
}
