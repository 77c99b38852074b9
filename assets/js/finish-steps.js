/**
 * The steps of a recipe that finish its work, as plain values. The same rules as
 * pipelines/finishing: a step says every value, and one at its defaults does nothing.
 */

/** name -> default of every control of an operation. */
const starts = (operation) => Object.fromEntries(operation.controls.map((one) => [one.name, one.default]));

/** Whether a step with these values changes nothing. */
const idle = (operation, values) =>
  operation.strengths.every((name) => (values[name] ?? starts(operation)[name]) === starts(operation)[name]);

/** Values of an operation in a recipe: those of its first step there, else the defaults. */
export function valuesIn(request, operation) {
  const step = request?.steps?.find((one) => one.name === operation.name);
  return { ...starts(operation), ...step?.values };
}

/** How many operations change something in a recipe. */
export const used = (request, finishing) =>
  finishing.filter((one) => !idle(one, valuesIn(request, one))).length;

/** `request` with one value changed; a new step goes where the order of the page has it. */
export function withFinish(request, finishing, operation, name, value) {
  const values = { ...valuesIn(request, operation), [name]: value };
  const step = { name: operation.name, values };
  const steps = request.steps ?? [];
  const at = steps.findIndex((one) => one.name === operation.name);
  if (at >= 0) return { ...request, steps: steps.with(at, step) };
  const order = finishing.map((one) => one.name);
  const later = steps.findIndex((one) => order.indexOf(one.name) > order.indexOf(operation.name));
  return { ...request, steps: steps.toSpliced(later < 0 ? steps.length : later, 0, step) };
}

/** `request` without steps that change nothing, as it was before they were touched. */
export function tidied(request, finishing) {
  const known = new Map(finishing.map((one) => [one.name, one]));
  const keeps = ({ name, values }) => !known.has(name) || !idle(known.get(name), values);
  return { ...request, steps: (request.steps ?? []).filter(keeps) };
}
