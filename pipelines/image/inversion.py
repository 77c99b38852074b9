"""Inversion of a style-based generator: an encoder's guess, refined in w of every layer.

    w_0 = E(e(x)),    w* = argmin_w  apart(G(w), x) + r(w)

e and d are the autoencoder (the identity in pixel mode), E the encoder of
`pipelines.networks.style_inverter`, apart and r as in `pipelines.image.likeness`; refined by
`pipelines.image.searching`.
Legend: L layers, D width of w, R side of the picture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pipelines.controls import Value
from pipelines.errors import WeightsError
from pipelines.image.eye import ground_of
from pipelines.image.likeness import Goal, Likeness, Weighing
from pipelines.image.pixels import to_image
from pipelines.image.searching import Best, refine, sized, to_tensor
from pipelines.inverting import Found, Search
from pipelines.latents import normal, uniform
from pipelines.networks.style_inverter import Prior, StyleInverter
from pipelines.request import Point, Request
from pipelines.run import steady

if TYPE_CHECKING:
    from PIL.Image import Image

    from pipelines.image.style_gan import StyleGAN

__all__ = ["StyleInversion"]

Array = NDArray[np.float32]
DRAWS = 4096
"""Draws of the mapping that the prior is measured on."""
CANDIDATES = 192
"""Random works among which a model without an encoder starts."""


class StyleInversion:
    """See the module's docstring and `pipelines.inverting.Inverter`.

    Args:
        pipeline: The generator whose latents are found.
        encoder: The network of the first guess; without one the best of `CANDIDATES` draws.
        codec: Picture -> latents as the synthesis paints them; None in pixel mode.
        features: Pictures [N, 3, R, R] in -1..1 -> features [N, F] and class scores.
        kinds: Names of those classes.
        weighing: The weights of the loss.
    """

    def __init__(
        self,
        pipeline: StyleGAN,
        encoder: StyleInverter | None,
        codec: nn.Module | None,
        *,
        features: nn.Module,
        kinds: tuple[str, ...] = (),
        weighing: Weighing = Weighing(),  # noqa: B008 - frozen
    ) -> None:
        self.pipeline, self.encoder, self.codec = pipeline, encoder, codec
        self.features, self.kinds, self.weighing = features, kinds, weighing
        self.generator, self.painter = pipeline.generator, pipeline.painter
        _check(pipeline, encoder)
        self.spread = torch.from_numpy(pipeline.latent_space.spread).clamp(min=1e-3)

    @cached_property
    def side(self) -> int:
        """Side R of the model's pictures, in pixels."""
        return self._paint(self._center())[0].shape[-1]

    @cached_property
    def paper(self) -> tuple[float, float, float]:
        """Colour of the ground of the typical work, sRGB in 0..1."""
        return ground_of(self._paint(self._center())[0])

    @cached_property
    def likeness(self) -> Likeness:
        """What is minimised."""
        prior = Prior(torch.from_numpy(self._draws(DRAWS)))
        return Likeness(self.features, prior, self.spread, self.weighing)

    def prepare(self, work: Image) -> Image:
        """The picture as RGB in the model's own size."""
        return sized(work, self.side)

    def see(self, work: Image) -> Image:
        """The round trip through the autoencoder; in pixel mode the picture itself."""
        picture = self.prepare(work)
        if self.codec is None:
            return picture
        with torch.inference_mode():
            code = self._code(to_tensor(picture))
            return to_image(self._decode(code)[0].numpy())

    def encode(self, work: Image, search: Search, stopped: Callable[[], bool]) -> Iterator[Found]:
        """See `pipelines.inverting.Inverter`; one step is one step of Adam."""
        with steady():
            goal = self._goal(work)
            w, kind = self._guess(goal, search.seed)

        def loss_of(here: Tensor) -> tuple[Tensor, float]:
            return self._loss(here, goal, search.pull)

        for best in refine(w, self.spread, search, loss_of, stopped):
            yield self._found(best, kind, search.steps)

    def _goal(self, work: Image) -> Goal:
        picture = to_tensor(self.prepare(work))
        with torch.no_grad():
            return self.likeness.goal(picture, self._code(picture))

    def _loss(self, w: Tensor, goal: Goal, pull: float) -> tuple[Tensor, float]:
        """The loss of w [1, L, D] and its distance."""
        picture, code = self._paint(w)
        apart, distance = self.likeness.apart(picture, code, goal)
        return apart + pull * self.likeness.pull(w), float(distance.detach())

    def _code(self, picture: Tensor) -> Tensor:
        if self.codec is None:
            return picture
        code: Tensor = self.codec.encode(picture)  # type: ignore[operator]
        return code

    def _decode(self, code: Tensor) -> Tensor:
        decoder = self.painter.decoder
        if decoder is None:
            return code.clamp(-1, 1)
        picture: Tensor = decoder(code * self.painter.scale + self.painter.mean)  # type: ignore[operator]
        return picture.clamp(-1, 1)

    def _paint(self, w: Tensor) -> tuple[Tensor, Tensor]:
        """The picture in [-1, 1] and what the synthesis painted."""
        code = self.generator.synthesis(w)
        return self._decode(code), code

    def _center(self) -> Tensor:
        return torch.from_numpy(self.pipeline.latent_space.center[None])

    def _draws(self, count: int) -> Array:
        """W [N, D] of the mapping at the data's frequencies of species."""
        draws = uniform(1, (count,), "inversion, labels")
        labels = np.searchsorted(np.cumsum(self.pipeline.frequency)[:-1], draws)
        z = normal(1, (count, self.generator.z_dim), "inversion, z")
        with torch.inference_mode():
            w = self.generator.mapping.one(torch.from_numpy(z), torch.from_numpy(labels))
        return np.asarray(w.numpy(), dtype=np.float32)

    def _guess(self, goal: Goal, seed: int) -> tuple[Tensor, str]:
        """W [1, L, D] to start from, and the nearest kind."""
        with torch.no_grad():
            if self.encoder is not None:
                w, logits = self.encoder(goal.code)
                return w, self._kind(logits, goal.scores)
            z = torch.from_numpy(normal(seed, (CANDIDATES, self.generator.z_dim), "candidates"))
            count = len(self.pipeline.species)
            labels = torch.arange(CANDIDATES) % count
            w = self.generator.mapping(z, labels)
            parts = [self.generator.synthesis(part) for part in w.split(32)]
            apart = (torch.cat(parts) - goal.code).square().mean(dim=(1, 2, 3))
            chosen = int(apart.argmin())
            return w[chosen : chosen + 1].clone(), self.pipeline.species[int(labels[chosen])]

    def _kind(self, logits: Tensor, scores: Tensor) -> str:
        """The likeliest kind of the encoder, and of the features where they know the same ones."""
        share = logits.log_softmax(dim=1)
        if self.kinds == self.pipeline.species:
            share = share + scores.log_softmax(dim=1)
        return self.pipeline.species[int(share[0].argmax())]

    def _found(self, best: Best, kind: str, of: int) -> Found:
        controls: dict[str, Value] = {"species": kind} if len(self.pipeline.species) > 1 else {}
        latent = best.w[0].numpy().astype(np.float32)
        request = Request(
            self.pipeline.card.id,
            self.pipeline.weights,
            point=Point.of(latent),
            controls=controls,
        )
        return Found(request, best.step, of, best.distance, best.ended)


def _check(pipeline: StyleGAN, encoder: StyleInverter | None) -> None:
    """Refuse an encoder of another generator."""
    if encoder is None:
        return
    generator, sizes = pipeline.generator.sizes, encoder.sizes
    wanted = (generator.num_ws, generator.w_dim, generator.num_classes, generator.out_channels)
    if (sizes.num_ws, sizes.w_dim, sizes.num_classes, sizes.in_channels) != wanted:
        raise WeightsError(
            "bad_weights",
            name="encoder",
            value=pipeline.card.id,
            rule="of another generator",
            remedy="train it again for this one",
        )
