"""Inversion of a variational autoencoder: the encoder's mean, refined.

    z_0 = mu(x),    z* = argmin_z  L(g(z), x) + pull a |z|^2 / Z

L is what the model was trained by, L1 at four sizes and of the slopes
(`pipelines.training.losses.strokes`); |z|^2 is the prior's part. Refined by
`pipelines.image.searching`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from pipelines.bounds import bounded
from pipelines.image.pixels import to_image
from pipelines.image.searching import Best, refine, sized, to_tensor
from pipelines.inverting import Found, Search, not_invertible
from pipelines.latents import normal
from pipelines.networks.vae_files import load_encoder
from pipelines.request import Point, Request
from pipelines.run import steady
from pipelines.training.losses import strokes

if TYPE_CHECKING:
    from PIL.Image import Image

    from pipelines.image.vae import VAE
    from pipelines.networks.vae import Encoder

__all__ = ["VAEInversion", "read"]

TYPICAL = 0.02
"""Weight a of the prior's part."""
DRAWS = 32
APART = 2**0.5
"""Distance of two works picked at random, as `pipelines.inverting.Found` has it."""


class VAEInversion:
    """See the module's docstring and `pipelines.inverting.Inverter`.

    Args:
        pipeline: The model whose latents are found.
        encoder: Picture [N, 3, R, R] -> mean and log variance of z.
    """

    def __init__(self, pipeline: VAE, encoder: Encoder) -> None:
        self.pipeline, self.encoder = pipeline, encoder
        self.painter: nn.Module = pipeline.painter
        self.spread = torch.from_numpy(pipeline.latent_space.spread)

    @property
    def side(self) -> int:
        """Side R of the model's pictures, in pixels."""
        return self.encoder.sizes.resolution

    @cached_property
    def paper(self) -> tuple[float, float, float]:
        """Colour of the ground of the typical work, sRGB in 0..1."""
        with torch.inference_mode(), steady():
            center = torch.from_numpy(self.pipeline.latent_space.center[None])
            picture = to_image(self.painter(center)[0].numpy())
        red, green, blue = np.median(np.asarray(picture)[:4].reshape(-1, 3), axis=0) / 255
        return float(red), float(green), float(blue)

    @cached_property
    def _usual(self) -> float:
        """Root mean square between the model's own random works, what distances are told in."""
        shape = (DRAWS, *self.pipeline.latent_space.shape)
        with torch.inference_mode(), steady():
            works = self.painter(torch.from_numpy(normal(1, shape, "inversion, z"))).clamp(-1, 1)
            return max(1e-6, float((works - works.roll(1, dims=0)).square().mean().sqrt()))

    def prepare(self, work: Image) -> Image:
        """The picture as RGB in the model's own size."""
        return sized(work, self.side)

    def see(self, work: Image) -> Image:
        """The picture itself: a decoder may come as close to it as it can."""
        return self.prepare(work)

    def encode(self, work: Image, search: Search, stopped: Callable[[], bool]) -> Iterator[Found]:
        """See `pipelines.inverting.Inverter`; one step is one step of Adam."""
        goal = to_tensor(self.prepare(work))
        with torch.no_grad(), steady():
            z = self.encoder(goal)[0][:, None]

        def loss_of(here: Tensor) -> tuple[Tensor, float]:
            return self._loss(here, goal, search.pull)

        for best in refine(z, self.spread, search, loss_of, stopped):
            yield self._found(best, search.steps)

    def _loss(self, z: Tensor, goal: Tensor, pull: float) -> tuple[Tensor, float]:
        """The loss of z [1, 1, Z] and its distance."""
        picture = self.painter(z).clamp(-1, 1)
        colours, edges = strokes(picture, goal)
        loss: Tensor = colours + edges + pull * TYPICAL * z.square().mean()
        apart = float((picture.detach() - goal).square().mean().sqrt())
        return loss, APART * apart / self._usual

    def _found(self, best: Best, of: int) -> Found:
        latent = best.w[0].numpy().astype(np.float32)
        request = Request(self.pipeline.card.id, self.pipeline.weights, point=Point.of(latent))
        return Found(request, best.step, of, best.distance, best.ended)


def read(pipeline: VAE) -> VAEInversion:
    """The inversion of a loaded model; its encoder is loaded only when it is asked for.

    Raises:
        PipelineError: ``not_invertible`` for a model without an encoder.
        WeightsError: For an encoder that is damaged or of another model.
    """
    from pipelines.networks.vae_files import ENCODER

    if pipeline.folder is None or not (pipeline.folder / ENCODER).is_file():
        raise not_invertible(pipeline.card.id)
    with bounded(pipeline.folder, {}):
        return VAEInversion(pipeline, load_encoder(pipeline.folder))
