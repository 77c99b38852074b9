/** How a work on offer is drawn: the one place of tiles, pairs and reasons that knows a picture. */
import { address } from "./api.js";
import { h } from "./dom.js";

/**
 * The face of a work.
 * @param {string} source  what the server sent to show it by
 * @param {object} [props]  `alt` where nothing beside it says what it is
 */
export function face(source, props = {}) {
  return h("img", { alt: "", draggable: false, decoding: "async", ...props, src: addressOf(source) });
}

/** Another work in the same place, so that nothing blinks. */
export function faceOn(node, source) {
  node.src = addressOf(source);
}

const addressOf = (source) => (/^(data|blob):/.test(source) ? source : address(source));
