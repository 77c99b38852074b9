/**
 * Across media: a kept picture is heard, a tune painted, a poem painted or set to music. A panel
 * above the filmstrip holds the table: what of the work asks for what, and how much. Each line can be
 * changed or switched off; the work it leads to is shown at once, and taken into the Studio.
 */
import { button, afterPause, fill, h, iconButton } from "./dom.js";
import { controlName, optionName, t, titleOf } from "./i18n.js";
import { parentOf, traveller } from "./kept.js";
import { hush, listening, play, sounding, soundOf } from "./listen.js";
import { sounds } from "./media.js";
import { lastOf } from "./playing.js";

/** To which media each leads; the rows of pipelines/across/links.py. */
const WAYS = {
  picture: ["music", "drums"],
  music: ["picture", "drums"],
  verse: ["picture", "music", "drums"],
  drums: ["picture", "music"],
};
const MEMORY = "duet.across";
const SIDE = 288; // px of what it leads to, twice as fine as it is shown

let store;
let panel;
let work = null; // {item, medium, to}
let cards = []; // models of that medium
let found = null; // the server's last answer
let lines = []; // {source, target, weight} as they stand
let serial = 0;

export function mount(given) {
  store = given;
  panel = h("section", { id: "across", class: "film-panel across-panel", hidden: true });
  panel.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
  });
  document.getElementById("filmstrip").prepend(panel);
  store.subscribe("view", ({ view }) => view !== "studio" && close());
}

/** The verbs of a kept work: one for each medium it leads to. */
export function verbs(kept) {
  if (kept.kind !== "work" || !kept.request) return [];
  const ways = (WAYS[kept.medium] ?? []).map((to) =>
    button(`across.${kept.medium}_${to}`, () => open(traveller(kept), kept.medium, to), { class: "quiet across-verb" }),
  );
  if (kept.medium !== "music") return ways;
  return [...ways, button("across.voices", () => voices(traveller(kept)), { class: "quiet across-verb" })];
}

/** Go on from a tune with three voices to it. */
async function voices(item) {
  const answer = await store.api("POST", "/studio/voices", { request: item.request });
  if (answer) go(item, answer.request, { melody: true }, "across.voiced");
}

/** Go on in the Studio from what came of a work; how it came is in its family. */
function go(item, request, info, words) {
  if (store.get().view !== "studio") location.hash = "#/";
  store.set({ selection: [] });
  store.change(request, { label: "undo.across", parents: [parentOf(item, "across", info)] });
  store.say(words);
}

/** Show the table that leads from a work to another medium. */
async function open(item, medium, to) {
  if (store.get().view !== "studio") location.hash = "#/";
  const all = await store.api("GET", "/studio/models");
  if (!all) return;
  cards = all.filter((card) => (card.medium ?? "picture") === to);
  if (!cards.length) return store.say("across.none");
  work = { item, medium, to };
  const before = remembered()[way()] ?? {};
  lines = before.lines ?? null;
  found = null;
  draw(cards.some((card) => card.id === before.model) ? before.model : cards[0].id);
  panel.hidden = false;
  await ask();
  panel.querySelector(".across-take")?.focus({ preventScroll: true });
}

const way = () => `${work.medium} ${work.to}`;

function close() {
  if (panel.hidden) return;
  hush();
  serial += 1;
  panel.hidden = true;
  fill(panel);
}

function draw(model) {
  const title = t(`across.${work.medium}_${work.to}`);
  const box = h(
    "select",
    { class: "across-model", on: { change: ask } },
    cards.map((card) => h("option", { value: card.id, selected: card.id === model }, titleOf(card))),
  );
  panel.setAttribute("aria-label", title);
  fill(
    panel,
    h(
      "header",
      { class: "film-head" },
      h("h2", {}, title),
      h("label", { class: "across-with" }, h("span", {}, t("across.model")), box),
      button("across.usual", () => ((lines = null), ask()), { class: "quiet across-usual" }),
      iconButton("close", "across.close", close),
    ),
    h("figure", { class: "across-from" }, h("img", { src: work.item.thumbnail, alt: work.item.label })),
    h("ol", { class: "across-lines", "aria-label": t("across.lines") }),
    h(
      "figure",
      { class: "across-to" },
      h("img", { alt: t("across.leads"), hidden: true }),
      h("span", { class: "across-words", role: "status" }),
    ),
    h(
      "div",
      { class: "across-foot" },
      button("across.take", take, { class: "quiet across-take", disabled: true }),
      sounds(work.to) ? listening(sound, { class: "quiet across-listen" }) : null,
    ),
  );
}

/** What the table comes to, and the work it leads to. */
async function ask() {
  const mine = (serial += 1);
  panel.querySelector(".across-take").disabled = true;
  const model = panel.querySelector(".across-model").value;
  const onto = lastOf(model);
  const body = { request: work.item.request, model, ...(lines && { links: lines }), ...(onto && { onto }) };
  const answer = await store.api("POST", "/studio/across", body);
  if (!answer || mine !== serial) return;
  found = answer;
  lines = answer.lines.map(({ source, target, weight }) => ({ source, target, weight }));
  remember({ model, lines });
  table(answer);
  panel.querySelector(".across-take").disabled = false;
  await picture(answer.request, mine);
}

async function picture(request, mine) {
  const answer = await store.api("POST", "/studio/render", { request, quality: "fast", size: SIDE }, { raw: true });
  if (!answer || mine !== serial) return;
  const image = panel.querySelector(".across-to img");
  URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(await answer.blob());
  image.hidden = false;
  const heard = panel.querySelector(".across-listen");
  if (sounding(heard)) play(heard, sound);
}

const askLater = afterPause(() => ask(), 120);

/** The lines; where they are the same ones as before, only their figures change. */
function table(answer) {
  const list = panel.querySelector(".across-lines");
  const same = list.children.length === answer.lines.length && list.dataset.takes === answer.takes.join();
  if (!same) fill(list, answer.lines.map((line, index) => row(line, index, answer.takes)));
  list.dataset.takes = answer.takes.join();
  answer.lines.forEach((line, index) => figures(list.children[index], line, answer.takes));
  const asks = answer.lines.some(({ control }) => control);
  panel.querySelector(".across-words").textContent = asks ? "" : t("across.nothing");
}

function row(line, index, takes) {
  const change = (patch) => {
    lines[index] = { ...lines[index], ...patch };
    serial += 1;
    panel.querySelector(".across-take").disabled = true;
    askLater();
  };
  const source = qualityName(line.source);
  const target = h(
    "select",
    { "aria-label": t("across.target", { source }), on: { change: () => change({ target: target.value }) } },
    [...new Set([...takes, line.target])].map((name) =>
      h("option", { value: name, disabled: !takes.includes(name) }, qualityName(name)),
    ),
  );
  const much = h("input", {
    type: "range",
    class: "thin",
    min: "-2",
    max: "2",
    step: "0.1",
    "aria-label": t("across.much", { source }),
    on: { input: () => change({ weight: Number(much.value) }), dblclick: () => ((much.value = 0), change({ weight: 0 })) },
  });
  return h(
    "li",
    { class: "across-line" },
    h("span", { class: "across-source" }, source),
    h("span", { class: "across-told" }),
    h("span", { class: "across-arrow", "aria-hidden": "true" }, "→"),
    target,
    much,
    h("output", { class: "across-value" }),
  );
}

function figures(node, line, takes) {
  const [target, much] = [node.querySelector("select"), node.querySelector("input")];
  target.value = line.target;
  if (document.activeElement !== much) much.value = line.weight;
  const sign = Math.abs(line.weight) < 0.05 ? t("across.off") : signed(line.weight);
  much.setAttribute("aria-valuetext", sign);
  node.classList.toggle("idle", !line.control);
  node.querySelector(".across-told").textContent = typeof line.told === "number" ? signed(line.told) : "";
  node.querySelector(".across-value").textContent = outcome(line, takes);
}

/** What a line asks for, in a word: an option, a figure, words. */
function outcome(line, takes) {
  if (!takes.includes(line.target)) return t("across.untold");
  if (!line.control) return Math.abs(line.weight) < 0.05 ? t("across.off") : t("across.unsaid");
  if (typeof line.value !== "string") return line.control === "tempo" ? String(line.value) : signed(line.value);
  return line.control === "prompt" ? line.value : capital(optionName(line.value, line.control));
}

const capital = (word) => word.charAt(0).toUpperCase() + word.slice(1);

function signed(value) {
  const size = Math.abs(value).toFixed(1);
  const sign = value > 0 ? "+" : "−";
  return Number(size) ? sign + size : size;
}

const qualityName = (name) => (name === "words" ? t("across.words") : controlName({ name, label: name }));

const sound = () => soundOf(store, found.request);

function take() {
  const info = { links: found.lines.filter(({ control }) => control).map(({ source, target, weight }) => ({ source, target, weight })) };
  const { item } = work;
  const { request } = found;
  close();
  go(item, request, info, "across.taken");
}

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(MEMORY)) ?? {};
  } catch {
    return {};
  }
}

function remember(told) {
  try {
    localStorage.setItem(MEMORY, JSON.stringify({ ...remembered(), [way()]: told }));
  } catch {
    // A browser without memory has the usual table each time.
  }
}
