"""What weaves the tiles of one model: its designs at any scale, a swatch, fields of any size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from pipelines.attachments import Attached, sha256_of
from pipelines.image.attached import open_picture
from pipelines.image.pattern_weaving import Canvas, canvases, weave
from pipelines.latents import uniform
from pipelines.networks.pattern import PatternPainter, PatternSizes
from pipelines.recent import Recent
from pipelines.run import steady

__all__ = ["BLOCK", "Loom", "turned"]

Array = NDArray[np.float32]
BLOCK = 8
"""Places of the field that a latent holds, a side."""
LEANING, RAGGED = 2.0, 1.5
"""What a step between two designs, and the field, add to the lean of a place."""
SWATCH, LEAST = 256, 96
"""Side at which a swatch is read, and the least that a design is made, in pixels."""
HELD = 6
"""Canvases, and as many woven tiles, that are remembered."""


def turned(channels: int, places: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """How a field of ``places`` a side is laid out of the one that a latent holds.

    A larger field is made of blocks of 8 x 8 places. Each is the latent's own, rolled, its
    channels in another order and some of them with the other sign: as good as fresh noise, yet a
    linear function of the latent, so that a pattern of any size follows when it moves.

    Returns:
        Index into the latent's field [K, 8, 8], flattened, and the sign; each [K, places, places].
    """
    own = np.arange(channels * BLOCK * BLOCK).reshape(channels, BLOCK, BLOCK)
    across = -(-places // BLOCK)
    index = np.zeros((channels, across * BLOCK, across * BLOCK), np.int64)
    sign = np.ones(index.shape, np.float32)
    for row in range(across):
        for column in range(across):
            rows, columns = (slice(i * BLOCK, (i + 1) * BLOCK) for i in (row, column))
            draws = uniform(1000 * row + column, (2 * channels + 2,), "turned field")
            if row == column == 0:  # the latent's own, as it is
                draws = np.concatenate([np.arange(channels), np.ones(channels), np.zeros(2)])
            shift = tuple(int(draw * BLOCK) for draw in draws[-2:])
            index[:, rows, columns] = np.roll(own[np.argsort(draws[:channels])], shift, (1, 2))
            flips = np.where(draws[channels:-2] < 0.5, -1, 1)  # noqa: PLR2004 - half
            sign[:, rows, columns] = flips[:, None, None]
    return index[:, :places, :places].copy(), sign[:, :places, :places].copy()


@dataclass(frozen=True)
class Loom:
    """Designs, and what turns them into tiles. Remembers the last few: a drag asks again.

    Attributes:
        sizes: Sizes of the model.
        painter: Latents and colours -> tile.
        designs: Their latents, each [C, h, w].
    """

    sizes: PatternSizes
    painter: PatternPainter
    designs: tuple[Tensor, ...]
    _canvases: Recent[tuple[object, ...], list[Canvas]] = field(
        default_factory=lambda: Recent(HELD), repr=False, compare=False
    )
    _woven: Recent[tuple[object, ...], Array] = field(
        default_factory=lambda: Recent(HELD), repr=False, compare=False
    )

    def tile(self, latent: Array, places: int, scale: float, attached: Attached) -> Array:
        """The latents of a tile, shape [C, 4 places, 4 places].

        Args:
            latent: Field and style, shape [L, V].
            places: Side of the tile, in places of 16 pixels.
            scale: Logarithm to base 2 of the size of the motifs.
            attached: May have a ``swatch``.

        Raises:
            RequestError: For a swatch that is not a picture.
        """
        swatch = sha256_of(attached["swatch"]) if "swatch" in attached else ""
        style = latent[-1, : len(self.designs)]
        drawn = latent[:-1].tobytes() + (b"" if swatch else style.tobytes())
        name = (drawn, places, scale, swatch)
        return self._woven.get(name, lambda: self._weave(latent, places, scale, attached, swatch))

    def _weave(
        self, latent: Array, places: int, scale: float, attached: Attached, swatch: str
    ) -> Array:
        with torch.inference_mode(), steady():
            chosen, lean = self._lean(latent, places)
            levels = self._levels(chosen, scale, attached, swatch)
            lean = torch.zeros_like(lean) if swatch else lean
            woven: Array = weave(levels, self.field(latent, places), lean).numpy()
        return woven

    def woven_from(
        self, picture: Float[Tensor, "1 3 H W"], latent: Array, places: int
    ) -> Float[Tensor, "C h w"]:
        """The latents of a tile that is woven from a picture."""
        levels = canvases([self.painter.lapped.read(picture)[0]], self.sizes.field_channels)
        noise = self.field(latent, places)
        return weave(levels, noise, torch.zeros(noise.shape[1:]))

    def paint(self, inputs: Mapping[str, Array]) -> Array:
        """A tile of any size, shape [3, R, R]; always in torch."""
        with torch.inference_mode(), steady():
            tile: Array = self.painter(*(torch.from_numpy(x) for x in inputs.values()))[0].numpy()
        return tile

    def field(self, latent: Array, places: int) -> Float[Tensor, "K h w"]:
        """The field of a tile, ``places`` a side."""
        channels = self.sizes.field_channels
        own = latent[:-1].reshape(BLOCK, BLOCK, channels).transpose(2, 0, 1).reshape(-1)
        index, sign = turned(channels, places)
        return torch.from_numpy(own[index] * sign)

    def _lean(self, latent: Array, places: int) -> tuple[tuple[int, ...], Tensor]:
        """The designs that are woven, in order, and which of them each place is of."""
        style = latent[-1, : len(self.designs)]
        order = [int(i) for i in np.argsort(-style, kind="stable")[:2]]
        chosen = tuple(sorted(order))
        gap = float(style[chosen[0]] - style[chosen[-1]])
        noise = self.field(latent, places)[0]
        for way in (0, 1):
            noise = (noise + noise.roll(1, way) + noise.roll(-1, way)) / 3**0.5
        return chosen, LEANING * gap + RAGGED * noise

    def _levels(
        self, chosen: Sequence[int], scale: float, attached: Attached, swatch: str
    ) -> list[Canvas]:
        """Canvases of the chosen designs, or of the swatch, at a scale."""
        name = (swatch or tuple(chosen), scale)
        return self._canvases.get(name, lambda: self._laid(chosen, scale, attached))

    def _laid(self, chosen: Sequence[int], scale: float, attached: Attached) -> list[Canvas]:
        picture = open_picture(attached, SWATCH, "swatch")
        if picture is None:
            designs = [self.designs[i] for i in chosen]
        else:
            designs = [self.painter.lapped.read(torch.from_numpy(picture))[0]]
        if scale:
            designs = [self._scaled(one, 2.0**scale) for one in designs]
        return canvases(designs, self.sizes.field_channels)

    def _scaled(self, design: Tensor, factor: float) -> Tensor:
        """The latents of a design drawn larger or smaller; sides are multiples of 16 pixels."""
        picture = self.painter.lapped(design[None], wrap=False)
        sides = [max(LEAST, round(side * factor / 16) * 16) for side in picture.shape[2:]]
        resized = functional.interpolate(
            picture, sides, mode="bicubic", align_corners=False, antialias=True
        )
        return self.painter.lapped.read(resized.clamp(-1, 1))[0]
