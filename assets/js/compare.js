/** Two works on the same place with a divider to drag; also by a range input under the finger. */
import { h, iconButton } from "./dom.js";
import { t } from "./i18n.js";

let open = null; // what is over the stage

/** A picture of `a` with `b` uncovered from the right. `a`, `b`: travellers, or {thumbnail, label, original}. */
export function divider(a, b) {
  const picture = (item, side) =>
    h("img", { class: side, src: item.original ?? item.thumbnail, alt: item.label, draggable: false });
  const box = h("div", { class: "compare" }, picture(a, "a"), picture(b, "b"));
  const range = h("input", {
    type: "range",
    min: "0",
    max: "100",
    step: "1",
    value: "50",
    "aria-label": t("compare.divider"),
    on: {
      input: () => move(Number(range.value)),
      keydown: (event) => event.key.startsWith("Arrow") && event.stopPropagation(),
    },
  });
  const move = (value) => {
    box.style.setProperty("--at", `${value}%`);
    range.setAttribute("aria-valuetext", t("compare.at", { percent: value, title: a.label }));
  };
  box.append(h("span", { class: "line", "aria-hidden": "true" }), range);
  move(50);
  return box;
}

/** Lay the divider over the stage; × or Escape takes it away. */
export async function onStage(store, a, b) {
  leave();
  (await import("./player.js")).stop();
  if (store.get().view !== "studio") location.hash = "#/";
  const box = divider(full(a), full(b));
  box.classList.add("over");
  // The stage below would take the press for a drag of the active slider.
  box.addEventListener("pointerdown", (event) => event.stopPropagation());
  box.append(iconButton("close", "compare.leave", leave, { class: "plain compare-close" }));
  document.getElementById("frame").append(box);
  const key = (event) => event.key === "Escape" && leave();
  addEventListener("keydown", key);
  const stop = store.subscribe("request", leave);
  open = {
    box,
    end: () => {
      removeEventListener("keydown", key);
      stop();
    },
  };
  box.querySelector("input").focus();
}

/** The original of a traveller stands beside its thumbnail. */
function full(item) {
  return { ...item, original: item.id ? item.thumbnail.replace(/thumbnail$/, "original") : item.thumbnail };
}

/** Take the divider off the stage. */
export function leave() {
  if (!open) return;
  open.end();
  open.box.remove();
  open = null;
}
