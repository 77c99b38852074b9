/**
 * Teach the model: Choose, Learning, Blind test, Proof card, one open at a time. Which ones can be
 * opened follows from the job and its version; the artist moves between them.
 */
import { fill, h } from "./dom.js";
import { t } from "./i18n.js";
import * as blind from "./teach-blind.js";
import * as card from "./teach-card.js";
import * as choose from "./teach-choose.js";
import * as learning from "./teach-learning.js";
import { open as running } from "./jobs.js";

const STEPS = { choose, learning, blind, card };

let store;
let row; // the four words
let body;
let at = null; // the open step
let known = null; // id of the job that the open step was chosen for
let proof = null; // {version, ...answer of GET /studio/versions/{id}/proof}

/** Fill the section. */
export function build(given, root) {
  store = given;
  row = h("ol", { class: "steps", "aria-label": t("teach.model") });
  body = h("div", { class: "step-body" });
  fill(root, row, body);
  store.subscribe("job", ({ job }) => {
    if (at === null) return;
    if (job && job.id !== known && root.checkVisibility()) show();
    else draw();
  });
  return show;
}

/** The section comes into view: where things stand decides what is open. */
async function show() {
  const job = store.get().job?.id ?? null;
  const fresh = at === null || job !== known;
  known = job;
  await step(fresh ? await fitting() : at);
}

async function fitting() {
  const { job } = store.get();
  if (!job) return "choose";
  if (!job.version) return running(job) || job.state === "failed" ? "learning" : "choose";
  await loadProof();
  return proof?.card ? "card" : "blind";
}

/** Whether a step can be opened. */
function reachable(name) {
  const { job } = store.get();
  if (name === "choose") return true;
  if (name === "learning") return Boolean(job);
  return Boolean(job?.version) && (name === "blind" || Boolean(proof?.card));
}

/** What is known of the blind test of the version that was taught. */
async function loadProof() {
  const version = store.get().job?.version;
  if (!version) return null;
  const answer = await store.api("GET", `/studio/versions/${version}/proof`);
  proof = answer && { ...answer, version };
  return proof;
}

/** What an answer of the blind test came back with. */
function note(answer) {
  proof = { ...proof, ...answer };
  drawRow();
  return proof;
}

/** Open a step. */
export async function step(name, options = {}) {
  if ((name === "blind" || name === "card") && proof?.version !== store.get().job?.version) await loadProof();
  at = reachable(name) ? name : "choose";
  document.body.dataset.step = at;
  drawRow();
  STEPS[at].open(store, body, { ...options, proof, step, note });
}

/** The job moved on. */
function draw() {
  drawRow();
  STEPS[at].follow?.(store.get().job, { step });
}

function drawRow() {
  const names = Object.keys(STEPS);
  fill(
    row,
    names.map((name, index) => {
      const open = name === at;
      const word = h(
        "button",
        {
          type: "button",
          disabled: !reachable(name),
          "aria-current": open ? "step" : null,
          on: { click: () => step(name) },
        },
        h("span", { class: "step-number" }, String(index + 1)),
        t(`teachmodel.${name}`),
      );
      return h("li", {}, word);
    }),
  );
}
