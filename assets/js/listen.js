/** A button that lets one work be heard, wherever works are looked at; one sounds at a time. */
import { button } from "./dom.js";
import { alone } from "./floor.js";
import { t } from "./i18n.js";

let now = null; // {audio, node}

/**
 * @param {() => Promise<Response | null>} source  gives the sound
 * @param {object} [props]  of the button; `name` tells several apart for those who do not see them
 */
export function listening(source, { name, ...props } = {}) {
  const node = button("music.listen", () => (now?.node === node ? hush() : play(node, source)), props);
  if (name) node.setAttribute("aria-label", `${t("music.listen")}: ${name}`);
  return node;
}

/** The sound of a recipe. @returns {Promise<Response | null>} */
export const soundOf = (store, request) =>
  store.api("POST", "/studio/sound", { request, accept: "audio/flac" }, { raw: true });

/** Whether that button's work is heard. */
export const sounding = (node) => Boolean(node) && now?.node === node;

/** Let the work of a button be heard, from its beginning. */
export async function play(node, source) {
  const mine = (serial += 1);
  const answer = await source();
  if (!answer || mine !== serial || !node.isConnected) return;
  const file = URL.createObjectURL(await answer.blob());
  if (mine !== serial) return;
  hush();
  alone(hush);
  const audio = new Audio(file);
  now = { audio, node };
  node.textContent = t("music.hush");
  node.setAttribute("aria-pressed", "true");
  audio.addEventListener("ended", hush);
  audio.play().catch(hush);
}

let serial = 0;

/** Be still. */
export function hush() {
  serial += 1;
  if (!now) return;
  const { audio, node } = now;
  now = null;
  audio.pause();
  URL.revokeObjectURL(audio.src);
  node.textContent = t("music.listen");
  node.setAttribute("aria-pressed", "false");
}
