/**
 * What was learnt about the person, as far as the page needs it. The server learns; the page asks
 * again after everything that it heard, and says in one line what changed.
 */
import { afterPause } from "./dom.js";
import { has, optionName, t } from "./i18n.js";
import { canonical } from "./recipe.js";
import { digest } from "./offers.js";

const SOON = 120; // ms: some things are heard together
const AGAIN = 2000; // ms until a model that is still being measured is asked about again
const NOTICED = 0.1; // sd: a liking that moved by less is not worth a word

const again = afterPause(load, AGAIN);

let store;
let turn = 0;

export function mount(given) {
  store = given;
  const later = afterPause(load, SOON);
  store.subscribe(["model", "total"], later);
  store.subscribe("view", ({ view }) => view === "taste" && later());
  store.subscribe("past", edited);
  document.addEventListener("duet:work", later); // a rating, a note
}

/** Ask the server again. */
export async function load() {
  const { model, taste: before } = store.get();
  if (!model) return;
  turn += 1;
  const mine = turn;
  const path = `/studio/taste?model=${encodeURIComponent(model.id)}`;
  const taste = await store.api("GET", path, undefined, { quiet: true });
  if (!Array.isArray(taste?.attributes) || mine !== turn) return;
  if (!taste.attributes.length) again();
  const moved = before ? movedMost(before, taste) : null;
  const keptMore = before && taste.heard.keep > before.heard.keep;
  store.set({ taste: { ...taste, moved: keptMore ? moved : (before?.moved ?? null) } });
  if (keptMore && taste.steering > 0) store.say("taste.line", { line: changed() });
}

/** The liking that moved most between two answers: {name, more}, or null. */
function movedMost(before, after) {
  const old = new Map(before.attributes.map((one) => [one.name, one.mean]));
  const moves = after.attributes
    .filter((one) => !one.muted && one.correction === null && one.state !== "unknown")
    .map((one) => ({ name: one.name, by: one.mean - (old.get(one.name) ?? 0) }))
    .sort((a, b) => Math.abs(b.by) - Math.abs(a.by));
  return moves.length && Math.abs(moves[0].by) >= NOTICED
    ? { name: moves[0].name, more: moves[0].by > 0 }
    : null;
}

/** Whether what is shown next follows the person at all. */
export function steers() {
  const { taste, steer } = store.get();
  return Boolean(taste?.steering > 0 && steer.strength > 0);
}

/** One line: how much was heard and how far it steers; with what moved last. */
export function changed() {
  const { taste, steer } = store.get();
  if (!steer.strength) return t("taste.bare");
  if (!(taste?.steering > 0)) return t("taste.none");
  const percent = Math.round(100 * taste.steering * steer.strength);
  const { keep, pair } = taste.heard;
  const line = keep
    ? t(keep === 1 ? "taste.heard_one" : "taste.heard", { count: keep, percent })
    : t("taste.answers", { count: pair, percent });
  const { moved } = taste;
  return moved ? `${line} ${t("taste.moved", { what: liked(moved.name, moved.more) })}` : line;
}

/** What the next works depend on, as far as the person said it; weak signals wait for the next draw. */
export function told() {
  const { taste } = store.get();
  if (!taste) return "";
  const { heard, attributes, signals, profiles } = taste;
  const said = attributes.map(({ name, correction, muted }) => [name, correction, muted]);
  const shares = (profiles ?? []).map(({ id, share }) => [id, share]);
  return canonical([taste.steering > 0, heard.keep, heard.pair, heard.rating, said, signals, shares]);
}

/**
 * Tell the server what a person did about a recipe that is not the one on the stage.
 * @param {object} [options] payload; shown: recipes that stood beside it
 */
export async function tell(kind, request, { payload = {}, shown } = {}) {
  const beside = shown ? await Promise.all(shown.map(digest)) : store.get().shown;
  const body = { kind, request, shown: beside.filter(Boolean), payload };
  const answer = await store.api("POST", "/studio/events", body);
  if (answer) load(); // nobody waits for it
  return answer;
}

/** Take back what `tell` told: it is not learnt from any more. */
export async function retract(heard) {
  const body = { kind: "retract", payload: { event: heard?.id } };
  if (heard?.id && (await store.api("POST", "/studio/events", body))) load();
}

let begun = false; // the first undo line is that of last time

/** A slider that was moved says something as well: from what to what. */
function edited({ past, future, request }) {
  const step = past.at(-1);
  if (begun && step?.label === "undo.slider" && !future.length) {
    store.note("edit", { before: step.request });
  }
  begun ||= Boolean(request);
}

/* Words for what can be liked. A quality that has no word of ours goes by its own name. */

/** "Warmth". */
export function quality(name) {
  return has(`controls.${name}`) ? t(`controls.${name}`) : capital(optionName(name));
}

/** "warm colours", "cool colours". */
export function liked(name, more) {
  const key = `liked.${name}.${more ? "more" : "less"}`;
  return has(key) ? t(key) : t(more ? "liked.other.more" : "liked.other.less", { name: quality(name) });
}

export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** "a, b and c". */
export function listed(words) {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(t("taste.comma"))}${t("taste.and")}${words.at(-1)}`;
}
