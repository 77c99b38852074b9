/** Other words at a place of the poem, and how likely the model holds each: under the pointer, or by key. */
import { fill, h, hide } from "./dom.js";
import { t } from "./i18n.js";

const WAIT = 400; // ms over a word before the others are asked for
const GRACE = 250; // ms for the way from the word to the others

/**
 * Watch the words of `root`. `placeOf(node)`: {line, place, was} of a word, `was` it as it was written; `choose(line, place, word)`; `langOf()`: their language.
 * @returns {{at: (node: Element) => void, close: () => void}}
 */
export function mountWords(store, root, { placeOf, choose, langOf }) {
  let timer = 0;
  let leaving = 0;
  let shown = null; // the word that is asked about
  let back = null; // who had the focus, where it was asked by key
  const list = h("div", { class: "word-others", role: "listbox", hidden: true });
  root.append(list);
  root.addEventListener("pointerover", (event) => {
    const word = event.pointerType === "mouse" ? event.target.closest(".words > span") : null;
    if (word) {
      clearTimeout(timer);
      if (word !== shown) timer = setTimeout(at, WAIT, word);
      else clearTimeout(leaving);
    } else if (list.contains(event.target)) clearTimeout(leaving);
    else leave();
  });
  root.addEventListener("pointerleave", leave);
  list.addEventListener("keydown", walk);
  list.addEventListener("focusout", (event) => !list.contains(event.relatedTarget) && close());

  function leave() {
    clearTimeout(timer);
    clearTimeout(leaving);
    if (!list.contains(document.activeElement)) leaving = setTimeout(close, GRACE);
  }

  function close() {
    clearTimeout(timer);
    clearTimeout(leaving);
    hide(list, true);
    shown = null;
  }

  /** Show the others of a word. @param {Element} [from] who gets the focus back, where a key asked */
  async function at(node, from = null) {
    const asked = placeOf(node);
    const { request } = store.get();
    if (!asked) return;
    const { was, ...place } = asked;
    shown = node;
    const found = await store.api("POST", "/studio/words", { request, ...place }, { quiet: true });
    if (shown !== node || !found?.words || !node.isConnected) return;
    list.setAttribute("aria-label", t("verse.instead", { word: node.textContent }));
    fill(
      list,
      found.words.map((one, index) => option(one, one.word === was, index, place)),
    );
    list.hidden = false;
    lay(node);
    back = from;
    if (from) list.firstChild.focus();
  }

  function option({ word, shown: sign, probability }, chosen, index, place) {
    const percent = probability < 0.01 ? "<1" : String(Math.round(100 * probability));
    const take = () => {
      close();
      if (!chosen) choose(place.line, place.place, word);
      else back?.focus();
    };
    return h(
      "button",
      {
        type: "button",
        role: "option",
        tabIndex: index ? -1 : 0,
        "aria-selected": String(chosen),
        "aria-label": t("verse.instead_of", { word: sign, percent }),
        on: { click: take },
      },
      h("span", { lang: langOf() }, sign),
      h("small", {}, `${percent} %`),
    );
  }

  /** Beside a word that stands upright, below or above one that lies level: where there is room, and its line stays in sight. */
  function lay(node) {
    const [word, page] = [node.getBoundingClientRect(), root.getBoundingClientRect()];
    const [wide, tall] = [list.offsetWidth, list.offsetHeight];
    const within = (at, size, whole) => Math.max(4, Math.min(at, whole - size - 4));
    let [left, top] = [word.left - page.left - wide - 4, word.top - page.top + (word.height - tall) / 2];
    if (root.dataset.way === "level") {
      [left, top] = [word.left - page.left, word.bottom - page.top + 2];
      if (top + tall > page.height - 4) top = word.top - page.top - tall - 2;
    } else if (left < 4) left = word.right - page.left + 4;
    list.style.left = `${within(left, wide, page.width)}px`;
    list.style.top = `${within(top, tall, page.height)}px`;
  }

  function walk(event) {
    const options = [...list.children];
    const here = options.indexOf(document.activeElement);
    const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: -1 }[event.key];
    event.stopPropagation();
    if (to !== undefined) options.at(to % options.length).focus();
    else if (event.key === "Escape") {
      close();
      back?.focus();
    } else return;
    event.preventDefault();
  }

  return { at, close };
}
