/** How a melody that was heard is counted: its tempo, its metre, where it begins, and which bars of it. */
import { h } from "./dom.js";
import { t } from "./i18n.js";

const SIXTEENTHS = { "4/4": 16, "3/4": 12, "6/8": 12 };
const TEMPOS = [30, 240];
let serial = 0;

/**
 * @param {object} of  brought: the server's answer; answer: as it was counted first; own: the artist's
 *   tempo; changed: called after each change
 * @returns {{root: HTMLElement, wish: () => object, show: (answer: object) => void}}
 */
export function counting({ brought, answer, own, changed }) {
  let chosen = null; // where the first note stands; null leaves it to the server
  const guesses = brought.beats.map(({ tempo }) => tempo);
  const tempos = [...new Set([...guesses.slice(0, 3), ...(own ? [own] : [])])];
  const tempo = h("input", { type: "number", min: TEMPOS[0], max: TEMPOS[1], step: "1" });
  const chips = tempos.map((one) => h("button", { type: "button", class: "chip", on: { click: () => set(one) } }, chipName(one)));
  const metre = h("select", {}, Object.keys(SIXTEENTHS).map((one) => h("option", { value: one }, one)));
  const first = h("select", {});
  const start = h("select", {});
  tempo.addEventListener("change", () => tempo.checkValidity() && tempo.value && recount());
  metre.addEventListener("change", () => {
    chosen = null;
    recount();
  });
  first.addEventListener("change", () => {
    chosen = Number(first.value);
    recount();
  });
  start.addEventListener("change", changed);
  const recorded = brought.source === "recording";
  const speed = field("hum.tempo", tempo);
  const window = field("hum.start", start);
  const root = h("div", { class: "tune-count" });
  if (recorded) {
    root.append(h("div", { class: "tune-tempo" }, speed, h("div", { class: "tune-chips", role: "group", "aria-label": t("hum.guesses") }, chips)));
    root.append(field("hum.metre", metre), field("hum.first", first));
  }
  root.append(window);
  show(answer);

  function chipName(one) {
    return own === one && !guesses.slice(0, 3).includes(one) ? t("hum.own", { tempo: one }) : String(one);
  }

  function set(one) {
    tempo.value = one;
    recount();
  }

  /** Another tempo or metre has other bars. */
  function recount() {
    start.value = "0";
    mark();
    changed();
  }

  function mark() {
    chips.forEach((chip, at) => chip.setAttribute("aria-pressed", String(tempos[at] === Number(tempo.value))));
  }

  function wish() {
    if (!recorded) return { start: Number(start.value) };
    return { tempo: Number(tempo.value), time_signature: metre.value, first: chosen, start: Number(start.value) };
  }

  /** Stand as the server counted. */
  function show(now) {
    tempo.value = now.tempo;
    metre.value = now.time_signature;
    const beat = 16 / Number(now.time_signature.split("/")[1]);
    const places = Array.from({ length: SIXTEENTHS[now.time_signature] / 2 }, (_, at) => 2 * at);
    first.replaceChildren(...places.map((at) => h("option", { value: at, selected: at === now.first }, placeName(at, beat))));
    const last = Math.max(1, now.bars - now.num_bars + 1);
    start.replaceChildren(...Array.from({ length: last }, (_, at) => h("option", { value: at, selected: at === now.start }, String(at + 1))));
    window.hidden = last === 1 && now.start === 0;
    mark();
  }

  return { root, wish, show };
}

/** "2", or "2½" between two beats. */
const placeName = (at, beat) => `${Math.floor(at / beat) + 1}${at % beat ? "½" : ""}`;

function field(key, control) {
  serial += 1;
  control.id = `tune-count-${serial}`;
  return h("div", { class: "tune-field" }, h("label", { for: control.id }, t(key)), control);
}
