/** Plays a film over the stage; Space plays and pauses, anything else that is opened ends it. */
import { address } from "./api.js";
import { fill, h, iconButton, still } from "./dom.js";
import { alone } from "./floor.js";
import { titleOfWork } from "./kept.js";

let shown = null; // {work, node, play, store, off}

/** The film on the stage, or null. */
export const playing = () => shown?.work ?? null;

/** A triptych sounds, so that it waits to be played. */
const silent = (work) => !work.timeline?.works;

/** Put a film on the stage and play it. */
export function play(store, work) {
  stop();
  if (store.get().view !== "studio") location.hash = "#/";
  const source = address(work.original);
  const moving = /video/.test(work.mime ?? "") || !/webp|gif/.test(work.mime ?? work.original);
  const node = moving
    ? h("video", {
        src: source,
        loop: true,
        muted: silent(work),
        playsinline: true,
        poster: address(silent(work) ? work.thumbnail : `${work.original.replace(/original$/, "export")}?format=png`),
        "aria-label": titleOfWork(work),
      })
    : h("img", { src: source, alt: titleOfWork(work), draggable: false });
  const box = h("div", { class: "player" }, node);
  box.addEventListener("pointerdown", (event) => event.stopPropagation());
  document.getElementById("frame").append(box);
  document.documentElement.dataset.film = "on";
  const tools = document.getElementById("slot-tools");
  shown = { work, node, box, store, off: store.subscribe("request", stop) };
  draw(tools);
  addEventListener("keydown", keys, true);
  node.addEventListener("click", toggle);
  if (!silent(work)) node.addEventListener("play", () => alone(pause));
  if (moving && !still() && silent(work))
    node
      .play()
      .catch(() => {})
      .then(() => draw(tools));
  store.say("film.space");
}

function draw(tools) {
  if (!shown) return;
  const on = isPlaying();
  const again = iconButton(on ? "pause" : "play", on ? "film.pause" : "film.play", toggle, {
    class: "plain tool-play",
  });
  fill(tools, again, iconButton("close", "film.leave", stop, { class: "plain" }));
}

/** An animated picture cannot be paused, so its first frame stands in for it. */
function isPlaying() {
  const { node, work } = shown;
  return node.tagName === "VIDEO" ? !node.paused : node.src === address(work.original);
}

/** Play or pause. */
export function toggle() {
  if (!shown) return;
  const { node, work } = shown;
  if (node.tagName !== "VIDEO") node.src = address(isPlaying() ? work.thumbnail : work.original);
  else if (node.paused) node.play();
  else node.pause();
  draw(document.getElementById("slot-tools"));
}

function pause() {
  shown?.node.pause();
  draw(document.getElementById("slot-tools"));
}

/** Space is the film's while it is on; it acts on a focused button as usual. */
function keys(event) {
  const button =
    event.target instanceof HTMLElement &&
    event.target.closest("button, input, textarea, select, [role=option]");
  if (event.key === "Escape") stop();
  else if (event.key === " " && !button) {
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!event.repeat) toggle();
  }
}

/** Take the film off the stage. */
export function stop() {
  if (!shown) return;
  removeEventListener("keydown", keys, true);
  shown.off();
  shown.box.remove();
  shown = null;
  delete document.documentElement.dataset.film;
  fill(document.getElementById("slot-tools"));
}
