/** Save file: a small menu of formats at the button that asked; the file always carries its recipe. */
import { h, still } from "./dom.js";
import { t } from "./i18n.js";
import { register } from "./keys.js";
import { isPixelArt } from "./pixels.js";
import { playing } from "./player.js";
import { picture } from "./stage.js";

const FORMATS = {
  picture: ["png", "webp", "json"],
  verse: ["txt", "md", "png", "json"],
  music: ["mid", "wav", "mp3", "musicxml", "png", "json"],
  drums: ["mid", "wav", "mp3", "png", "json"],
};
const MIX = ["wav", "mp3", "mid", "zip", "json"];
const SEEDS = 16; // of a sheet that is made of what is on the stage
const ENDINGS = { "video/mp4": "mp4", "image/webp": "webp", "image/gif": "gif" };

let store;
let shown = null; // {node, from}

/** Open the menu from the toolbar's Save and with S. */
export function mount(given) {
  store = given;
  const save = document.getElementById("tool-save");
  save.setAttribute("aria-haspopup", "menu");
  save.setAttribute("aria-expanded", "false");
  save.addEventListener("click", () => menu(save, playing()));
  register("S", () => menu(save, playing()), { label: "keys.save" });
  document.addEventListener("pointerdown", (event) => {
    if (shown && !shown.node.contains(event.target) && !shown.from.contains(event.target)) close();
  });
}

/** The menu of a kept work, or of what is on the stage where `work` is null. */
export function menu(from, work = null) {
  const medium = work?.medium ?? store.get().model?.medium ?? "picture";
  const formats = work?.timeline ? planFormats(work) : [...FORMATS[medium]];
  const painted = picture();
  if (!work && painted && isPixelArt(painted)) formats.push("sheet");
  const kind = work?.timeline ? planKind(work.timeline) : medium === "picture" ? "" : `${medium}_`;
  pop(from, formats, kind, (format) => {
    if (format === "sheet") sheet({ request: store.get().request, num: SEEDS });
    else save(format, work);
  });
}

/** The menu of a mix that was not kept. */
export function mixMenu(from, mix) {
  pop(from, MIX, "mix_", async (format) => {
    await hand(await store.api("POST", "/studio/mix/export", { mix, format }, { raw: true }), `duet-mix.${format}`);
  });
}

/** A film is saved as the file it was made as, another format is another film; a mix as any of its. */
function planFormats({ mime, timeline }) {
  if (timeline.tracks) return [...MIX, "png"];
  return [ENDINGS[mime] ?? "mp4", ...(timeline.works ? ["png"] : []), "json"];
}

const planKind = ({ tracks }) => (tracks ? "mix_" : "film_");

/** Show formats to choose from; the same button again closes them. */
function pop(from, formats, kind, chosen) {
  const again = shown?.from === from;
  close();
  if (again) return;
  const choose = (format) => {
    close(true);
    chosen(format);
  };
  const item = (format) =>
    h(
      "button",
      { type: "button", role: "menuitem", tabIndex: -1, class: "menu-item", on: { click: () => choose(format) } },
      h("b", {}, FORMAT_NAMES[format] ?? t("filmstrip.sheet")),
      h("span", {}, t(`export.${kind}${format}`, { count: SEEDS })),
    );
  const node = h(
    "div",
    { class: "save-menu", role: "menu", "aria-label": t("export.title"), on: { keydown: walk } },
    formats.map(item),
  );
  (document.querySelector(".gradio-container") ?? document.body).append(node);
  shown = { node, from };
  from.setAttribute("aria-expanded", "true");
  place(node, from);
  node.firstChild.focus();
}

const FORMAT_NAMES = {
  png: "PNG",
  webp: "WebP",
  json: "JSON",
  txt: "TXT",
  md: "Markdown",
  mid: "MIDI",
  wav: "WAV",
  mp3: "MP3",
  musicxml: "MusicXML",
  mp4: "MP4",
  gif: "GIF",
  zip: "ZIP",
};

/** Above the button, inside the window. */
function place(node, from) {
  const [at, size] = [from.getBoundingClientRect(), node.getBoundingClientRect()];
  const above = at.top - size.height - 8;
  node.style.left = `${Math.max(8, Math.min(at.left, innerWidth - size.width - 8))}px`;
  node.style.top = `${above >= 8 ? above : Math.min(at.bottom + 8, innerHeight - size.height - 8)}px`;
  if (!still())
    node.animate(
      [
        { opacity: 0, transform: "translateY(4px)" },
        { opacity: 1, transform: "none" },
      ],
      120,
    );
}

function walk(event) {
  const items = [...shown.node.children];
  const at = items.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
  if (to !== undefined) items[(to + items.length) % items.length].focus();
  else if (event.key === "Escape" || event.key === "Tab") close(true);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function close(back = false) {
  if (!shown) return;
  const { node, from } = shown;
  shown = null;
  node.remove();
  from.setAttribute("aria-expanded", "false");
  if (back) from.focus();
}

/** Fetch the file and hand it to the browser. */
export async function save(format, work = null) {
  const { request } = store.get();
  const answer = work
    ? await store.api("GET", `/studio/works/${work.id}/export?format=${format}`, undefined, { raw: true })
    : await store.api("POST", "/studio/export", { request, format }, { raw: true });
  if (await hand(answer, `duet.${format}`)) store.note("export", { format, work: work?.id ?? null });
}

/**
 * Several works as one picture with an atlas, in a zip.
 * @param {object} what  {works: ids} of kept ones, or {request, num}: so many seeds of a recipe
 */
export async function sheet(what) {
  store.say("export.sheet_making");
  await hand(await store.api("POST", "/studio/sheet", what, { raw: true }), "duet-sheet.zip");
}

/** Hand an answer to the browser as a file; whether there was one. */
async function hand(answer, otherwise) {
  if (!answer) return false;
  const name =
    /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? otherwise;
  const link = h("a", { href: URL.createObjectURL(await answer.blob()), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  store.say("export.saved", { name }, "good");
  return true;
}
