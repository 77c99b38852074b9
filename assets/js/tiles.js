/**
 * A grid of twelve recipes on offer: one tab stop, arrows inside, Enter goes there, the heart keeps,
 * W asks why, X says not this. Nearby, Breed and For you show theirs in it.
 */
import { carry } from "./drag.js";
import { h, icon } from "./dom.js";
import { face, faceOn } from "./face.js";
import { t } from "./i18n.js";
import { audition } from "./sound.js";

const MOST = 12;

/**
 * @param {object} on  go(tile), keep(tile) -> Promise, look(tile | null); a tile is
 *   {index, request, image, kept, by, words, ...}; why(tile), not(tile): left out, there is no button
 * @param {string} [name]  key of a tile's name, with its number
 */
export function grid(on, name = "nearby.tile") {
  const root = h("div", { class: "tiles", role: "group" });
  const tiles = Array.from({ length: MOST }, (_, index) => cell(index));
  let at = 0;
  root.append(...tiles.map((tile) => tile.node));
  root.addEventListener("keydown", walk);
  root.addEventListener("pointerleave", () => heed(null));
  root.addEventListener("focusout", () => audition(null));
  focusable(0);

  /** A tile is pointed at or has the focus: who asked is told, and a tune is heard. */
  function heed(tile) {
    on.look?.(tile);
    audition(tile?.request ?? null);
  }

  function called(index) {
    return t(name, { number: index + 1 });
  }

  /** A small button in a corner of a tile, for the mouse and for fingers; keys act on the tile. */
  function corner(kind, glyph, run) {
    const own = { type: "button", class: `tile-corner tile-${kind}`, tabIndex: -1, hidden: true };
    return h("button", { ...own, on: { click: run } }, icon(glyph));
  }

  function cell(index) {
    const go = h("button", {
      type: "button",
      class: "tile",
      "aria-label": called(index),
      tabIndex: -1,
      disabled: true,
      on: {
        click: () => tile.request && on.go(tile),
        focus: () => {
          focusable(index);
          heed(tile);
        },
      },
    });
    const keep = corner("keep", "heart", () => keepTile(tile));
    keep.setAttribute("aria-pressed", "false");
    const why = on.why ? corner("why", "why", () => on.why(tile, why)) : null;
    const not = on.not ? corner("not", "close", () => on.not(tile)) : null;
    const mark = h("span", { class: "tile-mark", "aria-hidden": "true", hidden: true }, icon("heart"));
    const node = h(
      "div",
      { class: "tile-cell", on: { pointerenter: () => tile.request && heed(tile) } },
      go,
      mark,
      not,
      why,
      keep,
    );
    const tile = { index, node, go, keep, why, not, mark, request: null, image: "", by: "", kept: false };
    carry(
      node,
      () =>
        tile.request && {
          request: tile.request,
          thumbnail: tile.image,
          id: tile.kept?.id ?? null,
          label: called(index),
        },
    );
    return tile;
  }

  async function keepTile(tile) {
    if (!tile.request) return;
    const work = await on.keep(tile);
    if (work !== undefined) pressed(tile, work);
  }

  function pressed(tile, work) {
    tile.kept = work ?? false;
    tile.keep.setAttribute("aria-pressed", String(Boolean(work)));
    tile.keep.setAttribute("aria-label", t(work ? "nearby.kept" : "nearby.keep", { number: tile.index + 1 }));
  }

  function focusable(index) {
    at = index;
    tiles.forEach((tile, number) => {
      tile.go.tabIndex = number === index ? 0 : -1;
    });
  }

  /** How many tiles stand in a row just now (the phone has two rows that run sideways). */
  function columns() {
    return Math.max(1, getComputedStyle(root).gridTemplateColumns.split(" ").length);
  }

  function walk(event) {
    const sideways = getComputedStyle(root).gridAutoFlow.includes("column");
    const [across, down] = sideways ? [2, 1] : [1, columns()];
    const step = { ArrowLeft: -across, ArrowRight: across, ArrowUp: -down, ArrowDown: down }[event.key];
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    const act = plain && { w: askWhy, x: on.not, Enter: event.shiftKey && keepTile }[keyOf(event)];
    if (act && tiles[at].request) {
      event.preventDefault();
      event.stopPropagation();
      act(tiles[at]);
    } else if (step) {
      event.preventDefault();
      event.stopPropagation();
      const to = at + step;
      if (to >= 0 && to < MOST && !tiles[to].go.disabled) tiles[to].go.focus();
    }
  }

  const keyOf = (event) => (event.key.length === 1 ? event.key.toLowerCase() : event.key);

  const askWhy = (tile) => (tile.why && !tile.why.hidden ? on.why(tile, tile.go) : undefined);

  /** Put a recipe into a tile; `by` says what chose it: "taste", "free" or nothing. */
  function set(index, { request, image, words, by = "", ...rest }) {
    const tile = tiles[index];
    Object.assign(tile, { request, image, words, by, rest, kept: false });
    const old = tile.go.firstElementChild;
    if (old) faceOn(old, image);
    else tile.go.append(face(image));
    const plainly = words ?? called(index);
    tile.go.disabled = false;
    tile.go.setAttribute("aria-label", by === "taste" ? t("taste.marked", { name: plainly }) : plainly);
    tile.mark.hidden = by !== "taste";
    verb(tile.why, by, "taste.why_tile", index);
    verb(tile.not, true, "taste.not_tile", index);
    tile.keep.hidden = false;
    tile.node.classList.remove("leaving");
    pressed(tile, rest.work ?? null);
  }

  function verb(node, shown, key, index) {
    if (!node) return;
    node.hidden = !shown;
    node.title = t(key, { number: index + 1 });
    node.setAttribute("aria-label", node.title);
  }

  /** Take the pictures away: plain mat colour until the next ones come. */
  function clear(index) {
    const tile = tiles[index];
    Object.assign(tile, { request: null, image: "", kept: false });
    tile.go.replaceChildren();
    tile.go.disabled = true;
    for (const part of [tile.keep, tile.mark, tile.why, tile.not]) if (part) part.hidden = true;
  }

  return { root, tiles, set, clear, pressed, focus: () => tiles[at].go.focus() };
}
