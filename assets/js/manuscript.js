/**
 * The poem on the stage, as text: every line can be kept (a stone in the margin), carried elsewhere by
 * its stone, written over, or drawn again with four others to choose from. It lies over the canvas, which has the same poem as a
 * picture, and is there only while that is what the canvas shows.
 */
import { button, fill, h, hide, icon } from "./dom.js";
import { t } from "./i18n.js";
import { lineOf } from "./kept.js";
import * as others from "./others.js";
import { sameRequest } from "./recipe.js";
import { onShown } from "./stage.js";
import { branches, close as closeVersions } from "./verse-branches.js";
import { formOf, keptOf, keptText, linesOf, ownOf, scriptOf, stood, widthOf, written } from "./verse-lines.js";
import { mountMove } from "./verse-move.js";
import { otherLines } from "./verse-others.js";
import { drawPolish, polishPress } from "./verse-polish.js";
import { mountWords } from "./verse-words.js";

const WAY = "duet.verse.way"; // "upright": columns from the right; "level": rows

let store;
let root;
let list;
let lift;
let words; // the other words at a place
let turner; // turns the page, where a poem may stand upright
let script = scriptOf(""); // how the language writes
let lines = []; // as they were written
let seen = []; // as they stand on the page: a finish may have other characters, or fewer words
let places = []; // of every word of `seen`, where it stands in `lines`
let editing = null; // number of the line under the hand

export function mount(the) {
  store = the;
  list = h("ol", { class: "poem" });
  lift = button("verse.lift_all", liftAll, { class: "quiet", hidden: true });
  turner = button("verse.turn", turnPage, { class: "quiet" });
  const [versions, tree] = branches(store, () => ({ lines: seen, script }));
  root = h(
    "div",
    { id: "manuscript", hidden: true, role: "group", "aria-label": t("verse.manuscript") },
    list,
    h("div", { class: "poem-tools" }, turner, polishPress(store), versions, lift),
    tree,
  );
  mountMove(list, move);
  words = mountWords(store, root, { placeOf, choose: replace, langOf: () => script.lang });
  // What is pressed here is text or a button; the paper between is the picture's, see gestures.js.
  root.addEventListener("pointerdown", (event) => event.target.closest(".words, button") && event.stopPropagation());
  document.getElementById("frame").append(root);
  onShown(show);
  store.subscribe("request", moved);
}

/** The recipe, which may be ahead of what the canvas shows. */
const now = () => store.get().request;
let last = null; // recipe before the one of now

/** Where every line is kept, nothing that is moved moves the poem: say so. */
function moved({ request: fresh }) {
  others.close();
  words.close();
  const kept = fresh?.controls?.kept_lines;
  const shaped = kept && last?.controls.kept_lines === kept && !sameRequest(last, fresh);
  last = fresh;
  if (shaped && !root.hidden && keptOf(fresh.controls, lines.length, script).every(Boolean)) store.say("verse.all_kept");
}

/** Show the poem that is on the canvas; a picture without words hides the page. */
function show(picture) {
  const { text, bare } = picture;
  hide(root, !text);
  if (!text) closeVersions(false);
  document.getElementById("live-canvas").ariaHidden = text || picture.score ? "true" : null;
  if (!text || editing !== null) return;
  const { form } = store.values();
  const { length, lines: count } = formOf(form);
  script = scriptOf(form);
  const latin = script.name === "latin";
  list.lang = script.lang;
  root.dataset.script = script.name;
  root.dataset.way = latin ? "level" : (localStorage.getItem(WAY) ?? "upright");
  turner.hidden = latin;
  const [before, standing] = [linesOf(bare || text, script), linesOf(text, script)];
  places = whole(standing.map((line, at) => picture.places?.[at] ?? script.split(line).map((_, place) => place)), places, count);
  lines = whole(before, lines, count);
  seen = whole(standing, seen, count);
  root.style.setProperty("--rows", length);
  if (latin) root.style.setProperty("--widest", Math.max(...seen.map(widthOf)));
  root.style.setProperty("--columns", count);
  while (list.children.length > count) list.lastChild.remove();
  while (list.children.length < count) list.append(row(list.children.length));
  mark();
  drawPolish(seen.map((_, at) => changed(at)), picture);
}

/** Of every word of a line as it stands: the words that it was. */
const wordsAt = (at) => stood(script.split(lines[at] ?? ""), places[at] ?? []);

/** Which words of a line the polish changed; another script changes all and none. */
function changed(at) {
  const was = wordsAt(at);
  return script.split(seen[at] ?? "").map((sign, place) => script.gap !== "" && was[place]?.join(script.gap) !== sign);
}

/** While a poem grows, the lines to come stay as they were. */
const whole = (found, before, count) =>
  found.length < count && before.length === count ? [...found, ...before.slice(found.length)] : found;

/** Words, stones and whose words they are. */
function mark() {
  const { controls } = now();
  const kept = keptOf(controls, lines.length, script);
  const own = ownOf(controls, lines.length, script);
  [...list.children].forEach((node, at) => {
    write(node.querySelector(".words"), script.split(seen[at] ?? ""), (places[at] ?? []).map((place) => own[at]?.[place]), at);
    const stone = node.querySelector(".stone");
    stone.ariaPressed = String(Boolean(kept[at]));
    node.classList.toggle("kept", Boolean(kept[at]));
  });
  lift.hidden = !kept.some(Boolean);
}

/** Change the words that are others; the rest stays where it is. */
function write(node, signs, own, line) {
  const [other, was] = [changed(line), wordsAt(line)];
  if (node.children.length !== signs.length || !node.textContent)
    fill(node, signs.flatMap((sign, at) => (at && script.gap ? [script.gap, h("span", {}, sign)] : [h("span", {}, sign)])));
  signs.forEach((sign, at) => {
    const place = node.children[at];
    place.classList.toggle("own", Boolean(own[at]));
    place.classList.toggle("mended", other[at]);
    place.title = other[at] ? t("verse.was", { words: was[at].join(script.gap) }) : "";
    if (place.textContent === sign) return;
    place.textContent = sign;
    place.getAnimations().forEach((one) => one.cancel());
    place.animate({ opacity: [0.15, 1] }, { duration: 200, easing: "ease-out" });
  });
}

function row(at) {
  const number = at + 1;
  const words = h("span", {
    class: "words",
    contenteditable: "plaintext-only",
    role: "textbox",
    spellcheck: "false",
    "aria-label": t("verse.line", { number }),
    on: {
      focus: () => begin(at),
      blur: () => finish(at, words),
      keydown: (event) => typed(event, at, words),
      paste: (event) => event.stopPropagation(),
    },
  });
  const stone = h("button", {
    type: "button",
    class: "stone",
    "aria-pressed": "false",
    "aria-label": t("verse.keep", { number }),
    "aria-keyshortcuts": "Alt+ArrowUp Alt+ArrowDown",
    title: t("verse.keep_tip", { number }),
    on: { click: () => toggle(at) },
  });
  const again = h(
    "button",
    {
      type: "button",
      class: "plain again",
      "aria-label": t("verse.another", { number }),
      title: t("verse.another", { number }),
      on: { click: () => offer(at) },
    },
    icon("another"),
  );
  return h("li", {}, stone, words, again);
}

/** Change what is kept: `kept` and `own` by line, `all` lines as they are to stand. */
function keep(all, kept, own, label) {
  const controls = { ...now().controls, kept_lines: keptText(all, kept, own, script) };
  if (!kept[0] || linesOf(controls.first_line ?? "", script)[0] !== all[0]) controls.first_line = "";
  if ([...(controls.acrostic ?? "").replaceAll(/\s/g, "")].some((sign, at) => !script.begins(all[at] ?? "", sign))) controls.acrostic = "";
  for (const name of ["kept_lines", "first_line", "acrostic"]) if (!controls[name]) delete controls[name];
  store.change({ ...now(), controls }, { label, parents: lineOf(store) });
}

function toggle(at) {
  const kept = keptOf(now().controls, lines.length, script);
  const own = ownOf(now().controls, lines.length, script);
  kept[at] = !kept[at];
  keep(lines, kept, own, "undo.stone");
}

function liftAll() {
  keep(lines, lines.map(() => false), [], "undo.stone");
}

/** Another order of the lines: all of them stand as they are then. */
function move(from, to) {
  const order = (all) => all.toSpliced(from, 1).toSpliced(to, 0, all[from]);
  const own = ownOf(now().controls, lines.length, script);
  [lines, seen, places] = [order(lines), order(seen), order(places)];
  keep(lines, lines.map(() => true), order(own), "undo.moved");
  mark();
  list.children[to].querySelector(".stone").focus();
  store.say("verse.moved", { number: to + 1 });
}

function turnPage() {
  root.dataset.way = root.dataset.way === "upright" ? "level" : "upright";
  localStorage.setItem(WAY, root.dataset.way);
}

/** The hand comes to a line; what the model writes meanwhile waits. */
function begin(at) {
  editing = at;
  others.close();
}

function typed(event, at, node) {
  event.stopPropagation(); // no shortcut of the page
  if (event.isComposing) return;
  if (event.altKey && event.key === "ArrowDown") {
    event.preventDefault();
    const word = wordAtCaret(node);
    if (word && node.textContent === seen[at]) words.at(word, node);
    return;
  }
  if (event.key === "Escape") node.textContent = seen[at]; // as it was
  if (event.key === "Enter" || event.key === "Escape") {
    event.preventDefault();
    node.blur();
  }
}

/** The hand leaves: what was written stands, and so does every other line. */
function finish(at, node) {
  const line = script.tidy(node.textContent);
  const form = formOf(store.values().form);
  editing = null;
  node.replaceChildren(); // typing has torn the places of the words
  const refusal = script.refuses(line, form);
  if (refusal) store.say(refusal, { number: at + 1, needed: form.length, count: [...line].length }, "bad");
  if (refusal || line === seen[at]) return mark();
  const own = ownOf(now().controls, lines.length, script);
  const was = wordsAt(at);
  const [before, signs] = [script.split(seen[at]), script.split(line)];
  const mine = written(line, seen[at], places[at].map((place) => own[at][place]), script);
  const bare = signs.map((sign, place) => (sign === before[place] ? was[place] : [sign]));
  own[at] = bare.flatMap((some, place) => some.map(() => Boolean(mine[place])));
  places = places.with(at, bare.map((_, place) => bare.slice(0, place).flat().length));
  seen = seen.with(at, line);
  lines = lines.with(at, script.join(bare.flat()));
  keep(lines, lines.map(() => true), own, "undo.written");
  store.say("verse.written");
  return mark();
}

/** The word that the caret stands before, or the last. */
function wordAtCaret(node) {
  const { anchorNode, anchorOffset } = getSelection();
  const word = (anchorNode?.nodeType === Node.TEXT_NODE ? anchorNode.parentElement : anchorNode)?.closest(".words > span");
  return (anchorOffset && word?.nextElementSibling) || word || node.lastElementChild;
}

/** Where a word stands; null while the line is written over. */
function placeOf(word) {
  const line = [...list.children].findIndex((one) => one.contains(word));
  if (line < 0 || (editing !== null && word.parentElement.textContent !== seen[line])) return null; // it is gone
  const place = [...word.parentElement.children].indexOf(word);
  return { line, place: places[line][place], was: wordsAt(line)[place].join(script.gap) };
}

/** Another of the model's words at a place; all others stay. */
function replace(line, place, word) {
  const signs = script.split(lines[line]);
  signs[place] = word;
  const own = ownOf(now().controls, lines.length, script);
  if (own[line].length) own[line][place] = false;
  lines = lines.with(line, script.join(signs));
  keep(lines, lines.map(() => true), own, "undo.written");
}

/** Draw others for a line. */
function offer(at) {
  const number = at + 1;
  others.open({
    title: t("verse.others", { number }),
    known: seen[at], lang: script.lang,
    offers: otherLines(store, at, lines, ownOf(now().controls, lines.length, script)),
    choose,
    none: () => store.say("verse.no_others", { number }),
  });
}

/** One of the four others of a line. */
function choose(one) {
  store.change(one, { label: "undo.another_line", parents: lineOf(store) });
}
