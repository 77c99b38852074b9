"""What a work looks like, whatever its medium: a picture itself, or the plate of a poem.

Thumbnails, tiles, films and the PNG of a work show it; a work is the same where its data is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

    from pipelines.artifact import Artifact

__all__ = ["picture_of"]


def picture_of(work: Artifact, side: int | None = None) -> Image:
    """The picture that stands for a work.

    Args:
        work: Of any medium.
        side: Of a plate, pixels; None for its own. A picture keeps its size.
    """
    if not isinstance(work.data, str):
        return work.data
    from pipelines.verse.plate import SIDE, plate_of

    return plate_of(work.data, work.request, side or SIDE)
