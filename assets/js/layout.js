/** Wide, middle or phone; the tabs of the panel; the phone's menu. Places are CSS, this is state. */
import { inputOf } from "./attached.js";
import { h } from "./dom.js";
import { t, titleOf } from "./i18n.js";
import { register } from "./keys.js";

const PANELS = ["sliders", "draw", "brush", "nearby", "pad", "foryou", "mixer"];
const NEEDS = { draw: "sketch", brush: "picture" }; // what the model must accept
let store;

export function mount(the) {
  store = the;
  const wide = matchMedia("(min-width: 1280px)");
  const phone = matchMedia("(max-width: 1023.98px)");
  const measure = () => {
    const size = wide.matches ? "wide" : phone.matches ? "phone" : "middle";
    document.body.dataset.size = size;
    store.set({ size, panel: fitting(size, store.get().panel) });
  };
  wide.addEventListener("change", measure);
  phone.addEventListener("change", measure);
  store.set({ panel: phone.matches ? "sliders" : "nearby" });
  measure();
  store.subscribe(["panel", "size", "model", "mixing"], drawTabs);
  drawTabs(store.get());
  mountTabs();
  mountMenu();
  register("G", () => openPanel("nearby"), { label: "keys.nearby" });
  register("P", () => openPanel("pad"), { label: "keys.pad" });
  register("Y", () => openPanel("foryou"), { label: "keys.foryou" });
}

/** Whether a panel is no tab: sliders that have a column of their own, a file the model has no use for, a closed mixer. */
function absent(size, panel) {
  if (panel === "mixer") return !store.get().mixing;
  if (panel in NEEDS) return !inputOf(store.get().model, NEEDS[panel]);
  return size === "wide" && panel === "sliders";
}

function fitting(size, panel) {
  if (!absent(size, panel)) return panel;
  return size === "phone" ? "sliders" : "nearby";
}

/** Show one of the panels beside or below the stage. */
export function openPanel(panel) {
  if (store.get().view !== "studio") location.hash = "#/";
  store.set({ panel: fitting(store.get().size, panel) });
}

/** Show the tabs that there are; from one that is there no more, go to one that is. */
function drawTabs({ panel, size }) {
  if (absent(size, panel)) return store.set({ panel: fitting(size, panel) });
  document.body.dataset.panel = panel;
  for (const name of PANELS) {
    const tab = document.getElementById(`tab-${name}`);
    const chosen = name === panel;
    tab.hidden = absent(size, name);
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    const box = document.getElementById(`panel-${name}`);
    const always = name === "sliders" && size === "wide";
    box.hidden = !chosen && !always;
    if (name === "sliders") box.setAttribute("role", always ? "group" : "tabpanel");
    box.setAttribute("aria-labelledby", always ? "shape-heading" : `tab-${name}`);
  }
  return undefined;
}

function mountTabs() {
  const row = document.getElementById("panel-tabs");
  row.addEventListener("click", (event) => {
    const name = event.target.closest("[data-panel]")?.dataset.panel;
    if (name) store.set({ panel: name });
  });
  row.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const shown = PANELS.filter((name) => !document.getElementById(`tab-${name}`).hidden);
    const next = shown[(shown.indexOf(store.get().panel) + step + shown.length) % shown.length];
    store.set({ panel: next });
    document.getElementById(`tab-${next}`).focus();
  });
}

function mountMenu() {
  const menu = document.getElementById("menu");
  const opener = document.getElementById("menu-open");
  const open = (yes) => {
    if (yes) fillMenu(menu, () => open(false));
    menu.hidden = !yes;
    opener.setAttribute("aria-expanded", String(yes));
    if (yes) menu.querySelector("a, button").focus();
  };
  opener.addEventListener("click", () => open(menu.hidden));
  document.addEventListener("click", (event) => {
    if (!menu.hidden && !event.target.closest("#menu, #menu-open")) open(false);
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    open(false);
    opener.focus();
  });
}

/** Views, the model, light or dark, help. */
function fillMenu(menu, close) {
  const { model, view } = store.get();
  const link = (name) =>
    h(
      "a",
      {
        href: name === "studio" ? "#/" : `#/${name}`,
        "aria-current": name === view ? "page" : null,
        on: { click: close },
      },
      t(`views.${name}`),
    );
  const act = (name, key) =>
    h("button", { type: "button", data: { act: name }, on: { click: close } }, t(key));
  menu
    .querySelector("nav")
    .replaceChildren(
      h("p", { class: "plate" }, document.getElementById("plate").textContent),
      ...["studio", "works", "taste", "teach", "models"].map(link),
      h("p", {}, t("bar.model", { title: titleOf(model) })),
      act("theme", "bar.theme"),
      act("help", "bar.keys"),
    );
}
