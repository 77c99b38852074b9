/** Breed: twelve children of two works in the grid of Nearby; each says what it has from whom. */
import { fill, h, iconButton } from "./dom.js";
import { t } from "./i18n.js";
import { parentOf } from "./kept.js";
import { lend } from "./nearby.js";
import { store } from "./store.js";

/** Show the children of two travellers. */
export async function start(a, b) {
  if (store.get().view !== "studio") location.hash = "#/";
  store.set({ panel: "nearby" });
  const from = h("p", { class: "breed-from", "aria-live": "polite" });
  const parent = (item, side) =>
    h(
      "span",
      { class: `breed-parent ${side}` },
      h("img", { src: item.thumbnail, alt: t(`breed.${side}`, { title: item.label }), draggable: false }),
      h("b", { "aria-hidden": "true" }, t(`breed.side_${side}`)),
    );
  const title = h("h2", { class: "breed-title" }, t("breed.title"));
  const key = (event) => event.key === "Escape" && leave();
  const leave = () => {
    removeEventListener("keydown", key);
    lend(null);
  };
  addEventListener("keydown", key);
  const look = (given) => {
    fill(from, given ? sentence(given) : t("breed.hint"));
    for (const side of ["a", "b"]) {
      const gave = given && [given.form === side && "form", given.colour === side && "colour"].filter(Boolean);
      header.querySelector(`.${side}`).dataset.gave = gave ? gave.join(" ") : "";
    }
  };
  const header = h(
    "div",
    { class: "breed-head" },
    parent(a, "a"),
    h("div", {}, title, from),
    parent(b, "b"),
    iconButton("close", "breed.leave", leave, { class: "plain breed-leave" }),
  );
  look(null);
  await lend({
    header,
    look,
    body: { a: a.request, b: b.request },
    words: ({ form, colour }, index) => ({
      form,
      colour,
      words: t("breed.child", { number: index + 1, from: sentence({ form, colour }) }),
    }),
    parents: ({ form, colour }) => [
      parentOf(a, "breed", { side: "a", gave: gave("a", form, colour) }),
      parentOf(b, "breed", { side: "b", gave: gave("b", form, colour) }),
    ],
  });
}

const gave = (side, form, colour) =>
  [form === side && "form", colour === side && "colour"].filter(Boolean).join(" ");

function sentence({ form, colour }) {
  return t("breed.from", { form: t(`breed.side_${form}`), colour: t(`breed.side_${colour}`) });
}
