/** Choose pictures: dropped or chosen, sent one by one, looked at by the server, what is left out named. */
import { address } from "./api.js";
import { button, fill, h } from "./dom.js";
import { divert } from "./drop.js";
import { has, t } from "./i18n.js";
import { OWN, step } from "./own.js";
import { chosen, dropped } from "./own-files.js";

let store;
let body = null;
let keep; // tells the steps what was found
let parts = {};
let run = 0; // number of the sending under way; another ends it
let diverted = false;

/** Show the step. */
export function open(given, node, options) {
  store = given;
  body = node;
  ({ keep } = options);
  if (!diverted) divert({ when: waiting, words: "own.drop", take: async (transfer) => send(await dropped(transfer)) });
  diverted = true;
  if (options.album) show(options.album);
  else invite();
}

/** Whether a drop is meant for here. */
const waiting = () => location.hash === OWN && Boolean(parts.zone?.isConnected);

function field(props, key) {
  const input = h("input", {
    type: "file",
    class: "unseen",
    tabIndex: -1,
    "aria-hidden": "true",
    multiple: true,
    ...props,
    on: { change: () => input.files.length && send(chosen(input.files)) },
  });
  const go = button(key, () => ((input.value = ""), input.click()), { class: "go" });
  return [input, go];
}

function invite() {
  const files = field({ accept: "image/*,.zip,application/zip", id: "own-files" }, "own.files");
  const folder = field({ webkitdirectory: true, id: "own-folder" }, "own.folder");
  folder[1].className = "quiet";
  parts.zone = h(
    "div",
    { class: "own-zone" },
    h("p", { class: "own-drop" }, t("own.drop")),
    h("div", { class: "own-choose" }, files, folder),
  );
  const advice = ["advice", "counts", "privacy"].map((key) => h("p", {}, t(`own.${key}`)));
  fill(body, h("div", { class: "own-bring" }, parts.zone, h("div", { class: "own-advice" }, advice)));
}

/** Send files, then have them looked at. */
async function send(files) {
  if (!files.length) return;
  const mine = (run += 1);
  const album = await store.api("POST", "/studio/own/albums");
  if (!album?.album || mine !== run) return;
  const place = `/studio/own/albums/${album.album}`;
  const bar = h("progress", { max: "1", value: "0", class: "thin-progress", "aria-label": t("own.progress") });
  const words = h("p", { class: "own-words", role: "status" });
  const stop = () => {
    run += 1;
    store.api("DELETE", place, undefined, { quiet: true });
    invite();
  };
  const cancel = button("own.cancel", stop);
  const sending = h("div", { class: "own-sending" }, words, bar, cancel);
  fill(parts.zone, sending);
  cancel.focus({ preventScroll: true });
  for (const [index, { name, file }] of files.entries()) {
    words.textContent = t("own.sending", { number: index + 1, count: files.length });
    const query = new URLSearchParams({ name });
    if (!(await store.api("PUT", `${place}?${query}`, file))) return mine === run && invite();
    if (mine !== run) return;
    bar.value = (index + 1) / files.length;
  }
  const found = await look(place, { bar, words });
  if (mine !== run) return;
  if (!found?.result) return invite();
  const told = { id: album.album, result: found.result, choices: found.choices, sheet: found.sheet };
  keep(told);
  show(told, true);
}

async function look(place, { bar, words }) {
  let last = null;
  words.textContent = t("own.unpacking");
  bar.removeAttribute("value");
  const heard = (told) => {
    last = told;
    if (!told.done) return;
    bar.value = told.done / told.of;
    words.textContent = t("own.looking", { number: told.done, count: told.of });
  };
  return (await store.stream(`${place}/check`, undefined, heard)) ? last : null;
}

/** What was found, and what is left out and why. */
function show({ result, sheet }, fresh = false) {
  const { count, smallest, largest, kinds } = result;
  const groups = Object.entries(kinds).map(([kind, number]) => `${kind} ${number}`);
  const left = result.num_damaged + result.num_duplicates;
  const other = button("own.others", () => (keep(null), invite()));
  const next = h("button", { type: "button", class: "go", on: { click: () => step("wish") } }, t("own.next"));
  const picture = sheet
    ? h("figure", {}, h("img", { src: address(sheet), alt: t("own.sheet_alt", { count }) }), h("figcaption", {}, t("own.sheet")))
    : null;
  const side = h(
    "div",
    { class: "own-found" },
    h("h2", { tabIndex: -1 }, count ? t("own.found", { count }) : t("own.none")),
    count ? h("p", {}, t(smallest === largest ? "own.size" : "own.sizes", { smallest, largest })) : null,
    groups.length > 1 ? h("p", {}, t("own.kinds", { count: groups.length, kinds: groups.join(t("proof.comma")) })) : null,
    left ? leftOut(result, left) : h("p", {}, t("own.all_good")),
    h("div", { class: "own-verbs" }, count ? next : null, other),
  );
  parts.zone = side; // a drop here begins anew
  fill(body, h("div", { class: sheet ? "own-result" : "own-result bare" }, picture, side));
  if (fresh) side.firstChild.focus({ preventScroll: true });
}

function leftOut({ damaged, duplicates }, count) {
  const why = (error) => t(has(`own.why.${error.code}`) ? `own.why.${error.code}` : "own.why.other");
  const item = (name, reason) => h("li", {}, h("b", { translate: "no" }, name), " ", h("span", {}, reason));
  const items = [
    ...Object.entries(damaged).map(([name, error]) => item(name, why(error))),
    ...Object.entries(duplicates).map(([name, first]) => item(name, t("own.why.twice", { first }))),
  ];
  const more = count > items.length ? [h("li", {}, t("own.more_left", { count: count - items.length }))] : [];
  return h(
    "div",
    { class: "own-left", tabIndex: 0, role: "group", "aria-label": t("own.left_out", { count }) },
    h("h3", {}, t("own.left_out", { count })),
    h("ul", {}, items, more),
  );
}
