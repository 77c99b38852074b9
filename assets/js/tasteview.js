/**
 * Taste: on the left a quick question, on the right what was learnt, below whose taste it is.
 * What is said while it is open stands in its own line, since the Studio's is out of sight.
 */
import { fill, h } from "./dom.js";
import { sentence } from "./hints.js";
import { t } from "./i18n.js";
import * as askMe from "./ask-me.js";
import * as dataset from "./dataset.js";
import * as liking from "./liking.js";
import * as profiles from "./profiles.js";
import { changed } from "./taste.js";

const STAYS = 12_000; // ms
let line;
let timer = 0;

/** Fill #taste. */
export function mount(store) {
  line = h("p", { class: "taste-said", role: "status" });
  const heard = h("p", { class: "taste-heard" });
  fill(
    document.getElementById("taste"),
    h("h1", { class: "unseen" }, t("views.taste")),
    askMe.build(store),
    h(
      "section",
      { class: "liking", "aria-labelledby": "liking-title" },
      h("h2", { id: "liking-title" }, t("liking.title")),
      heard,
      liking.build(store),
    ),
    h("section", { class: "profiles", "aria-label": t("profiles.title") }, profiles.build(store), dataset.build(store), line),
  );
  store.subscribe(["taste", "steer"], () => {
    heard.textContent = changed();
  });
  store.onSay((words) => store.get().view === "taste" && say(words));
}

function say(words) {
  line.className = `taste-said ${words.kind}`;
  line.textContent = sentence(words);
  clearTimeout(timer);
  timer = setTimeout(() => line.replaceChildren(), STAYS);
}
