/** A sheet below the work, on a phone at the foot of the screen, with four others for a part of it: the rest stays. */
import { fill, h, hide, iconButton } from "./dom.js";

const COUNT = 4;

let sheet = null;
let title;
let row;
let look = () => {}; // told the recipe that is pointed at or has the focus, or null
let round = 0; // what comes in for an older one is dropped

function make() {
  row = h("div", { class: "others-row" });
  title = h("p", {});
  const leave = iconButton("close", "others.close", close, { class: "plain" });
  sheet = h("div", { class: "others", role: "group", hidden: true }, title, leave, row);
  sheet.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
  });
  for (const type of ["pointerleave", "focusout"]) sheet.addEventListener(type, () => look(null));
  document.getElementById("mat").append(sheet);
}

/** Close the sheet, if it is open. */
export function close() {
  round += 1;
  if (!sheet || sheet.hidden) return;
  look(null);
  hide(sheet, true, "with-others");
}

/**
 * Open the sheet and fill it.
 * @param {object} on  title: words; known: key of what stands; offers: an async iterable of {request, key,
 *   face, ...attributes}, of which those with a new key are shown; choose(request): one was taken;
 *   none(): there is no other; lang: of the words that are offered; look(request | null): one is pointed at or has the focus
 */
export async function open({ title: words, known, offers, choose, none, lang = "", look: heed = () => {} }) {
  close();
  if (!sheet) make();
  const mine = round;
  look = heed;
  title.textContent = words;
  sheet.setAttribute("aria-label", words);
  const waiting = Array.from({ length: COUNT }, () => h("span", { class: "others-wait", "aria-hidden": "true", ...(lang && { lang }) }));
  fill(row, ...waiting);
  hide(sheet, false, "with-others");
  const seen = new Set([known]);
  try {
    for await (const { request, key, face, ...more } of offers) {
      if (mine !== round) return;
      if (!key || seen.has(key)) continue;
      seen.add(key);
      const on = { click: () => choose(request), pointerenter: () => look(request), focus: () => look(request) };
      const made = h("button", { type: "button", ...more, on }, face);
      waiting.shift().replaceWith(made);
      if (made === row.firstChild) made.focus({ preventScroll: true });
      if (!waiting.length) return;
    }
  } finally {
    for (const place of waiting) place.remove();
  }
  if (mine === round && waiting.length === COUNT) none();
}
