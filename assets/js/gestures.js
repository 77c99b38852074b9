/**
 * Hands on the picture: press and hold compares, dragging left and right moves the active slider,
 * two taps keep, two fingers look closer.
 */
import { compare, endCompare, toggleKeep } from "./toolbar.js";

const HOLD = 350; // ms of pressing before it is a hold
const DOUBLE = 320; // ms between two taps that keep
const SLACK = 6; // px that a finger may stray before it drags
const CLOSEST = 4; // times

let frame;
let canvas;
let store;
let timer = 0;
let tapped = 0;
let start = null; // {x, dragging} of one finger
let pinch = null; // distance of two fingers when the second came down
const fingers = new Map(); // pointerId -> {x, y}

export function mount(the) {
  store = the;
  frame = document.getElementById("frame");
  canvas = document.getElementById("live-canvas");
  frame.addEventListener("pointerdown", down);
  frame.addEventListener("pointermove", move);
  frame.addEventListener("pointerup", up);
  frame.addEventListener("pointercancel", leave);
  frame.addEventListener("contextmenu", (event) => event.preventDefault());
}

function down(event) {
  if (event.button) return;
  fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  frame.setPointerCapture(event.pointerId);
  if (fingers.size === 2) return beginPinch();
  start = { x: event.clientX, dragging: false };
  timer = setTimeout(compare, HOLD);
  return undefined;
}

function move(event) {
  if (!fingers.has(event.pointerId)) return;
  fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  if (pinch) closer();
  else if (start) drag(event.clientX - start.x);
}

function drag(moved) {
  if (!start.dragging) {
    // A hold that has begun to compare goes on comparing.
    if (Math.abs(moved) <= SLACK || canvas.parentElement.classList.contains("held")) return;
    clearTimeout(timer);
    start.dragging = true;
    tell({ phase: "start" });
  }
  tell({ phase: "move", share: moved / frame.clientWidth });
}

/** shape.js moves the active slider. */
function tell(detail) {
  frame.dispatchEvent(new CustomEvent("duet-drag", { detail }));
}

function up(event) {
  const held = frame.classList.contains("held");
  const tap = start && !start.dragging && !held && !pinch;
  leave(event);
  if (!tap) return;
  if (event.timeStamp - tapped < DOUBLE) {
    tapped = 0;
    if (!store.keptWork()) toggleKeep();
  } else tapped = event.timeStamp;
}

function leave(event) {
  fingers.delete(event.pointerId);
  rest();
  if (fingers.size < 2 && pinch) {
    pinch = null;
    canvas.style.transform = "";
  }
}

function rest() {
  clearTimeout(timer);
  if (start?.dragging) tell({ phase: "end" });
  start = null;
  endCompare();
}

function beginPinch() {
  rest();
  const [a, b] = fingers.values();
  pinch = Math.hypot(a.x - b.x, a.y - b.y);
  const box = frame.getBoundingClientRect();
  canvas.style.transformOrigin = `${(a.x + b.x) / 2 - box.x}px ${(a.y + b.y) / 2 - box.y}px`;
}

function closer() {
  const [a, b] = fingers.values();
  const times = Math.min(CLOSEST, Math.max(1, Math.hypot(a.x - b.x, a.y - b.y) / pinch));
  canvas.style.transform = `scale(${times})`;
}
