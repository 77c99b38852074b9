"""Four-part chorales from a small Llama that reads what is given and writes the rest.

Equations (Touvron et al. 2023, https://arxiv.org/abs/2302.13971)::

    x ~ N(0, I)      seed -> latent map of `pipelines.latents`, for every beat of a voice, [D]
    c_i = argmax_c log p(c | told, c_1 ... c_(i-1)) + G(f_c . x)

with what is told and G as in `pipelines.music.chorale_writing`.

*Why a causal network that is told ahead.* An orderless model (Coconet, Huang et al. 2017,
https://arxiv.org/abs/1903.07227) redraws every note some hundred times by blocked Gibbs sampling,
and each draw reads the whole piece; here each note is drawn once, with a cache, and the weights
load into ``LlamaForCausalLM``. What such a network lacks is that it can't see what is given
later, so it is told: the sequence has, at each beat, what given voices will sing one and four
beats later, and given voices come before those that are drawn (`pipelines.music.chorale_walk`).
Trained with random bars of random voices given, one network writes freely, goes on, harmonises a
melody, and fills in any bars of any voices between others.

It hears every chorale in C; the key is a transposition, and tells it where the singers' ranges
lie. Key, metre, bars, tempo and instrument are obeyed exactly; a chorale closes on a triad of its
keynote, unless it is to stay open. The latent is the noise, one layer, [1, 64 x 4 x D], so that
Nearby, Breed and Morph travel as in verse; what is kept (``kept_notes``, ``melody``) stays.

Notes are chosen on the CPU, always: every engine writes the same chorale.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from pipelines.artifact import Artifact
from pipelines.attachments import Attached
from pipelines.controls import Control, Value, settings
from pipelines.latents import LatentSpace, on_shell
from pipelines.music.chorale_controls import chorale_controls
from pipelines.music.chorale_grid import Row, voices_of
from pipelines.music.chorale_keeping import given_of, hold_of
from pipelines.music.chorale_walk import Plan, Told
from pipelines.music.chorale_writing import SHAPE, write
from pipelines.music.drawing import Chances
from pipelines.music.grid import KEYS, transposition
from pipelines.music.writing import score_of_voices
from pipelines.pipeline import Card, Run
from pipelines.request import Request, Weights
from pipelines.shaping import FromNoise
from pipelines.unaided import Unaided

if TYPE_CHECKING:
    from pathlib import Path

    from symusic.core import ScoreTick

    from pipelines.networks.decoding import PoemDecoder

__all__ = ["Chorale", "load", "score"]

Array = NDArray[np.float32]
REFERENCE = "torch-cpu-f32"
GOES_ON = 8
"""Bars that an open chorale is thought to go on for."""


@dataclass(frozen=True)
class Chorale(Unaided, FromNoise):
    """The pipeline of one trained model.

    Attributes:
        card: See `Card`.
        weights: Digest of the weights.
        choir: The network, ready to write.
    """

    noise: ClassVar[str] = "chorale"

    card: Card
    weights: Weights
    choir: PoemDecoder

    @cached_property
    def latent_space(self) -> LatentSpace:
        """The noise, one layer."""
        return LatentSpace.of_noise((1, int(np.prod(SHAPE))))

    @cached_property
    def controls(self) -> tuple[Control, ...]:
        """What the score says, seed, what is given, and how freely notes are drawn."""
        return chorale_controls()

    def generate(self, request: Request, run: Run, attached: Attached) -> Iterator[Artifact]:
        """The score as it grows, bar by bar, then whole.

        Raises:
            ControlError: For a melody or kept bars that cannot be read; see `given_of`.
        """
        run.pause()
        values = settings(self.controls, request.controls)
        noise = on_shell(self.place(request)).reshape(SHAPE)
        steps = 0
        for rows in self.write(values, noise, hold=hold_of(request)):
            run.pause()
            more, steps = rows.shape[1] > steps, rows.shape[1]
            if run.previews and more:
                yield Artifact("music", score(rows, values), request, REFERENCE)
        if not run.previews:
            yield Artifact("music", score(rows, values), request, REFERENCE)

    def write(
        self,
        values: Mapping[str, Value],
        noise: Array,
        *,
        hold: str = "",
        parallels: bool = False,
    ) -> Iterator[Row]:
        """The rows of the four voices in C after each bar, shape [4, T].

        Args:
            values: Every control by name.
            noise: Shape `SHAPE`.
            hold: See `pipelines.music.chorale_keeping`.
            parallels: Whether voices may move in parallel fifths and octaves.

        Raises:
            ControlError: See `generate`.
        """
        plan = _plan(values)
        texts = str(values["melody"]), str(values["kept_notes"])
        given = given_of(*texts, plan.metre, plan.bars, hold)
        told = Told(list(given.rows), np.repeat(given.bars, plan.beats, axis=1).tolist())
        chances = Chances(
            float(values["temperature"]), float(values["top_p"]), int(values["top_k"])
        )
        closes = values["cadence"] == "tonic"
        yield from write(
            self.choir, plan, told, noise, chances, closes=closes, parallels=parallels
        )


def _plan(values: Mapping[str, Value]) -> Plan:
    bars = int(values["num_bars"])
    return Plan(
        metre=str(values["time_signature"]),
        mode=str(values["mode"]),
        shift=transposition(KEYS.index(str(values["key"]))),
        bars=bars,
        left=bars if values["cadence"] == "tonic" else bars + GOES_ON,
    )


def score(rows: Row, values: Mapping[str, Value]) -> ScoreTick:
    """Rows in C, shape [4, T], as the score that the controls ask for."""
    shift = _plan(values).shift
    return score_of_voices(
        voices_of(rows, shift),
        metre=str(values["time_signature"]),
        bars=int(values["num_bars"]),
        key=str(values["key"]),
        mode=str(values["mode"]),
        tempo=float(values["tempo"]),
        instrument=str(values["instrument"]),
    )


def load(folder: Path, card: Card, folder_of: Mapping[str, Path]) -> Chorale:
    """Load a trained model; see `pipelines.catalog.Family`. Its folder holds all its parts."""
    from pipelines.networks.chorale_files import TOKENIZER, WEIGHTS, load_choir
    from pipelines.networks.decoding import PoemDecoder
    from pipelines.networks.network_files import weights_of

    choir = PoemDecoder.of(load_choir(folder))
    return Chorale(card, weights_of([folder / name for name in (WEIGHTS, TOKENIZER)]), choir)
