/** Teach a slider: two trays give a direction, seen at once in five pictures; a name makes it a slider. */
import { address } from "./api.js";
import { afterPause, button, fill, h } from "./dom.js";
import { effectSentence } from "./foot.js";
import { has, t } from "./i18n.js";
import { adopt, list, tryIt } from "./sliders.js";
import * as trays from "./trays.js";

const OFFSETS = [-2, -1, 0, 1, 2];
const MOST_ALSO = 3;

let store;
let parts;
let asking = null; // AbortController of the preview under way
let direction = null; // what the trays gave
const still = new Set(); // attributes that are to stay as they are

/** Fill the section. */
export function build(given, root) {
  store = given;
  const advice = h("p", { class: "trays-advice", role: "status" });
  const strip = h("ol", { class: "taught-strip", "aria-label": t("taught.strip") });
  const effect = h("p", { class: "taught-effect", "aria-live": "polite" });
  const also = h("ul", { class: "taught-also" });
  const name = h("input", {
    type: "text",
    id: "slider-name",
    class: "line-field",
    maxlength: "40",
    autocomplete: "off",
    placeholder: t("taught.name_here"),
    "aria-label": t("taught.name"),
    on: { input: ready },
  });
  const make = h("button", { type: "submit", class: "go", disabled: true }, t("taught.add"));
  const form = h("form", { class: "taught-form", on: { submit: save } }, name, make);
  parts = { advice, strip, effect, also, name, make };
  const shape = h(
    "div",
    { class: "taught-shape" },
    strip,
    h("div", { class: "taught-foot" }, h("div", {}, effect, also), form),
  );
  fill(root, h("div", { class: "trays" }, trays.build(store)), advice, shape, list());
  trays.onChange(() => {
    draw();
    later();
  });
  blank();
  draw();
  return () => draw();
}

/** Five empty places. */
function blank() {
  direction = null;
  fill(
    parts.strip,
    OFFSETS.map((offset) => place(offset, null)),
  );
  fill(parts.effect);
  fill(parts.also);
  ready();
}

function place(offset, image) {
  const sign = offset > 0 ? "+" : offset < 0 ? "\u2212" : "";
  const words = `${sign}${Math.abs(offset)}`;
  return h(
    "li",
    {},
    image
      ? h("img", { src: address(image), alt: t("taught.at", { offset: words }) })
      : h("span", { class: "blank" }),
    h("span", { "aria-hidden": "true" }, words),
  );
}

function draw() {
  const { more, less } = trays.contents();
  const least = Math.min(more.length, less.length);
  const key = !more.length && !less.length ? "none" : !least ? "one_side" : least < 3 ? "few" : "enough";
  parts.advice.textContent = t(`trays.${key}`);
}

const later = afterPause(preview, 200);

function body(extra) {
  const { more, less } = trays.contents();
  const requests = (items) => items.map((item) => item.request);
  return {
    model: store.get().model.id,
    more: requests(more),
    less: requests(less),
    remove: [...still],
    ...extra,
  };
}

/** Ask for the direction as the trays stand; a newer question ends an older one. */
async function preview() {
  asking?.abort();
  const { more, less } = trays.contents();
  if (!more.length || !less.length) {
    still.clear();
    blank();
    return;
  }
  asking = new AbortController();
  const mine = asking;
  parts.strip.setAttribute("aria-busy", "true");
  // The first slider of a model waits until the model was measured, which takes longer than a look.
  const patience = setTimeout(() => (parts.advice.textContent = t("trays.busy")), 700);
  const answer = await store.api("POST", "/studio/sliders", body({ name: "" }), { signal: mine.signal });
  clearTimeout(patience);
  if (asking !== mine) return;
  draw();
  parts.strip.removeAttribute("aria-busy");
  if (answer?.direction) show(answer);
  else if (!mine.signal.aborted) blank();
}

function show(answer) {
  ({ direction } = answer);
  fill(
    parts.strip,
    answer.strip.map(({ offset, image }) => place(offset, image)),
  );
  const [most] = Object.entries(direction.effect).toSorted((a, b) => Math.abs(b[1]) - Math.abs(a[1]));
  parts.effect.textContent = most ? effectSentence({ name: "", effect: Object.fromEntries([most]) }) : "";
  const others = answer.also.filter((one) => !still.has(one.attribute)).slice(0, MOST_ALSO);
  fill(parts.also, others.map(moved), [...still].map(kept));
  ready();
}

const attributeName = (name) =>
  has(`controls.${name}`) ? t(`controls.${name}`).toLowerCase() : name.replaceAll("_", " ");

/** "Also changes: lightness a little. Remove that?" */
function moved({ attribute, effect }) {
  const name = attributeName(attribute);
  const key = Math.abs(effect) < 0.3 ? "taught.also_little" : "taught.also";
  const toggle = button("taught.remove", () => hold(attribute, true));
  toggle.setAttribute("aria-label", `${t("taught.remove")} ${t("taught.remove_name", { name })}`);
  return h("li", {}, t(key, { name }), " ", toggle);
}

function kept(attribute) {
  const name = attributeName(attribute);
  const toggle = button("taught.let_go", () => hold(attribute, false));
  toggle.setAttribute("aria-label", `${t("taught.let_go")} ${t("taught.let_go_name", { name })}`);
  return h("li", {}, t("taught.held", { name }), " ", toggle);
}

async function hold(attribute, yes) {
  if (yes) still.add(attribute);
  else still.delete(attribute);
  await preview();
  (parts.also.querySelector("button") ?? parts.name).focus({ preventScroll: true });
}

/** A direction and a name are all it takes. */
function ready() {
  parts.make.disabled = !direction || !parts.name.value.trim();
}

async function save(event) {
  event.preventDefault();
  const name = parts.name.value.trim();
  if (!direction || !name) return;
  parts.make.disabled = true;
  const answer = await store.api("POST", "/studio/sliders", body({ name }));
  ready();
  if (!answer?.direction) return;
  const control = adopt({ ...answer.direction, name });
  parts.name.value = "";
  still.clear();
  trays.empty();
  store.say("taught.added", { name }, "good", {
    action: { key: "taught.try", run: () => tryIt(control) },
    seconds: 20,
  });
}
