/** The figure of a slider: how it reads, and typing another. */
import { h } from "./dom.js";
import { controlName, t } from "./i18n.js";

/** "+0.8": with a sign where the range has one, and no more figures than the step has. */
export function numberText({ minimum, step, whole }, value) {
  const figures = whole ? 0 : Math.min(2, Math.max(1, Math.ceil(-Math.log10(step) - 1e-9)));
  const size = Math.abs(value)
    .toFixed(figures)
    .replace(/(\.\d)0$/, "$1");
  if (minimum >= 0) return size;
  if (!Number(size)) return "0";
  return `${value > 0 ? "+" : "\u2212"}${size}`;
}

/** "plus 0.8": a number as it is read out. */
export function spokenNumber(value) {
  const size = Number(Math.abs(value).toFixed(2));
  if (!size) return "0";
  return t(value > 0 ? "slider.plus" : "slider.minus", { value: size });
}

/** Show where a slider stands: its filled part, its figure, and what is read out of it. */
export function drawFigure({ control, range, number }, value) {
  const { minimum, maximum } = control;
  range.style.setProperty("--at", (value - minimum) / (maximum - minimum));
  const text = numberText(control, value);
  const name = controlName(control);
  const spoken = t("slider.type", { name, value: text });
  if (number.textContent === text && number.getAttribute("aria-label") === spoken) return;
  if (number.firstChild) number.firstChild.data = text;
  else number.textContent = text;
  number.setAttribute("aria-label", spoken);
  range.setAttribute("aria-valuetext", `${name} ${minimum < 0 ? spokenNumber(value) : text}`);
}

/**
 * Turn the figure into a field; Enter takes the number, Escape leaves it. Nothing is clamped.
 * @param {HTMLButtonElement} button  the figure
 * @param {object} control
 * @param {number} value              what stands there now
 * @param {(value: number) => void} take
 */
export function typeNumber(store, button, control, value, take) {
  const field = h("input", { class: "number", inputmode: "decimal", value: String(value) });
  field.setAttribute("aria-label", button.getAttribute("aria-label"));
  let over = false;
  const leave = (taken) => {
    if (over) return;
    over = true;
    field.replaceWith(button);
    const typed = taken ? read(store, control, field.value) : null;
    if (typed !== null) take(typed);
  };
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    leave(event.key === "Enter");
    button.focus();
  });
  field.addEventListener("blur", () => leave(true));
  button.replaceWith(field);
  field.select();
  field.focus();
}

/** The number that was typed; null if it is refused, which the hint line says. */
function read(store, control, text) {
  const value = Number(text.trim().replace(",", ".").replace("\u2212", "-"));
  const { minimum, maximum } = control;
  const words = { name: controlName(control), value: text.trim(), minimum, maximum };
  if (text.trim() !== "" && value >= minimum && value <= maximum) return value;
  if (text.trim() === "" || !Number.isFinite(value)) store.say("slider.not_number", words, "bad");
  else store.say(value > maximum ? "slider.too_high" : "slider.too_low", words, "bad");
  return null;
}
