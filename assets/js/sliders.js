/**
 * Taught sliders. Each is a control of the model in this page, with a row among the others; a recipe
 * that uses one carries its vector, so one that arrives in a recipe gets a row as well.
 */
import { h, icon, iconButton } from "./dom.js";
import { t } from "./i18n.js";
import { manyKinds } from "./kinds.js";
import { madeRow, makes } from "./made-rows.js";

let store;

/** Rows before `shape.js` looks for them; sliders for what a recipe brings along. */
export function mount(given) {
  store = given;
  store.subscribe("model", ({ model }) => model && rows(model));
  store.subscribe("request", ({ model, request }) => model && request && welcome(model, request));
}

/** A taught direction as a control, with the bounds of the model's own sliders. */
function controlOf(model, { id, name, vector, effect = null }, saved) {
  const like = model.controls.find((one) => one.kind === "slider" && one.direction && !one.taught);
  return {
    ...like,
    name: `taught_${id.slice(0, 16)}`,
    label: name,
    doc: "",
    group: "main",
    default: 0,
    direction: id,
    vector,
    effect,
    taught: true,
    saved,
  };
}

/** `model` with more controls, after the named ones and before what stands behind More. */
function withControls(model, fresh) {
  const last = model.controls.findLastIndex((one) => one.group === "main");
  return { ...model, controls: model.controls.toSpliced(last + 1, 0, ...fresh) };
}

/** `model` with the sliders that this person taught it. */
export async function withTaught(owner, model) {
  const query = new URLSearchParams({ model: model.id });
  const answer = await owner.api("GET", `/studio/sliders?${query}`, undefined, { quiet: true });
  const known = new Set(model.controls.map((one) => one.direction));
  const fresh = (answer?.sliders ?? []).filter((one) => !known.has(one.id));
  return withControls(
    model,
    fresh.map((one) => controlOf(model, one, true)),
  );
}

/** A taught direction of a recipe that the model does not list gets a slider too. */
function welcome(model, request) {
  const known = new Set(model.controls.map((one) => one.direction));
  const fresh = (request.directions ?? []).filter((one) => one.vector && !known.has(one.id));
  if (!fresh.length) return;
  const controls = fresh.map((one) =>
    controlOf(model, { ...one, name: one.name || t("sliders.unnamed") }, false),
  );
  store.set({ model: withControls(model, controls) });
}

/** Put a slider that was just taught with the others. */
export function adopt(direction) {
  const { model } = store.get();
  const others = model.controls.filter((one) => one.direction !== direction.id);
  const control = controlOf(model, direction, true);
  store.set({ model: withControls({ ...model, controls: others }, [control]), activeControl: control.name });
  return control;
}

/** The sliders taught by this person. */
export const taught = () => (store.get().model?.controls ?? []).filter((one) => one.taught && one.saved);

/** Take a taught slider away; a work that stands on it keeps it, with its row. */
export async function remove(control) {
  if (!(await store.api("DELETE", `/studio/sliders/${control.direction}`))) return;
  const { model, request, activeControl, locks } = store.get();
  const used = request?.directions?.some((one) => one.id === control.direction);
  const others = model.controls.filter((one) => one.name !== control.name);
  const left = { ...model, controls: others };
  const rest = new Set([...locks].filter((name) => name !== control.name));
  if (!used) document.getElementById(`row-${control.name}`)?.remove();
  store.set({
    model: used ? withControls(left, [{ ...control, saved: false }]) : left,
    ...(used ? {} : { locks: rest, activeControl: activeControl === control.name ? null : activeControl }),
  });
  store.say("sliders.removed", { name: control.label });
}

/** `fresh` with the taught sliders that are locked as they stand in `before`: Another leaves them. */
export function keepLocked(fresh, before) {
  const { model, locks } = store.get();
  const held = new Set(
    model.controls.filter((one) => one.taught && locks.has(one.name)).map((one) => one.direction),
  );
  const kept = before.directions.filter((one) => held.has(one.id));
  const others = fresh.directions.filter((one) => !held.has(one.id));
  return kept.length ? { ...fresh, directions: [...others, ...kept] } : fresh;
}

/**
 * A row for every taught control, and for controls of a model that the page was not built for: what
 * it paints first, the rest in front of More, or behind it. Rows of another model go.
 */
function rows(model) {
  const more = document.getElementById("more-row");
  const own = (one) => document.getElementById(`control-${one.name}`)?.closest(".control-row:not(.made-row)");
  const elsewhere = (one) => manyKinds(model) && one.group === "kind" && one.kind === "choice"; // see kinds.js
  const wanted = model.controls.filter((one) => one.taught || (makes(one) && !own(one) && !elsewhere(one)));
  const names = new Set(wanted.map((one) => `row-${one.name}`));
  for (const node of document.querySelectorAll(".made-row")) {
    const stays =
      names.has(node.id) && wanted.some((one) => node.id === `row-${one.name}` && one.saved === node.saved);
    if (!stays) node.remove();
  }
  for (const control of wanted) {
    if (document.getElementById(`row-${control.name}`)) continue;
    if (control.group === "kind") document.querySelector("#shape-list > .seed-row").before(row(control));
    else if (control.group === "main") more.before(row(control));
    else document.getElementById("more-sliders").append(row(control));
  }
}

/** A taught slider's row: marked, and with a way to take it away. */
function row(control) {
  const node = madeRow(control);
  if (!control.taught) return node;
  node.classList.add("taught-row");
  const mark = h("span", { class: "taught-mark", title: t("sliders.taught") }, icon("pencil"));
  node.querySelector(".head").append(mark);
  node.saved = control.saved;
  if (control.saved) {
    const label = t("sliders.remove", { name: control.label });
    const take = iconButton("close", "sliders.take_away", () => remove(control), {
      class: "plain taught-remove",
    });
    take.setAttribute("aria-label", label);
    take.title = label;
    node.append(take);
  }
  return node;
}

/** A short list of the taught sliders, each with a way to try it and to remove it. */
export function list() {
  const box = h("div", { class: "taught-list" });
  const draw = () => {
    const mine = taught();
    box.hidden = !mine.length;
    const item = (one) => {
      const label = t("sliders.remove", { name: one.label });
      const away = iconButton("close", "sliders.take_away", () => remove(one));
      away.setAttribute("aria-label", label);
      away.title = label;
      const open = h(
        "button",
        { type: "button", class: "quiet", on: { click: () => tryIt(one) } },
        one.label,
      );
      return h("li", {}, icon("pencil"), open, away);
    };
    box.replaceChildren(h("h3", {}, t("sliders.yours")), h("ul", {}, mine.map(item)));
  };
  store.subscribe("model", draw);
  draw();
  return box;
}

/** Go to the Studio with this slider under the hand. */
export function tryIt(control) {
  const { size, view } = store.get();
  store.set({ activeControl: control.name, ...(size === "wide" ? {} : { panel: "sliders" }) });
  const focus = () => {
    const range = document.querySelector(`#control-${control.name} input`);
    range?.scrollIntoView({ block: "nearest" });
    range?.focus({ preventScroll: true });
  };
  if (view === "studio") return focus();
  const stop = store.subscribe("view", () => {
    stop();
    setTimeout(focus, 50); // Gradio shows the view after this
  });
  location.hash = "#/";
  return undefined;
}
