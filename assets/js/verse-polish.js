/**
 * Polish: the finish of English verse as one press on the poem. What it changed is underlined, and
 * counted beside the press. Its three parts are rows of the fold Finish; a press is one step to undo.
 */
import { button, h } from "./dom.js";
import { tidied, valuesIn, withFinish } from "./finish-steps.js";
import { t } from "./i18n.js";
import { lineOf } from "./kept.js";

const PRESSED = ["spelling", "punctuation"]; // line length is asked for in the fold

let store;
let press;
let count;
let asked = false; // pressed on: what came of it is said

/** The press, for the foot of the poem. */
export function polishPress(the) {
  store = the;
  count = h("span", { class: "polish-count" });
  press = button("verse.polish", toggle, { "aria-pressed": "false", title: t("verse.polish_tip") });
  press.append(count);
  return press;
}

const finishing = () => store.get().model?.finishing ?? [];
const operation = () => finishing().find((one) => one.name === "polish");

/** Whether any part of it is on. */
function isOn(of, request) {
  const values = valuesIn(request, of);
  return of.strengths.some((name) => values[name] !== "written");
}

function toggle() {
  const of = operation();
  const { request } = store.get();
  const off = isOn(of, request);
  let fresh = request;
  for (const name of off ? of.strengths : PRESSED)
    fresh = withFinish(fresh, finishing(), of, name, off ? "written" : "mended");
  asked = !off;
  store.change(tidied(fresh, finishing()), { label: "undo.polish", parents: lineOf(store) });
}

/** Tell the press what is on the canvas. @param {boolean[][]} changed  of every line, which words */
export function drawPolish(changed, { growing }) {
  const of = operation();
  if (press.hidden !== !of) press.hidden = !of;
  if (!of) return;
  const on = isOn(of, store.get().request);
  press.ariaPressed = String(on);
  const number = changed.flat().filter(Boolean).length;
  const words = on ? ` · ${number}` : "";
  if (count.textContent !== words) count.textContent = words;
  press.title = t(on ? "verse.polished" : "verse.polish_tip", { number });
  if (!on || growing || !asked) return;
  asked = false;
  store.say(number ? "verse.polish_said" : "verse.polish_none", { number });
}
