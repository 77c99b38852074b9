/**
 * Many kinds in little room: where a model has more than two choices of what it makes (key, mode, metre,
 * ...), each is a field that opens instead of a row of chips.
 */
import { fill, h } from "./dom.js";
import { controlName, optionName, t } from "./i18n.js";

const FEW = 2; // choices that may be rows of chips

let store;
let box;
let fields = new Map(); // name -> select

export function mount(the) {
  store = the;
  box = h("div", { id: "kinds", role: "group", "aria-label": t("shape.kinds"), hidden: true });
  document.getElementById("shape-list").prepend(box);
  store.subscribe("model", build);
  store.subscribe("request", stand);
}

/** Whether a model's kinds are fields here. */
export const manyKinds = (model) => kindsOf(model).length > FEW;

const kindsOf = (model) => model.controls.filter((one) => one.group === "kind" && one.kind === "choice");

function build({ model }) {
  if (!model) return;
  const kinds = manyKinds(model) ? kindsOf(model) : [];
  box.hidden = !kinds.length;
  fields = new Map(kinds.map((one) => [one.name, field(one)]));
  fill(box, kinds.map((one) => h("label", { data: { kind: one.name } }, h("span", {}, controlName(one)), fields.get(one.name))));
  for (const { name } of kinds) {
    const row = document.getElementById(`control-${name}`)?.closest(".control-row");
    if (row) row.hidden = true; // Gradio's own
  }
  stand();
}

function field(control) {
  const options = control.options.map((value) => h("option", { value }, capital(optionName(value, control.name))));
  const change = (event) => {
    store.change(store.withValue(store.get().request, control.name, event.target.value), { label: "undo.kind" });
  };
  return h("select", { name: control.name, on: { change } }, options);
}

const capital = (word) => word.charAt(0).toUpperCase() + word.slice(1);

function stand() {
  if (!fields.size || !store.get().request) return;
  const values = store.values();
  for (const [name, node] of fields) if (node.value !== values[name]) node.value = values[name];
}
