/**
 * How a GAN learns, at #/models/lesson: a forger and a critic learn on the server, both losses and
 * 25 samples are drawn anew as they do; afterwards one sample can be turned into another.
 */
import { curves } from "./chart.js";
import { button, fill, h, still } from "./dom.js";
import { t } from "./i18n.js";

export const LESSON = "#/models/lesson";
const EVEN = Math.log(2); // the loss of a coin toss
const FIRST_SEED = 1;
const CALM = 10; // with reduced motion the samples change at one line in so many

let store;
let root;
let parts; // elements that change
let columns = 5;
let points = []; // [step, critic, forger]
let run = null; // {job, since, first}: the run whose figures are shown
let picks = [0, 1];

/** Fill #lesson when its address is first visited. */
export function mount(given) {
  store = given;
  root = document.getElementById("lesson");
  addEventListener("hashchange", follow);
  follow();
}

function follow() {
  const here = location.hash === LESSON;
  if (here && !parts) build();
  root.hidden = !here;
}

function build() {
  parts = {
    samples: h("div", { class: "lesson-samples", role: "group", "aria-labelledby": "lesson-samples" }, tiles()),
    real: h("div", { class: "lesson-real", role: "img", "aria-label": t("lesson.real"), hidden: true }),
    chart: h("div", { class: "lesson-chart" }),
    bar: h("progress", { max: "1", value: "0", "aria-label": t("lesson.title"), hidden: true }),
    line: h("p", { class: "lesson-line" }, t("lesson.empty")),
    verb: h("div", { class: "lesson-verb" }, button("lesson.begin", () => begin(FIRST_SEED), { class: "quiet first" })),
    way: h("div", { class: "lesson-way", hidden: true }),
    spoken: h("p", { class: "unseen", role: "status" }),
  };
  const told = (name) => h("li", { class: `curves-key ${name}` }, t(`lesson.${name}`));
  fill(
    root,
    h("a", { class: "quiet lesson-back", href: "#/models" }, t("lesson.back")),
    h("h1", {}, t("lesson.title")),
    h("p", { class: "lesson-words" }, t("lesson.what")),
    h(
      "div",
      { class: "lesson-stage" },
      h("div", { class: "lesson-head" }, parts.verb, parts.bar, parts.line),
      h(
        "figure",
        {},
        parts.samples,
        h("figcaption", { id: "lesson-samples" }, t("lesson.samples")),
        parts.real,
        h("figcaption", {}, t("lesson.real")),
      ),
      h(
        "div",
        { class: "lesson-side" },
        parts.way,
        h("h2", {}, t("lesson.chart")),
        parts.chart,
        h("ul", { class: "lesson-keys" }, told("critic"), told("forger"), told("even")),
        h("p", { class: "lesson-words" }, t("lesson.reading")),
      ),
    ),
    parts.spoken,
  );
  chart(1);
}

/* Learning. */

async function begin(seed) {
  const begun = await store.api("POST", "/studio/lessons", { seed });
  if (!begun?.job) return;
  ({ columns } = begun);
  points = [];
  run = { job: begun.job, since: 0, first: 0, shown: 0 };
  parts.real.style.setProperty("--sheet", `url("${begun.real}")`);
  parts.real.hidden = false;
  parts.way.hidden = true;
  parts.bar.hidden = false;
  parts.bar.value = 0;
  choosable(false);
  const focused = parts.verb.contains(document.activeElement);
  fill(parts.verb, button("lesson.stop", () => store.api("DELETE", `/studio/lessons/${begun.job}`)));
  if (focused) parts.verb.firstChild.focus({ preventScroll: true });
  parts.line.textContent = t("lesson.preparing");
  let last = null;
  const heard = (told) => hear((last = told));
  await store.stream(`/studio/lessons/${begun.job}`, undefined, heard, { method: "GET" });
  rest(last);
}

/** One line: losses since the one before, and the samples as they are now. */
function hear(told) {
  points.push(...told.points);
  const over = told.state !== "running";
  if (told.state === "waiting") parts.line.textContent = t("lesson.waiting");
  else if (!over) progress(told);
  if (told.of) chart(told.of);
  run.shown += 1;
  if (told.samples && (over || !still() || run.shown % CALM === 2)) {
    parts.samples.style.setProperty("--sheet", `url("${told.samples}")`);
    parts.samples.dataset.step = told.step;
  }
}

function progress({ step, of }) {
  const now = performance.now();
  if (!run.since && step) Object.assign(run, { since: now, first: step });
  parts.bar.value = step / of;
  const left = Math.ceil((((of - step) / (step - run.first)) * (now - run.since)) / 1000);
  const known = step - run.first > of / 50;
  parts.line.textContent = known ? t("lesson.step_left", { step, of, left }) : t("lesson.step", { step, of });
}

/** It is over: say so, and let two samples be chosen. */
function rest(last) {
  const focused = parts.verb.contains(document.activeElement);
  const seed = () => Math.floor(Math.random() * 2 ** 32);
  fill(parts.verb, button("lesson.again", () => begin(seed()), { class: "quiet first" }));
  if (focused) parts.verb.firstChild.focus({ preventScroll: true });
  parts.bar.hidden = true;
  const good = last && ["done", "cancelled"].includes(last.state) && last.samples;
  const key = last?.state === "done" ? "lesson.done" : "lesson.stopped";
  parts.line.textContent = good ? t(key, { step: last.step }) : t("lesson.empty");
  parts.spoken.textContent = parts.line.textContent;
  if (!good) return;
  picks = [0, 1];
  choosable(true);
  walk();
}

function chart(until) {
  const at = points.at(-1);
  const [step, critic, forger] = at ? [at[0], at[1].toFixed(2), at[2].toFixed(2)] : [];
  const label = at ? t("lesson.chart_alt", { step, critic, forger }) : t("lesson.chart_none");
  const line = (name, place) => ({ name, points: points.map((one) => [one[0], one[place]]) });
  const drawing = curves([line("critic", 1), line("forger", 2)], label, { until, level: EVEN });
  fill(parts.chart, drawing);
}

/* Playing with what was learnt. */

function tiles() {
  const place = (index) => `${((index % columns) * 100) / (columns - 1)}%`;
  return Array.from({ length: columns * columns }, (_, index) =>
    h("button", {
      type: "button",
      class: "lesson-tile",
      disabled: true,
      tabIndex: index ? -1 : 0,
      "aria-label": t("lesson.tile", { number: index + 1 }),
      style: { "background-position": `${place(index)} ${place(Math.floor(index / columns))}` },
      on: { click: () => choose(index), keydown: (event) => move(event, index) },
    }),
  );
}

/** Arrows walk the grid, which is one stop of the tab key. */
function move(event, index) {
  const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
  const next = parts.samples.children[index + by];
  if (!by || !next) return;
  event.preventDefault();
  event.stopPropagation();
  for (const tile of parts.samples.children) tile.tabIndex = tile === next ? 0 : -1;
  next.focus();
}

function choosable(yes) {
  for (const [index, tile] of [...parts.samples.children].entries()) {
    tile.disabled = !yes;
    if (yes) tile.setAttribute("aria-pressed", String(picks.includes(index)));
    else tile.removeAttribute("aria-pressed");
  }
}

/** The two last chosen are the ends of the way. */
function choose(index) {
  if (picks[1] === index) return;
  picks = [picks[1], index];
  choosable(true);
  walk();
}

async function walk() {
  const [a, b] = picks;
  const { job } = run;
  const way = await store.api("POST", `/studio/lessons/${job}/between`, { a, b });
  if (!way?.picture || job !== run.job || a !== picks[0] || b !== picks[1]) return;
  const { count } = way;
  const view = h("div", { class: "lesson-at", role: "img", style: { "--sheet": `url("${way.picture}")`, "--count": count } });
  const slider = h("input", { type: "range", class: "thin", min: 0, max: count - 1, step: 1, value: 0, "aria-label": t("lesson.way") });
  const show = () => {
    const words = t("lesson.way_at", { number: Number(slider.value) + 1, count });
    view.style.setProperty("--at", slider.value);
    view.setAttribute("aria-label", words);
    slider.setAttribute("aria-valuetext", words);
  };
  slider.addEventListener("input", show);
  show();
  fill(parts.way, h("h2", {}, t("lesson.way")), view, slider);
  parts.way.hidden = false;
}
