/**
 * A tune that sounds over and over. Another takes its place at the next beat, at the same place in
 * the tune, with a cross-fade that ends on the beat: the sound never stops in between.
 *
 * A tune is laid out twice in one buffer: as it begins out of silence, and as it goes on when what
 * died away after its end is still heard; only the second half is repeated. Repeating is the
 * browser's work then, so a busy page makes no gap.
 */
const FADE = 0.02; // seconds of a cross-fade
const AHEAD = 0.1; // seconds that a change is planned ahead: a busy page is late
const STEPS = 33;
const RISING = Float32Array.from({ length: STEPS }, (_, at) => Math.sin((at / (STEPS - 1)) * (Math.PI / 2)));
const FALLING = RISING.toReversed();

/**
 * @param {AudioContext} context
 * @param {AudioNode} out  where the sound goes
 */
export function loop(context, out) {
  let now = null; // what sounds: {source, level, beat, beats, began}
  let next = null; // what takes its place at `next.at`

  /** What was to come, if it has come. */
  function turn() {
    if (!next || context.currentTime < next.at - FADE) return;
    now = next;
    next = null;
  }

  /** Take back a change that has not begun. */
  function forget() {
    turn();
    if (!next) return;
    drop(next);
    next = null;
    now.level.gain.cancelScheduledValues(context.currentTime);
  }

  /**
   * Let a tune sound: at once where nothing does, else from the next beat on.
   * @param {AudioBuffer} heard  the tune, and what dies away after it
   * @param {{seconds: number, beats: number}} of  of the tune itself
   * @param {number} [from]  beat to begin on, where nothing sounds
   */
  function enter(heard, { seconds, beats }, from = 0) {
    forget();
    const beat = seconds / beats;
    const source = context.createBufferSource();
    const level = context.createGain();
    source.buffer = twice(context, heard, seconds);
    Object.assign(source, { loop: true, loopStart: seconds, loopEnd: 2 * seconds });
    source.connect(level).connect(out);
    const soon = context.currentTime + AHEAD;
    const [at, place] = now ? meeting(soon + FADE) : [soon, from];
    const offset = (place % beats) * beat;
    const voice = { source, level, beat, beats, at, began: at - offset };
    if (now) {
      level.gain.value = 0; // the source may begin a sample before the curve
      level.gain.setValueCurveAtTime(RISING, at - FADE, FADE);
      now.level.gain.setValueCurveAtTime(FALLING, at - FADE, FADE);
      now.source.stop(at + FADE);
      source.start(at - FADE, seconds + offset - FADE);
      next = voice;
    } else {
      source.start(at, offset);
      now = voice;
    }
  }

  /** The first beat of what sounds after `time`: when it is, and which. */
  function meeting(time) {
    const beat = Math.ceil((time - now.began) / now.beat);
    return [now.began + beat * now.beat, beat];
  }

  function drop({ source, level }) {
    source.stop();
    level.disconnect();
  }

  /** Fall silent. */
  function stop() {
    forget();
    if (!now) return;
    const { source, level } = now;
    const at = context.currentTime;
    level.gain.cancelScheduledValues(at);
    level.gain.setValueCurveAtTime(FALLING, at, FADE);
    source.stop(at + 2 * FADE);
    now = null;
  }

  /** The beat that is heard now, with its part, of the tune that sounds; null in silence. */
  function position() {
    turn();
    if (!now) return null;
    const time = context.currentTime - (context.outputLatency || 0);
    return Math.max(0, (time - now.began) / now.beat) % now.beats;
  }

  return { enter, stop, position };
}

/** A tune out of silence, then the same with the end of itself still dying away. */
function twice(context, heard, seconds) {
  const length = Math.round(seconds * heard.sampleRate);
  const both = context.createBuffer(heard.numberOfChannels, 2 * length, heard.sampleRate);
  for (let channel = 0; channel < heard.numberOfChannels; channel += 1) {
    const samples = heard.getChannelData(channel);
    const laid = both.getChannelData(channel);
    laid.set(samples.subarray(0, length));
    laid.set(samples.subarray(0, length), length);
    // The end dies away into the next time round, however often it goes round meanwhile.
    for (let at = length; at < samples.length; at += 1) laid[length + (at % length)] += samples[at];
  }
  return both;
}
