/** Forget me: asks once, says what goes and what stays; then it goes. */
import { button, fill, h } from "./dom.js";
import { has, t } from "./i18n.js";
import { listed, load } from "./taste.js";

/** The button, and the question in its place. */
export function forget(store) {
  const box = h("div", { class: "forget" });
  const rest = () => fill(box, button("forget.ask", ask));
  const ask = async () => {
    const goes = await store.api("GET", "/studio/taste/forget");
    if (!goes) return;
    const no = button("forget.no", () => {
      rest();
      box.querySelector("button").focus();
    });
    const yes = button("forget.yes", go, { class: "quiet forget-yes" });
    const key = (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      no.click();
    };
    fill(
      box,
      h(
        "div",
        { role: "alertdialog", "aria-labelledby": "forget-what", on: { keydown: key } },
        h("p", { id: "forget-what" }, sentence(goes)),
        yes,
        no,
      ),
    );
    no.focus();
  };
  const go = async () => {
    if (!(await store.api("POST", "/studio/taste/forget"))) return;
    rest();
    store.say("forget.done", {}, "good");
    await load();
    box.querySelector("button").focus();
  };
  rest();
  return box;
}

/** "12 answers, 2 profiles and 1 correction go. Your works stay." */
function sentence(goes) {
  const parts = Object.entries(goes)
    .filter(([name, count]) => count > 0 && has(`forget.what.${name}`))
    .map(([name, count]) => t(`forget.what.${name}`, { count }));
  return parts.length ? t("forget.goes", { what: listed(parts) }) : t("forget.nothing");
}
