/**
 * The live channel, version 1 (docs/live.md): the newest recipe wins.
 *
 * A change of the recipe is sent as a preview: at once, or with the next answer where as many are
 * under way as keep the server busy. 150 ms after the last one the exact picture is asked for and
 * takes the preview's place.
 * Numbers only grow, also over a new connection.
 * Where WebSockets are blocked, the same recipes go through POST /studio/render.
 */
import { address, request as http, StudioError } from "./api.js";
import { forget, sendTo } from "./attached.js";
import { more, plainWay } from "./live-plain.js";
import { near } from "./media.js";
import { isPixelArt } from "./pixels.js";
import { sameRequest } from "./recipe.js";
import { paint, paintFrame, remember, remembered, setState } from "./stage.js";

const VERSION = 1;
const REST = 150; // ms without a move before the exact picture
const LONGEST_REST = 600; // ms, where answers are slow
const WAITS = [300, 700, 1500, 3000, 5000]; // ms before trying to connect again
const SLOW = 400; // ms of a preview that a hand notices
const BUSY = 60; // ms of a preview that several hands, or a slow model, make
const PAST = 16; // previews by which the wire is known
const FRAME = 16; // ms: no server need be asked more often
// On the same machine pixels need no decoder, which a busy browser runs late.
const ACCEPT = near ? "image/x-rgba" : "image/jpeg";

let store;
let socket = null;
let ever = false; // whether a socket has ever opened
let failed = 0;
let seq = 0; // last number sent
let painted = 0; // greatest number on the canvas
let resting = 0; // timer of the exact picture
let waiting = null; // newest recipe, while a slow answer is under way
let usual = 0; // ms that a preview takes, on average over the last ones
let served = 0; // ms of these in the server
let away = []; // ms of the last ones outside it
const asked = new Map(); // seq -> {request, want, at}
const held = []; // who holds back moves while the line is busy

export function mount(the) {
  store = the;
  store.subscribe("request", (state) => {
    if (!store.paints() || !state.request) return;
    show(state.request);
  });
  addEventListener("online", () => link());
  addEventListener("pageshow", () => link());
  link();
}

function tell(patch) {
  store.set({ live: { ...store.get().live, ...patch } });
}

/** Connect, unless there is a connection or one under way. */
function link() {
  if (socket && socket.readyState <= WebSocket.OPEN) return;
  const url = address("/live").replace(/^http/, "ws");
  const mine = new WebSocket(url);
  socket = mine;
  mine.binaryType = "arraybuffer";
  mine.onopen = () => {
    const again = ever;
    forget();
    ever = true;
    failed = 0;
    plain.stop();
    if (again) mine.send(JSON.stringify({ v: VERSION, resume: seq }));
    if (again) store.say("live.back");
    tell({ link: "open" });
    const { request } = store.get();
    if (request && needed(request)) show(request);
  };
  mine.onmessage = (event) => hear(event.data);
  mine.onclose = () => {
    if (socket !== mine) return;
    socket = null;
    lost();
  };
}

/** Whether the canvas does not yet show the exact picture of `request`. */
function needed(request) {
  return !remembered(request) || asked.size > 0;
}

/** After a closed or refused connection: try again; meanwhile, or instead, the plain way. */
async function lost() {
  asked.clear();
  waiting = null;
  const wait = WAITS[Math.min(failed, WAITS.length - 1)];
  failed += 1;
  setTimeout(link, wait);
  const reachable = await http("GET", "/healthz").then(
    () => true,
    () => false,
  );
  if (socket?.readyState === WebSocket.OPEN) return;
  if (reachable && failed > 1) {
    tell({ link: "plain" });
    const { request } = store.get();
    if (request && !remembered(request)) show(request);
  } else if (!reachable) {
    tell({ link: "lost" });
    setState("error");
    store.say("live.lost", {}, "bad");
  }
}

/** Ask for a recipe: a preview now, the exact picture after a rest. */
export function show(request, { exactly = false } = {}) {
  clearTimeout(resting);
  const known = remembered(request);
  waiting = null;
  if (known) {
    resting = 0;
    seq += 1; // whatever is still under way is older than this
    painted = seq;
    asked.clear();
    setState("idle");
    return paintFrame(known, seq);
  }
  if (!exactly && asked.size >= together()) waiting = request;
  else if (!exactly) ask(request, "preview");
  resting = setTimeout(
    () => {
      resting = 0;
      if (sameRequest(request, store.get().request)) ask(request, "final");
    },
    exactly ? 0 : rest(),
  );
  return undefined;
}

/**
 * How long a hand must be still. Where answers are slow, moves also come in late, and a pause between
 * two of them is no rest. An exact picture that was asked for too soon ends when the hand moves on.
 */
function rest() {
  return Math.min(LONGEST_REST, Math.max(REST, usual));
}

/**
 * How many previews may be under way: one in the server, and what the wire holds meanwhile. How long
 * the wire is says the quickest: the others also waited for a busy page, which more would make busier.
 */
function together() {
  const wire = away.length ? Math.min(...away) : 0;
  return 1 + Math.floor(wire / Math.max(FRAME, served));
}

/**
 * Whether a move had better be held back: one waits already, and answers are slow because the machine
 * has much to do. To show each step of a slider would make it later still.
 */
export function busy() {
  return waiting !== null && usual > BUSY;
}

/** Be called when the line is free again, to make the newest of the moves that were held back. */
export function onFree(catchUp) {
  held.push(catchUp);
}

/** The caller paints the way to the next recipe: ask for nothing until `show`. */
export function settle() {
  clearTimeout(resting);
  waiting = null;
}

/** Whether the exact picture of the current recipe stands and nothing is under way. */
export function rested() {
  const { request } = store.get();
  return Boolean(request && !resting && !asked.size && remembered(request));
}

function ask(request, want) {
  seq += 1;
  waiting = null;
  if (socket?.readyState === WebSocket.OPEN) {
    asked.set(seq, { request, want, at: performance.now() });
    setState("rendering");
    sendTo(socket, request);
    socket.send(JSON.stringify({ v: VERSION, seq, request, want, accept: ACCEPT }));
  } else if (store.get().live.link === "plain" && (ever || failed > 1)) {
    setState("rendering");
    plain.ask({ request, want, seq });
  }
}

/** One message down: header length (4 bytes, big-endian), header, bytes. */
async function hear(data) {
  const length = new DataView(data).getUint32(0);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
  if (header.kind === "progress") {
    if (header.state === "loading") store.say("live.loading");
    if (header.state === "growing") await grow(header, new Uint8Array(data, 4 + length));
    return;
  }
  const question = asked.get(header.seq);
  for (const number of asked.keys()) if (number <= header.seq) asked.delete(number);
  if (waiting && asked.size < together()) {
    for (const catchUp of held) catchUp();
    if (waiting) ask(waiting, "preview");
  }
  if (header.kind === "error") return refuse(header);
  if (header.kind !== "frame" || header.seq <= painted) return undefined;
  arrive(await decoded(header, new Uint8Array(data, 4 + length)), header, question);
}

/** The picture of a frame, with what is told of the work. */
async function decoded(header, bytes) {
  const { mime, size } = header;
  const raw = mime === "image/x-rgba";
  const picture = raw ? ofPixels(bytes, size) : await createImageBitmap(new Blob([bytes], { type: mime }));
  return Object.assign(picture, more(header));
}

/** What there is so far of a picture that takes long, unless the hand has moved on. */
async function grow(header, bytes) {
  const of = asked.get(header.seq)?.request;
  const picture = Object.assign(await decoded(header, bytes), { of, growing: true });
  if (header.seq === seq && header.seq > painted) paint(picture, { moving: true });
}

/** Rows of RGBA bytes as a picture that can be painted. */
function ofPixels(bytes, [width, height]) {
  const picture = new OffscreenCanvas(width, height);
  const pixels = new Uint8ClampedArray(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  picture.getContext("2d").putImageData(new ImageData(pixels, width, height), 0, 0);
  return picture;
}

/** Put a decoded frame on the canvas, unless a newer one got there first. */
function arrive(picture, header, question) {
  if (header.seq <= painted) return;
  painted = header.seq;
  if (question) picture.of = question.request;
  paintFrame(picture, header.seq, { moving: header.want === "preview" });
  if (!asked.size) setState("idle");
  if (header.want === "final" && question) {
    remember(question.request, picture);
    tell({ state: "idle", seq: painted, engine: header.engine });
    keepForNextTime(picture);
  } else if (question) {
    const taken = performance.now() - question.at;
    const inside = header.wait_ms + header.render_ms;
    usual += (taken - usual) / 4;
    served += (inside - served) / 4;
    away = [...away, Math.max(0, taken - inside)].slice(-PAST);
    if (taken > SLOW) crowded();
  }
}

function refuse(header) {
  setState("error");
  const { code, name, value, rule, remedy } = header;
  store.fail(new StudioError({ code, name, value, rule, remedy }));
}

let late = 0;

/** Several slow previews in a row: say so once in a while, and why a slider lags. */
function crowded() {
  late += 1;
  if (late % 12 === 4) store.say("live.slow");
}

/** What goes where sockets are blocked. */
const plain = plainWay(arrive, (error) => {
  setState("error");
  store.fail(error);
});

/** This browser's own first picture for the next visit. */
function keepForNextTime(picture) {
  const small = new OffscreenCanvas(picture.width, picture.height);
  small.getContext("2d").drawImage(picture, 0, 0);
  small.convertToBlob({ type: "image/webp", quality: isPixelArt(picture) ? 1 : 0.92 }).then((blob) => {
    const reader = new FileReader();
    reader.onload = () => {
      try {
        localStorage.setItem("duet.last", reader.result);
      } catch {
        // storage is full or off: the opening picture will do
      }
    };
    reader.readAsDataURL(blob);
  });
}
