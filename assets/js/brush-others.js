/** Four others: the same picture and the same strokes, painted by four other seeds, to choose from. */
import { button, fill, h, hide } from "./dom.js";
import { t } from "./i18n.js";
import { currentParent } from "./kept.js";

const COUNT = 4;

/** Fill `root`; the pictures come when they are asked for, and go when the recipe moves on. */
export function mountOthers(store, root) {
  let round = 0; // what is painted for an older one is dropped
  let made = []; // {node, request}
  const row = h("div", { class: "brush-offers", role: "group", "aria-label": t("brush.others_label"), hidden: true });
  const ask = button("brush.others", paint, { class: "quiet brush-ask" });
  fill(root, ask, row);
  store.subscribe("request", ({ request }) => {
    if (made.some((one) => one.request === request)) return;
    round += 1;
    made = [];
    hide(row, true);
  });

  async function paint() {
    round += 1;
    const mine = round;
    const { request } = store.get();
    const seeds = crypto.getRandomValues(new Uint32Array(COUNT));
    made = Array.from(seeds, (seed, index) => cell({ ...request, seed, point: null }, index));
    fill(row, ...made.map((one) => one.node));
    row.hidden = false;
    for (const one of made) {
      const body = { request: one.request, quality: "fast", size: 168 };
      const answer = await store.api("POST", "/studio/render", body, { raw: true });
      if (mine !== round || !answer) return;
      const image = h("img", { src: URL.createObjectURL(await answer.blob()), alt: "" });
      image.addEventListener("load", () => URL.revokeObjectURL(image.src), { once: true });
      one.node.append(image);
      one.node.disabled = false;
    }
  }

  function cell(request, index) {
    const label = t("brush.other", { number: index + 1 });
    const go = () => store.change(request, { label: "undo.another", parents: [currentParent(store, "edit")] });
    const set = { type: "button", class: "brush-other", disabled: true, "aria-label": label, title: label };
    return { request, node: h("button", { ...set, on: { click: go } }) };
  }
}
