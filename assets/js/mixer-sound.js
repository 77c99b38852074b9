/** What is heard of the mixer: the stems of its tracks, asked for once, on the desk. */
import { SOUND } from "./media.js";
import { desk } from "./mixer-desk.js";
import { newest } from "./newest.js";
import { canonical } from "./recipe.js";

const REMEMBERED = 12; // stems

export function mixerSound(store) {
  const stems = new Map(); // what was asked for -> AudioBuffer, newest last
  let context = null;
  let player = null;
  let on = false;

  /** Begin or end. @returns {boolean} whether it is on */
  function toggle() {
    if (on) return silence();
    context ??= new AudioContext({ sampleRate: 48_000 });
    player ??= desk(context);
    context.resume();
    return (on = true);
  }

  function silence() {
    if (on) player.stop();
    return (on = false);
  }

  /** Let tracks sound; from the next beat on, where others do. `told` is what the server said of them. */
  async function play(tracks, { ticks, seconds, beats, mix }) {
    const asked = tracks.map(({ request, transpose }) => ({ request, transpose, tempo: mix.tempo, ticks }));
    const buffers = await Promise.all(asked.map(stemOf));
    if (!on || !buffers.every(Boolean)) return;
    balance(tracks);
    player.play(buffers, { seconds, beats });
  }

  /** Where the hand has each track. */
  function balance(tracks) {
    const alone = tracks.some(({ solo }) => solo);
    player?.set(tracks.map((one) => ({ ...one, heard: alone ? one.solo : !one.mute })));
  }

  async function stemOf(body) {
    const key = canonical(body);
    if (!stems.has(key)) {
      const answer = await store.api("POST", "/studio/mix/stem", { ...body, accept: SOUND }, { raw: true });
      if (!answer) return null;
      stems.set(key, await context.decodeAudioData(await answer.arrayBuffer()));
    }
    return newest(stems, key, REMEMBERED);
  }

  return { toggle, silence, play, balance, on: () => on, position: () => (on ? player.position() : null) };
}
