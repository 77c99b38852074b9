"""Inversion of a melody autoencoder: the encoder's mean, refined.

    z_0 = mu(x),    z* = argmin_z  -log p(x | z) / T + pull a |z|^2 / Z

by Adam (Kingma and Ba 2015, https://arxiv.org/abs/1412.6980) on the likelihood of the melody
itself; |z|^2 is the prior's part. How far a melody is from what was brought is told in distances
of two melodies picked at random, by the share of sixteenths that sound otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from pipelines.bounds import bounded
from pipelines.controls import Value, settings
from pipelines.inverting import Found, Search, not_invertible
from pipelines.latents import normal
from pipelines.music.grid import FIRST, METRES
from pipelines.music.hearing import Heard, hear
from pipelines.music.melody_vae import score
from pipelines.networks.melody import Shape
from pipelines.networks.melody_files import load_encoder
from pipelines.request import Point, Request
from pipelines.run import steady

if TYPE_CHECKING:
    from symusic.core import ScoreTick

    from pipelines.music.melody_vae import MelodyVAE
    from pipelines.networks.melody import Encoder

__all__ = ["MelodyInversion", "read"]

Tokens = NDArray[np.int64]
TYPICAL, RATE = 0.02, 0.05
"""Weight a of the prior's part, and the rate of Adam."""
DRAWS = 32
APART = 2**0.5
"""Distance of two works picked at random, as `pipelines.inverting.Found` has it."""


class MelodyInversion:
    """See the module's docstring and `pipelines.inverting.Inverter`.

    Args:
        pipeline: The model whose latents are found.
        encoder: Tokens -> mean and log variance of z.
    """

    def __init__(self, pipeline: MelodyVAE, encoder: Encoder) -> None:
        self.pipeline, self.encoder = pipeline, encoder
        self._draws: dict[tuple[str, int], Tokens] = {}

    def prepare(self, work: ScoreTick) -> ScoreTick:
        """The melody in the model's own measures; see `pipelines.music.hearing.hear`."""
        heard = hear(work)
        return score(heard.tokens, self._values(heard))

    def see(self, work: ScoreTick) -> ScoreTick:
        """The melody on the grid: a decoder may come as close to it as it can."""
        return self.prepare(work)

    def encode(
        self, work: ScoreTick, search: Search, stopped: Callable[[], bool]
    ) -> Iterator[Found]:
        """See `pipelines.inverting.Inverter`; one step is one step of Adam.

        Raises:
            PipelineError: For a score without a note, or in a metre that the model has not; see
                `pipelines.music.hearing.hear`.
        """
        heard = hear(work)
        shape = Shape(list(METRES).index(heard.metre), heard.bars)
        tokens = torch.from_numpy(heard.tokens)[None]
        modes = torch.tensor([int(heard.mode in ("minor", "dorian"))])
        with torch.no_grad(), steady():
            z = self.encoder(tokens, shape, modes)[0]
        usual = self._usual(heard)
        best = self._found(z, heard, usual, 0, search.steps)
        yield best if search.steps else _ended(best, "done")
        z = z.clone().requires_grad_()
        adam = torch.optim.Adam([z], RATE)
        for step in range(1, search.steps + 1):
            if stopped():
                yield _ended(best, "cancelled")
                return
            with steady():
                loss = self._loss(z, tokens, shape, modes, search.pull)
                adam.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                adam.step()
            if not torch.isfinite(z).all():
                yield _ended(best, "not_finite")
                return
            last = step == search.steps
            if step % 10 == 0 or last:
                now = self._found(z.detach(), heard, usual, step, search.steps)
                if now.distance < best.distance:
                    best = now
                    if not last:
                        yield best
            if last:
                yield _ended(best, "done")

    def _loss(self, z: Tensor, tokens: Tensor, shape: Shape, modes: Tensor, pull: float) -> Tensor:
        logits = self.pipeline.decoder(z, tokens, shape, modes)
        nats = functional.cross_entropy(logits.flatten(0, 1), tokens.flatten())
        loss: Tensor = nats + pull * TYPICAL * z.square().mean()
        return loss

    def _values(self, heard: Heard) -> dict[str, Value]:
        return settings(self.pipeline.controls, heard.controls)

    def _found(self, z: Tensor, heard: Heard, usual: float, step: int, of: int) -> Found:
        made = self.pipeline.write(z.numpy(), self._values(heard))[0]
        latent = z.numpy().astype(np.float32)
        request = Request(self.pipeline.card.id, self.pipeline.weights, point=Point.of(latent))
        request = request.but(controls=dict(heard.controls))
        distance = APART * _apart(made, heard.tokens) / usual
        return Found(request, step, of, distance)

    def _usual(self, heard: Heard) -> float:
        """How far the model's own random melodies are apart."""
        works = self._drawn(heard.metre, heard.bars)
        pairs = zip(works, np.roll(works, 1, axis=0), strict=True)
        return max(1e-6, float(np.mean([_apart(a, b) for a, b in pairs])))

    def _drawn(self, metre: str, bars: int) -> Tokens:
        """Melodies of the model, shape [`DRAWS`, sixteenths]; drawn when first asked for."""
        if (metre, bars) not in self._draws:
            z = normal(1, (DRAWS, self.encoder.sizes.z_dim), "inversion, z")
            asked = {"time_signature": metre, "num_bars": str(bars)}
            values = {**settings(self.pipeline.controls, {}), **asked}
            self._draws[metre, bars] = self.pipeline.write(z, values)
        return self._draws[metre, bars]


def _apart(one: Tokens, other: Tokens) -> float:
    """The share of sixteenths at which another pitch sounds, or a note begins in one alone."""
    same = (_sounding(one) == _sounding(other)) & ((one >= FIRST) == (other >= FIRST))
    return float(1.0 - same.mean())


def _sounding(tokens: Tokens) -> Tokens:
    """The token that sounds at every step."""
    last = np.maximum.accumulate(np.where(tokens != 0, np.arange(len(tokens)), 0))
    return tokens[last]


def _ended(found: Found, why: str) -> Found:
    from dataclasses import replace

    return replace(found, ended=why)  # type: ignore[arg-type]


def read(pipeline: MelodyVAE) -> MelodyInversion:
    """The inversion of a loaded model; its encoder is loaded only when it is asked for.

    Raises:
        PipelineError: ``not_invertible`` for a model without an encoder.
        WeightsError: For an encoder that is damaged or of another model.
    """
    from pipelines.networks.melody_files import ENCODER

    if pipeline.folder is None or not (pipeline.folder / ENCODER).is_file():
        raise not_invertible(pipeline.card.id)
    with bounded(pipeline.folder, {}):
        return MelodyInversion(pipeline, load_encoder(pipeline.folder))
