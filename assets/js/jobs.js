/**
 * What is being learnt, for the whole page: one job at a time, followed until it ends. `store.get().job`
 * is the newest one (null: none); a ring on Teach in the bar shows how far it is from any view.
 */
import { t } from "./i18n.js";
import { go } from "./teach.js";

const EVERY = 1000; // ms between two looks
const HIDDEN = 5000; // ms while nobody looks
const MOVING = new Set(["waiting", "running"]);

let store;
let timer = 0;

/** Find the newest job, and follow it. */
export function mount(given) {
  store = given;
  store.set({ job: null });
  store.subscribe("job", ring);
  store.subscribe("model", first);
  document.addEventListener("visibilitychange", () => !document.hidden && moving() && look());
  first();
}

/** Whether the job goes on by itself. */
export const moving = (job = store.get().job) => Boolean(job) && MOVING.has(job.state);

/** Whether it can still be ended. */
export const open = (job = store.get().job) => moving(job) || job?.state === "paused";

async function first() {
  const { model, job } = store.get();
  if (!model || job?.model === model.id) return;
  const answer = await store.api("GET", "/studio/jobs", undefined, { quiet: true });
  const mine = (answer?.jobs ?? []).filter((one) => one.model === model.id);
  store.set({ job: mine.find(open) ?? mine[0] ?? null });
  if (moving()) later();
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(look, document.hidden ? HIDDEN : EVERY);
}

async function look() {
  clearTimeout(timer);
  const { job } = store.get();
  if (!job) return;
  const now = await store.api("GET", `/studio/jobs/${job.id}`, undefined, { quiet: true });
  if (store.get().job?.id !== job.id) return;
  if (now?.id) take(now);
  if (moving()) later();
}

/** Show a newer state of the job; the end of it is said, wherever the person is. */
function take(now) {
  const before = store.get().job;
  // A worker that was asked to pause or stop does so at its next step.
  const told = now.asked ?? before.asked;
  const holds = open(now) && (now.state === before.state || told === "stop");
  const asked = holds ? told : undefined;
  store.set({ job: { ...now, asked } });
  if (!moving(before) || moving(now) || store.get().view === "teach") return;
  const action = { key: "learning.see", run: () => go("model") };
  if (now.state === "done") store.say("learning.done_short", {}, "good", { action, seconds: 30 });
  if (now.state === "failed") store.say("learning.failed_short", {}, "bad", { action, seconds: 30 });
}

/** Begin to teach. @returns {Promise<boolean>} whether it began */
export async function start(body) {
  const job = await store.api("POST", "/studio/jobs", body);
  if (!job?.id) return false;
  store.set({ job });
  later();
  return true;
}

/** Pause, resume, or stop and keep what was learnt so far. @param {"pause"|"resume"|"stop"} what */
export async function tell(what) {
  const { job } = store.get();
  const now = job && (await store.api("POST", `/studio/jobs/${job.id}/${what}`));
  if (now?.id) take({ ...now, asked: what });
  if (moving()) later();
}

/** How far: on the tab in the bar, and on the phone's menu. */
function ring({ job }) {
  const on = open(job);
  const share = on ? Math.max(0.02, job.progress ?? 0) : 0;
  const percent = Math.round(share * 100);
  for (const node of [
    document.querySelector("[role=tab][data-tab-id=teach]"),
    document.getElementById("menu-open"),
  ]) {
    if (!node) continue;
    node.style.setProperty("--learnt", share);
    node.toggleAttribute("data-learning", on);
    node.title = on ? t("learning.ring", { percent }) : "";
  }
}
