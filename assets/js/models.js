/** Models: what each makes, how it looks, what it was made from, what it cannot do. */
import { address } from "./api.js";
import { button, fill, h, onceSeen } from "./dom.js";
import { lang, t, titleOf } from "./i18n.js";
import { LESSON } from "./lesson.js";
import { OWN, unfinished } from "./own.js";
import { play } from "./playing.js";

let store;
let root;
let drawn = false;
let wanted = ""; // id of the model whose card is to be seen

/** Fill #models when it is first shown. */
export function mount(given) {
  store = given;
  root = document.getElementById("models");
  const see = () => {
    root.hidden = [LESSON, OWN].includes(location.hash);
    if (store.get().view === "models" && !root.hidden) draw().then(find);
  };
  store.subscribe("view", see);
  addEventListener("hashchange", see);
  document.addEventListener("duet:models", () => ((drawn = false), see()));
  see();
}

/** Go to the card of a model. */
export function show(id) {
  wanted = id;
  location.hash = "#/models";
}

function find() {
  const card = wanted && root.querySelector(`[data-model="${CSS.escape(wanted)}"]`);
  wanted = "";
  if (!card) return;
  card.scrollIntoView({ block: "start" });
  card.querySelector("button").focus({ preventScroll: true });
}

async function draw() {
  if (drawn) return;
  const cards = await store.api("GET", "/studio/models");
  if (!Array.isArray(cards)) return;
  drawn = true;
  const list = h("div", { class: "model-list" });
  const top = root.scrollTop; // of the list before, when a model has come
  fill(root, h("h1", { class: "unseen" }, t("views.models")), own(), list);
  const all = cards.map((card) => ({ card, node: model(card) }));
  const nodes = (shelved) => all.filter(({ card }) => Boolean(card.shelf) === shelved).map(({ node }) => node);
  const shelf = h("h2", { class: "model-shelf" }, t("modelsview.shelf_classics"));
  list.append(...nodes(false), shelf, door(), ...nodes(true));
  root.scrollTop = top;
  fillIn(all);
}

async function fillIn(all) {
  for (const { card, node } of all) await tell(card, node);
}

/** The way to a model of one's own, and how far it is. */
function own() {
  const words = h("p", {});
  const go = h("a", { class: "go", href: OWN });
  const tell = ({ own: job }) => {
    const on = unfinished(job);
    const values = { name: job?.name ?? "", percent: Math.round((job?.progress ?? 0) * 100) };
    words.textContent = on ? t("own.under_way", values) : t("own.door");
    go.textContent = t(on ? "own.see" : "own.title");
  };
  store.subscribe("own", tell);
  tell(store.get());
  return h("section", { class: "own-door", "aria-label": t("own.title") }, words, go);
}

/** The way into the lesson. */
function door() {
  const figures = Array.from({ length: 16 }, (_, index) => h("span", {}, String(index % 10)));
  return h(
    "section",
    { class: "model-card lesson-door", "aria-labelledby": "lesson-door" },
    h("figure", {}, h("div", { class: "model-sheet", "aria-hidden": "true" }, figures)),
    h(
      "div",
      { class: "model-words" },
      h("h2", { id: "lesson-door" }, t("lesson.title")),
      h("p", { class: "model-text" }, t("lesson.door")),
      h("a", { class: "quiet", href: LESSON }, t("lesson.open")),
    ),
  );
}

/** A model as the list has it; what takes longer to know comes with `tell`. */
function model(card) {
  const facts = [
    [t("modelsview.makes"), t(`media.${card.medium ?? "picture"}`)],
    [t("modelsview.credit"), card.credit],
    [t("modelsview.licence"), card.licence === "unknown" ? "" : card.licence],
    [t("modelsview.family"), `${card.family} · ${card.id} ${card.version}`],
  ];
  const go = button("modelsview.play", () => play(card.id), { class: "quiet first" });
  const name = () => {
    const current = store.get().model?.id === card.id;
    go.textContent = t(current ? "modelsview.playing" : "modelsview.play");
  };
  store.subscribe("model", name);
  name();
  return h(
    "article",
    { class: "model-card", "aria-label": titleOf(card), "aria-busy": "true", data: { model: card.id } },
    h("figure", {}, sheet(card), h("figcaption", {}, t("modelsview.sheet"))),
    h(
      "div",
      { class: "model-words" },
      h("h2", {}, titleOf(card)),
      h("p", { class: "model-id" }, card.id),
      h("dl", { class: "recipe" }, facts.flatMap(fact)),
      go,
    ),
  );
}

const fact = ([name, value]) => (value ? [h("dt", {}, name), h("dd", {}, value)] : []);

/** Its weights and its card's text: for these the server has to read the model. Its draws come when it is seen. */
async function tell(card, node) {
  const whole = await store.api("GET", `/studio/models/${card.id}`);
  node.querySelector("dl").append(...fact([t("modelsview.weights"), whole?.weights?.base?.slice(0, 12)]));
  node.querySelector(".model-words").append(words(card, whole?.text ?? {}));
  node.removeAttribute("aria-busy");
  const cells = node.querySelectorAll(".model-sheet span");
  if (whole) onceSeen(node, () => paint(whole, cells));
}

const assetOf = (card, name) => address(`/studio/models/${card.id}/assets/${name}`);

/** Room for sixteen draws. */
function sheet(card) {
  const label = t("modelsview.sheet_alt", { title: titleOf(card) });
  const cells = Array.from({ length: 16 }, () => h("span", {}));
  return h("div", { class: "model-sheet", role: "img", "aria-label": label }, cells);
}

/** Seeds 0 to 15, painted now. */
async function paint(card, cells) {
  for (const [seed, cell] of cells.entries()) {
    const request = { ...card.opening, seed, point: null };
    const answer = await store.api(
      "POST",
      "/studio/render",
      { request, quality: "fast", size: 128 },
      { raw: true, quiet: true },
    );
    if (answer) cell.append(h("img", { src: URL.createObjectURL(await answer.blob()), alt: "" }));
  }
}

/** The card in the page's language; the server made it and left nothing foreign in it. */
function words(card, text) {
  const template = document.createElement("template");
  template.innerHTML = text[lang] ?? text.en ?? text[""] ?? "";
  for (const img of template.content.querySelectorAll("img")) {
    img.src = assetOf(card, img.getAttribute("src"));
  }
  return h("div", { class: "model-text" }, template.content);
}
