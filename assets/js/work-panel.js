/** One work in the Works view: the picture, its dots and note, its recipe in words, its family. */
import { verbs as across } from "./across.js";
import { address } from "./api.js";
import { divider } from "./compare.js";
import { afterPause, button, fill, h, iconButton } from "./dom.js";
import { controlName, optionName, t, titleOf } from "./i18n.js";
import { amend, day, dots, open, remove, titleOfWork, traveller } from "./kept.js";
import { menu } from "./export.js";
import { manyKinds } from "./kinds.js";
import { sounds } from "./media.js";

let store;
let node;
let pick;
let shown = null; // the work in the panel

/** The empty panel. `pick(id)` shows another work. */
export function build(given, verbs) {
  store = given;
  pick = verbs.pick;
  node = h("aside", {
    class: "work-panel",
    hidden: true,
    tabIndex: -1,
    "aria-label": t("worksview.panel"),
    on: {
      keydown: (event) => {
        if (event.key !== "Escape" || event.target.matches("textarea")) return;
        event.stopPropagation();
        close();
      },
    },
  });
  document.addEventListener("duet:work", ({ detail }) => {
    if (detail.work.id !== shown?.id) return;
    if (detail.gone) close();
    else if (!detail.back) refreshDots(detail.work);
  });
  return node;
}

/** Whether the panel shows this work. */
export const shows = (id) => shown?.id === id;

/** Show a work; fetched where it is not at hand. */
export async function show(id, known = null) {
  const work = known ?? (await store.api("GET", `/studio/works/${id}`));
  if (!work?.id) return;
  shown = work;
  node.hidden = false;
  const family = h("div", { class: "family", "aria-busy": "true" });
  fill(
    node,
    head(titleOfWork(work)),
    picture(work),
    sound(work),
    verbs(work),
    rating(work),
    note(work),
    section("worksview.recipe", recipe(work)),
    section("worksview.family", family),
  );
  node.focus({ preventScroll: true });
  const kin = await store.api("GET", `/studio/works/${work.id}/family`);
  if (kin && shown === work) tree(family, work, kin);
}

function close() {
  const id = shown?.id;
  shown = null;
  node.hidden = true;
  fill(node);
  document.querySelector(`.works-tile[data-id="${id}"]`)?.focus();
  document.querySelector(".works-tile[data-shown]")?.removeAttribute("data-shown");
}

/** Two works under one divider. */
export function compare(a, b) {
  shown = null;
  node.hidden = false;
  const full = (work) => ({ ...traveller(work), original: address(work.original) });
  fill(
    node,
    head(t("worksview.compared")),
    divider(full(a), full(b)),
    h("p", { class: "compare-names" }, h("span", {}, titleOfWork(a)), h("span", {}, titleOfWork(b))),
  );
  node.querySelector("input").focus();
}

const head = (title) =>
  h("header", { class: "panel-head" }, h("h2", {}, title), iconButton("close", "worksview.close", close));

const section = (key, ...children) => h("section", {}, h("h3", {}, t(key)), ...children);

/** A tune can be heard here too. */
function sound(work) {
  if (!sounds(work.medium) || work.kind === "film") return null;
  const source = address(`/studio/works/${work.id}/export?format=mp3`);
  return h("audio", { class: "panel-sound", src: source, controls: true, preload: "none", "aria-label": t("worksview.hear") });
}

function picture(work) {
  const source = address(work.original);
  const film = work.kind === "film" && work.mime?.startsWith("video");
  return film
    ? h("video", {
        class: "panel-picture",
        src: source,
        controls: true,
        loop: true,
        muted: !work.timeline.works,
        "aria-label": titleOfWork(work),
      })
    : h("img", {
        class: "panel-picture",
        src: source,
        alt: titleOfWork(work),
        width: work.width,
        height: work.height,
      });
}

function verbs(work) {
  const save = button("worksview.save", () => menu(save, work), { "aria-haspopup": "menu" });
  const enter = () => {
    open(store, work);
  };
  return h(
    "div",
    { class: "panel-verbs" },
    button(work.kind === "film" ? "worksview.play" : "worksview.open", enter, { class: "quiet first" }),
    save,
    across(work),
    button("filmstrip.delete", () => remove(store, work)),
  );
}

const rating = (work) => h("div", { class: "panel-rating" }, dots(store, work, { size: "large" }));

function refreshDots(work) {
  const focus = node.querySelector(".panel-rating")?.contains(document.activeElement);
  shown = work;
  const row = dots(store, work, { size: "large" });
  fill(node.querySelector(".panel-rating"), row);
  if (focus) row.querySelector("[tabindex='0']").focus();
}

/** The note keeps itself a moment after the last letter, and when the field is left. */
function note(work) {
  const state = h("span", { class: "note-state", role: "status" });
  const field = h("textarea", {
    rows: "2",
    maxlength: "2000",
    value: work.note ?? "",
    placeholder: t("filmstrip.noteHere"),
    "aria-label": t("filmstrip.noteOf", { title: titleOfWork(work) }),
  });
  let kept = field.value;
  const keep = async () => {
    if (field.value === kept) return;
    kept = field.value;
    if (await amend(store, work, { note: kept.trim() })) state.textContent = t("filmstrip.noted");
  };
  field.addEventListener("input", afterPause(keep, 800));
  field.addEventListener("blur", keep);
  return h("div", { class: "panel-note" }, field, state);
}

/** The recipe in words: model, kind, seed, every slider that is not at rest; and as JSON to copy. */
function recipe(work) {
  const copy = button("worksview.copy", async () => {
    const text = JSON.stringify(work.timeline ?? work.request, null, 2);
    const good = await navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    );
    store.say(good ? "worksview.copied" : "worksview.not_copied", {}, good ? "good" : "bad");
  });
  const lines = work.timeline ? filmLines(work) : lineUp(work);
  return [
    h(
      "dl",
      { class: "recipe" },
      lines.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
    ),
    copy,
  ];
}

const capital = (word) => word.charAt(0).toUpperCase() + word.slice(1);

function filmLines(work) {
  const { keys, works, tracks, seconds, size, tempo } = work.timeline;
  return [
    [t("worksview.kept"), day(work.created_at)],
    [t("worksview.keys"), String((keys ?? works ?? tracks).length)],
    keys && [t("worksview.length"), t("film.s", { seconds: Number(seconds.toFixed(1)) })],
    tracks ? [t("mixer.tempo"), String(Math.round(tempo))] : [t("worksview.size"), `${size} px`],
  ].filter(Boolean);
}

function lineUp(work) {
  const { model } = store.get();
  const same = model?.id === work.model;
  const lines = [
    [t("worksview.kept"), day(work.created_at)],
    [t("worksview.made_with"), same ? titleOf(model) : work.model],
    ...(sounds(work.medium) ? [] : [[t("worksview.size"), `${work.width} × ${work.height}`]]),
  ];
  const many = same && manyKinds(model);
  if (work.subject && !many) lines.push([t("worksview.kind"), capital(optionName(work.subject))]);
  lines.push([t("worksview.seed"), work.request.point ? t("worksview.travelled") : String(work.request.seed)]);
  if (!same) return lines;
  const values = store.values(work.request);
  for (const control of model.controls) {
    const value = values[control.name];
    const kind = control.group === "kind";
    if (control.group === "hidden" || control.kind === "seed" || (kind ? !many : value === control.default)) continue;
    lines.push([controlName(control), figure(control, value)]);
  }
  return lines;
}

/** A control's value as it is read. */
function figure(control, value) {
  if (control.kind === "choice") return capital(optionName(value, control.name));
  if (typeof value !== "number" || !control.direction) return String(value);
  return `${value > 0 ? "+" : "−"}${Math.abs(Number(value.toFixed(2)))}`;
}

/** Parents left, this one, children right; each opens its own panel. */
function tree(box, work, { parents, children }) {
  const column = (key, list, empty) =>
    h(
      "ul",
      { class: key, "aria-label": t(`worksview.${key}`) },
      list.length ? list.map(relative) : h("li", { class: "no-kin" }, t(empty)),
    );
  box.removeAttribute("aria-busy");
  fill(
    box,
    column("parents", parents, "worksview.no_parents"),
    h("img", { class: "self", src: address(work.thumbnail), alt: titleOfWork(work) }),
    column("children", children, "worksview.no_children"),
  );
}

function relative({ role, info, work }) {
  const gave = info?.gave
    ?.split(" ")
    .filter(Boolean)
    .map((one) => t(`worksview.gave_${one}`))
    .join(", ");
  const way = gave || t(`worksview.role_${role}`);
  if (!work)
    return h(
      "li",
      { class: "kin" },
      h("span", { class: "unkept" }),
      h("span", {}, t("worksview.unkept", { way })),
    );
  const go = () => pick(work.id);
  return h(
    "li",
    { class: "kin" },
    h(
      "button",
      {
        type: "button",
        "aria-label": `${titleOfWork(work)}, ${way}`,
        title: titleOfWork(work),
        on: { click: go },
      },
      h("img", { src: address(work.thumbnail), alt: "" }),
    ),
    h("span", { "aria-hidden": "true" }, way),
  );
}
