/**
 * Bring your own: any picture, cropped; what the model can see of it at best, told honestly; then the
 * search for its place in the model, with pictures on the stage as it comes closer. What is found is
 * the current work, one step of the undo line, with every slider at rest and alive.
 */
import { StudioError } from "./api.js";
import { inputOf } from "./attached.js";
import { cropper } from "./bring-crop.js";
import * as tune from "./bring-tune.js";
import { afterPause, button, decode, fill, h, iconButton } from "./dom.js";
import { t } from "./i18n.js";
import { paint } from "./stage.js";

const MOST = 20_000_000; // bytes
const PAUSE = 200; // ms after a move of the square before it is looked at
const STEPS = 60;

let store;
let panel;
let brought = null; // {id, crop, ...} as the server answered
let editor; // the square
let match = true; // on the model's paper
let job = null; // {id, before, last}
let asked = 0; // looks asked for, so that a late answer is dropped

/** The empty panel, and the button that opens it. */
export function mount(given) {
  store = given;
  panel = h("section", {
    id: "bring",
    class: "bring",
    hidden: true,
    tabIndex: -1,
    "aria-labelledby": "bring-title",
    on: { keydown: escape },
  });
  (document.querySelector(".gradio-container") ?? document.body).append(panel);
  const opener = document.getElementById("bring-open");
  opener.addEventListener("click", () => (tune.can() ? tune.begin() : import("./drop.js").then((drop) => drop.choose())));
  store.subscribe("view", ({ view }) => view !== "studio" && !panel.hidden && leave());
  store.subscribe("model", () => {
    opener.hidden = !can() && !tune.can();
    const words = tune.can() ? "hum" : "bring";
    opener.querySelector("span").textContent = t(`${words}.title`);
    opener.title = t(tune.can() ? "bar.hum" : "bar.bring");
  });
}

function escape(event) {
  if (event.key !== "Escape") return;
  event.stopPropagation();
  if (job) stop();
  else leave();
}

/** Whether the model in use can take in a foreign picture: find it, or start from it. */
export const can = () => finds() || starts();
const finds = () => Boolean(store.get().model?.invertible) && !tune.can();
const starts = () => Boolean(inputOf(store.get().model, "picture")) || swatched();
const swatched = () => Boolean(inputOf(store.get().model, "swatch")); // a pattern has no paper
const styles = () => Boolean(inputOf(store.get().model, "style"));

/** Open the panel with a picture. @param {Blob} file  @returns {Promise<boolean>} whether it opened */
export async function open(file) {
  if (job) {
    store.say("bring.busy");
    return false;
  }
  if (file.size > MOST) {
    const size = { value: megabytes(file.size), rule: megabytes(MOST) };
    store.fail(new StudioError({ code: "too_large", name: file.name ?? t("drop.file"), ...size }));
    return false;
  }
  const query = new URLSearchParams({ model: store.get().model.id, name: file.name ?? "" });
  const answer = await store.api("POST", `/studio/bring?${query}`, file);
  if (!answer?.id) return false;
  if (store.get().view !== "studio") location.hash = "#/";
  brought = answer;
  match = !swatched();
  for (const name of ["player", "compare", "morph"]) {
    const module = await import(`./${name}.js`);
    (module.leave ?? module.stop)();
  }
  draw();
  panel.hidden = false;
  if (swatched()) look(); // the answer was on paper
  panel.querySelector(".bring-foot button").focus({ preventScroll: true });
  store.say("bring.opened");
  return true;
}

const megabytes = (bytes) => `${Math.ceil(bytes / 1e6)} MB`;

function draw() {
  editor = cropper(brought, afterPause(look, PAUSE));
  const paper = h("input", { type: "checkbox", checked: match });
  paper.addEventListener("change", () => {
    match = paper.checked;
    look();
  });
  const picture = (name) =>
    h(
      "figure",
      { class: `bring-${name}` },
      h("img", { src: brought[name], alt: t(`bring.${name}_alt`) }),
      h("figcaption", {}, t(`bring.${name}`)),
    );
  panel.dataset.state = "framing";
  fill(
    panel,
    h(
      "header",
      { class: "bring-head" },
      h("h2", { id: "bring-title" }, t("bring.title")),
      iconButton("close", "bring.close", leave),
    ),
    h("p", { id: "bring-how", class: "bring-how" }, t(finds() ? "bring.how" : swatched() ? "bring.how_swatch" : "bring.how_start")),
    h(
      "div",
      { class: "bring-body" },
      editor.root,
      h("div", { class: "bring-looks" }, picture("given"), picture("seen")),
    ),
    h("label", { class: "bring-paper", hidden: swatched() }, paper, h("span", {}, t("bring.paper"))),
    h(
      "div",
      { class: "bring-foot" },
      finds() ? button("bring.find", find, { class: "quiet bring-find" }) : null,
      starts() ? button("bring.start", start, { class: "quiet bring-start" }) : null,
      styles() ? button("bring.style", style, { class: "quiet bring-style" }) : null,
      h("div", { class: "bring-progress", hidden: true }),
    ),
  );
}

/** Ask what the model gets of the square, and what it can see of that. */
async function look() {
  if (!brought || job) return;
  asked += 1;
  const mine = asked;
  const body = { crop: editor.crop(), match };
  const answer = await store.api("POST", `/studio/bring/${brought.id}/look`, body);
  if (!answer?.seen || mine !== asked || panel.hidden) return;
  for (const name of ["given", "seen"]) panel.querySelector(`.bring-${name} img`).src = answer[name];
}

/** It becomes a file that recipes can name; its sha256. */
async function attach() {
  const body = { crop: editor.crop(), match };
  const answer = await store.api("POST", `/studio/bring/${brought.id}/attach`, body);
  if (answer?.sha256) leave();
  return answer?.sha256;
}

/** The model starts from it: it becomes part of the recipe. */
async function start() {
  const name = await attach();
  if (name) (await import(swatched() ? "./swatch.js" : "./brush.js")).begin(name);
}

/** The model takes on its style. */
async function style() {
  const name = await attach();
  if (name) (await import("./brush-style.js")).wearFile(name);
}

/** Look for it; the stage shows the best so far. */
async function find() {
  const body = { crop: editor.crop(), match, steps: STEPS };
  const begun = await store.api("POST", `/studio/bring/${brought.id}/find`, body);
  if (!begun?.job) return;
  job = { id: begun.job, before: store.get().request, last: null };
  const mine = job;
  begin();
  const heard = (line) => job === mine && hear(line);
  const good = await store.stream(`/studio/finds/${mine.id}`, undefined, heard, { method: "GET" });
  if (job !== mine) return;
  job = null;
  if (mine.last && ["done", "cancelled"].includes(mine.last.state)) take(mine.last);
  else {
    restore(mine);
    if (good) store.say("bring.broken", {}, "bad");
    if (!panel.hidden) draw();
  }
}

function begin() {
  const box = panel.querySelector(".bring-progress");
  panel.dataset.state = "finding";
  for (const node of panel.querySelectorAll(".bring-crop, .bring-paper")) node.inert = true;
  for (const node of panel.querySelectorAll(".bring-find, .bring-start, .bring-style")) node.hidden = true;
  fill(
    box,
    h("progress", { max: "1", value: 0, "aria-label": t("bring.finding") }),
    h("p", { class: "bring-words", role: "status" }, t("bring.first")),
    button("bring.stop", stop, { class: "quiet bring-stop" }),
  );
  box.hidden = false;
  box.querySelector("button").focus({ preventScroll: true });
}

let spoken = ""; // the last word for how close it is; a reader hears only a change of it

async function hear(line) {
  const before = job.last?.image;
  job.last = line;
  if (!line.request) return;
  const mine = job;
  panel.querySelector(".bring-progress progress").value = line.of ? line.step / line.of : 1;
  const words = panel.querySelector(".bring-words");
  const text = nearness(line);
  words.setAttribute("aria-live", line.closeness === spoken ? "off" : "polite");
  spoken = line.closeness;
  words.textContent = text;
  if (!line.image || line.image === before) return;
  const picture = await decode(line.image);
  if (job === mine && store.get().request === mine.before) paint(picture);
}

/** "Close to your picture (0.31)". */
const nearness = ({ closeness, distance }) =>
  t("bring.near", { how: t(`bring.closeness.${closeness}`), distance: distance.toFixed(2) });

/** What was found becomes the current work. */
function take(line) {
  leave();
  store.change(line.request, { label: "undo.bring", parents: [] });
  const key = line.astray ? "bring.astray" : line.state === "cancelled" ? "bring.stopped" : "bring.done";
  store.say(key, { near: nearness(line) }, line.astray ? "info" : "good", { seconds: 20 });
}

/** End the search; what it found so far is taken. */
function stop() {
  if (job) store.api("DELETE", `/studio/finds/${job.id}`);
}

/** The stage shows the work again that it showed before. */
function restore({ before }) {
  if (before && store.get().request === before) store.change({ ...before }, { commit: false });
}

/** Close the panel; a search under way ends and is forgotten. */
function leave() {
  const mine = job;
  job = null;
  if (mine) {
    store.api("DELETE", `/studio/finds/${mine.id}`);
    restore(mine);
  }
  const inside = panel.contains(document.activeElement);
  panel.hidden = true;
  fill(panel);
  brought = null;
  if (inside) document.getElementById("bring-open").focus({ preventScroll: true });
}
