/**
 * Why this? A small panel beside a tile: what about it was liked before, two own works that say so,
 * what is not known yet, and what in the training is nearest to it. On a phone it is a sheet.
 */
import { button, fill, h, iconButton } from "./dom.js";
import { face } from "./face.js";
import { t } from "./i18n.js";
import { open as openWork, titleOfWork } from "./kept.js";
import { liked, listed, quality } from "./taste.js";

const GAP = 12; // px between the tile and the panel
const SAID = 3; // reasons that are worth a place in one sentence

let store;
let panel = null;
let home = null; // what has the focus again afterwards
let asked = null; // the tile that is asked about

/**
 * Open it for a tile.
 * @param {HTMLElement} opener  where the focus goes back to
 * @param {object} verbs  not(tile) where the grid has it
 */
export async function open(given, tile, opener, verbs) {
  store = given;
  home = opener.tabIndex < 0 && !opener.matches(":focus-visible") ? tile.go : opener;
  asked = tile;
  panel ??= build();
  const body = h("div", { class: "why-body", "aria-busy": "true" });
  fill(panel, head(tile), body, foot(tile, verbs));
  place(tile.node);
  if (!panel.matches(":popover-open")) panel.showPopover();
  place(tile.node);
  panel.focus({ preventScroll: true });
  const { request } = tile;
  const reasons = await store.api("POST", "/studio/taste/why", { request });
  if (asked !== tile || tile.request !== request) return;
  body.removeAttribute("aria-busy");
  fill(body, reasons?.because ? sentences(reasons, tile) : h("p", {}, t("why.failed")));
  place(tile.node);
}

function build() {
  const node = h("div", {
    id: "why",
    popover: "auto",
    role: "dialog",
    tabIndex: -1,
    "aria-labelledby": "why-title",
    on: { keydown: inside, toggle: closed },
  });
  document.getElementById("sheets").append(node);
  return node;
}

/** Closed by Escape, by a press beside it, or by its own button: the focus goes home. */
function closed(event) {
  if (event.newState !== "closed") return;
  const astray = document.activeElement === document.body || panel.contains(document.activeElement);
  if (astray && home?.isConnected) home.focus({ preventScroll: true });
  asked = null;
}

export function close() {
  if (panel?.matches(":popover-open")) panel.hidePopover();
}

/** Tab stays inside; Escape is the browser's, and nobody else's while this is open. */
function inside(event) {
  if (event.key === "Escape") {
    event.preventDefault();
    close();
  } else if (event.key === "Tab") {
    const stops = [...panel.querySelectorAll("button:not(:disabled)")];
    const at = stops.indexOf(document.activeElement);
    event.preventDefault();
    stops.at((at + (event.shiftKey ? -1 : 1) + (at < 0 && event.shiftKey ? 1 : 0)) % stops.length).focus();
  }
  event.stopPropagation();
}

/** Left of the tile where there is room, else right of it; never outside of the window. */
function place(node) {
  if (store.get().size === "phone") {
    panel.style.translate = "none";
    return;
  }
  const tile = node.getBoundingClientRect();
  const box = panel.getBoundingClientRect();
  const left = tile.left - GAP - box.width;
  const x = left >= GAP ? left : Math.min(tile.right + GAP, innerWidth - box.width - GAP);
  const y = Math.max(GAP, Math.min(tile.top, innerHeight - box.height - GAP));
  panel.style.translate = `${Math.round(x)}px ${Math.round(y)}px`;
}

const head = (tile) =>
  h(
    "header",
    {},
    h("span", { class: "why-face" }, face(tile.image)),
    h("h2", { id: "why-title" }, t("why.title")),
    iconButton("close", "why.close", close),
  );

function foot(tile, { not }) {
  const act = (run) => () => {
    close();
    run(tile);
  };
  const mayKeep = tile.keep.getAttribute("aria-pressed") !== "true";
  return h(
    "div",
    { class: "why-verbs" },
    button("why.go", act(() => tile.go.click())),
    mayKeep ? button("why.keep", act(() => tile.keep.click())) : null,
    not ? button("why.not", act(not)) : null,
  );
}

/** The lines: because, not sure, nearest. */
function sentences({ because, works, unsure, nearest }, tile) {
  const reasons = because.slice(0, SAID).map((one) => liked(one.attribute, one.more));
  const free = tile.by !== "taste";
  const first = reasons.length
    ? t(free ? "why.free_because" : "why.because", { reasons: listed(reasons) })
    : t(free ? "why.free" : "why.looks");
  const like = works.length && reasons.length ? t(works.length === 1 ? "why.like_one" : "why.like_two") : "";
  return [
    h("p", {}, `${first}${like}${t("why.end")}`),
    works.length && reasons.length ? row("why.yours", works.map(ownWork)) : null,
    unsure.length
      ? h("p", { class: "why-unsure" }, t("why.unsure", { what: listed(unsure.slice(0, SAID).map(plainly)) }))
      : null,
    nearest.length ? h("p", { class: "why-near" }, t("why.nearest")) : null,
    nearest.length
      ? row(
          "why.nearest",
          nearest.map(({ image }, place) => h("li", {}, face(image, { alt: t("why.near", { number: place + 1 }) }))),
        )
      : null,
  ];
}

const plainly = (name) => quality(name).toLowerCase();

const row = (key, items) => h("ul", { class: "why-row", "aria-label": t(key) }, ...items);

function ownWork(work) {
  const title = titleOfWork(work);
  const go = () => {
    close();
    openWork(store, work);
  };
  const label = t("why.open", { title });
  return h(
    "li",
    {},
    h("button", { type: "button", title: label, "aria-label": label, on: { click: go } }, face(work.thumbnail)),
  );
}
