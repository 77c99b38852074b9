/** Elements without markup strings: text always becomes a text node, never HTML. */
import { t } from "./i18n.js";

const SVG = "http://www.w3.org/2000/svg";

/** Paths on a 20 x 20 sheet, in the manner of studio/views/icons.py. */
const PATHS = {
  heart: "M10 16.8S3 12.6 3 7.7A3.8 3.8 0 0 1 10 5.6a3.8 3.8 0 0 1 7 2.1c0 4.9-7 9.1-7 9.1z",
  close: "m5 5 10 10M15 5 5 15",
  info: "M10 3.2a6.8 6.8 0 1 0 0 13.6a6.8 6.8 0 0 0 0-13.6M10 9.2v4.4M10 6.4v.1",
  play: "M6.5 4.2v11.6l9-5.8z",
  pause: "M7 4.5v11M13 4.5v11",
  left: "m12.5 5-5 5 5 5",
  right: "m7.5 5 5 5-5 5",
  up: "m5 12.5 5-5 5 5",
  down: "m5 7.5 5 5 5-5",
  bridge: "M2.5 12c2.6-6 4.9-6 7.5-2s4.9 4 7.5-2",
  why: "M7.4 7.6a2.7 2.7 0 1 1 3.9 2.4c-.8.4-1.3 1-1.3 2v.3M10 15.2v.1",
  check: "m4.5 10.5 3.6 3.6 7.4-8",
  put: "M10 3.5v9m-3.4-3.2L10 12.7l3.4-3.4M4 16.5h12",
  eraser: "m7.5 15.5-4-4 8-8 5 5-7 7zM7 15.5h9.5M7.7 7.3l5 5",
  colour: "M10 3.2c2.6 3.2 4.6 5.6 4.6 8.3a4.6 4.6 0 0 1-9.2 0c0-2.7 2-5.1 4.6-8.3z",
  mirror: "M10 3v14M7.5 6 3.5 14h4zM12.5 6l4 8h-4z",
  pencil: "m4 16 .7-3.4L13 4.3l2.7 2.7-8.3 8.3zM11.3 6l2.7 2.7",
  reset: "M5.2 7A6.2 6.2 0 1 1 3.9 11.4M4.6 3.4v4h4",
  another: "M4 8a6.2 6.2 0 0 1 11-2.4M16 12a6.2 6.2 0 0 1-11 2.4M15.4 2.6v3.2h-3.2M4.6 17.4v-3.2h3.2",
};

/** One of the page's icons, hidden from readers. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const set = {
    viewBox: "0 0 20 20",
    width: 20,
    height: 20,
    fill: "none",
    stroke: "currentColor",
    "stroke-width": 1.5,
    "stroke-linecap": "round",
    "stroke-linejoin": "round",
    "aria-hidden": "true",
    focusable: "false",
    class: "icon",
  };
  for (const [key, value] of Object.entries(set)) svg.setAttribute(key, value);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/**
 * Hide an element, or show it; one that is so already is left alone.
 * @param {string} told  a class of the body that says that it is there: style sheets that asked for it by
 *   `body:has()` would have a hundred styles computed anew for each frame while a hand moves
 */
export function hide(node, hidden, told = "") {
  if (node.hidden !== hidden) node.hidden = hidden;
  if (told) document.body.classList.toggle(told, !hidden);
}

/**
 * An element.
 * @param {string} tag
 * @param {object} props  `on: {click: fn}`, `data: {key: value}`, `style: {}`; `hidden`, `disabled`,
 *   `value`, `checked`, ... are set as properties; the rest are attributes (false and null: none)
 * @param {...(Node|string|null)} children
 */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (key === "on") {
      for (const [type, fn] of Object.entries(value)) node.addEventListener(type, fn);
    } else if (key === "data") Object.assign(node.dataset, value);
    else if (key === "style") {
      for (const [name, one] of Object.entries(value)) node.style.setProperty(name, one);
    } else if (PROPERTIES.has(key)) node[key] = value;
    else if (value !== false && value !== null && value !== undefined) {
      node.setAttribute(key, value === true ? "" : value);
    }
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

const PROPERTIES = new Set([
  "hidden",
  "disabled",
  "value",
  "checked",
  "selected",
  "tabIndex",
  "src",
  "textContent",
  "htmlFor",
  "draggable",
  "readOnly",
  "muted",
  "loop",
  "controls",
  "autoplay",
]);

/** A text button whose word is the sentence of `key`. */
export function button(key, run, props = {}) {
  return h("button", { type: "button", class: "quiet", ...props, on: { click: run, ...props.on } }, t(key));
}

/** A button that shows an icon; the sentence of `key` is its name and its tip. */
export function iconButton(name, key, run, props = {}) {
  const label = t(key);
  const own = { type: "button", class: "plain", "aria-label": label, title: label };
  return h("button", { ...own, ...props, on: { click: run, ...props.on } }, icon(name));
}

/** A button that shows a picture; `label` is its name and its tip. */
export function pictureButton(label, source, run, props = {}) {
  const own = { type: "button", "aria-label": label, title: label };
  return h("button", { ...own, ...props, on: { click: run } }, h("img", { src: source, alt: "" }));
}

/** Replace what `node` holds. */
export function fill(node, ...children) {
  node.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

/** Whether nothing should move by itself. */
export function still() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** Whether an event's target takes text, so that keys are letters there. */
export function typing(event) {
  const node = event.target;
  if (!(node instanceof HTMLElement)) return false;
  if (node.isContentEditable || node.tagName === "TEXTAREA" || node.tagName === "SELECT") return true;
  return node.tagName === "INPUT" && !["range", "checkbox", "radio", "button", "file"].includes(node.type);
}

/** At most one call of `fn` per `wait` ms, the last one never lost. */
export function throttle(fn, wait) {
  let timer = 0;
  let last = 0;
  return () => {
    if (timer) return;
    const run = () => {
      timer = 0;
      last = performance.now();
      fn();
    };
    timer = setTimeout(run, Math.max(0, wait - (performance.now() - last)));
  };
}

/** Call `fn` once nothing happened for `wait` ms; `.cancel()` forgets it. */
export function afterPause(fn, wait) {
  let timer = 0;
  const later = (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => fn(...args), wait);
  };
  later.cancel = () => clearTimeout(timer);
  return later;
}

/** One call of `fn` under way at a time; asked again meanwhile, it is called once more. */
export function oneByOne(fn) {
  let busy = false;
  let again = false;
  return async () => {
    again = busy;
    if (busy) return;
    busy = true;
    try {
      do {
        again = false;
        await fn();
      } while (again);
    } finally {
      busy = false;
    }
  };
}

/** Run once, when a node comes near the part of the page that is seen. */
export function onceSeen(node, run) {
  const near = (entries, watch) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    watch.disconnect();
    run();
  };
  new IntersectionObserver(near, { rootMargin: "200px" }).observe(node);
}

/** A data URI as a picture that can be painted. */
export async function decode(uri) {
  return createImageBitmap(await (await fetch(uri)).blob());
}
