/** Four others for one line of a poem: the other lines stay, the seed is another. */
import { fill, h, iconButton } from "./dom.js";
import { t } from "./i18n.js";
import { keptText, linesOf, plainControls } from "./verse-lines.js";

const COUNT = 4;
const TRIES = 12; // seeds, until four lines differ

/** Put the sheet into `root`, closed. @param {(request: object) => void} choose */
export function mountOthers(store, root, choose) {
  let round = 0; // what comes in for an older one is dropped
  const row = h("div", { class: "line-others-row" });
  const title = h("p", {});
  const shut = iconButton("close", "verse.close", close, { class: "plain" });
  const sheet = h("div", { class: "line-others", role: "group", hidden: true }, title, shut, row);
  sheet.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
  });
  root.append(sheet);

  function close() {
    round += 1;
    sheet.hidden = true;
  }

  /** Draw others for the line `at`; every other of `lines` stays. `seen`: the same as they are shown. */
  async function open(at, lines, own, seen) {
    close();
    const mine = round;
    const { request } = store.get();
    const controls = plainControls(request.controls, at);
    controls.kept_lines = keptText(lines, lines.map((_, place) => place !== at), own);
    const label = t("verse.others", { number: at + 1 });
    title.textContent = label;
    sheet.setAttribute("aria-label", label);
    fill(row);
    sheet.hidden = false;
    const known = new Set([seen[at]]);
    for (let tried = 0; tried < TRIES && row.children.length < COUNT; tried += 1) {
      const [seed] = crypto.getRandomValues(new Uint32Array(1));
      const one = { ...request, seed, point: null, controls };
      const body = { request: one, quality: "fast", size: 64 };
      const answer = await store.api("POST", "/studio/render", body, { raw: true });
      if (mine !== round || !answer) return;
      const line = linesOf(decodeURIComponent(answer.headers.get("X-Duet-Text") ?? ""))[at];
      if (!line || known.has(line)) continue;
      known.add(line);
      row.append(h("button", { type: "button", lang: "zh-Hant", on: { click: () => choose(one) } }, line));
      if (row.children.length === 1) row.firstChild.focus({ preventScroll: true });
    }
    if (!row.children.length) store.say("verse.no_others", { number: at + 1 });
  }

  return { open, close };
}
