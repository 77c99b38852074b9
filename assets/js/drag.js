/** Dragging works about: a thumbnail or a tile is carried, a cell or a corner takes it. */

/**
 * What travels: {request, thumbnail, id, label}; `id` is null where it was never kept.
 * @typedef {{request: object, thumbnail: string, id: string | null, label: string}} Traveller
 */

/** A browser hides what is carried until the drop, so it is remembered here. */
let carried = null;

/** Whether one of our own works is being carried (and not a file from outside). */
export function carrying() {
  return carried !== null;
}

/** Let `node` be dragged; `item()` gives the traveller, or null to refuse. */
export function carry(node, item) {
  node.draggable = true;
  node.addEventListener("dragstart", (event) => {
    carried = item();
    if (!carried) return event.preventDefault();
    event.dataTransfer.effectAllowed = "copyLink";
    event.dataTransfer.setData("text/plain", carried.label);
    return undefined;
  });
  node.addEventListener("dragend", () => {
    carried = null;
  });
}

/** Let `node` take what is carried: `taken(traveller)` on the drop; `fits(traveller)` may refuse. */
export function take(node, taken, fits = () => true) {
  const over = (event) => {
    if (!carried || !fits(carried)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "link";
    node.classList.add("takes");
  };
  node.addEventListener("dragenter", over);
  node.addEventListener("dragover", over);
  node.addEventListener("dragleave", () => node.classList.remove("takes"));
  node.addEventListener("drop", (event) => {
    node.classList.remove("takes");
    if (!carried || !fits(carried)) return;
    event.preventDefault();
    event.stopPropagation();
    const item = carried;
    carried = null;
    taken(item);
  });
}
