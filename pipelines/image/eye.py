"""What a model with an encoder and a decoder sees of a picture: the round trip through both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from pipelines.image.pixels import to_image
from pipelines.image.searching import sized, to_tensor

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["CodeEye", "ground_of"]


@dataclass(frozen=True)
class CodeEye:
    """See `pipelines.inverting.Eye`.

    Attributes:
        encode: Picture [1, 3, R, R] in [-1, 1] -> code.
        decode: Code -> picture.
        code: Code of the typical work, such as the mean.
    """

    encode: Callable[[Tensor], Tensor]
    decode: Callable[[Tensor], Tensor]
    code: Tensor

    @cached_property
    def _typical(self) -> Tensor:
        with torch.inference_mode():
            return self.decode(self.code)

    @property
    def side(self) -> int:
        """Side R of the model's pictures, in pixels."""
        return self._typical.shape[-1]

    @cached_property
    def paper(self) -> tuple[float, float, float]:
        """Colour of the ground of the typical work, sRGB in 0..1."""
        return ground_of(self._typical)

    def see(self, work: Image) -> Image:
        """The round trip of a picture, whatever its size, at the model's own."""
        with torch.inference_mode():
            picture = self.decode(self.encode(to_tensor(sized(work, self.side))))
        return to_image(picture[0].numpy())


def ground_of(picture: Tensor) -> tuple[float, float, float]:
    """Colour of the edge of a picture [1, 3, R, R] in [-1, 1], sRGB in 0..1."""
    edge = np.asarray(to_image(picture[0].detach().numpy()))[[0, 1, 2, -1]].reshape(-1, 3)
    red, green, blue = np.median(edge, axis=0) / 255
    return float(red), float(green), float(blue)
