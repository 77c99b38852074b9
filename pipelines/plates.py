"""What a work looks like, whatever its medium: a picture itself, a poem's plate, a piano roll.

Thumbnails, tiles, films and the PNG of a work show it; a work is the same where its data is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.media import measures_of

if TYPE_CHECKING:
    from PIL.Image import Image

    from pipelines.artifact import Artifact

__all__ = ["picture_of"]


def picture_of(work: Artifact, side: int | None = None) -> Image:
    """The picture that stands for a work.

    Args:
        work: Of any medium.
        side: Of what is drawn, pixels; None for its own. A picture keeps its size.
    """
    return measures_of(work.medium).picture(work, side)
