"""Verse as a medium: the words are looked at, before any finish; see `pipelines.media`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.media import Measures
from pipelines.verse import imagery

if TYPE_CHECKING:
    from PIL.Image import Image

    from pipelines.artifact import Artifact

__all__ = ["MEASURES"]

NAMES = tuple(imagery.ATTRIBUTES)


def _attributes(poems: Sequence[str]) -> NDArray[np.float32]:
    told = [imagery.measured(one) for one in poems]
    return np.array([[one[name] for name in NAMES] for one in told], np.float32)


def _picture(work: Artifact, side: int | None) -> Image:
    """The plate of the poem."""
    from pipelines.verse import plate

    return plate.plate_of(str(work.data), work.request, side or plate.SIDE)


MEASURES = Measures(NAMES, lambda work: work.words, _attributes, imagery.features, _picture)
