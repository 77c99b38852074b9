/**
 * Keys. `register` is the one place where a key gets its meaning, and the key sheet lists what was bound.
 * Single keys are off in text fields, and altogether where the switch in the sheet says so.
 */
import { h, iconButton, typing } from "./dom.js";
import { t } from "./i18n.js";

const bound = []; // {names, run, label, values, release, repeat}
const held = new Set();
let off = false;

/**
 * Give a key a meaning.
 * @param {string} keys  as read in the sheet, " / " between alternatives: "Z", "Shift+Z", "Space / C"
 * @param {(event: KeyboardEvent) => (false|void)} run  false lets others have the key
 * @param {object} options  label: sentence of what it does (not listed without); values: for it;
 *   release: called when a held key goes up; repeat: also called while held down
 */
export function register(keys, run, { label, values, release, repeat = false } = {}) {
  bound.push({ names: keys.split(" / "), run, label, values, release, repeat });
}

/** How an event reads: "Shift+Z", "ArrowLeft", "Space", "?". */
export function nameOf(event) {
  const key =
    event.key === " " ? "Space" : event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const shifted = event.shiftKey && (key.length > 1 || /[A-Z]/.test(key));
  return `${event.altKey ? "Alt+" : ""}${shifted ? "Shift+" : ""}${key}`;
}

/** Whether Space or Enter belongs to what has the focus. */
function ownsKey(event) {
  const node = event.target.closest?.(
    "button, a[href], [role=tab], [role=option], summary, input:not([type=range])",
  );
  return Boolean(node) && ["Space", "Enter"].includes(nameOf(event));
}

function down(event) {
  if (event.ctrlKey || event.metaKey || event.isComposing || event.defaultPrevented) return;
  const name = nameOf(event);
  if (typing(event) && name !== "Escape") return;
  if (off && name !== "Escape" && name !== "?") return;
  if (ownsKey(event)) return;
  for (const one of bound) {
    if (!one.names.includes(name)) continue;
    if (event.repeat && !one.repeat) {
      event.preventDefault();
      return;
    }
    if (one.run(event) === false) continue;
    event.preventDefault();
    if (one.release) held.add(one);
    return;
  }
}

function up(event) {
  const name = nameOf(event);
  for (const one of [...held]) {
    if (one.names.some((key) => key === name || key === name.replace("Shift+", ""))) letGo(one);
  }
}

function letGo(one) {
  held.delete(one);
  one.release();
}

export function mount(store) {
  try {
    off = localStorage.getItem("duet.keys") === "off";
  } catch {
    off = false;
  }
  addEventListener("keydown", down);
  addEventListener("keyup", up);
  addEventListener("blur", () => [...held].forEach(letGo));
  mountSheet(store);
  register("?", () => toggleSheet(), { label: "keys.sheet" });
  register("Escape", () => (sheet().hidden ? false : toggleSheet(false)), { label: "keys.close" });
  document.addEventListener("click", (event) => {
    if (event.target.closest("#help, [data-act=help]")) toggleSheet();
  });
}

const sheet = () => document.getElementById("key-sheet");

function mountSheet() {
  sheet().addEventListener("change", (event) => {
    if (event.target.id !== "keys-on") return;
    off = !event.target.checked;
    try {
      localStorage.setItem("duet.keys", off ? "off" : "on");
    } catch {
      // holds for this visit only
    }
  });
}

/** Open or close the key sheet; it is filled when it opens, with what is bound by then. */
export function toggleSheet(open = sheet().hidden) {
  const rows = bound
    .filter((one) => one.label)
    .map((one) =>
      h(
        "tr",
        {},
        h("td", {}, ...one.names.flatMap((name) => [h("kbd", {}, keyWord(name)), " "])),
        h("td", {}, t(one.label, one.values)),
      ),
    );
  const box = h("input", { type: "checkbox", id: "keys-on", checked: !off });
  sheet().replaceChildren(
    h(
      "header",
      {},
      h("h2", {}, t("keys.title")),
      iconButton("close", "keys.close", () => toggleSheet(false)),
    ),
    h("table", {}, h("tbody", {}, ...rows)),
    h("label", { class: "switch" }, box, t("keys.switch")),
  );
  sheet().hidden = !open;
  document.getElementById("help").setAttribute("aria-expanded", String(open));
  (open ? sheet() : document.getElementById("help")).focus({ preventScroll: true });
}

const ARROWS = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓" };

function keyWord(name) {
  return name
    .replace(/Arrow\w+/, (arrow) => ARROWS[arrow])
    .replace("Space", t("keys.space"))
    .replace("Escape", "Esc");
}
