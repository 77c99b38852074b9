/** What moves in the filmstrip: a kept picture flies in, the bridge pulses, one work meets another. */
import { titleOfWork, traveller } from "./kept.js";
import { icon, h, still } from "./dom.js";
import { t } from "./i18n.js";

const FLIGHT = 320;

let store;
let strip;
let link; // the bridge
let newest = null;
let ready = false; // the first page is here: whatever comes now is new

/** @param {{scroller, track, left: Function, side: Function, cellOf: Function}} given */
export function mount(owner, given) {
  store = owner;
  strip = given;
  link = h(
    "button",
    {
      type: "button",
      class: "strip-bridge",
      hidden: true,
      "aria-label": t("filmstrip.bridge"),
      title: t("filmstrip.bridge"),
      on: { click: cross },
    },
    icon("bridge"),
  );
  strip.scroller.append(link);
  store.subscribe("works", arrive);
}

/** What is on the stage, as something that can be carried. */
export function current() {
  const { request } = store.get();
  if (!request) return null;
  const kept = store.keptWork();
  if (kept) return traveller(kept);
  return { request, thumbnail: picture(), id: null, label: t("filmstrip.now") };
}

/** What is on the stage as a small picture's address. */
export function picture() {
  const small = h("canvas", { width: 128, height: 128 });
  small.getContext("2d").drawImage(document.getElementById("live-canvas"), 0, 0, 128, 128);
  return small.toDataURL("image/webp");
}

/** Morph from the work that was carried to the one it was dropped on. */
export async function morph(from, to) {
  if (from && to) (await import("./morph.js")).start(from, to);
}

/** Whether the two newest are works that one can cross between. */
export function bridged() {
  const [second, first] = store.get().works;
  return first?.kind === "work" && second.kind === "work";
}

/** Put the bridge between the two newest kept works. */
export function bridge() {
  link.hidden = !bridged();
  link.style.translate = `${strip.left(2) - 24}px 0`;
}

function cross() {
  const [newer, older] = store.get().works;
  store.done("bridge");
  morph(traveller(older), traveller(newer));
}

/** From now on a work that comes first is a new one. */
export function settle() {
  ready = true;
}

/** A new first work: what is made from here on has it as its parent, and it flies into the strip. */
function arrive() {
  const { works, request } = store.get();
  const [first, second] = works;
  const before = newest;
  newest = first?.id ?? null;
  if (!ready || !first || newest <= (before ?? "") || (second?.id ?? null) !== before) return;
  if (store.keptWork()?.id === first.id) {
    store.change(request, { live: false, parents: [{ id: first.id, role: "edit", info: {} }] });
  }
  strip.scroller.scrollTo({ left: 0 });
  document.getElementById("spoken").textContent = t("filmstrip.spoken", { title: titleOfWork(first) });
  if (works.length === 2) {
    link.classList.add("pulse");
    link.addEventListener("animationend", () => link.classList.remove("pulse"), { once: true });
  }
  if (first.kind === "work" && !still()) requestAnimationFrame(() => fly(first.id));
}

/** The picture shrinks from the stage into its cell; only transform and opacity change. */
function fly(id) {
  const cell = strip.cellOf(id);
  const canvas = document.getElementById("live-canvas");
  const [from, to] = [canvas.getBoundingClientRect(), cell?.getBoundingClientRect()];
  if (!to?.width || !from.width) return;
  const copy = h("canvas", {
    class: "flight",
    width: canvas.width,
    height: canvas.height,
    "aria-hidden": "true",
  });
  copy.getContext("2d").drawImage(canvas, 0, 0);
  for (const key of ["left", "top", "width", "height"]) copy.style[key] = `${from[key]}px`;
  (document.querySelector(".gradio-container") ?? document.body).append(copy);
  cell.style.opacity = "0";
  const end = `translate(${to.left - from.left}px, ${to.top - from.top}px) scale(${to.width / from.width})`;
  const flight = copy.animate([{ transform: "none" }, { transform: end }], {
    duration: FLIGHT,
    easing: "cubic-bezier(.2,.7,.2,1)",
  });
  const land = () => {
    copy.remove();
    cell.style.opacity = "";
  };
  flight.finished.then(land, land);
}
