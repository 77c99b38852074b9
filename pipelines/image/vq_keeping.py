"""Which cells of an attached picture are kept, and how its pixels stay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Bool, Int
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from torch import Tensor

from pipelines.attachments import Attached
from pipelines.errors import RequestError
from pipelines.image.attached import SOFT, open_mask, open_picture

if TYPE_CHECKING:
    from pipelines.image.vq_files import Parts

__all__ = ["CELL", "Kept", "kept_of"]

Array = NDArray[np.float32]
CELL = 8
"""Side of a cell, in pixels."""


@dataclass(frozen=True)
class Kept:
    """What stays of a picture.

    Attributes:
        cells: Which cells are kept, shape [L].
        codes: Codes of the whole picture, shape [1, L].
        picture: The picture in [-1, 1], shape [1, 3, R, R].
        share: Of what is drawn again, shape [1, 1, R, R]: 0 in every kept cell, in the others 1
            but for a soft edge towards kept ones.
    """

    cells: Bool[Tensor, " L"]
    codes: Int[Tensor, "1 L"]
    picture: Array
    share: Array

    def over(self, drawn: Array) -> Array:
        """The kept pixels over what was drawn, shape [1, 3, R, R]."""
        mixed: Array = self.share * drawn + (1 - self.share) * self.picture
        return mixed


def kept_of(attached: Attached, parts: Parts) -> Kept | None:
    """What is kept: all but what the brush touches, without a mask the upper half.

    None if no picture is attached.

    Raises:
        RequestError: ``bad_attachment`` for a file that is not a picture, or a mask without one;
            ``nothing_brushed`` or ``all_brushed`` for a mask that covers nothing or everything.
    """
    side = parts.prior.sizes.side
    mask = open_mask(attached, np.zeros((1, 1, side, side), np.float32))
    picture = open_picture(attached, CELL * side)
    if picture is None:
        return None
    if mask is None:
        drawn = np.zeros((side, side), dtype=bool)
        drawn[side // 2 :] = True
    else:
        drawn = mask.small[0, 0] > 0
        if drawn.all():
            raise RequestError(
                "all_brushed",
                name="inputs.mask",
                rule="white all over",
                remedy="leave a part of the picture, or take it away",
            )
    return Kept(torch.from_numpy(~drawn).flatten(), parts.encode(picture), picture, _share(drawn))


def _share(drawn: NDArray[np.bool_]) -> Array:
    """See `Kept`; the edge fades within cells that are drawn again."""
    hard = np.kron(drawn, np.ones((CELL, CELL))).astype(np.float32)
    image = Image.fromarray((hard * 255).astype(np.uint8))
    soft = np.asarray(image.filter(ImageFilter.GaussianBlur(SOFT)), dtype=np.float32) / 255
    share: Array = (np.clip(2 * soft - 1, 0, 1) * hard).astype(np.float32)
    return share[None, None]
