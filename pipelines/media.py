"""What a medium is to taste, teaching and plates: one entry a medium, and nobody else tells apart.

A medium has a module with a constant ``MEASURES``. It says what of a work is looked at, what can
be measured of that, in which numbers alike works are near, and which picture stands for a work.
Modules are imported when they are first asked for.
Legend: N works, A attributes, F features.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image

    from pipelines.artifact import Artifact

__all__ = ["MEDIA", "Measures", "measures_of"]

Floats = NDArray[np.float32]
MEDIA: Mapping[str, str] = {
    "picture": "pipelines.image.medium",
    "verse": "pipelines.verse.medium",
    "music": "pipelines.music.medium",
    "drums": "pipelines.music.drum_medium",
}
"""By medium: the module of its `Measures`."""


@dataclass(frozen=True)
class Measures:
    """See the module's docstring.

    Attributes:
        names: Of the attributes, A of them.
        seen: Work -> what is looked at: pixels, words, a line of notes.
        attributes: Of what is looked at of N works: shape [N, A], in the order of ``names``.
        features: Of the same: shape [N, F], near for works that are alike.
        picture: Work and side in pixels, or None for its own -> the picture that stands for it.
    """

    names: tuple[str, ...]
    seen: Callable[[Artifact], Any]
    attributes: Callable[[Sequence[Any]], Floats]
    features: Callable[[Sequence[Any]], Floats]
    picture: Callable[[Artifact, int | None], Image]


def measures_of(medium: str) -> Measures:
    """The measures of a medium.

    Raises:
        ValueError: For a medium that has none.

    >>> measures_of("verse").names[:2]
    ('warmth', 'lightness')
    """
    if medium not in MEDIA:
        raise ValueError(f"medium={medium!r} has no measures; use one of {', '.join(MEDIA)}")
    found: Measures = import_module(MEDIA[medium]).MEASURES
    return found
