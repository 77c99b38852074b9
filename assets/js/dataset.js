/**
 * Take it with you: everything this person's library has taught as one zip, and such a zip read in.
 * Both run on the server with progress and Cancel; what came of it stays on the page in words.
 */
import { address } from "./api.js";
import { button, fill, h } from "./dom.js";
import { lang, t } from "./i18n.js";
import { reload } from "./kept.js";
import { listed, load } from "./taste.js";

const TOLD = ["works", "events", "tiles", "profiles", "sliders", "versions"]; // tables with a word

let store;
let line; // what is in it, what is being done, what came of it
let verbs;
let list; // broken rows

/** The last row of the Taste view's foot. */
export function build(given) {
  store = given;
  line = h("p", { class: "dataset-line", role: "status" }, t("dataset.what"));
  verbs = h("div", { class: "dataset-verbs" });
  list = h("div", { class: "dataset-broken" });
  rest();
  return h(
    "div",
    { class: "dataset", role: "group", "aria-labelledby": "dataset-title" },
    h("h2", { id: "dataset-title" }, t("dataset.title")),
    line,
    verbs,
    list,
  );
}

function rest() {
  fill(verbs, button("dataset.export", save), button("dataset.import", choose));
}

/* Out. */

async function save() {
  fill(list);
  const over = await follow(await store.api("POST", "/studio/dataset/export"), "dataset.writing");
  if (over?.state !== "done") return;
  const { rows, left_out: left, bytes } = over.result;
  const size = Math.max(1, Math.round(bytes / 1e6));
  say(t("dataset.saved", { pictures: rows.pictures, pairs: rows.pairs, events: rows.events, size }), leftOut(left));
  h("a", { href: address(`/studio/dataset/${over.job}/file`), download: "" }).click();
}

/** "Left out: 2 pairs without an answer, 1 whose recipe is gone." */
function leftOut(left) {
  const parts = Object.entries(left).map(([why, count]) => t(`dataset.left.${why}`, { count }));
  return parts.length ? t("dataset.left_out", { what: listed(parts) }) : "";
}

/* In. */

function choose() {
  const field = h("input", { type: "file", accept: ".zip,application/zip", "aria-label": t("dataset.import") });
  field.addEventListener("change", () => field.files[0] && bring(field.files[0]));
  field.click();
}

async function bring(file) {
  fill(list);
  line.textContent = t("dataset.sending");
  const over = await follow(await store.api("POST", "/studio/dataset/import", file), "dataset.reading");
  if (!over?.result) return;
  const { added, known, broken, num_broken: bad, stopped } = over.result;
  await Promise.all([reload(store), load()]);
  const count = (rows) => Object.values(rows).reduce((sum, one) => sum + one, 0);
  const parts = TOLD.filter((name) => added[name]).map((name) =>
    t(`dataset.table.${name}`, { count: added[name] }),
  );
  say(
    parts.length ? t("dataset.added", { what: listed(parts) }) : t("dataset.nothing_new"),
    count(known) ? t("dataset.known", { count: count(known) }) : "",
    bad ? t("dataset.broken", { count: bad }) : "",
    stopped ? t("dataset.stopped") : "",
  );
  tell(broken, bad);
}

/** Broken rows: which, and why. */
function tell(broken, count) {
  if (!broken.length) return;
  const items = broken.map(({ row, code, name, value }) =>
    h("li", {}, t(`dataset.reason.${code}`, { row, name, value })),
  );
  const more = count > broken.length ? [h("li", {}, t("dataset.more", { count: count - broken.length }))] : [];
  const rows = h("ul", { tabindex: "0", "aria-label": t("dataset.rows", { count }) }, items, more);
  fill(list, h("details", {}, h("summary", {}, t("dataset.rows", { count })), rows));
}

/* Either. */

/** Follow a job to its end: {job, state, result}, or null after an error, which is said. */
async function follow(begun, words) {
  if (!begun?.job) {
    line.textContent = t("dataset.what");
    return null;
  }
  const bar = h("progress", { max: "1", "aria-label": t(words) });
  const stop = button("dataset.cancel", () => store.api("DELETE", `/studio/dataset/${begun.job}`));
  fill(verbs, bar, stop);
  stop.focus({ preventScroll: true });
  line.textContent = t(words);
  let last = null;
  const heard = (told) => {
    last = told;
    if (told.of) bar.value = told.done / told.of;
  };
  const good = await store.stream(`/studio/dataset/${begun.job}`, undefined, heard, { method: "GET" });
  const focused = verbs.contains(document.activeElement);
  rest();
  if (focused) verbs.querySelector("button").focus({ preventScroll: true });
  line.textContent = good && last?.state === "cancelled" ? t("dataset.cancelled") : t("dataset.what");
  return good && last ? { ...last, job: begun.job } : null;
}

function say(...sentences) {
  line.textContent = sentences.filter(Boolean).join(lang.startsWith("zh") ? "" : " ");
}
