/** The foot of the sliders: both ends of the active one as pictures, and its measured effect. */
import { afterPause } from "./dom.js";
import { controlName, has, lang, t } from "./i18n.js";
import { refused } from "./stage.js";

const SMALL = 0.1; // of a spread: less is not worth a word
let store;
let asking = null;
let shownFor = "";

export function mount(the) {
  store = the;
  const later = afterPause(ends, 500);
  store.subscribe(["activeControl", "model"], () => {
    write();
    later();
  });
  store.subscribe(["request", "size", "panel"], later);
}

/** How much a step changes an attribute, as words: "warmer by 0.8". */
function much(attribute, amount) {
  const way = amount > 0 ? "more" : "less";
  const key = `effects.${attribute}.${way}`;
  return has(key) ? t(key) : t(`effects.other.${way}`, { name: attribute.replaceAll("_", " ") });
}

/** "One step: warmer by 0.8; also a little rounder (0.1)." from the measured effect of a direction. */
export function effectSentence(control) {
  const effect = Object.entries(control.effect ?? {}).filter(
    ([, amount]) => Math.abs(amount) >= SMALL / 2,
  );
  if (!effect.length)
    return has(`docs.${control.name}`) ? t(`docs.${control.name}`) : plainDoc(control);
  const strength = ([name, amount]) => (name === control.name ? 100 : Math.abs(amount));
  effect.sort((a, b) => strength(b) - strength(a));
  const [[name, amount], ...rest] = effect;
  const main = t("foot.step", { change: much(name, amount), size: Math.abs(amount).toFixed(1) });
  const also = rest
    .filter(([, size]) => Math.abs(size) >= SMALL)
    .slice(0, 2)
    .map(([other, size]) =>
      t(Math.abs(size) < 0.3 ? "foot.little" : "foot.some", {
        change: much(other, size),
        size: Math.abs(size).toFixed(1),
      }),
    );
  return also.length
    ? t("foot.also", { main, also: also.join(t("foot.and")) })
    : t("foot.only", { main });
}

function plainDoc(control) {
  const numbered = /^(pca|dimension)_/.exec(control.name);
  if (numbered) return t(`docs.${numbered[1]}`);
  return lang === "en" ? control.doc : "";
}

function write() {
  const { activeControl } = store.get();
  const control = store.control(activeControl);
  document.getElementById("effect").textContent = control ? effectSentence(control) : "";
}

function visible() {
  const { view, size, panel } = store.get();
  return view === "studio" && (size === "wide" || panel === "sliders");
}

/** Ask for both ends once the hand has come to rest. */
async function ends() {
  const { activeControl, request, model } = store.get();
  const control = store.control(activeControl);
  if (!control || request?.pipeline !== model.id || !visible()) return; // its model may be on its way
  if (refused()) return; // a recipe that can't be painted has no ends either
  const mine = `${activeControl} ${JSON.stringify(request)}`;
  if (mine === shownFor) return;
  asking?.abort();
  asking = new AbortController();
  const options = { quiet: true, signal: asking.signal };
  const answer = control.taught
    ? await taughtEnds(control, request, options)
    : await store.api("POST", "/studio/ends", { request, control: activeControl }, options);
  if (!answer?.low || !answer.high) return;
  shownFor = mine;
  put("end-low", answer.low, t("foot.low", { name: controlName(control) }));
  put("end-high", answer.high, t("foot.high", { name: controlName(control) }));
}

/** The server knows no control of a taught slider, but it renders the recipes of both its ends. */
async function taughtEnds(control, request, options) {
  const end = async (value) => {
    const body = { request: store.withValue(request, control.name, value), quality: "draft", size: 128 };
    const answer = await store.api("POST", "/studio/render", body, { ...options, raw: true });
    return answer && URL.createObjectURL(await answer.blob());
  };
  return { low: await end(control.minimum), high: await end(control.maximum) };
}

function put(id, source, words) {
  const picture = document.getElementById(id);
  if (picture.src.startsWith("blob:")) URL.revokeObjectURL(picture.src);
  picture.src = source;
  picture.alt = words;
  picture.hidden = false;
}
