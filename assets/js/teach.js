/**
 * Teach: a slider, the model, versions. Addresses #/teach/slider, #/teach/model, #/teach/versions;
 * #/teach alone opens what was open last, or the model while something is being learnt.
 */
import { button, fill, h } from "./dom.js";
import { sentence } from "./hints.js";
import { has, t } from "./i18n.js";
import { open as running } from "./jobs.js";

const SECTIONS = { slider: "teach-slider", model: "teach-model", versions: "versions" };

let store;
let root;
let line; // what just happened, in words
let open = null; // name of the section on show
let seen = {}; // {name, model} that the section was last shown for
const built = new Map(); // name -> {node, show}

/** Fill #teach. */
export function mount(given) {
  store = given;
  root = document.getElementById("teach");
  line = h("p", { class: "teach-said", role: "status", "aria-live": "polite" });
  const tabs = h(
    "div",
    { class: "tabs-row", role: "tablist", "aria-label": t("views.teach"), on: { keydown: walk } },
    Object.keys(SECTIONS).map(tab),
  );
  fill(root, h("header", { class: "teach-head" }, tabs, line), h("div", { class: "teach-body" }));
  addEventListener("hashchange", follow);
  store.subscribe(["view", "model"], follow);
  store.onSay(say);
  follow();
}

function tab(name) {
  return h(
    "button",
    {
      type: "button",
      role: "tab",
      id: `tab-teach-${name}`,
      "aria-controls": `teach-${name}`,
      on: { click: () => go(name) },
    },
    t(`teach.${name}`),
  );
}

/** Go to a section of the view. */
export function go(name) {
  if (location.hash !== `#/teach/${name}`) location.hash = `#/teach/${name}`;
}

function walk(event) {
  const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!way) return;
  event.preventDefault();
  event.stopPropagation();
  const names = Object.keys(SECTIONS);
  const next = names[(names.indexOf(open) + way + names.length) % names.length];
  go(next);
  document.getElementById(`tab-teach-${next}`).focus();
}

/** The section that the address names. */
function wanted() {
  const name = /^#\/teach\/(\w+)/.exec(location.hash)?.[1];
  if (SECTIONS[name]) return name;
  const { job } = store.get();
  if (running(job)) return "model";
  return open ?? (job ? "model" : "slider");
}

async function follow() {
  const { view, model } = store.get();
  if (view !== "teach" || !model) {
    delete document.body.dataset.teach;
    seen = {};
    return;
  }
  const name = wanted();
  // The address and the view change together: a second showing would draw a form anew under the hand.
  if (seen.name === name && seen.model === model) return;
  seen = { name, model };
  if (open !== name) fill(line);
  open = name;
  for (const one of Object.keys(SECTIONS)) {
    const node = document.getElementById(`tab-teach-${one}`);
    node.setAttribute("aria-selected", String(one === name));
    node.tabIndex = one === name ? 0 : -1;
  }
  document.body.dataset.teach = name;
  const section = built.get(name) ?? (await build(name));
  if (open !== name) return;
  for (const [one, { node }] of built) node.hidden = one !== name;
  section.show();
}

async function build(name) {
  const module = await import(`./${SECTIONS[name]}.js`);
  if (built.has(name)) return built.get(name);
  const node = h("section", {
    id: `teach-${name}`,
    role: "tabpanel",
    class: "teach-section",
    "aria-labelledby": `tab-teach-${name}`,
    hidden: true,
  });
  root.querySelector(".teach-body").append(node);
  const section = { node, show: module.build(store, node) ?? (() => {}) };
  built.set(name, section);
  return section;
}

let hush = 0;

/** The hint line of the Studio is not seen from here. */
function say(words) {
  if (store.get().view !== "teach") return;
  clearTimeout(hush);
  line.className = `teach-said ${words.kind}`;
  fill(
    line,
    has(words.key) || words.key.startsWith("errors.") ? sentence(words) : t(words.key, words.values),
  );
  if (words.action) line.append(" ", button(words.action.key, words.action.run));
  hush = setTimeout(() => fill(line), (words.seconds ?? (words.kind === "bad" ? 14 : 8)) * 1000);
}
