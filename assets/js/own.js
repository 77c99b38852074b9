/**
 * Train your own, at #/models/own: choose pictures, say what they should make, watch it learn. The training is
 * a job on the server that goes on whoever looks; it is followed for the whole page.
 */
import { fill, h } from "./dom.js";
import { sentence } from "./hints.js";
import { t } from "./i18n.js";
import * as bring from "./own-bring.js";
import * as learning from "./own-learning.js";
import * as wish from "./own-wish.js";
import { play } from "./playing.js";

export const OWN = "#/models/own";
const STEPS = { bring, wish, learning };
const EVERY = 1000; // ms between two looks at the job
const HIDDEN = 5000; // ms while nobody looks
const SEEN = "duet-own-seen"; // in the browser: id of the last training whose end was taken note of
const MOVING = new Set(["waiting", "running"]);

let store;
let root;
let row; // the three words
let body;
let line; // what was refused, in words
let at = null; // the open step
let timer = 0;
let album = null; // {id, result, choices, sheet} of the pictures that were looked at

/** Fill #own when its address is first visited, and follow what is being trained. */
export function mount(given) {
  store = given;
  root = document.getElementById("own");
  store.set({ own: null });
  addEventListener("hashchange", follow);
  document.addEventListener("visibilitychange", () => !document.hidden && moving() && look());
  store.subscribe("own", drawn);
  store.onSay(say);
  follow();
  newest();
}

/** Whether the training goes on by itself. */
export const moving = (job = store.get().own) => Boolean(job) && MOVING.has(job.state);

/** Whether it can still be ended. */
export const unfinished = (job = store.get().own) => moving(job) || job?.state === "paused";

async function newest() {
  const answer = await store.api("GET", "/studio/own/jobs", undefined, { quiet: true });
  const jobs = answer?.jobs ?? [];
  const [last] = jobs;
  const job = jobs.find(unfinished) ?? (last && remembered() !== last.id ? last : null);
  if (job && !store.get().own) store.set({ own: job });
  if (moving()) later();
}

/** What was taken note of; a browser that keeps nothing knows nothing. */
function remembered() {
  try {
    return localStorage.getItem(SEEN);
  } catch {
    return null;
  }
}

/** The end of a training was taken note of: it does not come up again. */
export function seen(job) {
  try {
    localStorage.setItem(SEEN, job.id);
  } catch {
    // it comes up again
  }
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(look, document.hidden || location.hash !== OWN ? HIDDEN : EVERY);
}

async function look() {
  clearTimeout(timer);
  const { own } = store.get();
  if (!own) return;
  const now = await store.api("GET", `/studio/own/jobs/${own.id}`, undefined, { quiet: true });
  if (store.get().own?.id !== own.id) return;
  if (now?.id) take(now);
  if (moving()) later();
}

/** A newer state of the job; its end is said wherever the person is. */
function take(now) {
  const before = store.get().own;
  const asked = MOVING.has(now.state) && now.state === before.state ? (now.asked ?? before.asked) : undefined;
  store.set({ own: { ...now, asked } });
  if (!moving(before) || moving(now)) return;
  if (now.made) document.dispatchEvent(new CustomEvent("duet:models"));
  if (location.hash === OWN) return;
  const see = { key: "own.see", run: () => (location.hash = OWN) };
  const open = { key: "own.play", run: () => play(now.model) };
  const { name } = now;
  if (now.made) store.say("own.done_short", { name }, "good", { action: open, seconds: 30 });
  if (now.state === "failed") store.say("own.failed_short", { name }, "bad", { action: see, seconds: 30 });
}

/** Begin to train. @returns {Promise<boolean>} whether it began */
export async function train(wanted) {
  const job = await store.api("POST", "/studio/own/jobs", { album: album.id, ...wanted });
  if (!job?.id) return false;
  album = null;
  store.set({ own: job });
  later();
  return true;
}

/** @param {"pause"|"resume"|"stop"|"cancel"} what */
export async function tell(what) {
  const { own } = store.get();
  const now = own && (await store.api("POST", `/studio/own/jobs/${own.id}/${what}`));
  if (now?.id) take({ ...now, asked: what });
  if (moving()) later();
}

/** Let go of a training that is over, to begin another. */
export function another() {
  seen(store.get().own);
  store.set({ own: null });
  step("bring");
}

function follow() {
  const here = location.hash === OWN;
  root.hidden = !here;
  if (!here) return;
  if (!row) build();
  if (moving()) look();
  else if (at === null) step(store.get().own ? "learning" : "bring");
}

function build() {
  row = h("ol", { class: "steps", "aria-label": t("own.title") });
  line = h("p", { class: "own-said", role: "status", "aria-live": "polite" });
  body = h("div", { class: "own-body" });
  fill(
    root,
    h("a", { class: "quiet lesson-back", href: "#/models" }, t("lesson.back")),
    h("h1", {}, t("own.title")),
    row,
    line,
    body,
  );
  step(store.get().own ? "learning" : "bring");
}

/** Whether a step can be opened. */
function reachable(name) {
  const job = store.get().own;
  if (job) return name === "learning";
  return name === "bring" || (name === "wish" && Boolean(album?.result.count));
}

/** Open a step. */
export function step(name) {
  at = reachable(name) ? name : "bring";
  fill(line);
  drawRow();
  STEPS[at].open(store, body, { album, keep: (found) => ((album = found), drawRow()) });
}

/** The job moved on. */
function drawn({ own }) {
  if (!row) return;
  if (own && at !== "learning") step("learning");
  else if (at === "learning" && own) learning.follow(own);
  drawRow();
}

function drawRow() {
  const word = (name, index) =>
    h(
      "li",
      {},
      h(
        "button",
        {
          type: "button",
          disabled: !reachable(name),
          "aria-current": name === at ? "step" : null,
          on: { click: () => name !== at && step(name) },
        },
        h("span", { class: "step-number" }, String(index + 1)),
        t(`own.${name}`),
      ),
    );
  fill(row, Object.keys(STEPS).map(word));
}

/** The hint line of the Studio is not seen from here. */
function say(words) {
  if (!row || location.hash !== OWN) return;
  line.className = `own-said ${words.kind}`;
  fill(line, words.key.startsWith("errors.") ? sentence(words) : t(words.key, words.values));
}
