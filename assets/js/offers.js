/** Fills a grid of tiles from a stream, one tile at a time, and stops when a hand moves. */
import { canonical } from "./recipe.js";

const APART = 40; // ms between two tiles

/**
 * @param {object} store
 * @param {object} tiles  a grid of tiles.js
 */
export function offers(store, tiles) {
  let run = null; // AbortController of the stream under way

  /** Ask for recipes and put them into the tiles that are free. @returns {Promise<boolean>} all came */
  async function ask(path, body, free, words = () => ({})) {
    stop();
    const mine = new AbortController();
    run = mine;
    const waiting = [];
    let ended = false;
    let came = 0;
    const shown = (async () => {
      while (!mine.signal.aborted && !(ended && !waiting.length)) {
        const line = waiting.shift();
        if (line && free[came] !== undefined) {
          const image = await loaded(line.image);
          if (mine.signal.aborted) return;
          const { request } = line;
          tiles.set(free[came], { request, image, work: store.keptWork(request), ...words(line, free[came]) });
          came += 1;
        }
        await new Promise((resolve) => setTimeout(resolve, APART));
      }
    })();
    const good = await store.stream(path, { ...body, num: free.length }, (line) => waiting.push(line), {
      signal: mine.signal,
    });
    ended = true;
    await shown;
    if (run === mine) run = null;
    return good && came === free.length;
  }

  function stop() {
    run?.abort();
    run = null;
  }

  return { ask, stop, busy: () => run !== null };
}

/** The address of a picture once it can be painted at once. */
async function loaded(address) {
  const image = new Image();
  image.src = address;
  await image.decode().catch(() => {});
  return address;
}

/** Tell the store what is on offer, so that a keep is remembered with what stood beside it. */
export async function tellShown(store, tiles) {
  if (!crypto.subtle) return; // plain http away from this machine
  const offered = tiles.tiles.filter((tile) => tile.request);
  store.set({ shown: await Promise.all(offered.map((tile) => digest(tile.request))) });
}

/** The name of a recipe in the library: the sha256 of its canonical text; "" where there is none. */
export async function digest(request) {
  if (!crypto.subtle) return "";
  const text = new TextEncoder().encode(canonical(request));
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", text));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A fresh number for another set of recipes. */
export function draw() {
  return crypto.getRandomValues(new Uint32Array(1))[0];
}
