/** The moves of the mixer on the one undo line: a step per gesture, from how the mix stood to how it stands. */
import { plain } from "./mixer-tracks.js";

const textOf = ({ tracks, tempo }) => JSON.stringify([tracks.map(plain), tempo]);
const copyOf = ({ tracks, tempo }) => ({ tracks: tracks.map((one) => ({ ...one })), tempo });

/**
 * @param {object} store
 * @param {() => {tracks: object[], tempo: number | null}} read  the mix as it is
 * @param {(mix: object) => unknown} write  have it be another one; its tracks may be changed
 */
export function steps(store, read, write) {
  let stands = copyOf({ tracks: [], tempo: null });

  /** What stands now is no step of its own: it is on the undo line already, or the server's. */
  function accept() {
    stands = copyOf(read());
  }

  /** A gesture is over: if it changed anything, that can be undone. */
  function settle(label = "undo.mix") {
    const before = stands;
    accept();
    const after = stands;
    if (textOf(before) === textOf(after)) return;
    const to = (mix) => () => {
      stands = mix;
      write(copyOf(mix));
    };
    store.record({ label, undo: to(before), redo: to(after) });
  }

  /** Another mix was opened: a step if it took the place of one. */
  function opened() {
    if (stands.tracks.length) settle("undo.open");
    else accept();
  }

  return { accept, settle, opened };
}
