/** A recording from the microphone: how loud it is, how long it runs, and its end after some seconds. */

const KINDS = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];
const LOUDEST = 0.35; // root mean square that fills the meter
// A voice is to be heard as it is: what makes calls clear takes a held hum for noise.
const PLAIN = { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: 1 };

/** Why there is no microphone: a key of `hum.`. */
export class NoMicrophone extends Error {}

/**
 * Ask for the microphone and record.
 * @param {{most: number, heard: (seconds: number, level: number) => void, done: (blob: Blob) => void}} on
 *   most: seconds until it ends by itself; heard: every moment, the level from 0 to 1; done: the recording
 * @returns {Promise<{stop: () => void, drop: () => void}>} end it, or end and forget it
 */
export async function record({ most, heard, done }) {
  const stream = await microphone();
  const context = new AudioContext();
  const ear = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(ear);
  const kind = KINDS.find((one) => MediaRecorder.isTypeSupported(one));
  const recorder = new MediaRecorder(stream, kind ? { mimeType: kind } : {});
  const parts = [];
  const samples = new Float32Array(ear.fftSize);
  const began = performance.now();
  let wanted = true;
  recorder.addEventListener("dataavailable", ({ data }) => data.size && parts.push(data));
  recorder.addEventListener("stop", () => {
    for (const track of stream.getTracks()) track.stop();
    context.close();
    if (wanted) done(new Blob(parts, { type: recorder.mimeType }));
  });
  const stop = () => recorder.state === "recording" && recorder.stop();
  const look = () => {
    if (recorder.state !== "recording") return;
    const seconds = (performance.now() - began) / 1000;
    ear.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, one) => sum + one * one, 0) / samples.length;
    heard(Math.min(most, seconds), Math.min(1, Math.sqrt(power) / LOUDEST));
    if (seconds >= most) stop();
    else setTimeout(look, 50);
  };
  recorder.start(250);
  look();
  const drop = () => {
    wanted = false;
    stop();
  };
  return { stop, drop };
}

async function microphone() {
  if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) throw new NoMicrophone("unsafe");
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: PLAIN });
  } catch (error) {
    const why = { NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "missing" };
    throw new NoMicrophone(why[error.name] ?? "broken");
  }
}
