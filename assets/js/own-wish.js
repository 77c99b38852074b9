/** What should it make: one of four, a name, how long, what it begins from. */
import { button, fill, h } from "./dom.js";
import { t, titleOf } from "./i18n.js";
import { step, train } from "./own.js";

const MADE = { morphs: "family_morphs", paintings: "family_paintings", patterns: "family_patterns", small: "family_small" };

const wish = { makes: "", name: "", minutes: {}, find: "", start: {}, credit: "", licence: "", settings: {}, more: false };

let store;
let body;
let album;
let parts = {};

/** Show the step. */
export function open(given, node, options) {
  store = given;
  body = node;
  ({ album } = options);
  const able = album.choices.filter((one) => one.enough);
  if (!able.some((one) => one.makes === wish.makes)) wish.makes = able[0]?.makes ?? "";
  draw();
}

const choice = () => album.choices.find((one) => one.makes === wish.makes);

function draw() {
  const kinds = h("div", { class: "own-kinds", role: "radiogroup", "aria-label": t("own.wish") }, album.choices.map(kind));
  parts = { rest: h("div", { class: "own-rest" }) };
  fill(body, h("div", { class: "own-wish" }, kinds, parts.rest));
  rest();
}

/** One of the four; what there are too few or too many pictures for says so. */
function kind(one) {
  const count = album.result.count;
  const few = count < one.needed;
  const why = one.enough ? "" : t(few ? "own.too_few" : "own.too_many", { count, needed: few ? one.needed : one.most });
  const id = `own-makes-${one.makes}`;
  const input = h("input", {
    type: "radio",
    name: "own-makes",
    id,
    checked: one.makes === wish.makes,
    disabled: !one.enough,
    on: { change: () => ((wish.makes = one.makes), rest()) },
  });
  return h(
    "label",
    { class: "own-kind", for: id },
    input,
    h("b", {}, t(`own.makes.${one.makes}`)),
    h("span", {}, t(`own.about.${one.makes}`)),
    h("small", {}, why || t(`own.${MADE[one.makes]}`)),
  );
}

/** Name, time and beginnings of what is chosen. */
function rest() {
  const one = choice();
  if (!one) return fill(parts.rest, h("p", { class: "own-words" }, t("own.nothing")), again());
  const name = text("name", wish.name, (value) => ((wish.name = value), able()), { maxlength: 60, placeholder: t("own.name_hint") });
  const minutes = text("minutes", wish.minutes[one.makes] ?? one.minutes, (value) => (wish.minutes[one.makes] = value), {
    inputmode: "decimal",
  });
  const credit = text("credit", wish.credit, (value) => (wish.credit = value), { maxlength: 200, placeholder: t("own.credit_hint") });
  parts.go = h("button", { type: "button", class: "go", on: { click: begin } }, t("own.train"));
  fill(
    parts.rest,
    row("name", name),
    row("minutes", minutes, t("own.minutes_hint")),
    one.starts.length ? row("start", starts(one), t("own.start_hint")) : null,
    row("credit", credit),
    more(one),
    parts.go,
  );
  able();
  return undefined;
}

const again = () => button("own.others", () => step("bring"));

function row(name, input, hint = "") {
  const note = hint ? h("p", { class: "own-hint", id: `own-${name}-hint` }, hint) : null;
  if (hint) input.setAttribute("aria-describedby", `own-${name}-hint`);
  return h("div", { class: "own-row" }, h("label", { for: `own-${name}` }, t(`own.field.${name}`)), input, note);
}

function text(name, value, change, more = {}) {
  const input = h("input", {
    type: "text",
    class: "line-field",
    id: `own-${name}`,
    value: String(value ?? ""),
    ...more,
    on: { input: () => change(input.value.trim()) },
  });
  return input;
}

function starts(one) {
  const now = wish.start[one.makes] ?? "";
  const option = (id, word) => h("option", { value: id, selected: id === now }, word);
  const box = h(
    "select",
    { id: "own-start", on: { change: () => (wish.start[one.makes] = box.value) } },
    option("", t("own.from_nothing")),
    one.starts.map((card) => option(card.id, titleOf(card))),
  );
  return box;
}

/** What a researcher wants to set; left alone, the recipe's own figures hold. */
function more(one) {
  const setting = (name) =>
    row(name, text(name, wish.settings[name], (value) => (wish.settings[name] = value), { inputmode: "decimal", placeholder: t("choose.itself") }));
  const find = text("find", wish.find, (value) => (wish.find = value), { inputmode: "decimal", placeholder: "0" });
  const licence = text("licence", wish.licence, (value) => (wish.licence = value), { maxlength: 60, placeholder: "CC-BY-4.0" });
  const details = h(
    "details",
    { class: "choose-more", open: wish.more, on: { toggle: () => (wish.more = details.open) } },
    h("summary", {}, t("shape.more")),
    h("div", { class: "own-more" }, one.finds ? row("find", find, t("own.find_hint")) : null, row("licence", licence), one.settings.map(setting)),
  );
  return details;
}

/** A model needs a name before it can be trained. */
function able() {
  parts.go.disabled = !wish.name;
}

async function begin() {
  const one = choice();
  const minutes = number("minutes", wish.minutes[one.makes] ?? one.minutes);
  const settings = {};
  for (const name of one.settings) {
    if (wish.settings[name]) settings[name] = number(name, wish.settings[name]);
  }
  const find = one.finds && Number(wish.find || 0) !== 0 ? number("find", wish.find) : 0;
  if (minutes === null || find === null || Object.values(settings).includes(null)) return;
  parts.go.disabled = true;
  const began = await train({
    makes: one.makes,
    name: wish.name,
    minutes,
    find,
    start: wish.start[one.makes] ?? "",
    credit: wish.credit,
    licence: wish.licence || "unknown",
    settings,
  });
  if (began) wish.name = "";
  else able();
}

/** A figure that was typed, null after saying that it is none. */
function number(name, given) {
  const value = Number(String(given).replace(",", "."));
  if (Number.isFinite(value) && value > 0) return value;
  store.say("slider.not_number", { name: t(`own.field.${name}`), value: given }, "bad");
  return null;
}
