/** A second picture, whose style a model that translates takes on: one on show, one kept, or one's own. */
import { address } from "./api.js";
import { fetched, fileOf, inputOf } from "./attached.js";
import { take } from "./drag.js";
import { button, fill, h, hide, pictureButton } from "./dom.js";
import { t } from "./i18n.js";
import { isPicture, titleOfWork } from "./kept.js";

const OFFERS = 4; // kept works on offer
let store;

/** Fill `root`; it is there while the model takes a style. */
export function mountStyle(given, root) {
  store = given;
  const image = h("img", { class: "style-shown", alt: t("brush.style_shown") });
  const says = h("p", { class: "style-says" });
  const offers = h("div", { class: "brush-starts style-offers" });
  const here = button("brush.style_this", () => wear(store.get()), { class: "quiet style-this" });
  const none = button("brush.style_none", () => wearFile(""), { class: "quiet style-none" });
  const head = h("div", { class: "style-head" }, image, h("div", {}, says, h("div", { class: "brush-ways" }, here, none)));
  fill(root, head, offers);
  take(root, wear, ({ request }) => Boolean(request));
  let shown = null;
  store.subscribe(["request", "model"], async ({ request, model }) => {
    hide(root, !inputOf(model, "style"));
    if (root.hidden || request?.pipeline !== model.id) return;
    const wanted = request.inputs?.style ?? "";
    none.hidden = !wanted;
    says.textContent = t(wanted ? "brush.style_worn" : "brush.style");
    if (wanted === shown) return;
    shown = wanted;
    const bytes = wanted ? await fetched(wanted, model) : null;
    if (shown !== wanted) return;
    image.hidden = !bytes;
    if (!bytes) return;
    image.addEventListener("load", () => URL.revokeObjectURL(image.src), { once: true });
    image.src = URL.createObjectURL(new Blob([bytes]));
  });
  store.subscribe(["works", "model"], ({ works, model }) => {
    if (!inputOf(model, "style")) return;
    fill(offers, ...works.filter(isPicture).slice(0, OFFERS).map(offer));
  });
}

function offer(work) {
  const label = t("brush.style_of", { name: titleOfWork(work) });
  return pictureButton(label, address(work.thumbnail), () => wear(work), { class: "brush-start" });
}

/** Take on the style of a work: it becomes a file that the recipe names. */
async function wear({ request }) {
  const name = await fileOf(store, request);
  if (name) wearFile(name);
}

/** Take on the style of a file that is held, or with no name of none. @param {string} name  its sha256 */
export function wearFile(name) {
  const { request } = store.get();
  const { style: _, ...rest } = request.inputs;
  store.change({ ...request, inputs: name ? { ...rest, style: name } : rest }, { label: "undo.picture" });
}
