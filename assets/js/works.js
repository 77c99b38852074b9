/**
 * Works: everything that was kept, in justified rows; search, filter, open, compare, and a panel
 * with recipe, family and notes. Only the rows in the window are in the document.
 */
import { address } from "./api.js";
import { carry } from "./drag.js";
import { afterPause, fill, h, icon, throttle } from "./dom.js";
import { t } from "./i18n.js";
import { justify, within } from "./justify.js";
import { describe, open, titleOfWork, traveller } from "./kept.js";
import { tools } from "./works-tools.js";
import * as panel from "./work-panel.js";

const PAGE = 60;

let store;
let root;
let sheet; // holds the tiles
let scroller;
let words; // how many, or why there are none
let works = [];
let boxes = [];
let total = 0;
let cursor = null;
let busy = false;
let turn = 0; // the search that is on; answers of earlier ones are dropped
let at = 0; // index with the tab stop
const nodes = new Map();
const filters = { query: "", model: "", rating: "", month: "" };
const chosen = new Set();

/** Fill #works. */
export function mount(given) {
  store = given;
  root = document.getElementById("works");
  sheet = h("div", {
    class: "works-sheet",
    role: "listbox",
    "aria-multiselectable": "true",
    "aria-label": t("worksview.label"),
  });
  words = h("p", { class: "works-words", role: "status" });
  scroller = h("div", { class: "works-scroll" }, words, sheet);
  fill(
    root,
    tools(store, { set, compare: compareTwo }),
    h("div", { class: "works-body" }, scroller, panel.build(store, { pick: show })),
  );
  scroller.addEventListener("scroll", throttle(render, 40), { passive: true });
  sheet.addEventListener("keydown", walk);
  new ResizeObserver(layout).observe(scroller);
  store.subscribe("view", ({ view }) => view === "works" && search());
  store.subscribe("works", () => store.get().view === "works" && !busy && afterKeep());
  document.addEventListener("duet:work", ({ detail }) => changed(detail));
  if (store.get().view === "works") search();
}

function set(patch) {
  Object.assign(filters, patch);
  search();
}

/** Begin again with the filters as they are. */
async function search() {
  turn += 1;
  cursor = null;
  busy = false;
  await more(turn, true);
  scroller.scrollTop = 0;
}

async function more(mine, fresh = false) {
  if (busy || (!fresh && !cursor)) return;
  busy = true;
  const given = Object.entries(filters).filter(([, value]) => value);
  const query = new URLSearchParams([...given, ["limit", PAGE], ...(cursor ? [["cursor", cursor]] : [])]);
  const page = await store.api("GET", `/studio/works?${query}`);
  if (mine !== turn) return;
  busy = false;
  if (!page) return;
  works = fresh ? page.works : [...works, ...page.works];
  ({ total } = page);
  cursor = page.cursor ?? null;
  layout();
}

/** A work was kept or taken out elsewhere: look again, but stay where we are. */
const afterKeep = afterPause(async () => {
  const top = scroller.scrollTop;
  await search();
  scroller.scrollTop = top;
}, 150);

function changed({ work, gone }) {
  const index = works.findIndex((one) => one.id === work.id);
  if (index >= 0 && !gone) works[index] = work;
  if (index >= 0 && gone) {
    works.splice(index, 1);
    total -= 1;
    chosen.delete(work.id);
  }
  layout();
}

function layout() {
  if (!scroller.clientWidth) return;
  const small = store.get().size === "phone";
  boxes = justify(
    works.map((work) => (work.width || 1) / (work.height || 1)),
    sheet.clientWidth,
    small ? { height: 116, gap: 6 } : { height: 160, gap: 8 },
  );
  const last = boxes.at(-1);
  sheet.style.height = `${last ? last.y + last.height : 0}px`;
  const filtered = Object.values(filters).some(Boolean);
  words.textContent = total
    ? t(filtered ? "worksview.found" : "worksview.all", { count: total })
    : t(filtered ? "worksview.none_found" : "worksview.none");
  root.toggleAttribute("data-empty", !total);
  render();
}

function render() {
  const [from, to] = within(boxes, scroller.scrollTop - 400, scroller.scrollTop + scroller.clientHeight + 400);
  at = Math.min(at, Math.max(0, works.length - 1));
  const wanted = new Set(works.slice(from, to));
  for (const [id, node] of nodes) {
    if (wanted.has(node.work)) continue;
    node.remove();
    nodes.delete(id);
  }
  let last = null; // in the order they are read in
  for (let index = from; index < to; index += 1) {
    const work = works[index];
    if (!nodes.has(work.id)) nodes.set(work.id, tile(work, index));
    const [node, box] = [nodes.get(work.id), boxes[index]];
    if (!last && sheet.firstChild !== node) sheet.prepend(node);
    else if (last && last.nextSibling !== node) last.after(node);
    last = node;
    node.index = index;
    Object.assign(node.style, {
      translate: `${box.x}px ${box.y}px`,
      width: `${box.width}px`,
      height: `${box.height}px`,
    });
    node.tabIndex = index === at ? 0 : -1;
    node.setAttribute("aria-selected", String(chosen.has(work.id)));
    node.toggleAttribute("data-shown", panel.shows(work.id));
  }
  if (to > works.length - 30) more(turn);
}

function tile(work, index) {
  const info = h(
    "span",
    {
      class: "works-info",
      "aria-hidden": "true",
      title: t("worksview.info"),
      on: {
        click: (event) => {
          event.stopPropagation();
          show(work.id);
        },
      },
    },
    icon("info"),
  );
  const node = h(
    "div",
    {
      class: `works-tile ${work.kind}`,
      role: "option",
      "aria-label": describe(work),
      title: titleOfWork(work),
      data: { id: work.id },
      on: {
        click: (event) => {
          at = node.index;
          if (event.shiftKey || event.ctrlKey || event.metaKey) toggle(work);
          else show(work.id, work);
        },
        dblclick: () => enter(work),
      },
    },
    h("img", { src: address(work.thumbnail), alt: "", draggable: false, loading: "lazy", decoding: "async" }),
    info,
    h("span", { class: "score", "aria-hidden": "true" }, "•".repeat(work.rating ?? 0)),
  );
  node.work = work;
  node.index = index;
  carry(node, () => traveller(work));
  return node;
}

function enter(work) {
  open(store, work);
}

function toggle(work) {
  if (!chosen.delete(work.id)) chosen.add(work.id);
  root.querySelector(".works-compare").disabled = chosen.size !== 2;
  render();
}

async function compareTwo() {
  const pair = works.filter((work) => chosen.has(work.id)).toReversed();
  if (pair.length === 2) panel.compare(...pair);
}

/** Open the panel of a work; also asked for from the filmstrip. */
export async function show(id, work = null) {
  if (store.get().view !== "works") location.hash = "#/works";
  await panel.show(id, work ?? works.find((one) => one.id === id));
  layout();
}

/** Arrows walk the rows, Enter opens the panel, Shift+Enter or Space selects. */
function walk(event) {
  const node = event.target.closest(".works-tile");
  if (!node || event.altKey) return;
  const to = {
    ArrowLeft: at - 1,
    ArrowRight: at + 1,
    ArrowUp: beside(-1),
    ArrowDown: beside(1),
    Home: 0,
    End: works.length - 1,
  }[event.key];
  if (to !== undefined) focusOn(Math.min(works.length - 1, Math.max(0, to)));
  else if (event.key === " " || (event.key === "Enter" && event.shiftKey)) toggle(node.work);
  else if (event.key === "Enter") show(node.work.id, node.work);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** The work above or below, by where it stands. */
function beside(way) {
  const here = boxes[at];
  const middle = here.x + here.width / 2;
  let best = at;
  for (let index = at + way; index >= 0 && index < boxes.length; index += way) {
    const box = boxes[index];
    if (box.y === here.y) continue;
    if (best !== at && boxes[best].y !== box.y) break;
    const [old, now] = [best, index].map((one) => Math.abs(boxes[one].x + boxes[one].width / 2 - middle));
    if (best === at || now < old) best = index;
  }
  return best;
}

function focusOn(index) {
  at = index;
  const box = boxes[index];
  const over = sheet.offsetTop;
  if (box.y < scroller.scrollTop - over) scroller.scrollTop = box.y;
  else if (box.y + box.height + over > scroller.scrollTop + scroller.clientHeight) {
    scroller.scrollTop = box.y + box.height + over + 8 - scroller.clientHeight;
  }
  render();
  nodes.get(works[index].id)?.focus({ preventScroll: true });
}
