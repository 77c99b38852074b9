/** What can be done to a kept work, wherever it is shown: open, rate, note, delete, bring back. */
import { address } from "./api.js";
import { h } from "./dom.js";
import { clock, lang, optionName, t } from "./i18n.js";
import { play, stop } from "./player.js";

const PAGE = 60;
const UNDO_SECONDS = 10;

let cursor = null; // of the filmstrip's next works; null when all are here

/** Read the filmstrip from its beginning; until the answer is here it stays as it is. */
export async function reload(store) {
  const old = new Set(store.get().works.map((work) => work.id));
  const page = await pageOf(store, null);
  if (!page) return;
  cursor = page.cursor;
  for (const work of page.works) old.add(work.id);
  const meanwhile = store.get().works.filter((work) => !old.has(work.id));
  store.set({ works: [...meanwhile, ...page.works], total: page.total + meanwhile.length });
}

/** Load the next works of the filmstrip, if there are more. */
export async function loadMore(store) {
  const page = cursor && (await pageOf(store, cursor));
  if (!page) return;
  cursor = page.cursor;
  const known = new Set(store.get().works.map((work) => work.id));
  const fresh = page.works.filter((work) => !known.has(work.id));
  store.set({ works: [...store.get().works, ...fresh], total: page.total });
}

function pageOf(store, from) {
  const query = new URLSearchParams({ limit: PAGE, ...(from && { cursor: from }) });
  return store.api("GET", `/studio/works?${query}`);
}

/** A kept work as something that can be carried. @returns {import("./drag.js").Traveller} */
export function traveller(work) {
  return { request: work.request, thumbnail: address(work.thumbnail), id: work.id, label: titleOfWork(work) };
}

/** A recipe as something that can be carried: the kept work, or drawn small. */
export async function pictured(store, request) {
  const kept = store.keptWork(request);
  if (kept) return traveller(kept);
  const body = { request, quality: "fast", size: 128 };
  const answer = await store.api("POST", "/studio/render", body, { raw: true });
  const thumbnail = answer ? URL.createObjectURL(await answer.blob()) : "";
  return { request, thumbnail, id: null, label: t("plate.seed", { seed: request.seed }) };
}

/** Whether a work is a picture, with a recipe to go on from. */
export const isPicture = ({ kind, request }) => kind !== "film" && Boolean(request);

/** How a travelled-from work is named among a new work's parents. */
export function parentOf({ id, request }, role, info = {}) {
  return id ? { id, role, info } : { request, role, info };
}

/** The current point as a parent: the kept work it is, or the recipe itself. */
export function currentParent(store, role, info = {}) {
  const { request } = store.get();
  return parentOf({ id: store.keptWork()?.id ?? null, request }, role, info);
}

/** Parents of a work that is shaped on step by step: the version last kept, where there is one. */
export function lineOf(store) {
  const { parents } = store.get();
  const shaped = parents.length > 0 && parents.every(({ role }) => role === "edit");
  return shaped && !store.keptWork() ? parents : [currentParent(store, "edit")];
}

/** Caption of a work in the page's language: its kind and seed, as the plate of the stage has it. */
export function titleOfWork(work) {
  if (work.kind !== "film" && work.medium === "verse") return work.label; // its first line
  if (work.timeline?.works) return t("film.triptych");
  if (work.timeline?.tracks) return t("mixer.titled", { count: work.timeline.tracks.length });
  if (work.kind === "film") return t("film.titled", { count: work.timeline?.keys.length ?? 0 });
  const name = work.subject ? optionName(work.subject) : "";
  const seed = work.request?.point ? t("plate.travelled") : t("plate.seed", { seed: work.request?.seed });
  return [name.charAt(0).toUpperCase() + name.slice(1), seed].filter(Boolean).join(" · ");
}

/** What a screen reader says of a work. */
export function describe(work) {
  const parts = [titleOfWork(work), t("filmstrip.kept", { time: day(work.created_at) })];
  if (work.rating) parts.push(t("filmstrip.rated", { rating: work.rating }));
  if (work.note) parts.push(work.note);
  return parts.join(", ");
}

/** Date and time of day. */
export function day(iso) {
  const date = new Date(iso).toLocaleDateString(lang, { year: "numeric", month: "short", day: "numeric" });
  return `${date} ${clock(iso)}`;
}

/** Open a work in the Studio: every slider comes back. */
export function open(store, work) {
  if (work.timeline?.tracks) return void import("./mixer.js").then((mixer) => mixer.reopen(work.timeline));
  if (work.kind === "film") return play(store, work);
  stop();
  if (store.get().view !== "studio") location.hash = "#/";
  store.change(work.request, { label: "undo.open", parents: [{ id: work.id, role: "edit", info: {} }] });
  store.note("open", { work: work.id });
  return undefined;
}

/** Offer a work to what is on show (a tray of Teach); true where it was taken, and not to be opened. */
export function picked(work) {
  const detail = { item: traveller(work) };
  return !document.dispatchEvent(new CustomEvent("duet:pick", { cancelable: true, detail }));
}

/** Change rating or note. @returns {Promise<object | null>} the changed work */
export async function amend(store, work, changes) {
  const answer = await store.api("PATCH", `/studio/works/${work.id}`, changes);
  if (!answer) return null;
  const changed = { ...work, ...changes, ...(answer.id ? answer : {}) };
  replace(store, changed);
  return changed;
}

/** Put a changed work in its place. */
function replace(store, changed) {
  store.set({ works: store.get().works.map((one) => (one.id === changed.id ? changed : one)) });
  document.dispatchEvent(new CustomEvent("duet:work", { detail: { work: changed } }));
}

/** Rate 1 to 5; the same rating again takes it back. */
export function rate(store, work, rating) {
  return amend(store, work, { rating: work.rating === rating ? null : rating });
}

/** Delete, with ten seconds of Undo in the hint line and a step on the undo line. */
export async function remove(store, work) {
  const place = store.get().works.findIndex((one) => one.id === work.id);
  const gone = async () => {
    if (!(await store.unkeep(work, "delete"))) return;
    document.dispatchEvent(new CustomEvent("duet:work", { detail: { work, gone: true } }));
    const action = { key: "filmstrip.undo", run: back };
    store.say("filmstrip.deleted", {}, "info", { action, seconds: UNDO_SECONDS });
  };
  const back = async () => {
    const { works, total } = store.get();
    if (works.some((one) => one.id === work.id)) return;
    if (!(await store.api("POST", `/studio/works/${work.id}/restore`))) return;
    const at = place < 0 ? works.length : Math.min(place, works.length);
    if (place >= 0) store.set({ works: works.toSpliced(at, 0, work), total: total + 1 });
    document.dispatchEvent(new CustomEvent("duet:work", { detail: { work, back: true } }));
    store.say("filmstrip.restored");
  };
  store.record({ label: "undo.delete", undo: back, redo: gone });
  await gone();
}

/** Five dots that rate a work: a group of radio buttons, also with a pointer. */
export function dots(store, work, { size = "small" } = {}) {
  const row = h("div", { class: `dots ${size}`, role: "radiogroup", "aria-label": t("filmstrip.rate") });
  for (let rating = 1; rating <= 5; rating += 1) {
    const on = rating <= (work.rating ?? 0);
    const label = t("filmstrip.rating", { rating });
    row.append(
      h("button", {
        type: "button",
        role: "radio",
        class: on ? "dot on" : "dot",
        "aria-label": label,
        title: label,
        "aria-checked": String(rating === work.rating),
        tabIndex: rating === (work.rating || 1) ? 0 : -1,
        on: {
          click: (event) => {
            event.stopPropagation();
            rate(store, work, rating);
          },
          keydown: walkDots,
        },
      }),
    );
  }
  return row;
}

function walkDots(event) {
  const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  event.stopPropagation();
  const all = [...event.currentTarget.parentNode.children];
  all[(all.indexOf(event.currentTarget) + step + all.length) % all.length].focus();
}
