"""Drum patterns of 16 steps a bar from a variational autoencoder: one vector is two bars.

Equations (Roberts et al. 2018, MusicVAE, https://arxiv.org/abs/1803.05428; swing and humanise are
what Gillick et al. 2019, https://arxiv.org/abs/1905.06118, learn, and rules here)::

    z ~ N(0, I)                        seed -> latent map of `pipelines.latents`, [1, Z]; a
                                       taught version has a mixture of Gaussians
    z = psi z                          truncation towards the typical pattern
    z = z + sum_i offset_i d_i         measured directions
    x_td = argmax_l log p(l | z, c)_td / temperature + g_td       level of drum d at sixteenth t
    score = played(x, tempo, swing, humanise)                     see `pipelines.music.drum_grid`

c is the style, or none. Where it starts, at a temperature of 0, the pattern depends on z and the
style alone; g is Gumbel noise of the seed, and so is the noise of the hand. One bar is the first
of the two, four are both twice. Levels are chosen in torch on the CPU, always: every engine
writes the same pattern.
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
from pipelines.music.drum_grid import BAR, LANES, LEVELS, STEPS, Feel, repeated, score_of
from pipelines.music.groove_controls import BARS, groove_controls
from pipelines.pipeline import Card, Run
from pipelines.request import Request, Weights
from pipelines.run import steady
from pipelines.shaping import Shaping, baked
from pipelines.unaided import Unaided

if TYPE_CHECKING:
    from pathlib import Path

    from symusic.core import ScoreTick

    from pipelines.networks.groove import Decoder
    from pipelines.networks.mixture import Mixture

__all__ = ["Groove", "load"]

Array = NDArray[np.float32]
Levels = NDArray[np.int64]
REFERENCE = "torch-cpu-f32"
MOST_STEPS = int(BARS[-1]) * BAR


@dataclass(frozen=True)
class Groove(Unaided):
    """The pipeline of one trained groove autoencoder.

    Attributes:
        card: See `Card`.
        weights: Digest of the decoder's weights.
        decoder: z and a style -> logits of every cell.
        styles: Names of the styles that can be told.
        latent_space: The space of z with its directions.
        mixture: What seeds are drawn from, once it was taught; None for N(0, I).
    """

    card: Card
    weights: Weights
    decoder: Decoder
    styles: tuple[str, ...]
    latent_space: LatentSpace
    mixture: Mixture | None = field(default=None, repr=False, compare=False)

    @cached_property
    def controls(self) -> tuple[Control, ...]:
        """Style, what the score says, how it is played, seed, directions, daring."""
        return groove_controls(self.styles, self.latent_space)

    @property
    def teaching(self) -> tuple[str, ...]:
        """See `pipelines.abilities.Teachable`."""
        return ("groove-elbo",)

    def locate(self, request: Request) -> Array:
        """The latent before truncation and directions, shape [1, Z]."""
        return self._shaping.locate(request)

    def place(self, request: Request) -> Array:
        """The latent as the decoder sees it, shape [1, Z]."""
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
            noise = standard_gumbel(request.seed, (STEPS, len(LANES), LEVELS), "strokes")
        levels = self.write(self.place(request), values, noise)[0]
        yield Artifact("drums", _played(levels, values, request.seed), request, REFERENCE)

    def write(self, z: Array, values: Mapping[str, Value], noise: Array | None = None) -> Levels:
        """The levels of patterns, each with a stroke in its first bar, shape [N, STEPS, lanes].

        Args:
            z: Latents, shape [N, Z].
            values: Controls by name.
            noise: Gumbel noise, shape [STEPS, lanes, levels]; needed at a temperature above 0.
        """
        import torch

        told = (*self.styles, str(values["style"])).index(str(values["style"]))
        with steady(), torch.no_grad():
            logits = self.decoder(torch.from_numpy(z), torch.full((len(z),), told)).numpy()
        if noise is not None:
            logits = logits / np.float32(values["temperature"]) + noise
        levels: Levels = logits.argmax(axis=3)
        for row in np.flatnonzero(~(levels[:, :BAR] > 0).any(axis=(1, 2))):
            struck = logits[row, :BAR, :, 1:]  # the likeliest stroke of all
            step, lane, level = np.unravel_index(int(struck.argmax()), struck.shape)
            levels[row, step, lane] = level + 1
        return levels

    @property
    def _shaping(self) -> Shaping:
        space = self.latent_space
        if self.mixture is not None:
            mixture = self.mixture
            return Shaping(space, lambda seed: mixture.seeded(seed)[None], space.center)
        return Shaping(space, lambda seed: normal(seed, space.shape, "z"), space.center)


def _played(levels: Levels, values: Mapping[str, Value], seed: int) -> ScoreTick:
    """A pattern as the score that the controls ask for."""
    feel = Feel(
        tempo=float(values["tempo"]),
        swing=float(values["swing"]) / 100,
        humanise=float(values["humanise"]),
        noise=normal(seed, (MOST_STEPS, len(LANES), 2), "hand"),
    )
    return score_of(repeated(levels, int(values["num_bars"])), feel)


def load(folder: Path, card: Card, folder_of: Mapping[str, Path]) -> Groove:
    """Load a trained decoder; see `pipelines.catalog.Family`."""
    from pipelines.mixed_files import read_mixed
    from pipelines.networks.groove_files import WEIGHTS, load_decoder, read_styles

    decoder = load_decoder(folder)
    parts = read_mixed(folder, WEIGHTS, decoder.sizes.z_dim)
    return Groove(card, decoder=decoder, styles=read_styles(folder), **parts)
