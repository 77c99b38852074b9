/** The seed row: type a number, lock it, draw another; the same for the seeds behind "More". */
import { controlName, t } from "./i18n.js";
import { another } from "./toolbar.js";

const MAX = 2 ** 32 - 1;
let store;

export function mount(the) {
  store = the;
  document.addEventListener(
    "change",
    (event) => {
      const name = seedOf(event.target);
      if (name) typed(name, event.target.value);
    },
    true,
  );
  document.addEventListener(
    "keydown",
    (event) => {
      const name = seedOf(event.target);
      if (!name) return;
      if (event.key === "Enter") event.target.blur();
      if (event.key === "Escape") {
        event.target.value = store.values()[name];
        event.target.blur();
      }
    },
    true,
  );
  document.addEventListener(
    "wheel",
    (event) => {
      if (seedOf(event.target)) event.target.blur(); // the wheel never changes a value
    },
    { capture: true, passive: true },
  );
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-draw]");
    if (button) draw(button.dataset.draw);
  });
  store.subscribe("model", prepare);
  store.subscribe("request", show);
}

/** Name of the seed control whose field this is, or null. */
function seedOf(node) {
  if (node.type !== "number") return null;
  const name = node.closest?.("[id^=control-]")?.id.slice("control-".length);
  return name && store.control(name)?.kind === "seed" ? name : null;
}

const field = (name) => document.querySelector(`#control-${name} input`);

function seeds() {
  return store.get().model?.controls.filter((one) => one.kind === "seed") ?? [];
}

function prepare() {
  for (const control of seeds()) {
    const name = controlName(control);
    field(control.name)?.setAttribute("aria-label", name);
    const button = document.querySelector(`[data-draw="${control.name}"]`);
    button?.setAttribute("aria-label", t("seed.draw", { name }));
    button?.setAttribute("title", t("seed.draw", { name }));
  }
  show();
}

function show() {
  const values = store.values();
  for (const { name } of seeds()) {
    const node = field(name);
    if (
      node &&
      name in values &&
      node !== document.activeElement &&
      node.value !== String(values[name])
    ) {
      node.value = values[name];
    }
  }
}

function typed(name, text) {
  const value = Number(text);
  const label = controlName(store.control(name));
  if (text.trim() === "" || !Number.isInteger(value)) {
    store.say("seed.not_whole", { name: label, value: text }, "bad");
  } else if (value < 0 || value > MAX) {
    store.say(
      value < 0 ? "slider.too_low" : "slider.too_high",
      { name: label, value: text, minimum: 0, maximum: MAX },
      "bad",
    );
  } else {
    const changed = store.withValue(store.get().request, name, value);
    store.change(changed, { label: "undo.seed", parents: name === "seed" ? [] : undefined });
    return;
  }
  field(name).value = store.values()[name];
}

/** Another seed. Of the work itself that is Another; behind More only that one number changes. */
function draw(name) {
  if (name === "seed") return void another();
  const value = crypto.getRandomValues(new Uint32Array(1))[0] % 100000;
  store.change(store.withValue(store.get().request, name, value), { label: "undo.seed" });
  return undefined;
}
