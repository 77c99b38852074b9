/** What can be done to the selected works: one, two, or two to twenty-four. */
import { verbs as across } from "./across.js";
import { button, fill, h, iconButton } from "./dom.js";
import { t } from "./i18n.js";
import { amend, dots, remove, titleOfWork, traveller } from "./kept.js";
import { register } from "./keys.js";
import { verbs as mixing } from "./mixer.js";

const MOST = 24;

/** The selected works in the order of the strip, left to right. */
export function selected(store) {
  const { works, selection } = store.get();
  const chosen = new Set(selection);
  return works.filter((work) => chosen.has(work.id));
}

/** The bar at the right end of the filmstrip. */
export function bar(store) {
  const node = h("div", {
    class: "strip-bar",
    role: "group",
    "aria-label": t("filmstrip.selection"),
    hidden: true,
  });
  let shown = "";
  const draw = () => {
    const works = selected(store);
    const { view } = store.get();
    const now = `${view} ${works.map((work) => `${work.id}${work.rating}${work.note}`).join()}`;
    if (now === shown) return;
    shown = now;
    node.hidden = works.length === 0;
    document.getElementById("filmstrip").toggleAttribute("data-selecting", works.length > 0);
    fill(node, works.length ? content(store, works, node) : []);
  };
  store.subscribe(["selection", "works", "view"], draw);
  register("M", () => withTwo(store, morphTwo), { label: "keys.morph" });
  register("B", () => withTwo(store, breedTwo), { label: "keys.breed" });
  return node;
}

function content(store, works, node) {
  const count = h("span", { class: "strip-count" }, t("filmstrip.selected", { count: works.length }));
  const clear = iconButton("close", "filmstrip.clear", () => store.set({ selection: [] }));
  const verbs = h("div", { class: "strip-verbs" });
  if (works.length === 1) verbs.append(...single(store, works[0], node));
  else if (works.length === 2) verbs.append(...pair(store, works));
  else if (works.length === 3) verbs.append(three(store, works));
  if (works.length > 1) verbs.append(...mixing(works));
  if (works.length > 1) {
    const film = button("filmstrip.film", () => import("./film.js").then((film) => film.open(works)));
    const media = new Set(works.map((work) => work.medium));
    film.disabled = works.length > MOST || media.size > 1;
    const sheet = button("filmstrip.sheet", () =>
      import("./export.js").then((files) => files.sheet({ works: works.map((work) => work.id) })),
    );
    sheet.disabled = media.size > 1 || works.some((work) => work.kind !== "work");
    verbs.append(film, sheet);
  }
  if (store.get().view === "teach") fill(verbs, ["more", "less"].map((side) => tray(store, works, side)));
  else if (works.length > 1) verbs.append(tray(store, works, "more"));
  return [h("div", { class: "strip-head" }, count, clear), verbs];
}

/** Put the selected works into a tray of Teach; from elsewhere they open it. */
function tray(store, works, side) {
  const here = store.get().view === "teach";
  const items = works.filter((work) => work.kind === "work").map(traveller);
  const run = async () => {
    const [{ go }, { add }] = await Promise.all([import("./teach.js"), import("./trays.js")]);
    go("slider");
    add(side, items);
    store.set({ selection: [] });
  };
  const verb = button(here ? `trays.put_${side}` : "filmstrip.teach", run);
  verb.disabled = !items.length || items.length > MOST;
  return verb;
}

function single(store, work, node) {
  const save = button("filmstrip.save", () => import("./export.js").then((files) => files.menu(save, work)), {
    "aria-haspopup": "menu",
  });
  return [
    dots(store, work, { size: "large" }),
    button("filmstrip.note", () => noteField(store, work, node)),
    save,
    button("filmstrip.family", () => import("./works.js").then((works) => works.show(work.id))),
    ...across(work),
    ...mixing([work]),
    button("filmstrip.delete", () => remove(store, work)),
  ];
}

function pair(store, works) {
  const verb = (key, run) => button(key, () => run(store, works));
  return [
    verb("filmstrip.morph", morphTwo),
    verb("filmstrip.breed", breedTwo),
    verb("filmstrip.compare", compareTwo),
  ];
}

/** Of three media they hang side by side, of one model they are added up. */
function three(store, works) {
  const media = new Set(works.filter((work) => work.kind === "work").map((work) => work.medium));
  if (media.size < 3) return button("filmstrip.arithmetic", () => addUp(store, works));
  return button("filmstrip.triptych", () => import("./film.js").then((film) => film.hang(works)));
}

function withTwo(store, run) {
  const works = selected(store).filter((work) => work.kind === "work");
  if (works.length === 2) run(store, works);
  else store.say("filmstrip.selectTwo");
}

/** The older of two is A: a morph runs the way the works were made. */
const inOrder = (works) => works.toReversed().map(traveller);

async function morphTwo(store, works) {
  (await import("./morph.js")).start(...inOrder(works));
}

async function breedTwo(store, works) {
  (await import("./breed.js")).start(...inOrder(works));
}

/** Three works as a sum, in the order in which they were selected: the last one is taken away. */
async function addUp(store, works) {
  const { selection } = store.get();
  const order = works.toSorted((a, b) => selection.indexOf(a.id) - selection.indexOf(b.id));
  if (order.some((work) => work.kind !== "work")) return store.say("arithmetic.films");
  return (await import("./arithmetic.js")).start(order.map(traveller));
}

async function compareTwo(store, works) {
  (await import("./compare.js")).onStage(store, ...inOrder(works));
}

/** A line for a note, in place of the verbs; Enter keeps it, Escape leaves it. */
function noteField(store, work, node) {
  const input = h("input", {
    type: "text",
    class: "strip-note",
    value: work.note ?? "",
    maxlength: "2000",
    "aria-label": t("filmstrip.noteOf", { title: titleOfWork(work) }),
    placeholder: t("filmstrip.noteHere"),
  });
  const leave = () => {
    fill(node, content(store, [work], node));
    node.querySelector("button")?.focus();
  };
  const keep = async (event) => {
    event.preventDefault();
    const note = input.value.trim();
    if (note === (work.note ?? "")) leave();
    else if (await amend(store, work, { note })) store.say("filmstrip.noted");
  };
  input.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") leave();
  });
  const form = h(
    "form",
    { class: "strip-form", on: { submit: keep } },
    input,
    h("button", { type: "submit", class: "quiet" }, t("filmstrip.keepNote")),
  );
  fill(node.querySelector(".strip-verbs"), form);
  input.focus();
}
