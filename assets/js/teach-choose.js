/** Choose: which kept works to learn from, how strongly, how much of the old to keep. */
import { address } from "./api.js";
import { fill, h } from "./dom.js";
import { t } from "./i18n.js";
import { start } from "./jobs.js";
import { describe, titleOfWork } from "./kept.js";

const ALL = 1000;
/** In the order of the form behind More; `method` of the server, figures left empty are the server's. */
const FIGURES = ["steps", "learning_rate", "beta"];

const choice = { strength: 0.5, keep_old: 0.5, method: "", settings: {}, more: false };
const left = new Set(); // ids that are not to be learnt from

let store;
let works = [];
let about = null; // {kept, needed, ready, methods, settings}
let parts = {};
let step;

/** Show the step. `gentler`: after a verdict that asks for it. */
export async function open(given, body, options) {
  store = given;
  step = options.step;
  if (options.gentler) {
    choice.strength = Math.round(choice.strength * 60) / 100;
    choice.keep_old = Math.min(1, Math.round((choice.keep_old + 0.2) * 100) / 100);
  }
  const { model } = store.get();
  const query = new URLSearchParams({ model: model.id });
  const [asked, page] = await Promise.all([
    store.api("GET", `/studio/teach?${query}`),
    store.api("GET", `/studio/works?${query}&limit=${ALL}&kind=work`),
  ]);
  if (!asked || !page) return;
  about = asked;
  works = page.works;
  draw(body);
  if (options.gentler) parts.go.focus({ preventScroll: true });
}

const chosen = () => works.filter((work) => !left.has(work.id));

function draw(body) {
  const count = h("p", { class: "choose-count", role: "status" });
  const sheet = h("div", {
    class: "choose-sheet",
    role: "listbox",
    "aria-multiselectable": "true",
    "aria-label": t("choose.works"),
    on: { keydown: walk },
  });
  sheet.append(...works.map(tile));
  const go = h("button", { type: "button", class: "go", on: { click: begin } }, t("choose.teach"));
  const enough = h("p", { class: "choose-enough" });
  parts = { count, sheet, go, enough };
  const all = (yes) => () => {
    left.clear();
    if (!yes) works.forEach((work) => left.add(work.id));
    mark();
  };
  const pick = (key, yes) => h("button", { type: "button", class: "quiet", on: { click: all(yes) } }, t(key));
  const bar = h("div", { class: "choose-bar" }, count, pick("choose.all", true), pick("choose.none", false));
  const side = h(
    "div",
    { class: "choose-side" },
    range("strength", "choose.gentle", "choose.bold"),
    range("keep_old", "choose.little", "choose.much"),
    more(),
    go,
    enough,
  );
  fill(body, h("div", { class: "choose" }, h("div", { class: "choose-works" }, bar, sheet), side));
  mark();
}

function tile(work, index) {
  const node = h(
    "div",
    {
      class: "choose-tile",
      role: "option",
      tabIndex: index ? -1 : 0,
      "aria-label": describe(work),
      title: titleOfWork(work),
      on: { click: () => toggle(node) },
    },
    h("img", { src: address(work.thumbnail), alt: "", draggable: false, loading: "lazy", decoding: "async" }),
  );
  node.work = work;
  return node;
}

function toggle(node) {
  if (!left.delete(node.work.id)) left.add(node.work.id);
  mark();
}

/** Ticks, the count, and whether it is enough. */
function mark() {
  for (const node of parts.sheet.children)
    node.setAttribute("aria-selected", String(!left.has(node.work.id)));
  const count = chosen().length;
  const { needed } = about;
  parts.count.textContent = works.length ? t("choose.count", { count, needed }) : t("filmstrip.empty");
  const able = about.methods.length > 0;
  const missing = count < needed ? t("choose.not_yet", { count: needed - count }) : "";
  parts.go.disabled = !able || count < needed;
  parts.enough.textContent = able ? missing : t("choose.unable");
  parts.enough.hidden = !parts.enough.textContent;
}

/** Arrows walk the sheet, Space ticks. */
function walk(event) {
  const tiles = [...parts.sheet.children];
  const at = tiles.indexOf(event.target);
  if (at < 0) return;
  const columns = Math.max(
    1,
    tiles.findIndex((one) => one.offsetTop > tiles[0].offsetTop),
  );
  const wide = tiles.at(-1).offsetTop === tiles[0].offsetTop ? tiles.length : columns;
  const ways = {
    ArrowLeft: at - 1,
    ArrowRight: at + 1,
    ArrowUp: at - wide,
    ArrowDown: at + wide,
    Home: 0,
    End: tiles.length - 1,
  };
  const to = ways[event.key];
  if (event.key === " " || event.key === "Enter") toggle(event.target);
  else if (to === undefined) return;
  else if (tiles[to]) {
    event.target.tabIndex = -1;
    tiles[to].tabIndex = 0;
    tiles[to].focus();
  }
  event.preventDefault();
  event.stopPropagation();
}

/** A slider between two words. */
function range(name, low, high) {
  const id = `teach-${name}`;
  const paint = () => input.style.setProperty("--fill", `${Number(input.value) * 100}%`);
  const input = h("input", {
    type: "range",
    class: "thin",
    id,
    min: "0",
    max: "1",
    step: "0.05",
    on: {
      input: () => {
        choice[name] = Number(input.value);
        paint();
        spoken();
      },
    },
  });
  const spoken = () =>
    input.setAttribute("aria-valuetext", t("choose.percent", { percent: Math.round(choice[name] * 100) }));
  input.value = String(choice[name]);
  paint();
  spoken();
  return h(
    "div",
    { class: "between" },
    h("label", { for: id }, t(`choose.${name}`)),
    input,
    h("span", { "aria-hidden": "true" }, t(low)),
    h("span", { "aria-hidden": "true" }, t(high)),
  );
}

/** What a researcher wants to set; left alone, the server's figures hold. */
function more() {
  const { methods } = about;
  if (!methods.includes(choice.method)) [choice.method] = methods;
  const method = h(
    "select",
    { id: "teach-method", on: { change: () => (choice.method = method.value) } },
    methods.map((one) =>
      h(
        "option",
        { value: one, selected: one === choice.method },
        t(`choose.method_${one.replace("-", "_")}`),
      ),
    ),
  );
  const figure = (name) => {
    const field = h("input", {
      type: "text",
      inputmode: "decimal",
      class: "line-field",
      id: `teach-${name}`,
      value: choice.settings[name] ?? "",
      placeholder: String(about.settings?.[name] ?? t("choose.itself")),
      on: { input: () => (choice.settings[name] = field.value.trim().replace(",", ".")) },
    });
    return [h("label", { for: `teach-${name}` }, t(`choose.${name}`)), field];
  };
  const details = h(
    "details",
    { class: "choose-more", open: choice.more, on: { toggle: () => (choice.more = details.open) } },
    h("summary", {}, t("shape.more")),
    h(
      "div",
      { class: "choose-figures" },
      h("label", { for: "teach-method" }, t("choose.method")),
      method,
      FIGURES.flatMap(figure),
    ),
  );
  return details;
}

async function begin() {
  const given = Object.entries(choice.settings).filter(([, text]) => text !== "");
  const wrong = given.find(([, text]) => !Number.isFinite(Number(text)));
  if (wrong) return store.say("slider.not_number", { name: t(`choose.${wrong[0]}`), value: wrong[1] }, "bad");
  parts.go.disabled = true;
  const began = await start({
    model: store.get().model.id,
    works: chosen().map((work) => work.id),
    method: choice.method,
    strength: choice.strength,
    keep_old: choice.keep_old,
    settings: Object.fromEntries(given.map(([name, text]) => [name, Number(text)])),
  });
  parts.go.disabled = false;
  if (began) step("learning");
  return undefined;
}
