"""Four bars in four voices from a generative adversarial network: one vector is all of them.

Equations (Dong et al. 2018, MuseGAN, https://arxiv.org/abs/1709.06298; binary neurons of Dong and
Yang 2018, https://arxiv.org/abs/1804.09399)::

    z ~ N(0, I)                        seed -> latent map of `pipelines.latents`, [1, Z]; a
                                       taught version has a mixture of Gaussians
    z = psi z                          truncation towards the typical music
    z = z + sum_i offset_i d_i         measured directions
    x = hard(f(z, c) + temperature g)  see `pipelines.networks.muse_gan`

c is the mode. The network writes in C major or A minor, which have the same notes; the key is a
transposition, so that key, metre (4/4), bars (4), tempo and instrument are obeyed exactly. Where
it starts, at a temperature of 0, the music depends on z and the mode alone; g is Gumbel noise of
the seed. Every voice begins with a note. Notes are chosen in torch on the CPU, always: every
engine writes the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.artifact import Artifact
from pipelines.attachments import Attached
from pipelines.controls import Control, Value, settings
from pipelines.latents import LatentSpace, normal, standard_gumbel
from pipelines.music.chorale_grid import MODE_NAMES, voices_of
from pipelines.music.grid import KEYS
from pipelines.music.muse_gan_controls import muse_controls
from pipelines.music.muse_roll import (
    BARS,
    METRE,
    NUM_PITCHES,
    NUM_VOICES,
    SILENT,
    STEPS,
    Rolls,
    moved,
    rows_of,
)
from pipelines.music.writing import score_of_voices
from pipelines.pipeline import Card, Run
from pipelines.request import Request, Weights
from pipelines.run import steady
from pipelines.shaping import Shaping, baked
from pipelines.unaided import Unaided

if TYPE_CHECKING:
    from pathlib import Path

    from symusic.core import ScoreTick

    from pipelines.networks.mixture import Mixture
    from pipelines.networks.muse_gan import Generator

__all__ = ["MuseGAN", "load"]

Array = NDArray[np.float32]
REFERENCE = "torch-cpu-f32"
NOISE = (NUM_VOICES, STEPS, NUM_PITCHES + 2)


@dataclass(frozen=True)
class MuseGAN(Unaided):
    """The pipeline of one trained generator.

    Attributes:
        card: See `Card`.
        weights: Digest of the generator's weights.
        generator: z and a mode -> logits of four voices.
        latent_space: The space of z with its directions.
        mixture: What seeds are drawn from, once it was taught; None for N(0, I).
    """

    card: Card
    weights: Weights
    generator: Generator
    latent_space: LatentSpace
    mixture: Mixture | None = field(default=None, repr=False, compare=False)

    @cached_property
    def controls(self) -> tuple[Control, ...]:
        """What the score says, seed, directions, daring."""
        return muse_controls(self.latent_space)

    @property
    def teaching(self) -> tuple[str, ...]:
        """See `pipelines.abilities.Teachable`."""
        return ("muse-prior",)

    def locate(self, request: Request) -> Array:
        """The latent before truncation and directions, shape [1, Z]."""
        return self._shaping.locate(request)

    def place(self, request: Request) -> Array:
        """The latent as the generator sees it, shape [1, Z]."""
        return self._shaping.place(request)

    def bake(self, request: Request, latent: Array) -> Request:
        """A recipe whose `place` is exactly ``latent``; what the score says stays."""
        return baked(request, latent)

    def generate(self, request: Request, run: Run, attached: Attached) -> Iterator[Artifact]:
        """One score; there are no previews on the way."""
        run.pause()
        values = settings(self.controls, request.controls)
        noise = None
        if float(values["temperature"]) > 0:
            noise = standard_gumbel(request.seed, NOISE, "voices")
        rolls = self.write(self.place(request), values, noise)
        yield Artifact("music", score(rolls, values), request, REFERENCE)

    def write(self, z: Array, values: Mapping[str, Value], noise: Array | None = None) -> Rolls:
        """What is written of latents, in C major or A minor.

        Args:
            z: Latents, shape [N, Z].
            values: Controls by name.
            noise: Gumbel noise, shape `NOISE`; needed at a temperature above 0.
        """
        import torch

        from pipelines.networks.muse_gan import NEVER, chosen

        mode = MODE_NAMES.index(str(values["mode"]))
        loose = None
        if noise is not None:
            loose = torch.from_numpy(noise * np.float32(values["temperature"]))
        with steady(), torch.no_grad():
            pitches, begins = self.generator(torch.from_numpy(z), torch.full((len(z),), mode))
            pitches[:, :, 0, SILENT] = NEVER * STEPS
            found = chosen(pitches, begins, loose)
        return Rolls(found[0].numpy(), found[1].numpy())

    @property
    def _shaping(self) -> Shaping:
        space = self.latent_space
        if self.mixture is not None:
            mixture = self.mixture
            return Shaping(space, lambda seed: mixture.seeded(seed)[None], space.center)
        return Shaping(space, lambda seed: normal(seed, space.shape, "z"), space.center)


def score(rolls: Rolls, values: Mapping[str, Value]) -> ScoreTick:
    """The one work of ``rolls`` as the score that the controls ask for."""
    key, mode = str(values["key"]), str(values["mode"])
    (rows,) = rows_of(rolls)
    return score_of_voices(
        voices_of(rows, moved(KEYS.index(key), mode)),
        metre=METRE,
        bars=BARS,
        key=key,
        mode=mode,
        tempo=float(values["tempo"]),
        instrument=str(values["instrument"]),
    )


def load(folder: Path, card: Card, folder_of: Mapping[str, Path]) -> MuseGAN:
    """Load a trained generator; see `pipelines.catalog.Family`."""
    from pipelines.mixed_files import read_mixed
    from pipelines.networks.muse_gan_files import WEIGHTS, load_generator

    generator = load_generator(folder)
    parts = read_mixed(folder, WEIGHTS, generator.sizes.z_dim)
    return MuseGAN(card, generator=generator, **parts)
