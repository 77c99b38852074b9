/**
 * The proof card, 640 x 800, verdict first: whether the artist preferred what was taught, how sure
 * that is, what it cost and what changed. Then: keep this version, teach again gentler, go back.
 */
import { address } from "./api.js";
import { interval } from "./chart.js";
import { button, fill, h } from "./dom.js";
import { has, lang, t } from "./i18n.js";
import { use } from "./versions-use.js";

let store;
let proof;
let step;
let note;

/** Show the step. */
export function open(given, body, options) {
  store = given;
  ({ proof, step, note } = options);
  if (!proof?.card) return;
  fill(body, h("div", { class: "proof" }, drawing(proof.card), verbs(proof.card)));
}

const percent = (share) => t("proof.percent", { percent: Math.round(share * 100) });

/** The card itself; also what Versions shows of an older one. */
export function drawing(card) {
  const { low, high } = card;
  return h(
    "article",
    { class: `proof-card ${card.verdict}`, "aria-label": t("proof.title") },
    h("p", { class: "proof-title" }, t("proof.title")),
    h("h2", {}, t(`proof.${card.verdict}`)),
    h("p", { class: "proof-said" }, said(card)),
    interval({ low, high, at: share(card) }, t("proof.interval", bounds(card))),
    h("dl", { class: "proof-bars" }, bars(card)),
    changed(card),
    pairs(card),
    nearest(card),
    h("p", { class: "proof-foot" }, foot(card)),
  );
}

const share = ({ chosen, decided }) => (decided ? chosen / decided : 0.5);
const bounds = ({ low, high }) => ({ low: Math.round(low * 100), high: Math.round(high * 100) });

function said(card) {
  const { chosen, decided, neither } = card;
  const values = { chosen, decided, ...bounds(card) };
  const main = decided ? t("proof.said", values) : t("proof.none_decided");
  if (neither === 1) return `${main} ${t("proof.neither_once")}`;
  return neither ? `${main} ${t("proof.neither", { count: neither })}` : main;
}

/** Bars for what has a share of one; what does not is a figure. */
function bars(card) {
  const rows = [
    ["proof.held_out", card.held_out],
    ["proof.variety", card.variety],
    ["proof.drift", card.drift],
  ].filter(([, value]) => Number.isFinite(value));
  return rows.flatMap(([key, value]) => [
    h("dt", {}, t(key)),
    h(
      "dd",
      {},
      h(
        "span",
        { class: "bar", "aria-hidden": "true" },
        h("i", { style: { "--share": String(Math.min(1, Math.max(0, value))) } }),
      ),
      h("b", {}, percent(value)),
    ),
  ]);
}

/** "What changed: warmer, less detail." */
function changed({ changed: list = [] }) {
  const word = ({ attribute, effect }) => {
    const way = effect > 0 ? "more" : "less";
    const key = `effects.${attribute}.${way}`;
    return has(key) ? t(key) : t(`effects.other.${way}`, { name: attribute.replaceAll("_", " ") });
  };
  const words = list.slice(0, 4).map(word).join(t("proof.comma"));
  return h("p", { class: "proof-changed" }, words ? t("proof.changed", { words }) : t("proof.unchanged"));
}

/** Six pairs: before above, after below. */
function pairs({ pairs: list = [] }) {
  const picture = (image, key) => h("img", { src: address(image), alt: t(key), loading: "lazy" });
  const column = (pair) =>
    h(
      "li",
      { "data-won": pair.answer ?? null },
      picture(pair.before, "proof.before"),
      picture(pair.after, "proof.after"),
    );
  return h(
    "div",
    { class: "proof-pairs" },
    h("p", { "aria-hidden": "true" }, h("span", {}, t("proof.before")), h("span", {}, t("proof.after"))),
    h("ul", {}, list.slice(0, 6).map(column)),
  );
}

/** The favourites that its works came nearest to, and whether that is too near. */
function nearest({ nearest: list = [], copies }) {
  const words = copies ? t("proof.copies") : t("proof.no_copies");
  const picture = (one) =>
    h("img", { src: address(one.image ?? one), alt: t("proof.favourite"), loading: "lazy" });
  return h(
    "div",
    { class: copies ? "proof-nearest warn" : "proof-nearest" },
    h("p", {}, words),
    h(
      "ul",
      {},
      list.slice(0, 3).map((one) => h("li", {}, picture(one))),
    ),
  );
}

function foot({ works, seconds }) {
  return t("proof.foot", { works: works ?? 0, seconds: Math.round(seconds ?? 0) });
}

function verbs(card) {
  const go = (key, run, first) =>
    h("button", { type: "button", class: first ? "go" : "quiet", on: { click: run } }, t(key));
  const keep = (first) => go("proof.keep", () => settle(proof.version, "proof.kept"), first);
  const again = (first) => go("proof.gentler", () => step("choose", { gentler: true }), first);
  const back = (first) => go("proof.back", goBack, first);
  const order = {
    yes: [keep(true), again(false), back(false)],
    early: [go("proof.more", morePairs, true), keep(false), again(false), back(false)],
    no: [back(true), again(false), keep(false)],
  }[card.verdict];
  const png = h(
    "a",
    {
      class: "quiet",
      href: address(`/studio/versions/${proof.version}/proof.png?language=${lang}`),
      download: "duet-proof.png",
    },
    t("proof.png"),
  );
  return h("div", { class: "proof-verbs" }, order, h("hr", {}), png, h("p", {}, t("proof.nothing_lost")));
}

async function morePairs() {
  const told = await store.api("POST", `/studio/versions/${proof.version}/proof`, { more: 8 });
  if (!told) return;
  proof = note(told);
  step("blind");
}

async function settle(version, key) {
  if (await use(store, version))
    store.say(key, {}, "good", {
      action: { key: "proof.versions", run: () => (location.hash = "#/teach/versions") },
    });
}

/** Back to what the version was taught from; the version itself stays in the tree. */
async function goBack() {
  const answer = await store.api(
    "GET",
    `/studio/versions?${new URLSearchParams({ model: store.get().model.id })}`,
  );
  const parent = answer?.versions?.find((one) => one.id === proof.version)?.parent;
  if (parent) await settle(parent, "proof.gone_back");
}
