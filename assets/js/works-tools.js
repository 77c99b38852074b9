/** Search by word; filter by model, rating and month. */
import { afterPause, button, h } from "./dom.js";
import { lang, t, titleOf } from "./i18n.js";

const MONTHS = 24;

/**
 * The line of search and filters.
 * @param {object} on  set(filters), compare()
 */
export function tools(store, on) {
  const field = h("input", {
    type: "search",
    id: "works-query",
    placeholder: t("worksview.search"),
    "aria-label": t("worksview.search"),
    on: { input: afterPause(() => on.set({ query: field.value.trim() }), 180) },
  });
  const models = pick(on, "worksview.model", "model", [["", t("worksview.any_model")]]);
  store.api("GET", "/studio/models", undefined, { quiet: true }).then((cards) => {
    const list = Array.isArray(cards) ? cards : [];
    models
      .querySelector("select")
      .append(...list.map((card) => h("option", { value: card.id }, titleOf(card))));
  });
  const stars = [5, 4, 3, 2, 1].map((rating) => [rating, t("worksview.at_least", { rating })]);
  const compare = button("worksview.compare", on.compare, { class: "quiet works-compare", disabled: true });
  return h(
    "div",
    { class: "works-tools", role: "search" },
    field,
    models,
    pick(on, "worksview.rating", "rating", [["", t("worksview.any_rating")], ...stars]),
    pick(on, "worksview.month", "month", [["", t("worksview.any_month")], ...months()]),
    compare,
    button("drop.open", () => import("./drop.js").then((files) => files.choose())),
  );
}

function pick(on, key, name, options) {
  const box = h(
    "select",
    { id: `works-${name}`, "aria-label": t(key), on: { change: () => on.set({ [name]: box.value }) } },
    options.map(([value, word]) => h("option", { value: String(value) }, word)),
  );
  return h("label", {}, box);
}

function months() {
  const now = new Date();
  return Array.from({ length: MONTHS }, (_, back) => {
    const first = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back, 1));
    const name = first.toLocaleDateString(lang, { year: "numeric", month: "long", timeZone: "UTC" });
    return [first.toISOString().slice(0, 7), name];
  });
}
