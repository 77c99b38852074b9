/** Models: what each makes, how it looks, what it was made from, what it cannot do. */
import { address } from "./api.js";
import { button, fill, h } from "./dom.js";
import { lang, t, titleOf } from "./i18n.js";
import { markdown } from "./markdown.js";

let store;
let root;
let drawn = false;

/** Fill #models when it is first shown. */
export function mount(given) {
  store = given;
  root = document.getElementById("models");
  const see = ({ view }) => view === "models" && draw();
  store.subscribe("view", see);
  see(store.get());
}

async function draw() {
  if (drawn) return;
  const cards = await store.api("GET", "/studio/models");
  if (!Array.isArray(cards)) return;
  drawn = true;
  const list = h("div", { class: "model-list" });
  fill(root, h("h1", { class: "unseen" }, t("views.models")), list);
  for (const card of cards) list.append(await model(card));
}

async function model(card) {
  const whole = (await store.api("GET", `/studio/models/${card.id}`)) ?? card;
  const text = whole.text ?? "";
  const body = h("div", { class: "model-text" }, markdown(local(text), { image: () => null }));
  const facts = [
    [t("modelsview.makes"), titleOf(card)],
    [t("modelsview.credit"), card.credit],
    [t("modelsview.licence"), card.licence],
    [t("modelsview.family"), `${card.family} · ${card.id} ${card.version}`],
    [t("modelsview.weights"), whole.weights?.base?.slice(0, 12) ?? ""],
  ].filter(([, value]) => value);
  const current = store.get().model?.id === card.id;
  const go = button(current ? "modelsview.playing" : "modelsview.play", () => {
    location.hash = "#/";
  }, { class: "quiet first" });
  return h("article", { class: "model-card", "aria-label": titleOf(card) },
    h("figure", {}, sheet(card), h("figcaption", {}, t("modelsview.sheet"))),
    h("div", { class: "model-words" }, h("h2", {}, titleOf(card)), h("p", { class: "model-id" }, card.id),
      h("dl", { class: "recipe" }, facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])), go, body));
}

/** The card's own sheet; where it ships none, it is painted now from sixteen seeds. */
function sheet(card) {
  const image = h("img", { class: "model-sheet", alt: t("modelsview.sheet_alt", { title: titleOf(card) }), loading: "lazy",
    src: address(`/studio/models/${card.id}/assets/sheet.webp`) });
  image.addEventListener("error", () => image.replaceWith(painted(card)), { once: true });
  return image;
}

function painted(card) {
  const grid = h("div", { class: "model-sheet painted", role: "img", "aria-label": t("modelsview.sheet_alt", { title: titleOf(card) }) });
  const cells = Array.from({ length: 16 }, () => h("span", {}));
  grid.append(...cells);
  const { opening } = store.get().model ?? {};
  if (!opening) return grid;
  (async () => {
    for (const [seed, cell] of cells.entries()) {
      const request = { ...opening, seed, point: null };
      const answer = await store.api("POST", "/studio/render", { request, quality: "fast", size: 128 }, { raw: true, quiet: true });
      if (answer) cell.append(h("img", { src: URL.createObjectURL(await answer.blob()), alt: "" }));
    }
  })();
  return grid;
}

/** A card may hold a part for each language under "<!-- en -->" and "<!-- zh -->"; else all of it is shown. */
function local(text) {
  const parts = text.split(/^<!-- (en|zh) -->$/m);
  const at = parts.indexOf(lang);
  return at > 0 ? parts[at + 1] : text;
}
