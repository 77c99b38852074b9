/** One track in the mixer: what it plays, Mute and Solo, how loud, where, in which key. */
import { button, h, iconButton } from "./dom.js";
import { t } from "./i18n.js";

const FARTHEST = 12; // semitones

/**
 * @param {object} one  the track, which the row changes
 * @param {object} about  {at, model, shaped, drums, key: semitones into the first one's key, and what
 *   to call: moved, turned, settled once a gesture is over, again, shape, remove}
 */
export function row(one, about) {
  const name = t("mixer.track", { number: about.at + 1, name: one.label });
  const picture = h(
    "button",
    {
      type: "button",
      class: "mixer-picture",
      "aria-label": t("mixer.shape", { name }),
      title: t("mixer.shape_tip"),
      "aria-pressed": String(about.shaped),
      on: { click: about.shape },
    },
    h("img", { src: one.thumbnail, alt: "" }),
  );
  return h(
    "li",
    { class: about.shaped ? "mixer-track shaped" : "mixer-track", "aria-label": name },
    picture,
    h("span", { class: "mixer-words" }, h("b", { class: "mixer-name" }, one.label), h("span", {}, about.model)),
    h("span", { class: "mixer-switches" }, toggle(one, "mute", name, about), toggle(one, "solo", name, about)),
    fader(one, name, about, { field: "volume", min: -40, max: 6, step: 0.5, word: decibels }),
    fader(one, name, about, { field: "pan", min: -1, max: 1, step: 0.05, word: place }),
    about.drums ? h("span", { class: "mixer-key" }) : key(one, name, about),
    iconButton("another", "mixer.again", about.again, { "aria-label": t("mixer.again_of", { name }) }),
    iconButton("close", "mixer.remove", about.remove, { "aria-label": t("mixer.remove_of", { name }) }),
  );
}

function toggle(one, field, name, { moved, settled }) {
  const press = () => {
    one[field] = !one[field];
    node.setAttribute("aria-pressed", String(one[field]));
    moved();
    settled();
  };
  const label = t(`mixer.${field}_of`, { name });
  const node = button(`mixer.${field}_letter`, press, {
    class: `quiet mixer-${field}`,
    "aria-label": label,
    title: t(`mixer.${field}`),
    "aria-pressed": String(one[field]),
  });
  return node;
}

/** A slider; pressed twice it goes back to the middle. */
function fader(one, name, { moved, settled }, { field, min, max, step, word }) {
  const figure = h("output", {}, word(one[field]));
  const to = (value) => {
    one[field] = value;
    slider.value = value;
    figure.textContent = word(value);
    slider.setAttribute("aria-valuetext", word(value));
    moved();
  };
  const middle = () => {
    to(0);
    settled();
  };
  const slider = h("input", {
    type: "range",
    class: "thin",
    min,
    max,
    step,
    "aria-label": t(`mixer.${field}_of`, { name }),
    "aria-valuetext": word(one[field]),
    on: { input: () => to(slider.valueAsNumber), change: settled, dblclick: middle },
  });
  slider.value = one[field];
  return h("label", { class: `mixer-${field}`, title: t("mixer.middle") }, h("span", {}, t(`mixer.${field}`)), slider, figure);
}

const signed = (value) => `${value > 0 ? "+" : value < 0 ? "−" : ""}${Math.abs(value)}`;

const decibels = (value) => t("mixer.decibels", { value: signed(value) });

function place(value) {
  const much = Math.round(Math.abs(value) * 100);
  if (!much) return t("mixer.centre");
  return t(value < 0 ? "mixer.left" : "mixer.right", { much });
}

/** Semitones up or down; which of them leads into the key of the first track is said. */
function key(one, name, { key: into, turned, settled }) {
  const steps = Array.from({ length: 2 * FARTHEST + 1 }, (_, at) => FARTHEST - at);
  const word = (step) => (step === into ? t("mixer.in_key", { step: signed(step) }) : signed(step));
  const box = h(
    "select",
    { class: "mixer-key", "aria-label": t("mixer.transpose_of", { name }), title: t("mixer.transpose") },
    steps.map((step) => h("option", { value: String(step), selected: step === one.transpose }, word(step))),
  );
  box.addEventListener("change", () => {
    one.transpose = Number(box.value);
    turned();
    settled();
  });
  return box;
}
