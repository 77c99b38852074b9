"""Melodies of 2 or 4 bars from a variational autoencoder: one vector is one melody.

Equations (Roberts et al. 2018, MusicVAE, https://arxiv.org/abs/1803.05428)::

    z ~ N(0, I)                         seed -> latent map of `pipelines.latents`, [1, Z]; a
                                        taught version has a mixture of Gaussians
    z_a = q_a z_a                       less of the numbers that attributes are tied to
    z = psi z                           truncation towards the typical melody
    z = z + sum_i offset_i d_i          measured directions
    f = plan(z, metre, bars, third)     what z wants at every sixteenth
    x_t = argmax_x log p(x | f_t, x_1 ... x_(t-1)) / temperature + g_t     g Gumbel noise

The network hears every tune in C; the key is a transposition, so that it is obeyed exactly, as are
metre, bars, tempo and instrument, which it writes into the score. Bars that are kept
(``kept_notes``) stand where the player would choose; it reads on from them. Notes outside the
scale are ruled out before a token is chosen, unless ``accidentals`` are asked for. Where it
starts, at a temperature of 0, the melody depends on z alone.

Notes are chosen in torch and NumPy on the CPU, always: every engine writes the same melody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.artifact import Artifact
from pipelines.attachments import Attached
from pipelines.controls import Control, Value, settings
from pipelines.latents import LatentSpace, normal, standard_gumbel
from pipelines.music.grid import (
    FIRST,
    KEYS,
    METRES,
    MOST_BARS,
    MOST_STEPS,
    NUM_TOKENS,
    REST,
    notes_of,
    scale_tokens,
    transposition,
)
from pipelines.music.keeping import kept_of
from pipelines.music.melody_controls import shaping_controls, song_controls
from pipelines.music.melody_writing import Plan, Player
from pipelines.music.tilt import quieted
from pipelines.music.writing import score_of
from pipelines.pipeline import Card, Run
from pipelines.request import Request, Weights
from pipelines.run import steady
from pipelines.shaping import Shaping, baked
from pipelines.unaided import Unaided

if TYPE_CHECKING:
    from pathlib import Path

    from symusic.core import ScoreTick

    from pipelines.music.melody_inversion import MelodyInversion
    from pipelines.networks.melody import Decoder
    from pipelines.networks.mixture import Mixture

__all__ = ["MelodyVAE", "load"]

Array = NDArray[np.float32]
Tokens = NDArray[np.int64]
REFERENCE = "torch-cpu-f32"


@dataclass(frozen=True)
class MelodyVAE(Unaided):
    """The pipeline of one trained melody autoencoder.

    Attributes:
        card: See `Card`.
        weights: Digest of the decoder's weights.
        decoder: z -> plan -> tokens.
        latent_space: The space of z with its directions.
        folder: Where its encoder is found; None for one that was built in memory.
        mixture: What seeds are drawn from, once it was taught; None for N(0, I).
    """

    card: Card
    weights: Weights
    decoder: Decoder
    latent_space: LatentSpace
    folder: Path | None = field(default=None, repr=False, compare=False)
    mixture: Mixture | None = field(default=None, repr=False, compare=False)

    @cached_property
    def controls(self) -> tuple[Control, ...]:
        """What the score says, seed, directions, and how freely notes are chosen."""
        return (*song_controls(), *shaping_controls(self.latent_space))

    @property
    def teaching(self) -> tuple[str, ...]:
        """See `pipelines.abilities.Teachable`."""
        return ("melody-elbo",)

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
            noise = standard_gumbel(request.seed, (MOST_BARS * MOST_STEPS, NUM_TOKENS), "notes")
        tokens = self.write(self.place(request), values, noise)[0]
        yield Artifact("music", score(tokens, values), request, REFERENCE)

    def write(self, z: Array, values: Mapping[str, Value], noise: Array | None = None) -> Tokens:
        """The tokens of melodies, each with a note at least, shape [N, T].

        Args:
            z: Latents, shape [N, Z].
            values: Controls by name.
            noise: Gumbel noise, shape [most steps, V]; needed at a temperature above 0.
        """
        import torch

        from pipelines.networks.melody import Shape

        metre, bars = str(values["time_signature"]), int(values["num_bars"])
        shape = Shape(list(METRES).index(metre), bars)
        minor = int(str(values["mode"]) in ("minor", "dorian"))
        with steady():
            modes = torch.full((len(z),), minor)
            plan = Plan.of(self.decoder, torch.from_numpy(z), shape, modes)
        free = np.ones(NUM_TOKENS, dtype=bool)
        allowed = free if values["accidentals"] == "free" else scale_tokens(str(values["mode"]))
        noise = None if noise is None else noise[: shape.steps]
        temperature = float(values["temperature"])
        kept = kept_of(str(values["kept_notes"]), metre, bars)
        tokens = self._player.write(plan, allowed, noise, temperature, kept)
        silent = np.flatnonzero(~(tokens >= FIRST).any(axis=1))
        if len(silent):
            sounding = allowed & (np.arange(NUM_TOKENS) != REST)
            again = plan.some(silent)
            tokens[silent] = self._player.write(again, sounding, noise, temperature, kept)
        return tokens

    def inverter(self) -> MelodyInversion:
        """See `pipelines.inverting.Invertible`; loaded when first asked for."""
        return self._inverter

    @cached_property
    def _inverter(self) -> MelodyInversion:
        from pipelines.music.melody_inversion import read

        return read(self)

    @cached_property
    def _player(self) -> Player:
        return Player.of(self.decoder)

    @property
    def _shaping(self) -> Shaping:
        space = self.latent_space
        if self.mixture is not None:
            mixture = self.mixture
            return Shaping(space, lambda seed: quieted(mixture.seeded(seed)[None]), space.center)
        return Shaping(space, lambda seed: quieted(normal(seed, space.shape, "z")), space.center)


def score(tokens: Tokens, values: Mapping[str, Value]) -> ScoreTick:
    """Tokens in C as the score that the controls ask for."""
    key = str(values["key"])
    by = transposition(KEYS.index(key)) + 12 * int(values["octave"])
    notes = [replace(note, pitch=note.pitch + by) for note in notes_of(tokens)]
    return score_of(
        notes,
        metre=str(values["time_signature"]),
        bars=int(values["num_bars"]),
        key=key,
        mode=str(values["mode"]),
        tempo=float(values["tempo"]),
        instrument=str(values["instrument"]),
    )


def load(folder: Path, card: Card, folder_of: Mapping[str, Path]) -> MelodyVAE:
    """Load a trained decoder; see `pipelines.catalog.Family`."""
    from pipelines.mixed_files import read_mixed
    from pipelines.networks.melody_files import WEIGHTS, load_decoder

    decoder = load_decoder(folder)
    parts = read_mixed(folder, WEIGHTS, decoder.sizes.z_dim)
    return MelodyVAE(card, decoder=decoder, folder=folder, **parts)
