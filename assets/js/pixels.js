/** Pictures of few pixels, each of which is meant, and what lies under one that can be seen through. */

const MOST = 48; // longest side of pixel art, as pipelines/image/pixels.py has it
const SQUARES = 16; // of the ground, across: two pixels of a sprite each

let ground = null; // {pattern, side}, for the canvas as it is

/** Images of few pixels are shown in squares, wherever they come up; the ground follows the theme. */
export function mount(store) {
  const look = (image) => image.classList.toggle("pixel-art", isPixelArt(image));
  document.addEventListener("load", (event) => event.target.tagName === "IMG" && look(event.target), true);
  for (const image of document.images) if (image.complete) look(image);
  store.subscribe("theme", () => {
    ground = null;
  });
}

/** Whether smoothing would spoil a picture (an image, bitmap or canvas). */
export function isPixelArt(picture) {
  const [width, height] = [picture.naturalWidth ?? picture.width, picture.naturalHeight ?? picture.height];
  return width > 0 && Math.max(width, height) <= MOST;
}

/** Cover a canvas with the mat, in squares of two shades so that what is clear is seen to be so. */
export function layGround(context) {
  const { width, height } = context.canvas;
  if (ground?.side !== width) ground = { pattern: squares(context, width), side: width };
  context.fillStyle = ground.pattern;
  context.fillRect(0, 0, width, height);
}

function squares(context, width) {
  const side = Math.max(1, Math.round(width / SQUARES));
  const style = getComputedStyle(document.body);
  const tile = new OffscreenCanvas(2 * side, 2 * side);
  const draw = tile.getContext("2d", { alpha: false });
  draw.fillStyle = style.getPropertyValue("--mat");
  draw.fillRect(0, 0, 2 * side, 2 * side);
  draw.fillStyle = style.getPropertyValue("--panel");
  draw.fillRect(0, 0, side, side);
  draw.fillRect(side, side, side, side);
  return context.createPattern(tile, "repeat");
}
