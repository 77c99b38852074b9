/**
 * The desk of the mixer: up to four stems that sound in step, each with its volume and its place.
 *
 * The stems are the channels of one buffer, two each, so that nothing can drift; a change of notes
 * enters at the next beat (loop.js), a change of volume or place at once.
 */
import { loop } from "./loop.js";

const MOST = 4;
const SMOOTH = 0.012; // seconds in which a volume follows the hand: no click
const ROOM = 0.5; // of four stems as loud as one tune each

/** @param {AudioContext} context */
export function desk(context) {
  const apart = { channelCount: 2 * MOST, channelCountMode: "explicit", channelInterpretation: "discrete" };
  const input = new GainNode(context, apart);
  const splitter = new ChannelSplitterNode(context, { numberOfOutputs: 2 * MOST });
  const master = new GainNode(context, { gain: ROOM });
  const limiter = new DynamicsCompressorNode(context, { threshold: -3, knee: 0, ratio: 20, attack: 0.002, release: 0.1 });
  input.connect(splitter);
  master.connect(limiter).connect(context.destination);
  const strips = Array.from({ length: MOST }, (_, at) => strip(context, splitter, at, master));
  const { enter, stop, position } = loop(context, input);

  /** Let stems sound, from the next beat on. */
  function play(buffers, of) {
    const length = Math.max(...buffers.map((one) => one.length));
    const whole = context.createBuffer(2 * buffers.length, length, context.sampleRate);
    buffers.forEach((one, at) => {
      for (const side of [0, 1]) {
        whole.copyToChannel(one.getChannelData(Math.min(side, one.numberOfChannels - 1)), 2 * at + side);
      }
    });
    enter(whole, of);
  }

  /** Where the hand has each track: {volume in dB, pan, heard}. */
  function set(tracks) {
    strips.forEach(({ gain, panner }, at) => {
      const { volume = 0, pan = 0, heard = false } = tracks[at] ?? {};
      gain.gain.setTargetAtTime(heard ? 10 ** (volume / 20) : 0, context.currentTime, SMOOTH);
      panner.pan.setTargetAtTime(pan, context.currentTime, SMOOTH);
    });
  }

  return { play, set, stop, position };
}

/** Two channels of the splitter, as loud and as far to a side as they are set. */
function strip(context, splitter, at, out) {
  const both = new ChannelMergerNode(context, { numberOfInputs: 2 });
  const gain = new GainNode(context, { gain: 0 });
  const panner = new StereoPannerNode(context);
  splitter.connect(both, 2 * at, 0);
  splitter.connect(both, 2 * at + 1, 1);
  both.connect(gain).connect(panner).connect(out);
  return { gain, panner };
}
