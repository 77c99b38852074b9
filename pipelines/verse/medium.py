"""Verse as a medium: the words are looked at, before any finish; see `pipelines.media`.

Every attribute is measured of Chinese and of English verse, each by words of its own language.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.media import Measures
from pipelines.verse import english_imagery, imagery
from pipelines.verse.script import is_english

if TYPE_CHECKING:
    from PIL.Image import Image

    from pipelines.artifact import Artifact

__all__ = ["MEASURES"]

NAMES = tuple(imagery.ATTRIBUTES)


def _language(poem: str) -> ModuleType:
    return english_imagery if is_english(poem) else imagery


def _attributes(poems: Sequence[str]) -> NDArray[np.float32]:
    told = [_language(one).measured(one) for one in poems]
    return np.array([[one[name] for name in NAMES] for one in told], np.float32)


def _features(poems: Sequence[str]) -> NDArray[np.float32]:
    return np.stack([_language(one).features([one])[0] for one in poems])


def _picture(work: Artifact, side: int | None) -> Image:
    """The plate of the poem."""
    from pipelines.verse import plate

    return plate.plate_of(str(work.data), work.request, side or plate.SIDE, work.bare)


MEASURES = Measures(NAMES, lambda work: work.words, _attributes, _features, _picture)
