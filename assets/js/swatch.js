/** A swatch of the artist's own that a pattern takes after: a row above the sliders. */
import { fetched, inputOf } from "./attached.js";
import { button, fill, h, hide } from "./dom.js";
import { t } from "./i18n.js";

let store;
let row;
let shown = ""; // the swatch whose picture is in the row, by sha256
let link = ""; // object URL of it

/** Put the row above the sliders; it is there while the model takes a swatch. */
export function mount(given) {
  store = given;
  row = h("div", { id: "swatch", class: "swatch", hidden: true, role: "group", "aria-label": t("swatch.title") });
  document.getElementById("shape-list").prepend(row);
  store.subscribe(["request", "model"], follow);
  follow(store.get());
}

/** Take after a file that is held. @param {string} name  its sha256 */
export function begin(name) {
  put({ swatch: name });
  store.say("swatch.begun");
}

function put(inputs) {
  store.change({ ...store.get().request, inputs }, { label: "undo.picture" });
}

async function follow({ request, model }) {
  hide(row, !inputOf(model, "swatch"));
  if (row.hidden || request?.pipeline !== model.id) return;
  const wanted = request.inputs?.swatch ?? "";
  if (wanted === shown && row.firstChild) return;
  shown = wanted;
  const bytes = wanted ? await fetched(wanted, model) : null;
  if (shown === wanted) draw(bytes);
}

function draw(bytes) {
  if (link) URL.revokeObjectURL(link);
  link = bytes ? URL.createObjectURL(new Blob([bytes])) : "";
  const choose = button("swatch.choose", () => import("./drop.js").then((drop) => drop.choose()), { class: "quiet" });
  const leave = button("swatch.leave", () => put({}), { class: "quiet swatch-leave" });
  const image = link ? h("img", { src: link, alt: t("swatch.alt") }) : null;
  fill(row, image, h("span", {}, t(shown ? "swatch.has" : "swatch.none")), choose, shown ? leave : null);
}
