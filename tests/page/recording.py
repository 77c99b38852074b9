"""What a page lets be heard: every sample that goes to the loudspeaker, and when sources begin."""

from __future__ import annotations

import base64
import contextlib
import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ParamSpec

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page

P = ParamSpec("P")
RATE = 48_000

RECORDER = """
(() => {
  const tape = (window.tape = { parts: [], starts: [] });
  const worklet = `registerProcessor("tape", class extends AudioWorkletProcessor {
    process([input]) {
      const left = input[0] ?? new Float32Array(128);
      this.port.postMessage([currentFrame, left.slice()]);
      return true;
    }
  })`;
  const Plain = window.AudioContext;
  window.AudioContext = class extends Plain {
    constructor(...options) {
      super(...options);
      this.tap = this.createGain();
      const source = URL.createObjectURL(new Blob([worklet], { type: "text/javascript" }));
      this.audioWorklet.addModule(source).then(() => {
        const node = new AudioWorkletNode(this, "tape", { numberOfInputs: 1, numberOfOutputs: 0 });
        node.port.onmessage = ({ data }) => tape.parts.push(data);
        connect.call(this.tap, node);
        tape.on = true;
      });
    }
  };
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (to, ...rest) {
    if (to === this.context.destination && this.context.tap) connect.call(this, this.context.tap);
    return connect.call(this, to, ...rest);
  };
  const start = AudioBufferSourceNode.prototype.start;
  AudioBufferSourceNode.prototype.start = function (when, offset) {
    tape.starts.push({ when, offset, length: this.buffer.duration });
    return start.call(this, when, offset);
  };
})();
"""

TAKE = """() => {
  const bytes = (array) => {
    let text = "";
    const raw = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    for (let at = 0; at < raw.length; at += 8192)
      text += String.fromCharCode(...raw.subarray(at, at + 8192));
    return btoa(text);
  };
  const { parts, starts } = window.tape;
  const all = new Float32Array(parts.length * 128);
  parts.forEach(([, samples], at) => all.set(samples, at * 128));
  return { samples: bytes(all), frames: parts.map(([frame]) => frame), starts };
}"""


@dataclass(frozen=True)
class Tape:
    """What was heard.

    Attributes:
        samples: Left channel, without a hole, shape [n].
        first: Seconds of the page's audio clock at which the tape begins.
        starts: Of every source in turn, ``when`` it was to begin and at which ``offset`` of its
            ``length``, seconds.
    """

    samples: NDArray[np.float32]
    first: float
    starts: list[dict[str, float]]

    def between(self, begin: float, end: float) -> NDArray[np.float32]:
        """What was heard from one time of the clock to another."""
        at = [max(0, round((time - self.first) * RATE)) for time in (begin, end)]
        return self.samples[at[0] : at[1]]

    @property
    def end(self) -> float:
        """Seconds of the clock at which it ends."""
        return self.first + len(self.samples) / RATE


def record(context: Any) -> None:
    """Have every page of a browser context recorded from its start."""
    context.add_init_script(RECORDER)


class TornTapeError(AssertionError):
    """The recorder missed something; nothing is known of what was heard."""


def untorn(test: Callable[P, None]) -> Callable[P, None]:
    """A test that is played again where its recording was torn.

    The recorder hands its samples to a page that does other work as well, and a machine with
    much to do loses some whatever is played. What a whole tape says is never asked twice.
    """

    @functools.wraps(test)
    def played(*args: P.args, **kwargs: P.kwargs) -> None:
        for _ in range(3):
            with contextlib.suppress(TornTapeError):
                return test(*args, **kwargs)
        return test(*args, **kwargs)

    return played


def tape_of(page: Page) -> Tape:
    """What was heard so far.

    Raises:
        TornTapeError: If the tape has a hole after the beginning of the second sound.
    """
    told = page.evaluate(TAKE)
    frames = np.array(told["frames"])
    holes = np.flatnonzero(np.diff(frames) != 128)
    begin = holes[-1] + 1 if len(holes) else 0  # the tape starts with a jerk
    second = told["starts"][1]["when"]
    if frames[begin] / RATE >= second - 0.8:
        raise TornTapeError("the tape itself has a hole")
    samples = np.frombuffer(base64.b64decode(told["samples"]), np.float32)[begin * 128 :]
    return Tape(samples, frames[begin] / RATE, told["starts"])


def loudness(samples: NDArray[np.float32], window: float = 0.02) -> NDArray[np.float32]:
    """Root mean square of every window of so many seconds."""
    length = round(window * RATE)
    whole = samples[: len(samples) // length * length].reshape(-1, length)
    return np.sqrt((whole**2).mean(axis=1))


def roughness(samples: NDArray[np.float32]) -> float:
    """The largest jump of the slope from one sample to the next: a click stands out."""
    return float(np.abs(np.diff(samples, n=2)).max())
