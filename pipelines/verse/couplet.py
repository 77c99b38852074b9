"""Couplets from a variational autoencoder: one vector is two lines.

Equations (Bowman et al. 2016, https://arxiv.org/abs/1511.06349)::

    z ~ N(0, I)                         seed -> latent map of `pipelines.latents`, [1, Z]; where a
    z ~ q(z | x)                        person has written a couplet x, the encoder's answer
    z_a = q_a z_a                       less of the numbers that attributes are tied to
    z = psi z                           truncation towards the typical couplet
    z = z + sum_i offset_i d_i          measured directions
    x_t = argmax_x log p(x | z, x_(t-R) ... x_(t-1)) / temperature + g_t     g Gumbel noise

Where it starts, at a temperature of 0, the couplet depends on z alone, so that near z give near
couplets. Lines that are kept (``kept_lines``) stand where the model would write; the second line
hears the first.

Words are chosen in NumPy on the CPU, always: every engine writes the same couplet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.artifact import Artifact
from pipelines.attachments import Attached
from pipelines.controls import Choice, Control, Prompt, Seed, Slider, settings
from pipelines.latents import LatentSpace, normal, standard_gumbel
from pipelines.pipeline import Card, Run
from pipelines.request import Point, Request, Weights
from pipelines.run import steady
from pipelines.shaping import Shaping, sliders
from pipelines.unaided import Unaided
from pipelines.verse.couplet_tilt import quieted
from pipelines.verse.couplet_wishes import FORM, LINES, given_of, own_of
from pipelines.verse.couplet_words import Lexicon
from pipelines.verse.couplet_writing import PLACES, Writer
from pipelines.verse.pacing import evenly
from pipelines.verse.poet import REFERENCE, no_such_place
from pipelines.verse.stanza_forms import WIDEST, lines_of

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.networks.couplet import Decoder, Encoder

__all__ = ["CoupletVAE", "load"]

Array = NDArray[np.float32]
PLACED = ("truncation_psi", "wander", "wander_seed", "own_lines")
"""Controls that a latent already holds."""
DARING = 1.5
WAYS, BESIDE, FAR = 48, 3, 0.6
"""Works looked at on the way of a morph, ways beside it, and how far these are in its middle."""
MIN_P = 0.05
"""Of what is drawn at a temperature above 0, the least share of the likeliest word's chance."""


@dataclass(frozen=True)
class CoupletVAE(Unaided):
    """The pipeline of one trained autoencoder of couplets.

    Attributes:
        card: See `Card`.
        weights: Digest of the decoder's weights and its words.
        encoder: Couplets -> z.
        decoder: z -> words.
        writer: The same, ready to write.
        latent_space: The space of z with its directions.
    """

    card: Card
    weights: Weights
    encoder: Encoder
    decoder: Decoder
    writer: Writer
    latent_space: LatentSpace

    @property
    def lexicon(self) -> Lexicon:
        """The words it has learnt."""
        return self.writer.lexicon

    @cached_property
    def controls(self) -> tuple[Control, ...]:
        """What a person gives, seed, directions, and how freely words are chosen."""
        return (*_words(), *sliders(self.latent_space), _daring())

    @property
    def finishes(self) -> tuple[str, ...]:
        """See `pipelines.abilities.Finishable`: there are no other characters."""
        return ("polish",)

    @cached_property
    def spellings(self) -> frozenset[str]:
        """See `pipelines.abilities.Lettered`."""
        return frozenset(one.word for one in self.lexicon.words)

    def locate(self, request: Request) -> Array:
        """The latent before truncation and directions, shape [1, Z]."""
        return self._shaping(request).locate(request)

    def place(self, request: Request) -> Array:
        """The latent as the decoder sees it, shape [1, Z]."""
        return self._shaping(request).place(request)

    def bake(self, request: Request, latent: Array) -> Request:
        """A recipe whose `place` is exactly ``latent``; lines that are kept stay."""
        kept = {name: value for name, value in request.controls.items() if name not in PLACED}
        return request.but(point=Point.of(latent), directions=(), controls=kept)

    def generate(self, request: Request, run: Run, attached: Attached) -> Iterator[Artifact]:
        """Both lines at once; there are no previews on the way.

        Raises:
            ControlError: For lines that are no couplet; see `pipelines.verse.couplet_wishes`.
        """
        run.pause()
        values = settings(self.controls, request.controls)
        own_of(str(values["own_lines"]))
        given = given_of(values)
        temperature = float(values["temperature"])
        noise = None
        if temperature > 0:
            noise = standard_gumbel(request.seed, (PLACES, len(self.lexicon)), "words")
        tokens = self.write(self.place(request), temperature, noise, given)[0]
        written = self.lexicon.text(tokens).split("\n")
        told = [line or other for line, other in zip(given, written, strict=True)]
        yield Artifact("verse", "\n".join(told), request, REFERENCE)

    def write(
        self,
        z: Array,
        temperature: float = 0.0,
        noise: Array | None = None,
        given: tuple[str, ...] = ("", ""),
    ) -> list[list[int]]:
        """The tokens of couplets of latents [N, Z]; see `Writer.write`."""
        return self.writer.write(z, temperature, noise, MIN_P, given)

    def encode(self, lines: tuple[str, ...]) -> tuple[Array, Array]:
        """Mean and deviation of z of a couplet, both [1, Z]."""
        import torch

        tokens, _ = self.lexicon.read(lines)
        with torch.no_grad(), steady():
            mean, log_variance = self.encoder(torch.tensor([tokens]))
        return mean.numpy(), (0.5 * log_variance).exp().numpy()

    def words_at(self, work: Artifact, line: int, place: int, num: int) -> list[tuple[str, float]]:
        """See `pipelines.abilities.Wordy`."""
        lines = lines_of(work.words)
        if not (0 <= line < len(lines) and 0 <= place < len(lines[line].split(" "))):
            raise no_such_place(line, place)
        return self.writer.likely(self.place(work.request), lines, (line, place), num)

    def way(self, a: Array, b: Array, num: int) -> list[Array]:
        """See `pipelines.abilities.Paced`: of works on the way, and of some beside it."""
        times = np.linspace(0, 1, max(WAYS, 2 * num))
        between = [(float(t), self.latent_space.interpolate(a, b, float(t))) for t in times]
        found = list(between)
        for number in range(BESIDE):
            aside = normal(number, self.latent_space.shape, "way")
            found += [
                (t, at + np.float32(FAR * np.sin(np.pi * t)) * aside) for t, at in between[1:-1]
            ]
        found.sort(key=lambda one: one[0])
        z = np.concatenate([at for _, at in found]).astype(np.float32)
        texts = [self.lexicon.text(tokens).split() for tokens in self.write(z)]
        return [z[number : number + 1] for number in evenly(texts, num)]

    def _shaping(self, request: Request) -> Shaping:
        space = self.latent_space
        lines = own_of(str(request.controls.get("own_lines", "")), strict=False)
        if lines and request.point is None:
            mean, deviation = self.encode(lines)

            def near(seed: int) -> Array:
                return mean + deviation * normal(seed, space.shape, "z")

            return Shaping(space, near, mean)
        return Shaping(space, lambda seed: quieted(normal(seed, space.shape, "z")), space.center)


def _words() -> tuple[Control, ...]:
    return (
        Choice(
            name="form",
            label="Form",
            options=(FORM,),
            default=FORM,
            group="hidden",
            relocates=False,
            doc="How many lines: 2.",
        ),
        Seed(name="seed", label="Seed", doc="The number everything random is drawn from."),
        Prompt(
            name="own_lines",
            label="Your own couplet",
            max_length=2 * WIDEST + 3,
            doc="Two lines told apart by a slash; the couplet and its variations begin there.",
        ),
        Prompt(
            name="kept_lines",
            label="Kept lines",
            max_length=2 * LINES * WIDEST,
            group="hidden",
            doc="Lines that stay, told apart by a slash; an empty one is written by the model.",
        ),
    )


def _daring() -> Slider:
    return Slider(
        name="temperature",
        label="Daring",
        default=0.0,
        minimum=0.0,
        maximum=DARING,
        doc="How unlikely a word may be; 0 takes the likeliest each time (temperature).",
    )


def load(folder: Path, card: Card, folder_of: Mapping[str, Path]) -> CoupletVAE:
    """Load a trained model; see `pipelines.catalog.Family`."""
    from pipelines.verse.couplet_files import read

    return CoupletVAE(card, **read(folder))
