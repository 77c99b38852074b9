/** Views by address: #/, #/works, #/taste, #/teach, #/models. Gradio's tabs show them; Back and Forward work. */
import { t, titleOf } from "./i18n.js";

const NAMES = ["studio", "works", "taste", "teach", "models"];

/** The view an address names; the Studio for any other. */
export function viewOf(hash) {
  const name = /^#\/(\w*)/.exec(hash)?.[1];
  return NAMES.includes(name) ? name : "studio";
}

/** The address of a view. */
export function hashOf(view) {
  return view === "studio" ? "#/" : `#/${view}`;
}

export function mount(store) {
  const tab = (name) => document.querySelector(`[role=tab][data-tab-id=${name}]`);
  const follow = () => {
    const name = viewOf(location.hash);
    if (tab(name)?.getAttribute("aria-selected") !== "true") tab(name)?.click();
    store.set({ view: name });
    document.body.dataset.view = name;
    document.title = name === "studio" ? "Duet" : `${t(`views.${name}`)} · Duet`;
  };
  document.addEventListener("click", (event) => {
    const name = event.target.closest?.("[role=tab][data-tab-id]")?.dataset.tabId;
    if (name && viewOf(location.hash) !== name) location.hash = hashOf(name);
  });
  addEventListener("hashchange", follow);
  follow();
  for (const name of NAMES) named(tab(name), t(`views.${name}`));
  store.subscribe("model", ({ model }) => {
    const link = document.getElementById("model");
    link.textContent = titleOf(model);
    link.title = t("bar.model", { title: titleOf(model) });
  });
}

/** Give a tab its word: Gradio does not know every tag of a language that a browser may send. */
function named(node, word) {
  const text = [...(node?.childNodes ?? [])].find((one) => one.nodeType === Node.TEXT_NODE && one.data.trim());
  if (text && text.data.trim() !== word) text.data = word;
}
