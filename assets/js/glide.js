/** Glides: a short way over live frames from one recipe to another. */
import { decode, still } from "./dom.js";
import { settle, show } from "./live.js";
import { sameRequest } from "./recipe.js";
import { paint } from "./stage.js";

let store;
let journey = null; // AbortController of the glide under way

export function mount(the) {
  store = the;
  store.subscribe("request", ({ request }) => {
    if (store.paints() && request) journey?.abort();
  });
}

/**
 * Go to a recipe within about 300 ms over a few live frames: one step of the undo line.
 * With reduced motion, or when the way can't be had, it goes there at once.
 */
export async function glide(request, { label = "undo.tile", parents } = {}) {
  const from = store.get().request;
  journey?.abort();
  if (still() || !from || sameRequest(from, request)) {
    store.change(request, { label, parents });
    return;
  }
  const trip = new AbortController();
  journey = trip;
  store.change(request, { label, parents, live: false });
  settle();
  let last = performance.now();
  const frames = [];
  const drawn = (async () => {
    for (let index = 1; index < 6 && !trip.signal.aborted; index += 1) {
      const frame = await frameAt(frames, index, trip.signal);
      if (!frame) return;
      const wait = 48 - (performance.now() - last);
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      last = performance.now();
      if (!trip.signal.aborted) paint(frame);
    }
  })();
  const body = { a: from, b: request, num: 6 };
  const good = await store.stream(
    "/studio/morph",
    body,
    (line) => {
      frames[line.index] = decode(line.image);
    },
    { signal: trip.signal, quiet: true },
  );
  if (good) await drawn;
  if (!trip.signal.aborted) {
    trip.abort();
    show(request, { exactly: true });
  }
}

/** The decoded frame of `index` once it has come; undefined when the trip ended or 600 ms passed. */
async function frameAt(frames, index, signal) {
  const begun = performance.now();
  while (!frames[index]) {
    if (signal.aborted || performance.now() - begun > 600) return undefined;
    await new Promise((resolve) => setTimeout(resolve, 8));
  }
  return frames[index];
}
