"""Across domains: a picture painted again as another fruit (StarGAN v2).

Equations (Choi et al. 2020, https://arxiv.org/abs/1912.01865)::

    u ~ N(0, I)                      seed -> latent map of `pipelines.latents`
    s = F(u, species)                [1, S]
    s = shaped(s)                    see `pipelines.shaping`
    x = encode(picture)              [C, R, R], e = E(x, own species) its own style
    s_t = e + t (s - e)              t the strength
    picture = decode(G(x, s_t) + (1 - t) (x - G(x, e)))

At strength 0 that is the picture itself as the autoencoder sees it, at 1 its translation. With a
second picture attached for its style, E(style, species) stands where the seed would land; what
leads away from there (variations, directions) leads away from it. The latent space is the style.

Sources and styles are read in torch on the CPU, always, so that every engine paints from the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.artifact import Artifact
from pipelines.attachments import Attached, Attachment, sha256_of
from pipelines.controls import Control, Seed, Slider, Value
from pipelines.errors import LatentError
from pipelines.image.attached import open_picture
from pipelines.image.eye import CodeEye
from pipelines.image.kinds import kind_of, kind_resolved, kinds
from pipelines.image.pixels import to_image
from pipelines.latents import LatentSpace, normal, uniform
from pipelines.pipeline import Card, Network, Run
from pipelines.recent import Recent
from pipelines.request import Point, Request, Weights
from pipelines.run import steady
from pipelines.shaping import Shaping, sliders

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

    from pipelines.image.star_gan_files import Parts, Source

__all__ = ["StarGAN", "load"]

Array = NDArray[np.float32]
REMEMBERED = 256
"""Seeds whose style is remembered."""


@dataclass(frozen=True)
class StarGAN:
    """The pipeline of one trained translator.

    Attributes:
        card: See `Card`.
        parts: Its networks and what it begins with.
    """

    card: Card
    parts: Parts
    _mapped: Recent[tuple[int, int], Array] = field(
        default_factory=lambda: Recent(REMEMBERED), repr=False, compare=False
    )

    @property
    def weights(self) -> Weights:
        """See `Pipeline`."""
        return self.parts.weights

    @property
    def species(self) -> tuple[str, ...]:
        """Names of the domains, in the order of the labels."""
        return self.parts.species

    @cached_property
    def latent_space(self) -> LatentSpace:
        """The style, one layer."""
        from pipelines.image.model_files import mapped_space

        parts = self.parts
        return mapped_space(
            lambda u, label: parts.model.mapping.one(u, label)[:, None],
            parts.model.sizes.generator.z_dim,
            parts.frequency,
            parts.directions,
            name="s",
        )

    @cached_property
    def controls(self) -> tuple[Control, ...]:
        """Species, seed, strength, named directions, adventure, wander."""
        return (
            *kinds(self.species),
            Seed(name="seed", label="Seed", doc="Which style of that fruit."),
            Slider(
                name="strength",
                label="Change",
                default=1.0,
                minimum=0.0,
                maximum=1.0,
                doc="How far it is changed: 0 the picture itself, 1 the other fruit (strength).",
            ),
            *sliders(self.latent_space),
        )

    @property
    def inputs(self) -> tuple[Attachment, ...]:
        """What is translated, and a picture for its style."""
        return (
            Attachment(
                "picture",
                "Picture",
                "image/png",
                "The picture that becomes another fruit; its middle square.",
                examples=self.parts.sources,
            ),
            Attachment(
                "style",
                "Style",
                "image/png",
                "A picture whose colours and surface it takes on; its middle square.",
            ),
        )

    def eye(self) -> CodeEye:
        """What it sees of an attached picture: the round trip through the latents."""
        import torch

        autoencoder = self.parts.autoencoder
        code = torch.from_numpy(self._source({}, 0).x)
        return CodeEye(autoencoder.encoder, autoencoder.decoder, code)

    def networks(self) -> tuple[str, ...]:
        """See `Pipeline`."""
        return ("painter",)

    def network(self, name: str) -> Network:
        """See `Pipeline`."""
        if name in self.drafts.values():
            return self._drafter
        if name == "painter":
            return self._painter
        raise LatentError("unknown_network", name=name, rule="not a network of this family")

    @property
    def drafts(self) -> Mapping[str, str]:
        """See `pipelines.abilities.Drafting`."""
        tiny = self.parts.tiny
        return {} if tiny is None else {"painter": f"drafter {tiny.digest}"}

    @cached_property
    def _painter(self) -> Network:
        return self._with(self.parts.autoencoder.decoder)

    @cached_property
    def _drafter(self) -> Network:
        from pipelines.networks.tiny_decoder import Normalised

        assert self.parts.tiny is not None  # noqa: S101 - else nothing is named after it
        return self._with(Normalised(self.parts.tiny))

    def _with(self, decoder: nn.Module) -> Network:
        """The painter with a decoder of normalised latents."""
        from pipelines.image.star_gan_files import Painter

        made = self.parts.model.sizes.generator
        latents = np.zeros((1, made.out_channels, made.resolution, made.resolution), np.float32)
        example = {
            "x": latents,
            "s": np.zeros((1, 1, made.w_dim), np.float32),
            "own": np.zeros((1, made.w_dim), np.float32),
            "rest": latents,
            "strength": np.ones((1, 1, 1, 1), np.float32),
        }
        painter = Painter(self.parts.model, decoder).eval()
        return Network(painter, example, ("picture",))

    def resolve(self, request: Request) -> Mapping[str, Value]:
        """The species that the seed draws, when it was left open."""
        return kind_resolved(request, self.species, self.parts.frequency)

    def locate(self, request: Request) -> Array:
        """The style before truncation and directions, shape [1, S]."""
        return self._shaping(request).locate(request)

    def place(self, request: Request) -> Array:
        """The style after truncation and directions, shape [1, S]."""
        return self._shaping(request).place(request)

    def _shaping(self, request: Request) -> Shaping:
        label = self._label(request)
        center = self.parts.model.s_mean[label : label + 1].numpy()
        return Shaping(self.latent_space, lambda seed: self.style_of(seed, label), center)

    def bake(self, request: Request, latent: Array) -> Request:
        """A recipe whose `place` is exactly ``latent``; kind, strength and pictures stay."""
        kept = {k: v for k, v in request.controls.items() if k in ("species", "strength")}
        return request.but(point=Point.of(latent), directions=(), controls=kept)

    def generate(self, request: Request, run: Run, attached: Attached) -> Iterator[Artifact]:
        """One picture; there are no previews on the way.

        Raises:
            RequestError: ``bad_attachment`` for an attached file that is not a picture.
        """
        source = self._source(attached, request.seed)
        strength = float(request.controls.get("strength", 1.0))
        inputs = {
            "x": source.x,
            "s": self._style(request, attached)[None],
            "own": source.own,
            "rest": source.rest,
            "strength": np.full((1, 1, 1, 1), strength, np.float32),
        }
        picture = run("painter", inputs)["picture"][0]
        yield Artifact("picture", to_image(picture), request, run.engine)

    def _source(self, attached: Attached, seed: int, name: str = "picture") -> Source:
        """What is read of an attached picture; without one, of one that the seed draws."""
        files = attached
        if name not in attached:
            own = self.parts.sources
            files = {name: own[int(uniform(seed, (1,), "source")[0] * (len(own) - 1e-6))]}
        picture = open_picture(files, self.parts.side, name)
        assert picture is not None  # noqa: S101 - it is in there
        return self.parts.source(sha256_of(files[name]), picture)

    def _style(self, request: Request, attached: Attached) -> Array:
        """The style that is painted, shape [1, S]."""
        s, label = self.place(request), self._label(request)
        if "style" not in attached:
            return s
        read = self.parts.style(self._source(attached, request.seed, "style").x, label)
        moved: Array = read + (s - self.style_of(request.seed, label))
        return moved.astype(np.float32)

    def _label(self, request: Request) -> int:
        return kind_of(request, self.species, self.parts.frequency)

    def style_of(self, seed: int, label: int) -> Array:
        """Where a seed lands as a picture of that domain, shape [1, S]."""
        return self._mapped.get((seed, label), lambda: self._computed(seed, label))

    def _computed(self, seed: int, label: int) -> Array:
        import torch

        model = self.parts.model
        u = torch.from_numpy(normal(seed, (1, model.sizes.generator.z_dim), "u"))
        with torch.inference_mode(), steady():
            s: Array = model.mapping.one(u, torch.tensor([label])).numpy()
        return s


def load(folder: Path, card: Card, folder_of: Mapping[str, Path]) -> StarGAN:
    """Load a trained translator; see `pipelines.catalog.Family`."""
    from pipelines.image.star_gan_files import read

    return StarGAN(card, read(folder, folder_of))
