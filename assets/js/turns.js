/**
 * Turns of teaching, where a GPU is lent by the minute: while a teaching of this person waits, of
 * whichever model, the page asks for its next turn. A studio with a worker of its own has no such
 * button, and nothing is asked.
 */
import { moving } from "./jobs.js";

const BUTTON = "teach-turn"; // Gradio's own, for its client says who asks
const EVERY = 1500; // ms between two looks

let store;
let timer = 0;

/** Ask as soon as something is being taught, also what an earlier page began. */
export function mount(given) {
  store = given;
  store.subscribe("job", ({ job }) => moving(job) && begin());
  begin();
}

/** Whether teaching goes in turns here. */
export const inTurns = () => Boolean(document.getElementById(BUTTON));

function begin() {
  if (!timer && inTurns()) timer = setTimeout(ask, 0);
}

async function ask() {
  const answer = await store.api("GET", "/studio/jobs", undefined, { quiet: true });
  const jobs = answer?.jobs ?? [];
  if (jobs.some(({ state }) => state === "waiting")) document.getElementById(BUTTON).click();
  timer = jobs.some((job) => moving(job)) ? setTimeout(ask, EVERY) : 0;
}
