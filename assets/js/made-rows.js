/**
 * Rows of controls that Gradio did not build, because the page opened with another model: the markup
 * that it makes of a slider, a choice and a line of words, as far as `shape.js` and shape.css know it.
 */
import { h, icon } from "./dom.js";

const INSIDE = { slider, choice, prompt };

/** Whether a row can be made of a control. */
export const makes = (control) => control.kind in INSIDE;

/** A row for a control. @returns {HTMLElement} */
export function madeRow(control) {
  const { kind, name } = control;
  const lock = h(
    "button",
    { class: "lock plain", type: "button", "aria-pressed": "false", data: { lock: name } },
    document.querySelector(".control-row .lock .icon")?.cloneNode(true) ?? icon("check"),
  );
  const number = kind === "slider" ? h("button", { class: "number", type: "button" }) : null;
  const set = { id: `row-${name}`, class: `control-row ${kind}-row made-row` };
  return h("div", set, inside(control, `control-${name}`), number, lock);
}

/** The component alone, under an id of its own. */
export const inside = (control, id) => INSIDE[control.kind](control, id);

const words = (control) => h("span", { data: { testid: "block-info" } }, control.label);

function slider(control, id) {
  const { minimum, maximum, step } = control;
  const range = h("input", { type: "range", min: String(minimum), max: String(maximum), step: String(step) });
  range.value = "0";
  return h(
    "div",
    { id, class: "made-slider" },
    h(
      "div",
      { class: "wrap" },
      h("div", { class: "head" }, h("label", {}, words(control))),
      h("div", { class: "slider_input_container" }, range),
    ),
  );
}

function choice(control, id) {
  const chip = (value) => h("label", {}, h("input", { type: "radio", name: id, value }), h("span", {}, value));
  const chips = h("div", { class: "wrap" }, ...control.options.map(chip));
  return h("fieldset", { id }, words(control), chips);
}

function prompt(control, id) {
  const line = h("input", { type: "text", maxlength: String(control.max_length) });
  return h("div", { id }, h("label", {}, words(control), line));
}
