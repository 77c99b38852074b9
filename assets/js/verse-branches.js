/**
 * Versions: every kept version of the poem on the page, as a tree over it. A version shows its lines,
 * with the words that are others than in the one it came from; a press opens it, and what is kept
 * from there is a branch.
 */
import { address } from "./api.js";
import { button, fill, h, iconButton } from "./dom.js";
import { clock, t } from "./i18n.js";
import { day, lineOf, open as openWork } from "./kept.js";
import { linesOf } from "./verse-lines.js";
import { fresh, treeOf } from "./verse-tree.js";

let store;
let press;
let sheet;
let list;
let told;
let page; // () => {lines, script}: the poem as it stands
let round = 0; // what comes in for an older one is dropped
const texts = new Map(); // id of a work -> its text

/** The press for the foot of the poem, and the sheet that lies over it. @returns {HTMLElement[]} */
export function branches(the, standing) {
  store = the;
  page = standing;
  press = button("verse.versions", () => (sheet.hidden ? show() : close()), {
    "aria-expanded": "false",
    "aria-controls": "poem-versions",
    title: t("verse.versions_tip"),
  });
  list = h("ol", { class: "poem-versions" });
  told = h("p", { class: "poem-versions-told", role: "status" });
  const leave = iconButton("close", "verse.versions_close", () => close());
  const head = h("header", {}, h("h2", {}, t("verse.versions")), told, leave);
  sheet = h("div", { id: "poem-versions", hidden: true, role: "region", "aria-label": t("verse.versions_of") }, head, list);
  for (const type of ["pointerdown", "wheel"]) sheet.addEventListener(type, (event) => event.stopPropagation());
  sheet.addEventListener("keydown", key);
  store.subscribe(["works", "request"], () => !sheet.hidden && show(false));
  return [press, sheet];
}

/** Take the sheet away; the focus goes back to where it was opened. */
export function close(back = true) {
  if (!sheet || sheet.hidden) return;
  round += 1;
  sheet.hidden = true;
  press.ariaExpanded = "false";
  if (back) press.focus();
}

/** Arrows walk, Escape leaves; no key of the page acts below. */
function key(event) {
  const all = [...list.querySelectorAll("button")];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "Escape") close();
  else if (step && all.length) all.at((all.indexOf(document.activeElement) + step) % all.length).focus();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

async function show(first = true) {
  round += 1;
  const mine = round;
  sheet.hidden = false;
  press.ariaExpanded = "true";
  if (first) {
    fill(list);
    told.textContent = "";
    sheet.querySelector("header button").focus();
  }
  const { roots, more } = await versions();
  if (mine !== round) return;
  told.textContent = t(more ? "verse.versions_more" : roots.length ? "verse.versions_how" : "verse.versions_none");
  const unread = every(roots).filter(({ lines }) => !lines);
  draw(roots, first);
  if (!unread.length) return;
  const top = sheet.scrollTop;
  await Promise.all(unread.map(read));
  if (mine === round) draw(roots, first && sheet.scrollTop === top);
}

/** The trees that the poem on the page belongs to; of a poem that is not kept, those it came from. */
async function versions() {
  const kept = store.keptWork();
  const ids = kept ? [] : lineOf(store).flatMap(({ id }) => id ?? []);
  const known = kept ? [kept] : (await Promise.all(ids.map((id) => store.api("GET", `/studio/works/${id}`)))).filter(Boolean);
  const tree = await treeOf((id) => store.api("GET", `/studio/works/${id}/family`), known);
  const found = every(tree.roots);
  for (const version of found) version.lines = texts.has(version.work.id) ? linesOf(texts.get(version.work.id), page().script) : null;
  const from = found.find(({ work }) => work.id === ids[0]);
  from?.into.push({ work: null, into: [], lines: page().lines });
  return tree;
}

const every = (some) => some.flatMap((one) => [one, ...every(one.into)]);

/** The words of a version; of one that can't be made here, its first line. */
async function read(version) {
  const { id, label, request } = version.work;
  const body = { request, quality: "reference", size: 64, told: true };
  const answer = await store.api("POST", "/studio/render", body, { quiet: true });
  texts.set(id, answer?.text ?? label);
  version.lines = linesOf(texts.get(id), page().script);
}

/** Put the trees on the sheet; the focus stays, or is where the page is. */
function draw(roots, first = false) {
  const inside = list.contains(document.activeElement) && document.activeElement.dataset.id;
  const top = sheet.scrollTop;
  fill(list, roots.flatMap((root) => chain(root, null)));
  const here = list.querySelector("[aria-current]");
  const focus = inside ? list.querySelector(`[data-id="${inside}"]`) : first && (here?.querySelector("button") ?? list.querySelector("button"));
  if (focus) focus.focus({ preventScroll: true });
  if (first) here?.scrollIntoView({ block: "nearest" });
  else sheet.scrollTop = top;
}

/** A version and what came of it: one after the other, or set in where it branched. */
function chain(version, before) {
  const own = item(version, before);
  if (version.into.length === 1) return [own, ...chain(version.into[0], version)];
  const branch = (one) => h("li", { class: "poem-branch" }, h("ol", {}, chain(one, version)));
  if (version.into.length) own.append(h("ol", { class: "poem-branches" }, version.into.map(branch)));
  return [own];
}

function item({ work, lines }, before) {
  const { script } = page();
  const rows = (lines ?? linesOf(work.label, script)).map((text, number) => {
    const words = script.split(text);
    const compared = lines && before?.lines;
    return { words, other: compared ? fresh(words, script.split(before.lines[number] ?? "")) : words.map(() => false) };
  });
  const number = rows.flatMap(({ other }) => other).filter(Boolean).length;
  const here = !work || work.id === store.keptWork()?.id;
  const told = [
    here && t(work ? "verse.version_here" : "verse.version_now"),
    work && clock(work.created_at),
    before ? t("verse.version_changed", { number }) : t("verse.version_first"),
  ];
  const inside = [
    h("small", {}, told.filter(Boolean).join(" · ")),
    ...rows.map(({ words, other }) => line(words, other, script)),
  ];
  return h("li", { class: "poem-version", "aria-current": here ? "true" : null }, work ? opener(work, inside) : h("div", {}, ...inside));
}

function opener(work, inside) {
  const go = () => {
    close();
    openWork(store, work);
  };
  return h("button", { type: "button", title: day(work.created_at), data: { id: work.id }, on: { click: go } }, ...inside);
}

function line(words, other, script) {
  const runs = []; // words that changed beside each other have one mark
  words.forEach((word, at) => {
    if (at && other[at] === other[at - 1]) runs.at(-1).push(word);
    else runs.push([word]);
  });
  let marked = !other[0];
  const parts = runs.flatMap((run, at) => {
    marked = !marked;
    const text = script.join(run);
    return [at ? script.gap : "", marked ? h("mark", {}, text) : text];
  });
  return h("span", { class: "poem-version-line", lang: script.lang }, parts.filter(Boolean));
}
