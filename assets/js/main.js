/** The page: waits for Gradio to have built it, then mounts every module once, in this order. */
import { lang, load, translate } from "./i18n.js";
import { store } from "./store.js";

const MODULES = [
  "theme",
  "layout",
  "views",
  "hints",
  "pixels",
  "stage",
  "manuscript", // before live: it hears the first picture
  "roll",
  "live",
  "glide",
  "playing", // before shape: the model follows the recipe
  "taste",
  "tasteview", // before shape: while a pair is shown, 1, 2 and 3 are answers
  "sliders", // before shape: it makes the rows of taught sliders
  "shape",
  "kinds", // after shape, which shows the rows that it hides
  "seed",
  "foot",
  "finish",
  "sound", // before toolbar: Space plays where there is something to play
  "toolbar",
  "gestures",
  "keys",
  // filmstrip, travel and files
  "filmstrip",
  "draw",
  "brush",
  "swatch",
  "nearby",
  "foryou",
  "pad",
  "morph",
  "film",
  "across",
  "mixer",
  "works",
  "teach",
  "jobs",
  "turns",
  "models",
  "lesson",
  "own",
  "drop",
  "bring",
  "bring-tune",
  "export",
  // last: it restores the session, and with it the first picture
  "session",
];

/** Each view by an element that is there once Gradio has mounted it; the Studio is first and last. */
const VIEWS = { studio: "shape-foot", works: "works", taste: "taste", teach: "teach", models: "models" };

/** Resolves when `ready()` is true of the document, looked at whenever it changes. */
function until(ready) {
  return new Promise((resolve) => {
    if (ready()) return resolve();
    const watcher = new MutationObserver(() => {
      if (!ready()) return;
      watcher.disconnect();
      resolve();
    });
    watcher.observe(document.documentElement, { childList: true, subtree: true });
  });
}

/**
 * Resolves when Gradio has built the page. It mounts a view when its tab is first visited, and then
 * for good: each is visited once, unseen (gradio.css shows the Studio until the page is ready).
 */
async function built() {
  const tab = (name) => document.querySelector(`[role=tab][data-tab-id=${name}]`);
  await until(
    () =>
      document.getElementById("filmstrip") &&
      tab("models") &&
      document.getElementById("live-canvas"),
  );
  for (const [name, inside] of Object.entries(VIEWS)) {
    if (!document.getElementById(inside)) tab(name).click();
    await until(() => document.getElementById(inside));
  }
  tab("studio").click();
}

async function main() {
  const loading = MODULES.map((name) =>
    import(`./${name}.js`).catch((error) => console.error(name, error)),
  );
  const [modules] = await Promise.all([Promise.all(loading), load(), built()]);
  store.set({ lang });
  translate();
  for (const module of modules) module?.mount(store);
  // For the console and the tests: the same verbs that the modules use.
  const module = (name) => import(`./${name}.js`);
  window.duet = { ...store, rested: modules[MODULES.indexOf("live")].rested, module };
  document.documentElement.dataset.duet = "ready";
}

main();
