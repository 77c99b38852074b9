/**
 * Two trays, "more of this" and "less of this". Works come in by dragging, by a tap in the filmstrip
 * (they go into the tray that is open), or from the selection by More and Less.
 */
import { carry, take } from "./drag.js";
import { fill, h, iconButton } from "./dom.js";
import { t } from "./i18n.js";
import { sameRequest } from "./recipe.js";

export const MOST = 24;
const SIDES = ["more", "less"];
const held = { more: [], less: [] }; // travellers
const listeners = new Set();
const nodes = {};
let into = "more"; // the tray that a tap fills
let full = () => {}; // told when a tray is full

/** What lies in both trays: lists of travellers. */
export const contents = () => held;

/** Call `fn` after every change. */
export function onChange(fn) {
  listeners.add(fn);
}

/** The two trays as elements. */
export function build(store) {
  full = () => store.say("trays.full", { most: MOST });
  document.addEventListener("duet:pick", (event) => {
    const { view } = store.get();
    if (view !== "teach" || document.body.dataset.teach !== "slider" || !event.detail.item.request) return;
    event.preventDefault();
    toggle(event.detail.item);
  });
  return SIDES.map(tray);
}

function tray(side) {
  const title = h(
    "button",
    { type: "button", class: "tray-title", on: { click: () => choose(side) } },
    t(`trays.${side}`),
  );
  const count = h("span", { class: "tray-count" });
  const works = h("ul", { class: "tray-works", "aria-label": t(`trays.${side}`) });
  const node = h(
    "div",
    { class: `tray ${side}`, on: { click: (event) => event.target.closest("button") || choose(side) } },
    h("h2", {}, title, count),
    works,
  );
  take(
    node,
    (item) => add(side, [item]),
    (item) => Boolean(item.request),
  );
  nodes[side] = { node, title, count, works };
  draw(side);
  return node;
}

/** A tap in the filmstrip goes into this tray from now on. */
export function choose(side) {
  into = side;
  SIDES.forEach(draw);
}

const sameWork = (a, b) => (a.id && a.id === b.id) || sameRequest(a.request, b.request);

/** A work that lies in a tray already goes out of it; any other comes into the open one. */
function toggle(item) {
  const where = SIDES.find((side) => held[side].some((one) => sameWork(one, item)));
  if (where) drop(where, item);
  else add(into, [item]);
}

/** Put works into a tray; they leave the other one. */
export function add(side, items) {
  const other = SIDES.find((one) => one !== side);
  for (const item of items) {
    if (held[side].some((one) => sameWork(one, item))) continue;
    if (held[side].length >= MOST) {
      full();
      break;
    }
    held[other] = held[other].filter((one) => !sameWork(one, item));
    held[side] = [...held[side], item];
  }
  changed();
}

function drop(side, item) {
  held[side] = held[side].filter((one) => !sameWork(one, item));
  changed();
}

/** Empty both trays. */
export function empty() {
  SIDES.forEach((side) => {
    held[side] = [];
  });
  into = "more";
  changed();
}

function changed() {
  SIDES.filter((side) => nodes[side]).forEach(draw);
  listeners.forEach((fn) => fn());
}

function draw(side) {
  const { node, title, count, works } = nodes[side];
  const items = held[side];
  const active = side === into;
  node.classList.toggle("active", active);
  title.setAttribute("aria-pressed", String(active));
  count.textContent = items.length ? String(items.length) : "";
  fill(
    works,
    items.length
      ? items.map((item) => cell(side, item))
      : h("li", { class: "tray-empty" }, t(active ? "trays.here" : "trays.there")),
  );
}

/** One work in a tray; its button takes it out, dragging it puts it into the other. */
function cell(side, item) {
  const out = iconButton("close", "trays.out", () => leave(side, item), { class: "plain tray-out" });
  out.setAttribute("aria-label", t("trays.out_of", { title: item.label }));
  const node = h(
    "li",
    { class: "tray-work", title: item.label },
    h("img", { src: item.thumbnail, alt: item.label, draggable: false }),
    out,
  );
  carry(node, () => item);
  return node;
}

/** The focus stays among the works after one was taken out. */
function leave(side, item) {
  const index = held[side].findIndex((one) => sameWork(one, item));
  drop(side, item);
  const buttons = [...nodes[side].works.querySelectorAll("button")];
  (buttons[Math.min(index, buttons.length - 1)] ?? nodes[side].title).focus();
}
