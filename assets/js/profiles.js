/**
 * Taste profiles: whose taste leads. Chips choose one; its share blends it with mine; a profile
 * travels as a small JSON. Forget me is in forget.js.
 */
import { address } from "./api.js";
import { afterPause, button, fill, h } from "./dom.js";
import { forget } from "./forget.js";
import { t } from "./i18n.js";
import { load } from "./taste.js";

const MOST = 60; // characters of a name

let store;
let chips;
let blend; // the share of the chosen profile
let verbs;
let chosen = ""; // id

/** The foot of the Taste view. */
export function build(given) {
  store = given;
  chips = h("div", { class: "profile-chips", role: "group", "aria-label": t("profiles.title") });
  blend = h("div", { class: "profile-blend" });
  verbs = h("div", { class: "profile-verbs" });
  store.subscribe("taste", ({ taste }) => taste && draw(taste.profiles ?? []));
  return h(
    "div",
    { class: "profile-row" },
    h("h2", {}, t("profiles.title")),
    chips,
    blend,
    verbs,
    forget(store),
  );
}

const one = (profiles) => profiles.find(({ id }) => id === chosen) ?? null;

function draw(profiles) {
  if (!one(profiles)) chosen = "";
  const now = JSON.stringify([profiles.map(({ id, name, mine }) => [id, name, mine]), chosen]);
  if (chips.dataset.now !== now) {
    chips.dataset.now = now;
    const focused = chips.contains(document.activeElement) ? document.activeElement.dataset.id : null;
    fill(chips, profiles.map(chip));
    if (focused) chips.querySelector(`[data-id="${focused}"]`)?.focus();
    drawVerbs(one(profiles));
    drawBlend(one(profiles));
  }
  showBlend(profiles);
}

function chip({ id, name, mine }) {
  const label = mine ? t("profiles.mine") : name;
  const pick = () => {
    chosen = chosen === id ? "" : id;
    draw(store.get().taste.profiles);
  };
  const own = { type: "button", class: "chip", "aria-pressed": String(id === chosen), data: { id } };
  return h("button", { ...own, on: { click: pick } }, label);
}

/* The share of another's taste in mine. */

function drawBlend(profile) {
  if (!profile || profile.mine) {
    fill(blend);
    return;
  }
  const range = h("input", {
    type: "range",
    class: "thin",
    min: "0",
    max: "100",
    step: "5",
    "aria-label": t("profiles.share", { name: profile.name }),
  });
  const send = afterPause(async () => {
    await patch(profile.id, { share: Number(range.value) / 100 });
  }, 250);
  range.addEventListener("input", () => {
    words(profile, Number(range.value) / 100);
    send();
  });
  fill(blend, h("output", {}), range);
}

function showBlend(profiles) {
  const profile = one(profiles);
  const range = blend.querySelector("input");
  if (!profile || !range) return;
  if (document.activeElement !== range) range.value = String(Math.round(100 * profile.share));
  words(profile, Number(range.value) / 100);
}

function words({ name }, share) {
  const theirs = Math.round(100 * share);
  const range = blend.querySelector("input");
  range.style.setProperty("--fill", `${theirs}%`);
  const sentence = t("profiles.blend", { mine: 100 - theirs, theirs, name });
  range.setAttribute("aria-valuetext", sentence);
  blend.querySelector("output").textContent = sentence;
}

async function patch(id, body) {
  await store.api("PATCH", `/studio/taste/profiles/${id}`, body);
  await load();
}

/* Save mine as, export, import, take away. */

function drawVerbs(profile) {
  fill(
    verbs,
    button("profiles.save", () => naming()),
    profile ? h("a", { class: "quiet", href: exported(profile), download: "" }, t("profiles.export")) : null,
    profile && !profile.mine ? button("profiles.remove", () => remove(profile)) : null,
    button("profiles.import", bring),
  );
}

const exported = ({ id }) => address(`/studio/taste/profiles/${id}/export`);

/** A name for what my taste is now. */
function naming() {
  const field = h("input", {
    class: "profile-name",
    maxlength: String(MOST),
    placeholder: t("profiles.name_here"),
    "aria-label": t("profiles.name"),
  });
  const over = () => {
    drawVerbs(one(store.get().taste.profiles));
    verbs.querySelector("button").focus();
  };
  const save = async (event) => {
    event.preventDefault();
    const name = field.value.trim();
    if (name && !(await store.api("POST", "/studio/taste/profiles", { name }))) return;
    if (name) store.say("profiles.saved", { name }, "good");
    over();
    await load();
  };
  const key = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    over();
  };
  const keep = h("button", { type: "submit", class: "quiet" }, t("profiles.keep"));
  fill(verbs, h("form", { on: { submit: save, keydown: key } }, field, keep, button("profiles.cancel", over)));
  field.focus();
}

async function remove(profile) {
  if (!(await store.api("DELETE", `/studio/taste/profiles/${profile.id}`))) return;
  store.say("profiles.removed", { name: profile.name });
  await load();
  verbs.querySelector("button").focus();
}

/** Import one that was exported, here or elsewhere. */
function bring() {
  const field = h("input", { type: "file", accept: ".json,application/json", "aria-label": t("profiles.import") });
  field.addEventListener("change", async () => {
    const file = field.files[0];
    if (!file) return;
    const came = await store.api("POST", "/studio/taste/profiles/import", await file.arrayBuffer());
    if (!came) return;
    store.say("profiles.imported", { name: came.name ?? file.name }, "good");
    chosen = came.id ?? chosen;
    await load();
  });
  field.click();
}
