/** Versions: the original and what was taught from it, as a tree; two of them on the same seeds. */
import { address } from "./api.js";
import { divider } from "./compare.js";
import { button, fill, h, iconButton } from "./dom.js";
import { t, titleOf } from "./i18n.js";
import { day } from "./kept.js";
import { use } from "./versions-use.js";

const SEEDS = [1, 2, 3, 4, 5, 6];

let store;
let tree;
let beside; // the comparison
let bar;
let versions = [];
let chosen = []; // ids, in the order of choosing

/** Fill the section. */
export function build(given, root) {
  store = given;
  tree = h("div", { class: "tree" });
  bar = h("p", { class: "tree-bar", role: "status" });
  beside = h("aside", { class: "tree-compare", hidden: true, "aria-label": t("versions.compared") });
  fill(root, h("div", { class: "tree-scroll" }, bar, tree), beside);
  document.addEventListener("duet:version", () => root.checkVisibility() && show());
  return show;
}

async function show() {
  const answer = await store.api(
    "GET",
    `/studio/versions?${new URLSearchParams({ model: store.get().model.id })}`,
  );
  if (!answer?.versions) return;
  ({ versions } = answer);
  chosen = chosen.filter((id) => versions.some((one) => one.id === id));
  draw();
}

function draw() {
  const roots = versions.filter((one) => !versions.some((other) => other.id === one.parent));
  fill(tree, h("ul", {}, roots.map(branch)));
  const key =
    versions.length < 2 ? "versions.only" : chosen.length === 1 ? "versions.one_more" : "versions.choose";
  bar.textContent = t(key);
}

/** A version with those that were taught from it below. */
function branch(version) {
  const children = versions.filter((one) => one.parent === version.id);
  return h("li", {}, node(version), children.length ? h("ul", {}, children.map(branch)) : null);
}

function node(version) {
  const name = nameOf(version);
  const pictures = (version.samples ?? []).map((image) =>
    h("img", { src: address(image), alt: "", loading: "lazy" }),
  );
  const pick = h("input", {
    type: "checkbox",
    checked: chosen.includes(version.id),
    "aria-label": t("versions.pick", { name }),
    on: { change: () => choose(version.id, pick.checked) },
  });
  return h(
    "article",
    { class: version.active ? "version active" : "version", "aria-label": name, data: { id: version.id } },
    h("label", { class: "version-seeds" }, pictures, versions.length > 1 ? pick : null),
    version.parent ? title(version) : h("h3", {}, name),
    h("p", { class: "version-about" }, about(version)),
    h("div", { class: "version-verbs" }, verbs(version)),
  );
}

const nameOf = (version) =>
  version.name || (version.parent ? t("versions.unnamed") : titleOf(store.get().model));

/** A name that is a field: Enter or leaving it keeps it. */
function title(version) {
  const field = h("input", {
    type: "text",
    class: "version-name",
    value: version.name ?? "",
    placeholder: t("versions.unnamed"),
    maxlength: "60",
    "aria-label": t("versions.name"),
    on: {
      keydown: (event) => {
        if (event.key === "Escape") field.value = version.name ?? "";
        if (event.key === "Enter" || event.key === "Escape") field.blur();
      },
      blur: async () => {
        const name = field.value.trim();
        if (name === (version.name ?? "")) return;
        const told = await store.api("PATCH", `/studio/versions/${version.id}`, { name });
        if (told) version.name = name;
        else field.value = version.name ?? "";
      },
    },
  });
  return field;
}

function about(version) {
  if (!version.parent) return t("versions.original");
  const verdict = version.verdict ? t(`versions.verdict_${version.verdict}`) : t("versions.untested");
  return [day(version.created_at), t("versions.works", { count: version.works ?? 0 }), verdict].join(
    t("plate.dot"),
  );
}

function verbs(version) {
  const list = [];
  if (version.active) list.push(h("span", { class: "version-used" }, t("versions.in_use")));
  else
    list.push(
      button("versions.use", () => play(version), {
        "aria-label": t("versions.use_name", { name: nameOf(version) }),
      }),
    );
  if (version.parent && !version.active) {
    list.push(
      button("filmstrip.delete", () => remove(version), {
        "aria-label": t("versions.delete_name", { name: nameOf(version) }),
      }),
    );
  }
  return list;
}

async function play(version) {
  if (await use(store, version.id)) store.say("versions.now", { name: nameOf(version) }, "good");
  tree.querySelector(`[data-id="${version.id}"] input`)?.focus({ preventScroll: true });
}

async function remove(version) {
  if (!(await store.api("DELETE", `/studio/versions/${version.id}`))) return;
  await show();
  store.say("filmstrip.deleted");
}

function choose(id, yes) {
  chosen = chosen.filter((one) => one !== id);
  if (yes) chosen = [...chosen, id].slice(-2);
  for (const box of tree.querySelectorAll("input[type=checkbox]"))
    box.checked = chosen.includes(box.closest(".version").dataset.id);
  bar.textContent = t(chosen.length === 1 ? "versions.one_more" : "versions.choose");
  if (chosen.length === 2) compare();
  else close();
}

function close() {
  beside.hidden = true;
  fill(beside);
}

/** Both on the same seeds; the older one stands left of the divider. */
async function compare() {
  const two = versions
    .filter((one) => chosen.includes(one.id))
    .toSorted((a, b) => a.created_at.localeCompare(b.created_at));
  const answer = await store.api("POST", `/studio/versions/${two[0].id}/compare`, {
    with: two[1].id,
    seeds: SEEDS,
  });
  if (!answer?.pairs || chosen.length !== 2) return;
  beside.hidden = false;
  let at = 0;
  const stage = h("div", { class: "tree-stage" });
  const side = (one, image) => ({ thumbnail: address(image), label: nameOf(one) });
  const seeds = h("div", { class: "tree-seeds", role: "group", "aria-label": t("versions.seeds") });
  const see = (index) => {
    at = index;
    const pair = answer.pairs[at];
    fill(stage, divider(side(two[0], pair.left), side(two[1], pair.right)));
    [...seeds.children].forEach((one, which) => one.setAttribute("aria-pressed", String(which === at)));
  };
  seeds.append(
    ...answer.pairs.map((pair, index) =>
      h(
        "button",
        {
          type: "button",
          "aria-label": t("learning.seed", { number: index + 1 }),
          on: { click: () => see(index) },
        },
        h("img", { src: address(pair.right), alt: "" }),
      ),
    ),
  );
  const leave = iconButton("close", "compare.leave", () => {
    chosen = [];
    close();
    draw();
  });
  fill(
    beside,
    h("header", { class: "panel-head" }, h("h2", {}, t("versions.compared")), leave),
    stage,
    h("p", { class: "compare-names" }, h("span", {}, nameOf(two[0])), h("span", {}, nameOf(two[1]))),
    seeds,
  );
  see(0);
  beside.querySelector("input").focus({ preventScroll: true });
}
