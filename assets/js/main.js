/** The page: waits for Gradio to have built it, then mounts every module once, in this order. */
import { lang, load, translate } from "./i18n.js";
import { store } from "./store.js";

const MODULES = [
  "theme", "layout", "views", "hints", "stage", "live", "shape", "seed", "foot", "toolbar", "keys",
  // filmstrip, travel and files
  "filmstrip", "nearby", "pad", "morph", "film", "works", "models", "drop", "export",
  // last: it restores the session, and with it the first picture
  "session",
];

const NEEDED = ["live-canvas", "filmstrip", "slot-neighbours", "shape-foot", "view-models"];

/** Resolves when Gradio has put the page into the document. */
function built() {
  const ready = () => NEEDED.every((id) => document.getElementById(id));
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

async function main() {
  const loading = MODULES.map((name) => import(`./${name}.js`).catch((error) => console.error(name, error)));
  const [modules] = await Promise.all([Promise.all(loading), load(), built()]);
  store.set({ lang });
  translate();
  for (const module of modules) module?.mount(store);
  window.duet = store;
  document.documentElement.dataset.duet = "ready";
}

main();
