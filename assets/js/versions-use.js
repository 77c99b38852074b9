/** Playing another version of the model: the recipe on the stage goes on with the new weights. */
import { withTaught } from "./sliders.js";

/** Use a version from now on. @returns {Promise<boolean>} whether it is in use */
export async function use(store, version) {
  const { model, request } = store.get();
  if (!(await store.api("POST", `/studio/versions/${version}/use`))) return false;
  const bare = await store.api("GET", `/studio/models/${encodeURIComponent(model.id)}`);
  if (!bare) return false;
  store.set({ model: await withTaught(store, bare) });
  // Works keep the version they were made with; what is being shaped moves to the new one.
  store.change({ ...request, weights: bare.opening.weights }, { label: "undo.version", parents: [] });
  document.dispatchEvent(new CustomEvent("duet:version"));
  return true;
}
