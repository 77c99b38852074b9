/** Learning: what it paints now, how it goes, how long still; then the model that came of it. */
import { address } from "./api.js";
import { curve } from "./chart.js";
import { button, fill, h } from "./dom.js";
import { has, t } from "./i18n.js";
import { show } from "./models.js";
import { another, seen, tell, unfinished } from "./own.js";
import { play } from "./playing.js";

/** Figures that are shown: on pictures it never saw, then of the training itself. */
const KEPT_OUT = ["psnr", "ssim", "swd_ratio"];
const LEARNT = { morphs: ["l1", "kl"], paintings: ["l1", "duel"], patterns: ["psnr"], small: ["judge", "duel"] };

let parts = null;
let back = -1; // index of the sheet looked back at; -1: the newest
let asking = false; // whether cancelling was pressed once

/** Show the step. */
export function open(store, body) {
  back = -1;
  asking = false;
  parts = {
    image: h("img", { alt: t("own.painted"), hidden: true }),
    half: h("img", { alt: "", hidden: true }), // the right one of a model that is made
    blank: h("p", { class: "own-blank" }, t("own.nothing_yet")),
    caption: h("figcaption", {}),
    past: h("div", { class: "own-past", hidden: true }),
    bar: h("progress", { max: "1", class: "thin-progress", "aria-label": t("own.progress") }),
    words: h("p", { class: "learning-words", role: "status" }),
    verbs: h("div", { class: "learning-verbs" }),
    figures: h("div", { class: "own-figures" }),
    name: h("h2", {}),
    state: "",
  };
  const { image, half, blank, caption, past, bar, words, verbs, figures, name } = parts;
  const side = h("div", { class: "own-side" }, name, bar, words, verbs);
  const figure = h("figure", {}, h("div", { class: "own-stage" }, blank, image, half), caption, past);
  fill(body, h("div", { class: "own-learning" }, figure, side, figures));
  follow(store.get().own);
}

/** Draw the job as it stands; only what changed is touched. */
export function follow(job) {
  if (!job || !parts?.words.isConnected) return;
  parts.name.textContent = job.name;
  parts.bar.value = job.progress;
  parts.bar.hidden = !unfinished(job);
  const said = words(job);
  if (parts.words.textContent !== said) parts.words.textContent = said;
  sheets(job);
  figures(job);
  const state = [job.state, job.asked, job.made, asking, job.stage, job.step > 0].join(" ");
  if (parts.state !== state) verbs(job, state);
}

function words(job) {
  if (job.error) return t(has(`errors.${job.error.code}`) ? `errors.${job.error.code}` : "own.failed", job.error);
  if (job.state === "done") return t("own.done");
  if (job.state === "paused") return t("own.paused");
  if (job.state === "waiting") return t("own.waiting");
  if (!unfinished(job)) return t("own.stopped");
  if (job.asked && job.asked !== "resume") return t(`own.asked_${job.asked}`);
  if (job.stage === "sliders" || job.stage === "sheets") return t(`own.stage_${job.stage}`);
  if (job.stage === "searching") return searching(job);
  const left = job.seconds_left;
  if (left === null || left === undefined) return t("own.starting");
  return left < 90
    ? t("own.seconds", { count: Math.max(1, Math.ceil(left)) })
    : t("own.minutes", { count: Math.ceil(left / 60) });
}

/** How far the search for good settings is. */
function searching({ search, seconds_left: left }) {
  const count = Math.ceil((left ?? 0) / 60);
  if (!search?.score) return t("own.searching", { count });
  const { runs, usual } = search;
  const told = { runs, score: search.score.toFixed(2), usual: usual?.toFixed(2), count };
  return t(usual ? "own.searching_best" : "own.searching_one", told);
}

/** The newest sheet, or the one looked back at; of a model that is made, its own. */
function sheets(job) {
  const all = job.made ? [`/studio/models/${job.model}/assets/seeds.webp`] : job.sheets;
  const shown = back >= 0 && back < all.length ? back : all.length - 1;
  const source = all[shown];
  parts.blank.hidden = Boolean(source);
  parts.image.hidden = !source;
  parts.half.hidden = !job.made;
  parts.image.parentNode.classList.toggle("made", job.made);
  parts.blank.textContent = t(unfinished(job) ? "own.nothing_yet" : "own.nothing_left");
  if (source && parts.image.dataset.of !== source) {
    parts.image.dataset.of = source;
    parts.image.src = address(source);
    if (job.made) parts.half.src = address(source);
  }
  const key = job.made ? "own.caption_made" : `own.caption_${job.makes}`;
  parts.caption.textContent = source ? t(key) : "";
  past(all, shown);
}

/** A slider back over the sheets, from two on. */
function past(all, shown) {
  parts.past.hidden = all.length < 2;
  if (all.length < 2) return;
  let slider = parts.past.querySelector("input");
  if (!slider) {
    slider = h("input", { type: "range", class: "thin", min: 0, step: 1, "aria-label": t("own.look_back") });
    slider.addEventListener("input", () => {
      back = Number(slider.value) === Number(slider.max) ? -1 : Number(slider.value);
      sheets(parts.job);
    });
    fill(parts.past, slider);
  }
  slider.max = all.length - 1;
  slider.value = shown;
  slider.setAttribute("aria-valuetext", t("own.sheet_of", { number: shown + 1, count: all.length }));
}

/** Small curves of what is measured. */
function figures(job) {
  parts.job = job;
  const kept = (name) => job.figures.filter((one) => name in one).map((one) => [one.step, one[name]]);
  const groups = [
    ["own.kept_out", KEPT_OUT.map((name) => [name, kept(name)])],
    ["own.learnt", (LEARNT[job.makes] ?? []).map((name) => [name, job.curves[name] ?? []])],
  ];
  const end = job.progress ? job.step / job.progress : 0;
  const drawn = groups.flatMap(([title, list]) => {
    const some = list.filter(([, points]) => points.length);
    return some.length ? [h("section", {}, h("h3", {}, t(title)), h("div", { class: "own-curves" }, some.map((one) => figure(one, end))))] : [];
  });
  fill(parts.figures, drawn);
}

function figure([name, points], end) {
  const value = points.at(-1)[1];
  const shown = Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
  const label = t(`own.figure.${name}`);
  return h(
    "figure",
    { class: "own-figure" },
    h("figcaption", {}, h("span", {}, label), h("b", {}, t(`own.unit.${name}`, { value: shown }))),
    curve(points, t("own.figure_alt", { name: label, value: shown }), end),
  );
}

/** The buttons that this state has. */
function verbs(job, state) {
  const before = parts.state;
  parts.state = state;
  const had = parts.verbs.contains(document.activeElement);
  const go = (key, run) => h("button", { type: "button", class: "go", on: { click: run } }, t(key));
  const ask = (yes) => () => {
    asking = yes;
    follow(parts.job);
    parts.verbs.querySelector("button")?.focus({ preventScroll: true });
  };
  const list = [];
  if (asking && unfinished(job)) {
    list.push(h("p", {}, t("own.really")));
    list.push(button("own.keep_on", ask(false)), button("own.really_cancel", () => ((asking = false), tell("cancel"))));
  } else if (unfinished(job)) {
    const idle = !job.asked || job.asked === "resume";
    if (job.state === "paused") list.push(go("own.resume", () => tell("resume")));
    else if (idle) list.push(button("own.pause", () => tell("pause")));
    if (idle && job.step && job.stage === "training") list.push(button("own.enough", () => tell("stop")));
    if (job.asked !== "cancel") list.push(button("own.cancel", ask(true)));
  } else {
    if (job.made) list.push(go("own.play", () => (seen(job), play(job.model))));
    if (job.made) list.push(button("own.card", () => show(job.model)));
    list.push(button("own.another", another));
  }
  fill(parts.verbs, list);
  if (had && before) parts.verbs.querySelector("button")?.focus({ preventScroll: true });
}
