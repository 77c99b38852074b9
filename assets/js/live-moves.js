/**
 * Moves that come faster than pictures.
 *
 * Where a move already waits for the line and answers are slow, the machine has much to do, and to show
 * every step of a slider would make its pictures later still: only the newest is made, at the latest
 * when the line is free.
 */
import { busy, onFree } from "./live.js";

const LATE = 60; // ms that a slider's figure may be behind

/**
 * @param {(name: string, value: number, done: boolean) => void} make
 */
export function newestOf(make) {
  let late = null; // {name, value} of the move that is held back
  let timer = 0;

  function catchUp(done = false) {
    clearTimeout(timer);
    timer = 0;
    const move = late;
    late = null;
    if (move) make(move.name, move.value, done);
  }

  onFree(() => catchUp());
  return {
    /** A slider is at a value; `done` when the hand let go of it, which is never held back. */
    hear(name, value, done) {
      if (late && late.name !== name) catchUp();
      late = { name, value };
      if (done || !busy()) catchUp(done);
      else timer ||= setTimeout(() => catchUp(), LATE);
    },
    /** Something else put this slider elsewhere: what was held back is older. */
    overtake(name) {
      if (late?.name === name) late = null;
    },
  };
}
