/**
 * Any file made by Duet, dropped, pasted or opened: every slider comes back, and the hint line says
 * whether the picture made anew is the file's own, and if not, by how much it differs and why.
 */
import { StudioError } from "./api.js";
import { carrying } from "./drag.js";
import { fill, h } from "./dom.js";
import { has, t } from "./i18n.js";
import { register } from "./keys.js";
import { leave } from "./playing.js";
import { begun } from "./session.js";

const MOST = 64 * 1024 * 1024;

let store;
let veil;
let chooser;
let depth = 0; // dragenter and dragleave come in pairs per element
let other = null; // {when, words, take}: who wants what is dropped, while `when()`

/** Listen everywhere. */
export function mount(given) {
  store = given;
  veil = document.getElementById("veil");
  chooser = h("input", {
    type: "file",
    id: "open-file",
    class: "unseen",
    tabIndex: -1,
    "aria-label": t("drop.open"),
    accept: ".png,.webp,.json,.mp4,.gif,.mid,.wav,.mp3,.musicxml,image/*,audio/*,video/mp4,application/json",
    on: { change: chosen },
  });
  document.body.append(chooser);
  register("O", choose, { label: "keys.open" });
  addEventListener("dragenter", (event) => holdsFile(event) && hover(1, event));
  addEventListener("dragover", (event) => holdsFile(event) && event.preventDefault());
  addEventListener("dragleave", (event) => holdsFile(event) && hover(-1, event));
  addEventListener("drop", dropped);
  addEventListener("paste", pasted);
  addEventListener("dragend", hide);
}

const holdsFile = (event) => !carrying() && Boolean(event.dataTransfer?.types.includes("Files"));

/** Have files go elsewhere: while `when()`, a drop is `take`n; `words` is the key of what the veil says. */
export function divert(elsewhere) {
  other = elsewhere;
}

function hover(step, event) {
  event.preventDefault();
  depth += step;
  if (veil.hidden) fill(veil, h("p", {}, t(other?.when() ? other.words : "drop.veil")));
  veil.hidden = depth <= 0;
}

function hide() {
  depth = 0;
  veil.hidden = true;
}

/** Let the person choose a file; the button for who cannot drop. */
export function choose() {
  chooser.value = "";
  chooser.click();
}

function chosen() {
  if (chooser.files[0]) open(chooser.files[0]);
}

function dropped(event) {
  if (!holdsFile(event)) return;
  event.preventDefault();
  hide();
  if (other?.when()) return void other.take(event.dataTransfer);
  const [file] = event.dataTransfer.files;
  if (file) open(file);
  return undefined;
}

/** A pasted picture is often only its pixels, so a pasted recipe as text counts too. */
function pasted(event) {
  if (event.target.closest?.("input, textarea")) return;
  const [file] = event.clipboardData?.files ?? [];
  const text = event.clipboardData?.getData("text/plain").trim() ?? "";
  if (file) open(file);
  else if (text.startsWith("{") && text.includes('"pipeline"'))
    open(new Blob([text], { type: "application/json" }));
}

/** Open a file: restore its sliders, and say the verdict. */
export async function open(file) {
  if (!file.size)
    return store.fail(
      new StudioError({ code: "empty_file", name: file.name ?? "", value: "0", rule: "", remedy: "" }),
    );
  if (file.size > MOST) {
    return store.fail(
      new StudioError({
        code: "too_large",
        name: file.name ?? t("drop.file"),
        value: megabytes(file.size),
        rule: megabytes(MOST),
        remedy: "",
      }),
    );
  }
  await begun;
  const tune = await import("./bring-tune.js");
  if (tune.can() && tune.foreign(file)) return void tune.open(file);
  store.say("drop.reading", { name: file.name ?? "" });
  const name = encodeURIComponent(file.name ?? "");
  const answer = await store.api("POST", `/studio/open?name=${name}`, file);
  if (answer) await show(answer, file);
  return answer;
}

/** Bring back what the file holds. */
async function show(answer, file) {
  if (store.get().view !== "studio") location.hash = "#/";
  const { works, tracks, keys } = answer.timeline ?? {}; // of a triptych, a mix, a film
  const request = answer.request ?? works?.[0] ?? (tracks ?? keys)?.[0].request;
  if (!request || answer.values === null) return stranger(answer, file);
  for (const name of ["player", "compare", "morph"]) {
    const module = await import(`./${name}.js`);
    (module.leave ?? module.stop)();
  }
  store.change(request, { label: "undo.open", parents: [] });
  store.note("open", { verdict: answer.verdict.kind, why: answer.verdict.why });
  if (works) works.slice(1).forEach(leave);
  else if (tracks) await (await import("./mixer.js")).reopen(answer.timeline);
  else if (keys) (await import("./film.js")).reopen(answer.timeline);
  say(answer.verdict, works ? "triptych_" : tracks ? "mix_" : keys ? "film_" : "");
  return undefined;
}

/**
 * A picture or a recording without a recipe is brought to the model; where that can't be, or the recipe is of a model
 * that is not here, it can still be looked at.
 */
async function stranger({ image, model }, file) {
  const tune = await import("./bring-tune.js");
  if (!model && tune.can() && tune.sounding(file)) return void tune.open(file);
  const bring = await import("./bring.js");
  if (image && !model && bring.can()) {
    await bring.open(file);
    return;
  }
  const look = async () => {
    const { decode } = await import("./dom.js");
    (await import("./stage.js")).paint(await decode(image));
  };
  const action = image ? { key: "drop.picture_only", run: look } : undefined;
  const key = model ? "drop.no_model" : tune.sounding(file) ? "drop.no_ear" : "drop.no_recipe";
  store.say(key, { model: model ?? "" }, "bad", { action, seconds: 20 });
  return undefined;
}

const megabytes = (bytes) => `${Math.ceil(bytes / 1024 / 1024)} MB`;

/** The verdict in one line: identical, same to the eye, or differs by how much; and why. */
function say({ kind, max, why }, prefix = "") {
  const reason = has(`drop.why.${why}`) ? t(`drop.why.${why}`) : "";
  const tone = { identical: "good", same: "good" }[kind] ?? "info";
  const key = `drop.${prefix}${kind}${reason ? "_why" : ""}`;
  store.say(has(key) ? key : `drop.${kind}`, { max, why: reason }, tone, { seconds: 20 });
}
