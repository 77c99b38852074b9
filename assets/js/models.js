/** Models: what each makes, how it looks, what it was made from, what it cannot do. */
import { address } from "./api.js";
import { button, fill, h } from "./dom.js";
import { lang, t, titleOf } from "./i18n.js";
import { LESSON } from "./lesson.js";
import { play } from "./playing.js";

let store;
let root;
let drawn = false;

/** Fill #models when it is first shown. */
export function mount(given) {
  store = given;
  root = document.getElementById("models");
  const see = () => store.get().view === "models" && location.hash !== LESSON && draw();
  store.subscribe("view", see);
  addEventListener("hashchange", see);
  see();
}

async function draw() {
  if (drawn) return;
  const cards = await store.api("GET", "/studio/models");
  if (!Array.isArray(cards)) return;
  drawn = true;
  const list = h("div", { class: "model-list" });
  fill(root, h("h1", { class: "unseen" }, t("views.models")), list);
  for (const card of cards.filter((one) => !one.shelf)) list.append(await model(card));
  list.append(h("h2", { class: "model-shelf" }, t("modelsview.shelf_classics")), door());
  for (const card of cards.filter((one) => one.shelf)) list.append(await model(card));
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

async function model(card) {
  const whole = (await store.api("GET", `/studio/models/${card.id}`)) ?? card;
  const facts = [
    [t("modelsview.makes"), t(`media.${card.medium ?? "picture"}`)],
    [t("modelsview.credit"), card.credit],
    [t("modelsview.licence"), card.licence],
    [t("modelsview.family"), `${card.family} · ${card.id} ${card.version}`],
    [t("modelsview.weights"), whole.weights?.base?.slice(0, 12) ?? ""],
  ].filter(([, value]) => value);
  const go = button("modelsview.play", () => play(card.id), { class: "quiet first" });
  const name = () => {
    const current = store.get().model?.id === card.id;
    go.textContent = t(current ? "modelsview.playing" : "modelsview.play");
  };
  store.subscribe("model", name);
  name();
  return h(
    "article",
    { class: "model-card", "aria-label": titleOf(card) },
    h("figure", {}, painted(whole), h("figcaption", {}, t("modelsview.sheet"))),
    h(
      "div",
      { class: "model-words" },
      h("h2", {}, titleOf(card)),
      h("p", { class: "model-id" }, card.id),
      h(
        "dl",
        { class: "recipe" },
        facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
      ),
      go,
      words(card, whole.text ?? {}),
    ),
  );
}

const assetOf = (card, name) => address(`/studio/models/${card.id}/assets/${name}`);

/** Sixteen seeds, painted now. */
function painted(card) {
  const grid = h("div", {
    class: "model-sheet",
    role: "img",
    "aria-label": t("modelsview.sheet_alt", { title: titleOf(card) }),
  });
  const cells = Array.from({ length: 16 }, () => h("span", {}));
  grid.append(...cells);
  (async () => {
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
  })();
  return grid;
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
