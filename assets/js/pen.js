/**
 * A hand on a canvas: strokes by mouse, finger or pen, and by keys, where arrows move a cross and
 * Enter puts the pen down and lifts it. Places are shares of the canvas.
 */
const KEY_STEP = 0.02; // for a press on an arrow

/**
 * @param {HTMLCanvasElement} canvas
 * @param {object} on
 *   line(from, to, event)  a piece of a stroke
 *   moved(done)            after each; `done` ends the stroke
 *   paper()                draw the canvas anew: the cross has moved
 *   able()                 whether there is something to draw on
 * @returns {{down: () => boolean, cross: (context: CanvasRenderingContext2D) => void}}
 */
export function pen(canvas, { line, moved, paper, able }) {
  let last = null; // where it was, while it is down
  let cross = null; // where the keys have taken it
  canvas.addEventListener("pointerdown", down);
  canvas.addEventListener("keydown", keyed);
  canvas.addEventListener("blur", () => setCross(null));

  function place(event) {
    const box = canvas.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  }

  function down(event) {
    if (event.button > 0 || !able()) return;
    event.preventDefault();
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    last = place(event);
    line(last, last, event);
    moved(false);
    const move = (next) => {
      for (const one of next.getCoalescedEvents?.() ?? [next]) {
        const here = place(one);
        line(last, here, one);
        last = here;
      }
      moved(false);
    };
    const up = () => {
      last = null;
      canvas.removeEventListener("pointermove", move);
      for (const type of ["pointerup", "pointercancel"]) canvas.removeEventListener(type, up);
      moved(true);
    };
    canvas.addEventListener("pointermove", move);
    for (const type of ["pointerup", "pointercancel"]) canvas.addEventListener(type, up);
  }

  function keyed(event) {
    if (!able()) return;
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (event.key === "Enter") {
      const at = cross ?? { x: 0.5, y: 0.5, down: false };
      setCross({ ...at, down: !at.down });
      if (cross.down) line(cross, cross, event);
      moved(!cross.down);
    } else if (way) {
      const at = cross ?? { x: 0.5, y: 0.5, down: false };
      const far = KEY_STEP * (event.shiftKey ? 4 : 1);
      const clamp = (value) => Math.min(1, Math.max(0, value));
      const next = { ...at, x: clamp(at.x + way[0] * far), y: clamp(at.y + way[1] * far) };
      if (at.down) line(at, next, event);
      setCross(next);
      if (at.down) moved(false);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function setCross(at) {
    if (cross?.down && !at) moved(true);
    cross = at;
    paper();
  }

  /** Draw the cross of the keys, if there is one. */
  function drawCross(context) {
    if (!cross) return;
    const { width, height } = canvas;
    const [x, y] = [cross.x * width, cross.y * height];
    guides(context, [
      [x - 12, y, x + 12, y],
      [x, y - 12, x, y + 12],
    ]);
  }

  return { down: () => last !== null, cross: drawCross };
}

/** Thin lines that are not part of the drawing: [x0, y0, x1, y1] each. */
export function guides(context, lines) {
  context.save();
  context.strokeStyle = "#2f5378";
  context.lineWidth = 2;
  context.globalAlpha = 0.5;
  context.beginPath();
  for (const [x0, y0, x1, y1] of lines) {
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
  }
  context.stroke();
  context.restore();
}

/**
 * How wide a stroke is under this event: a pen draws finer the lighter it is pressed.
 * @param {number} width  of a mouse
 */
export function pressed(event, width) {
  return event.pointerType === "pen" ? width * (0.4 + 1.2 * event.pressure) : width;
}

/**
 * Tell of changes one at a time, the newest state only; that a stroke ended is never lost.
 * @param {(done: boolean) => Promise<void>} tell
 * @returns {(done: boolean) => Promise<void>} call it after every change
 */
export function newest(tell) {
  let dirty = false;
  let busy = false;
  let ended = false;
  return async (done) => {
    dirty = true;
    ended ||= done;
    if (busy) return;
    busy = true;
    while (dirty) {
      dirty = false;
      const now = ended;
      ended = false;
      await tell(now);
    }
    busy = false;
  };
}
