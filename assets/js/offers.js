/** Fills a grid of tiles from a stream, one tile at a time, and stops when a hand moves. */
import { canonical } from "./recipe.js";

const APART = 40; // ms between two tiles

/**
 * @param {object} store
 * @param {object} tiles  a grid of tiles.js
 */
export function offers(store, tiles) {
  let run = null; // AbortController of the stream under way
  let model = ""; // whose works are offered

  store.subscribe("request", ({ request }) => {
    if (!request || request.pipeline === model) return;
    model = request.pipeline;
    stop();
    // What another model made goes with it.
    for (const { request: offered, index } of tiles.tiles) if (offered && offered.pipeline !== model) tiles.clear(index);
  });

  const place = (line, image, at, words) => {
    const { request } = line;
    tiles.set(at, { request, image, work: store.keptWork(request), ...words(line, at) });
  };

  /** Begin a run that ends the one before it. */
  function begin() {
    stop();
    run = new AbortController();
    return run;
  }

  /** Ask for recipes and put them into the tiles that are free. @returns {Promise<boolean>} all came */
  async function ask(path, body, free, words = () => ({})) {
    const mine = begin();
    const waiting = [];
    let ended = false;
    let came = 0;
    const shown = (async () => {
      while (!mine.signal.aborted && !(ended && !waiting.length)) {
        const line = waiting.shift();
        if (line && free[came] !== undefined) {
          const image = await loaded(line.image);
          if (mine.signal.aborted) return;
          place(line, image, free[came], words);
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

  /**
   * Ask for a whole set and take from it what is missing, so that as many of all tiles follow the
   * taste as should; a set of one or two would have none that does.
   * @returns {Promise<boolean>} all came
   */
  async function mend(path, body, free, words) {
    const mine = begin();
    const lines = [];
    const whole = { ...body, num: tiles.tiles.length };
    const good = await store.stream(path, whole, (line) => lines.push(line), { signal: mine.signal });
    if (!good || mine.signal.aborted) return false;
    for (const [at, line] of deal(lines, tiles.tiles, free)) {
      const image = await loaded(line.image);
      if (mine.signal.aborted) return false;
      place(line, image, at, words);
    }
    if (run === mine) run = null;
    return true;
  }

  function stop() {
    run?.abort();
    run = null;
  }

  return { ask, mend, stop, busy: () => run !== null };
}

/**
 * Which of `lines` go where. A work that stands in a place already stays there; one that is shown
 * elsewhere is not shown twice; those that follow the taste come first, as far as some are missing.
 */
function deal(lines, tiles, free) {
  const open = new Set(free);
  const staying = tiles.filter((tile) => tile.request && !open.has(tile.index));
  const shown = new Set(staying.map((tile) => canonical(tile.request)));
  const byTaste = (one) => one.by === "taste";
  let missing = lines.filter(byTaste).length - staying.filter(byTaste).length;
  const fresh = lines.filter((line) => !shown.has(canonical(line.request)));
  const chosen = fresh.filter((line) => byTaste(line) && missing-- > 0).slice(0, free.length);
  chosen.push(...fresh.filter((line) => !byTaste(line)).slice(0, free.length - chosen.length));
  const dealt = new Map();
  for (const line of chosen) {
    const old = free.find((at) => tiles[at].request && canonical(tiles[at].request) === canonical(line.request));
    if (old !== undefined) dealt.set(old, line);
  }
  const left = free.filter((at) => !dealt.has(at));
  for (const line of chosen.filter((one) => ![...dealt.values()].includes(one))) dealt.set(left.shift(), line);
  return dealt;
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
  const offered = tiles.tiles.filter((tile) => tile.request);
  store.set({ shown: await Promise.all(offered.map((tile) => digest(tile.request))) });
}

/**
 * The name of a recipe in the library: the sha256 of its canonical text. Plain http away from this
 * machine has no sha256: there it is the text itself, which the server gives its name.
 */
export async function digest(request) {
  if (!crypto.subtle) return canonical(request);
  const text = new TextEncoder().encode(canonical(request));
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", text));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A fresh number for another set of recipes. */
export function draw() {
  return crypto.getRandomValues(new Uint32Array(1))[0];
}
