/**
 * Film: the selected works as keyframes. The panel stands above the filmstrip and blocks nothing;
 * the film is made on the server, joins the filmstrip and plays. Cancel keeps what was made so far.
 */
import { carry, take } from "./drag.js";
import { button, fill, h, iconButton } from "./dom.js";
import { t } from "./i18n.js";
import { pictured, titleOfWork, traveller } from "./kept.js";
import { play } from "./player.js";

const FORMATS = ["mp4", "webp", "gif"];
const SIZES = [256, 512, 768];

let store;
let panel;
let frames = []; // travellers in order
let job = null; // {id, stop}
const choice = { seconds: 2, loop: true, size: 512, format: "mp4" };

/** Put the empty panel above the filmstrip. */
export function mount(given) {
  store = given;
  panel = h("section", {
    id: "film",
    class: "film-panel",
    hidden: true,
    "aria-label": t("film.title"),
    on: {
      keydown: (event) => {
        if (event.key !== "Escape" || job) return;
        event.stopPropagation();
        close();
      },
    },
  });
  document.getElementById("filmstrip").prepend(panel);
  store.subscribe("view", ({ view }) => view !== "studio" && !job && close());
}

/** Open the panel with works as keyframes, in strip order: oldest first, as they were made. */
export function open(works) {
  frames = works
    .filter((work) => work.kind === "work")
    .toReversed()
    .map(traveller);
  if (frames.length < 2) return store.say("film.needTwo");
  if (store.get().view !== "studio") location.hash = "#/";
  draw();
  panel.hidden = false;
  panel.querySelector(".film-make").focus({ preventScroll: true });
  return undefined;
}

/** Hang a picture, a poem and a tune side by side: a film with sound, made at once. */
export async function hang(works) {
  if (store.get().view !== "studio") location.hash = "#/";
  fill(
    panel,
    head(t("film.triptych")),
    h("p", { class: "film-hung" }, works.map((work) => h("img", { src: traveller(work).thumbnail, alt: titleOfWork(work) }))),
    h("div", { class: "film-foot" }, h("div", { class: "film-progress", hidden: true })),
  );
  panel.hidden = false;
  if (!(await run("/studio/triptychs", { works: works.map((work) => work.id) }))) close();
}

/** Open the panel with the keyframes and the settings of a film's own recipe. */
export async function reopen(timeline) {
  const items = [];
  for (const { request } of timeline.keys) {
    const kept = store.keptWork(request);
    items.push(kept ? traveller(kept) : await pictured(store, request));
  }
  frames = items;
  const gaps = Math.max(1, timeline.keys.length - (timeline.loop ? 0 : 1));
  Object.assign(choice, { seconds: timeline.seconds / gaps, loop: timeline.loop, size: timeline.size });
  draw();
  panel.hidden = false;
}

function close() {
  panel.hidden = true;
  fill(panel);
}

function draw() {
  const list = h("ol", { class: "film-frames", "aria-label": t("film.frames") }, frames.map(keyframe));
  const progress = h("div", { class: "film-progress", hidden: true });
  const make = button("film.make", begin, { class: "film-make" });
  fill(
    panel,
    head(t("film.title"), h("span", { class: "film-length" }, length())),
    list,
    options(),
    h("div", { class: "film-foot" }, make, progress),
  );
}

const head = (title, more = null) =>
  h("header", { class: "film-head" }, h("h2", {}, title), more, iconButton("close", "film.close", close));

const length = () =>
  t("film.length", { seconds: ((frames.length - (choice.loop ? 0 : 1)) * choice.seconds).toFixed(1) });

/** One keyframe; dragging it onto another, or its buttons, change the order. */
function keyframe(item, index) {
  const name = t("film.frame", { number: index + 1, title: item.label });
  const move = (icon, key, to) =>
    iconButton(icon, key, () => reorder(index, to), { disabled: to < 0 || to >= frames.length });
  const node = h(
    "li",
    { class: "film-frame", "aria-label": name },
    h("img", { src: item.thumbnail, alt: "", draggable: false }),
    h(
      "span",
      { class: "film-moves" },
      move("left", "film.left", index - 1),
      move("right", "film.right", index + 1),
    ),
  );
  carry(node, () => ({ ...item, frame: index }));
  take(node, (from) => (from.frame === undefined ? add(from, index) : reorder(from.frame, index)));
  return node;
}

/** A work from the strip dropped on a keyframe comes in before it. */
function add(item, index) {
  frames.splice(index, 0, item);
  draw();
}

function reorder(from, to) {
  const way = Math.sign(to - from);
  frames.splice(to, 0, ...frames.splice(from, 1));
  draw();
  const moved = panel.querySelectorAll(".film-frame")[to];
  const [left, right] = moved.querySelectorAll("button");
  const again = way < 0 ? left : right;
  (again.disabled ? (way < 0 ? right : left) : again).focus();
  document.getElementById("spoken").textContent = t("film.moved", { number: to + 1 });
}

function options() {
  const seconds = h("input", {
    type: "range",
    class: "thin",
    min: "0.5",
    max: "8",
    step: "0.5",
    value: String(choice.seconds),
    "aria-label": t("film.seconds"),
    on: { input: () => choose({ seconds: Number(seconds.value) }) },
  });
  const figure = h("output", {}, t("film.each", { seconds: choice.seconds }));
  const choose = (patch) => {
    Object.assign(choice, patch);
    figure.textContent = t("film.each", { seconds: choice.seconds });
    panel.querySelector(".film-length").textContent = length();
  };
  const loop = h("input", {
    type: "checkbox",
    checked: choice.loop,
    on: { change: () => choose({ loop: loop.checked }) },
  });
  return h(
    "div",
    { class: "film-options" },
    h("label", {}, h("span", {}, t("film.seconds")), seconds, figure),
    h("label", { class: "film-loop" }, loop, h("span", {}, t("film.loop"))),
    select(
      "film.size",
      [...new Set([...SIZES, choice.size])],
      choice.size,
      (value) => choose({ size: Number(value) }),
      (size) => `${size} px`,
    ),
    select(
      "film.format",
      FORMATS,
      choice.format,
      (value) => choose({ format: value }),
      (name) => FORMAT_NAMES[name],
    ),
  );
}

const FORMAT_NAMES = { mp4: "MP4", webp: "WebP", gif: "GIF" };

function select(key, values, current, chosen, word) {
  const box = h(
    "select",
    { on: { change: () => chosen(box.value) } },
    values.map((value) => h("option", { value: String(value), selected: value === current }, word(value))),
  );
  return h("label", {}, h("span", {}, t(key)), box);
}

async function begin() {
  const ids = frames.map((item) => item.id);
  const what = ids.every(Boolean) ? { works: ids } : { requests: frames.map((item) => item.request) };
  if (!(await run("/studio/films", { ...what, ...choice }))) hideProgress();
}

/** Start a job and follow it. @returns {Promise<boolean>} whether it came to an end */
async function run(path, body) {
  const started = await store.api("POST", path, body);
  if (!started?.job) return false;
  job = { id: started.job, stop: new AbortController() };
  const mine = job;
  showProgress({ frame: 0, of: 0 });
  const good = await store.stream(
    `/studio/films/${job.id}`,
    undefined,
    (line) => job === mine && follow(line),
    { method: "GET", signal: job.stop.signal },
  );
  if (job !== mine) return true;
  job = null;
  return Boolean(good);
}

/** One line of progress; the last one brings the film. */
function follow(line) {
  showProgress(line);
  if (!line.work) return;
  const { works, total } = store.get();
  const others = works.filter((work) => work.id !== line.work.id);
  store.set({ works: [line.work, ...others], total: total + 1 + others.length - works.length, selection: [] });
  close();
  play(store, line.work);
  const done = line.work.timeline.works ? "film.hung" : "film.done";
  store.say(line.state === "cancelled" ? "film.partial" : done, {}, "good");
}

function showProgress({ frame = 0, of = 0, seconds_left: left = null }) {
  const box = panel.querySelector(".film-progress");
  if (!box) return;
  const words = left === null ? t("film.starting") : t("film.progress", { frame, of, left: time(left) });
  if (box.hidden) {
    panel.querySelector(".film-make")?.setAttribute("hidden", "");
    fill(
      box,
      h("progress", { max: "1", "aria-label": t("film.title") }),
      h("span", { class: "film-words" }),
      button("film.cancel", cancel),
    );
    box.hidden = false;
  }
  if (of) box.querySelector("progress").value = frame / of;
  box.querySelector(".film-words").textContent = words;
}

function hideProgress() {
  panel.querySelector(".film-progress")?.setAttribute("hidden", "");
  panel.querySelector(".film-make")?.removeAttribute("hidden");
}

const time = (seconds) =>
  seconds < 60
    ? t("film.s", { seconds: Math.ceil(seconds) })
    : t("film.min", { minutes: Math.ceil(seconds / 60) });

/** End the job; what was made so far is kept. */
async function cancel() {
  if (job) await store.api("DELETE", `/studio/films/${job.id}`);
}
