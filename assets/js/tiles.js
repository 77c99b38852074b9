/**
 * A grid of twelve recipes on offer: one tab stop, arrows inside, Enter goes there, the heart keeps.
 * Nearby and Breed both show theirs in it.
 */
import { carry } from "./drag.js";
import { h, icon } from "./dom.js";
import { t } from "./i18n.js";

const MOST = 12;

/**
 * @param {object} on  go(tile), keep(tile) -> Promise, look(tile | null); a tile is
 *   {index, request, image, kept, words, ...}
 */
export function grid(on) {
  const root = h("div", { class: "tiles", role: "group" });
  const tiles = Array.from({ length: MOST }, (_, index) => cell(index));
  let at = 0;
  root.append(...tiles.map((tile) => tile.node));
  root.addEventListener("keydown", walk);
  root.addEventListener("pointerleave", () => on.look?.(null));
  focusable(0);

  function cell(index) {
    const go = h("button", {
      type: "button",
      class: "tile",
      "aria-label": t("nearby.tile", { number: index + 1 }),
      tabIndex: -1,
      disabled: true,
      on: {
        click: () => tile.request && on.go(tile),
        focus: () => {
          focusable(index);
          on.look?.(tile);
        },
      },
    });
    const keep = h(
      "button",
      {
        type: "button",
        class: "tile-keep",
        tabIndex: -1,
        "aria-pressed": "false",
        hidden: true,
        on: { click: () => keepTile(tile) },
      },
      icon("heart"),
    );
    const node = h(
      "div",
      { class: "tile-cell", on: { pointerenter: () => tile.request && on.look?.(tile) } },
      go,
      keep,
    );
    const tile = { index, node, go, keep, request: null, image: "", kept: false };
    carry(
      node,
      () =>
        tile.request && {
          request: tile.request,
          thumbnail: tile.image,
          id: tile.kept?.id ?? null,
          label: t("nearby.tile", { number: index + 1 }),
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
    if (event.key === "Enter" && event.shiftKey) {
      event.preventDefault();
      event.stopPropagation();
      keepTile(tiles[at]);
    } else if (step) {
      event.preventDefault();
      event.stopPropagation();
      const to = at + step;
      if (to >= 0 && to < MOST && !tiles[to].go.disabled) tiles[to].go.focus();
    }
  }

  /** Put a recipe into a tile. */
  function set(index, { request, image, words, ...rest }) {
    const tile = tiles[index];
    Object.assign(tile, { request, image, words, rest, kept: false });
    let picture = tile.go.querySelector("img");
    if (!picture) tile.go.append((picture = h("img", { alt: "", draggable: false })));
    picture.src = image;
    tile.go.disabled = false;
    tile.go.setAttribute("aria-label", words ?? t("nearby.tile", { number: index + 1 }));
    tile.keep.hidden = false;
    pressed(tile, rest.work ?? null);
  }

  /** Take the pictures away: plain mat colour until the next ones come. */
  function clear(index) {
    const tile = tiles[index];
    Object.assign(tile, { request: null, image: "", kept: false });
    tile.go.replaceChildren();
    tile.go.disabled = true;
    tile.keep.hidden = true;
  }

  return { root, tiles, set, clear, pressed, focus: () => tiles[at].go.focus() };
}
