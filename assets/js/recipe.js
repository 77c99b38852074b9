/**
 * Recipes as plain values: reading a control's value, changing one, comparing two.
 * The same rules as `Instrument.change` and `Instrument.values` in pipelines/pipeline.py.
 */
import { optionName } from "./i18n.js";

/** The canonical text: sorted keys, no spaces, as pipelines/request.py writes it. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value && typeof value === "object") {
    const keys = Object.keys(value).sort();
    return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
  }
  return JSON.stringify(value ?? null);
}

/** Whether two recipes are the same recipe. */
export function sameRequest(a, b) {
  return a === b || canonical(a) === canonical(b);
}

/** name -> value of every control of `model` in `request`. */
export function valuesOf(model, request) {
  const offsets = new Map((request.directions ?? []).map((one) => [one.id, one.offset]));
  const values = {};
  for (const control of model.controls) {
    if (control.name === "seed") values.seed = request.seed;
    else if (control.direction)
      values[control.name] = offsets.get(control.direction) ?? control.default;
    else values[control.name] = request.controls?.[control.name] ?? control.default;
  }
  return values;
}

/**
 * `request` with one control changed. A new seed or kind starts from where that seed lands, so a
 * point that was travelled to (a tile, a child, a morph) is left behind.
 */
export function withValue(model, request, name, value) {
  const control = model.controls.find((one) => one.name === name);
  if (!control) return request;
  if (name === "seed") return { ...request, seed: value, point: null };
  if (control.direction) {
    const { vector = "", taught, label } = control;
    const offset = { id: control.direction, offset: value, vector, name: taught ? label : name };
    const known = request.directions.some((one) => one.id === control.direction);
    const directions = known
      ? request.directions.map((one) =>
          one.id === control.direction ? { ...one, offset: value } : one,
        )
      : [...request.directions, offset];
    return { ...request, directions: directions.filter((one) => one.offset !== 0) };
  }
  const changed = { ...request, controls: { ...request.controls, [name]: value } };
  // Kept lines have the length of the form they were written in, kept bars that of the metre.
  for (const other of model.controls) if (other.follows?.includes(name)) delete changed.controls[other.name];
  return control.relocates ? { ...changed, point: null } : changed;
}

/** What a work is found by: its kind in the page's language, and how its sliders stand. */
export function wordsOf(model, request) {
  const values = valuesOf(model, request);
  const moved = (one) => one.group === "main" && one.direction && values[one.name] !== one.default;
  const kind = (one) => one.group === "kind" && one.kind === "choice" && values[one.name] && values[one.name] !== "any";
  return Object.fromEntries([
    ...model.controls.filter(moved).map((one) => [one.taught ? one.label : one.name, values[one.name]]),
    ...model.controls.filter(kind).map((one) => [one.name, optionName(values[one.name], one.name)]),
  ]);
}
