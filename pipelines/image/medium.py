"""Pictures as a medium: pixels are looked at; see `pipelines.media`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from pipelines.attributes import ATTRIBUTES, measure
from pipelines.image.pixels import flat
from pipelines.media import Measures

if TYPE_CHECKING:
    from PIL.Image import Image

    from pipelines.artifact import Artifact

__all__ = ["MEASURES"]

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]
NAMES = tuple(ATTRIBUTES["picture"])


def _seen(work: Artifact) -> Pixels:
    """RGB in 0..255, shape [H, W, 3]; what can be seen through lies on the mat."""
    return np.asarray(flat(_picture(work, None)))


def _attributes(pictures: Sequence[Pixels]) -> Floats:
    found = measure("picture", np.stack(pictures))
    return np.stack([found[name] for name in NAMES], axis=1)


@cache
def _network() -> Any:  # noqa: ANN401 - a torch module
    from pipelines.training import features

    return features.load()


def _features(pictures: Sequence[Pixels]) -> Floats:
    from pipelines.training import features

    return features.embed(_network(), np.stack(pictures)).vectors


def _picture(work: Artifact, side: int | None) -> Image:
    """The work itself, whatever side is asked for."""
    return cast("Image", work.data)


MEASURES = Measures(NAMES, _seen, _attributes, _features, _picture)
