/** What stands around the tracks of the mixer: head, foot, and how long and fast it is. */
import { button, fill, h, iconButton } from "./dom.js";
import { t, titleOf } from "./i18n.js";

const STUDIO = "studio"; // in the place of a model's id

/**
 * @param {HTMLElement} panel  which is filled
 * @param {object[]} cards  models of whose works a fresh one can be added
 * @param {object} run  what is done: close, speed(tempo), add(model id), bring what
 *   the Studio shows, play, keep, and recipe() to save
 * @returns {HTMLElement} the list for the tracks
 */
export function frame(panel, cards, run) {
  const list = h("ol", { class: "mixer-tracks", "aria-label": t("mixer.tracks") });
  const speed = h("input", {
    type: "number",
    class: "mixer-tempo",
    min: "30",
    max: "300",
    step: "1",
    on: { change: () => run.speed(speed.valueAsNumber) },
  });
  const add = h(
    "select",
    { class: "mixer-add", "aria-label": t("mixer.add"), on: { change: () => chosen(add, run) } },
    h("option", { value: "" }, t("mixer.add")),
    h("option", { value: STUDIO }, t("mixer.studio")),
    cards.map((card) => h("option", { value: card.id }, titleOf(card))),
  );
  const save = button("mixer.save", () => import("./export.js").then((files) => files.mixMenu(save, run.recipe())), {
    class: "quiet mixer-save",
    "aria-haspopup": "menu",
  });
  fill(
    panel,
    h(
      "header",
      { class: "mixer-head" },
      button("music.play", run.play, { class: "quiet mixer-play", "aria-pressed": "false" }),
      h("span", { class: "film-length", role: "status" }),
      iconButton("close", "mixer.close", run.close),
    ),
    list,
    h(
      "div",
      { class: "mixer-foot" },
      h("label", { class: "mixer-speed" }, h("span", {}, t("mixer.tempo")), speed),
      add,
      button("mixer.keep", run.keep, { class: "quiet mixer-keep" }),
      save,
    ),
  );
  return list;
}

function chosen(box, { add, bring }) {
  const { value } = box;
  box.value = "";
  if (value === STUDIO) bring();
  else if (value) add(value);
}

/** Length and tempo in figures; `told` is what the server said of the tracks, or null. */
export function tell(panel, told) {
  if (panel.hidden) return;
  const seconds = told ? Math.round(told.seconds) : 0;
  const length = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  panel.querySelector(".film-length").textContent = told ? length : "";
  const field = panel.querySelector(".mixer-tempo");
  if (document.activeElement !== field) field.value = told ? Math.round(told.mix.tempo) : "";
}
