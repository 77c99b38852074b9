/** This + that - the other: three works added up, and which one is taken away is the person's choice. */
import { button, fill, h, iconButton } from "./dom.js";
import { t } from "./i18n.js";
import { parentOf } from "./kept.js";
import { store } from "./store.js";

let panel = null;

/** Open the panel above the filmstrip with three travellers; the last one is taken away at first. */
export function start(items) {
  if (store.get().view !== "studio") location.hash = "#/";
  if (!panel) {
    panel = h("section", {
      id: "arithmetic",
      class: "film-panel arithmetic",
      "aria-labelledby": "arithmetic-title",
      on: { keydown: (event) => event.key === "Escape" && (event.stopPropagation(), leave()) },
    });
    document.getElementById("filmstrip").prepend(panel);
    store.subscribe("view", ({ view }) => view !== "studio" && leave());
  }
  draw([...items]);
  panel.hidden = false;
  panel.querySelector(".arithmetic-add").focus({ preventScroll: true });
}

function leave() {
  panel.hidden = true;
  fill(panel);
}

/** `items` in the order of the sum: two that are added, one that is taken away. */
function draw(items, focus = null) {
  const term = (item, index) =>
    h(
      "li",
      { class: "arithmetic-term" },
      h("span", { class: "arithmetic-sign", "aria-hidden": "true" }, ["", "+", "−"][index]),
      h(
        "div",
        {},
        h("img", { src: item.thumbnail, alt: t(`arithmetic.term_${index}`, { title: item.label }), draggable: false }),
        index < 2
          ? button("arithmetic.take_away", () => draw(swapped(items, index), index), { class: "quiet arithmetic-swap" })
          : h("span", { class: "arithmetic-gone" }, t("arithmetic.taken")),
      ),
    );
  fill(
    panel,
    h(
      "header",
      { class: "film-head" },
      h("h2", { id: "arithmetic-title" }, t("arithmetic.title")),
      h("span", { class: "film-length" }, t("arithmetic.hint")),
      iconButton("close", "arithmetic.close", leave),
    ),
    h("ol", { class: "arithmetic-sum", "aria-label": t("arithmetic.sum") }, items.map(term)),
    h("div", { class: "film-foot" }, button("arithmetic.add", () => add(items), { class: "quiet film-make arithmetic-add" })),
  );
  if (focus !== null) panel.querySelectorAll(".arithmetic-swap")[focus].focus({ preventScroll: true });
}

/** The items with the one at `index` in the place of the one that is taken away. */
function swapped(items, index) {
  const next = [...items];
  [next[index], next[2]] = [next[2], next[index]];
  return next;
}

/** The sum becomes the current work. */
async function add(items) {
  const [a, b, minus] = items.map((item) => item.request);
  const answer = await store.api("POST", "/studio/arithmetic", { plus: [a, b], minus });
  if (!answer?.request) return;
  const side = (item, name) => parentOf(item, "breed", { side: name });
  const parents = [side(items[0], "plus"), side(items[1], "plus"), side(items[2], "minus")];
  store.set({ selection: [] });
  leave();
  store.change(answer.request, { label: "undo.arithmetic", parents });
  store.say("arithmetic.done", {}, "good");
}
