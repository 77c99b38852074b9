/** Learning: eight fixed seeds redrawn as it learns, one line, how long still; the studio plays on. */
import { address } from "./api.js";
import { curve } from "./chart.js";
import { button, fill, h } from "./dom.js";
import { has, t } from "./i18n.js";
import { moving, open as running, tell } from "./jobs.js";
import { inTurns } from "./turns.js";

const SEEDS = 8;

let store;
let parts = null;
let step;

/** Show the step. */
export function open(given, body, options) {
  store = given;
  step = options.step;
  const sheet = h(
    "ol",
    { class: "learning-sheet", "aria-label": t("learning.seeds") },
    Array.from({ length: SEEDS }, (_, index) =>
      h("li", {}, h("img", { alt: t("learning.seed", { number: index + 1 }), hidden: true })),
    ),
  );
  parts = {
    sheet,
    line: h("div", { class: "learning-curve" }),
    bar: h("progress", { max: "1", class: "thin-progress", "aria-label": t("learning.progress") }),
    words: h("p", { class: "learning-words", role: "status" }),
    verbs: h("div", { class: "learning-verbs" }),
    state: "",
  };
  const { line, bar, words, verbs } = parts;
  const side = h(
    "div",
    { class: "learning-side" },
    h("h2", {}, t("learning.better")),
    line,
    bar,
    words,
    verbs,
  );
  fill(body, h("div", { class: "learning" }, sheet, side));
  follow(store.get().job);
}

/** Draw the job as it stands; only what changed is touched. */
export function follow(job) {
  if (!job || !parts?.sheet.isConnected) return;
  (job.samples ?? []).forEach((image, index) => {
    const picture = parts.sheet.children[index]?.firstChild;
    if (!picture || picture.dataset.of === image) return;
    picture.dataset.of = image;
    picture.src = address(image);
    picture.hidden = false;
  });
  const points = job.curve ?? [];
  const end = job.progress ? (points.at(-1)?.[0] ?? 0) / job.progress : 0;
  fill(parts.line, curve(points, t("learning.curve"), end));
  parts.bar.value = job.state === "done" ? 1 : (job.progress ?? 0);
  const said = words(job);
  if (parts.words.textContent !== said) parts.words.textContent = said;
  if (parts.state !== stateOf(job)) verbs(job);
}

const stateOf = ({ state, asked }) => (asked ? `${state} ${asked}` : state);

/** How it stands, and which works it could not learn from. */
function words(job) {
  const missing = job.left_out?.length ?? 0;
  const said = [standing(job)];
  if (inTurns() && moving(job)) said.push(t("learning.turns"));
  if (missing) said.push(t("learning.left_out", { count: missing }));
  return said.join(" ");
}

function standing(job) {
  if (job.error && has(`errors.${job.error.code}`)) return t(`errors.${job.error.code}`, job.error);
  if (job.asked === "pause" || job.asked === "stop") return t(`learning.asked_${job.asked}`);
  if (job.state !== "running") return t(`learning.${job.state}`);
  if (job.progress >= 1) return t("learning.proving");
  const left = job.seconds_left;
  if (left === null || left === undefined) return t("learning.starting");
  return left < 90
    ? t("learning.seconds", { count: Math.max(1, Math.ceil(left)) })
    : t("learning.minutes", { count: Math.ceil(left / 60) });
}

/** The buttons that this state has. */
function verbs(job) {
  const before = parts.state;
  parts.state = stateOf(job);
  const had = parts.verbs.contains(document.activeElement);
  const go = (key, run) => h("button", { type: "button", class: "go", on: { click: run } }, t(key));
  const list = [];
  if (job.state === "paused") list.push(go("learning.resume", () => tell("resume")));
  if (["running", "waiting"].includes(job.state) && !job.asked)
    list.push(button("learning.pause", () => tell("pause")));
  if (running(job) && job.asked !== "stop") list.push(button("learning.stop", () => tell("stop")));
  if (job.version) list.push(go("learning.see", () => step("blind")));
  if (!running(job)) list.push(button("learning.again", () => step("choose")));
  fill(parts.verbs, list);
  if (had && before) parts.verbs.querySelector("button")?.focus({ preventScroll: true });
}
