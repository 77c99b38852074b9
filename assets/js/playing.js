/**
 * Which model is played. The model follows the recipe: a work of another model that is opened,
 * undone to or dropped brings its model along, and `play` goes to where that model was left.
 */
import { withTaught } from "./sliders.js";

const known = new Map(); // id -> the model's JSON
const left = new Map(); // id -> the last recipe of that model
let store;
let wanted = "";

export function mount(the) {
  store = the;
  store.subscribe("model", ({ model }) => model && known.set(model.id, model));
  store.subscribe("request", ({ request, model }) => {
    if (!request || !model) return;
    left.set(request.pipeline, request);
    if (request.pipeline === model.id) wanted = model.id;
    else follow(request.pipeline);
  });
  document.addEventListener("duet:version", () => known.clear());
}

async function loaded(id) {
  if (!known.has(id)) {
    const bare = await store.api("GET", `/studio/models/${encodeURIComponent(id)}`);
    if (bare) known.set(id, await withTaught(store, bare));
  }
  return known.get(id);
}

async function follow(id) {
  wanted = id;
  const model = await loaded(id);
  if (model && wanted === id && store.get().request.pipeline === id) settle(model);
}

function settle(model) {
  const names = new Set(model.controls.map((one) => one.name));
  const locks = new Set([...store.get().locks].filter((name) => names.has(name)));
  store.set({ model, locks, shown: [] });
}

/** The recipe at which a model was left, if it was played. */
export const lastOf = (id) => left.get(id);

/** Have a recipe ready where its model is next played. */
export const leave = (request) => left.set(request.pipeline, request);

/** Play another model, from where it was left or from its opening. */
export async function play(id) {
  const model = await loaded(id);
  if (!model) return;
  if (store.get().model.id !== id) {
    store.change(left.get(id) ?? model.opening, { label: "undo.model", parents: [] });
  }
  location.hash = "#/";
}
