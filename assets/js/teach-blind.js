/** Blind test: two works of one seed, taught and untaught, sides shuffled by the server; 1, 2 or 3. */
import { address } from "./api.js";
import { fill, h, iconButton } from "./dom.js";
import { t } from "./i18n.js";
import { register } from "./keys.js";
import { hush, listening } from "./listen.js";
import { sounds } from "./media.js";

let store;
let body = null;
let proof;
let note; // tells the steps what came back
let step;
let busy = false;
let bound = false;

/** Show the step: the next pair without an answer. */
export function open(given, node, options) {
  store = given;
  body = node;
  ({ proof, step, note } = options);
  if (!bound) {
    bound = true;
    const answers = { 1: "left", 2: "right", 3: "neither" };
    const told = (event) => (shown() ? void choose(answers[event.key]) : false);
    register("1 / 2 / 3", told, { label: "blind.keys" });
    register("Escape", () => (shown() ? void step("learning") : false));
  }
  draw();
}

/** Whether a pair is on show. */
const shown = () => store.get().view === "teach" && Boolean(body?.querySelector(".blind")?.checkVisibility());

const next = () => (proof?.pairs ?? []).find((pair) => !pair.answer);

function draw() {
  const pair = next();
  if (!pair) {
    if (proof?.card) step("card");
    else fill(body, h("p", { class: "blind-none" }, t("blind.none")));
    return;
  }
  const of = proof.pairs.length;
  const number = proof.pairs.indexOf(pair) + 1;
  const side = (name, key) =>
    h(
      "button",
      {
        type: "button",
        class: "blind-side",
        "aria-label": t(`blind.${name}`),
        on: { click: () => choose(name) },
      },
      h("img", { src: address(pair[name]), alt: "", draggable: false }),
      h("kbd", { "aria-hidden": "true" }, key),
    );
  fill(
    body,
    h(
      "div",
      { class: "blind" },
      h(
        "header",
        {},
        h("h2", {}, t("blind.which")),
        iconButton("close", "blind.later", () => step("learning")),
      ),
      h("div", { class: "blind-pair" }, side("left", "1"), side("right", "2"), ...heard(pair)),
      h(
        "div",
        { class: "blind-foot" },
        h(
          "button",
          { type: "button", class: "quiet", on: { click: () => choose("neither") } },
          t("blind.neither"),
          " ",
          h("kbd", { "aria-hidden": "true" }, "3"),
        ),
        h("p", { role: "status" }, t("blind.of", { number, of })),
      ),
    ),
  );
  body.querySelector(".blind-side").focus({ preventScroll: true });
  preload(proof.pairs[number]);
}

/** Tunes are judged by ear: a button below each side. */
function heard(pair) {
  if (!sounds(store.get().model.medium)) return [];
  return ["left", "right"].map((name) =>
    listening(() => store.api("GET", `${pair[name]}/sound`, undefined, { raw: true }), {
      class: `quiet blind-sound ${name}`,
      name: t(`blind.${name}`),
    }),
  );
}

/** The pair after this one is there when it is wanted. */
function preload(pair) {
  for (const image of pair ? [pair.left, pair.right] : []) new Image().src = address(image);
}

async function choose(answer) {
  const pair = next();
  if (busy || !pair) return;
  busy = true;
  hush();
  const told = await store.api("POST", `/studio/versions/${proof.version}/proof`, {
    pair: pair.index,
    answer,
  });
  busy = false;
  if (!told) return;
  const pairs = told.pairs ?? proof.pairs.map((one) => (one === pair ? { ...one, answer } : one));
  proof = note({ ...told, pairs });
  draw();
}
