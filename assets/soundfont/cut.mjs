// Cuts duet.sf2 from FluidR3_GM.sf2: a few instruments, the left channel, long samples at 22 kHz.
//
//   npm install spessasynth_core@4.3.22 && node cut.mjs FluidR3_GM.sf2 duet.sf2
//
// FluidR3_GM.sf2 is in Debian's package fluid-soundfont-gm (3.1-5.3); ffmpeg must be installed.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { GeneratorTypes, SoundBankLoader } from "spessasynth_core";

const PROGRAMS = [0, 6, 24, 32, 40, 48, 71, 73]; // of General MIDI, counted from 0
// Of the standard kit: bass drum to open hi-hat, toms, crash, ride, cowbell.
const DRUM_KEYS = [35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 56];
const PAN = { 42: 120, 43: -160, 45: -80, 46: 120, 47: 40, 48: 100, 49: -120, 50: 160, 51: -160, 56: 80 }; // of 500
const BRIGHT = [42, 46, 51]; // closed and open hi-hat and ride keep their treble
const RATE = 22050;
const LONG = 10000; // a shorter loop would go out of tune when its ends are rounded

const [source, target] = process.argv.slice(2);
const file = readFileSync(source);
const bank = SoundBankLoader.fromArrayBuffer(
  file.buffer.slice(file.byteOffset, file.byteOffset + file.length),
);
const isDrum = (preset) => preset.isGMGSDrum || preset.isAnyDrums;
for (const preset of [...bank.presets]) {
  const melodic = preset.bankMSB === 0 && PROGRAMS.includes(preset.program);
  if (isDrum(preset) ? preset.program !== 0 : !melodic) bank.deletePreset(preset);
}
bank.removeUnusedElements();

const right = (sample) => /(\(R\)|\d ?R)$/.test(sample.name.trim());
const struck = new Set();
for (const preset of bank.presets) {
  const drum = isDrum(preset);
  for (const { instrument } of preset.zones) {
    for (let i = instrument.zones.length - 1; i >= 0; i--) {
      const zone = instrument.zones[i];
      const { min, max } = zone.keyRange;
      const played = !drum || DRUM_KEYS.some((key) => min <= key && key <= max);
      if (right(zone.sample) || !played) {
        instrument.deleteZone(i);
        continue;
      }
      if (drum && !BRIGHT.includes(min)) struck.add(zone.sample);
      zone.setGenerator(GeneratorTypes.pan, drum ? (PAN[min] ?? 0) : 0);
    }
  }
}
bank.removeUnusedElements();

const resample = (sample) => {
  const ratio = RATE / sample.sampleRate;
  const raw = ["-f", "f32le", "-ac", "1"];
  const { stdout } = spawnSync(
    "ffmpeg",
    ["-v", "error", ...raw, "-ar", `${sample.sampleRate}`, "-i", "-", ...raw, "-ar", `${RATE}`, "-"],
    { input: new Uint8Array(sample.getAudioData().buffer), maxBuffer: 1 << 28 },
  );
  sample.setAudioData(new Float32Array(new Uint8Array(stdout).buffer), RATE);
  sample.loopStart = Math.round(sample.loopStart * ratio);
  sample.loopEnd = Math.round(sample.loopEnd * ratio);
};
for (const sample of bank.samples) {
  if (sample.isLinked) sample.unlinkSample();
  sample.setSampleType(1); // mono
  const long = sample.loopEnd - sample.loopStart > LONG;
  if (sample.sampleRate > RATE && (long || struck.has(sample))) resample(sample);
}
bank.flush();
bank.soundBankInfo.name = "Duet, cut from Fluid (R3) General MIDI";
bank.soundBankInfo.comment = "Licensed under the MIT License; see LICENSE.txt";
writeFileSync(target, new Uint8Array(bank.writeSF2()));
