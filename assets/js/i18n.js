/**
 * Every sentence a person reads comes from studio/locales/{en,zh}.json by its key.
 * Static markup names its key: data-t (text), data-t-label (aria-label), data-t-title (title).
 */
import { address } from "./api.js";

let sentences = {};
export const lang = /^zh\b/i.test(navigator.language) ? "zh" : "en";

/** Load the browser's language. Called once, before any module is mounted. */
export async function load() {
  const response = await fetch(address(`/studio/locales/${lang}.json`));
  if (response.ok) sentences = await response.json();
  document.documentElement.lang = lang;
}

function find(key) {
  return key.split(".").reduce((node, part) => node?.[part], sentences);
}

/** Whether there is a sentence of this key. */
export function has(key) {
  return typeof find(key) === "string";
}

/** The sentence of `key` with `{name}` placeholders filled in; the key itself where it is missing. */
export function t(key, values = {}) {
  const sentence = find(key);
  if (typeof sentence !== "string") return key;
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? ""));
}

/** Fill in the static markup below `root`. */
export function translate(root = document) {
  for (const node of root.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of root.querySelectorAll("[data-t-label]")) {
    node.setAttribute("aria-label", t(node.dataset.tLabel));
  }
  for (const node of root.querySelectorAll("[data-t-title]")) node.title = t(node.dataset.tTitle);
}

/** A model's title, a control's name or an option in the page's language. */
export const titleOf = (card) => card?.title?.[lang] ?? card?.title?.en ?? card?.id ?? "";

/** Name of a control: our word for it where there is one, else the model's own label. */
export function controlName(control) {
  const numbered = /^(pca|dimension)_(\d+)$/.exec(control.name);
  if (numbered) return t(`controls.${numbered[1]}`, { number: numbered[2] });
  return has(`controls.${control.name}`) ? t(`controls.${control.name}`) : control.label;
}

/** Name of an option of a choice, such as a fruit; `choice` is its name, where options are mere figures. */
export function optionName(option, choice = "") {
  if (has(`options.${choice}_${option}`)) return t(`options.${choice}_${option}`);
  return has(`options.${option}`) ? t(`options.${option}`) : option.replaceAll("_", " ");
}

/** A time of day or a date in the page's language. */
export function clock(iso) {
  return new Date(iso).toLocaleTimeString(lang, {
    hour: "2-digit",
    minute: "2-digit",
    hour12: false,
  });
}
