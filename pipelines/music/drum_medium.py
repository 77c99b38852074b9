"""Drums as a medium: their strokes on the grid are looked at; see `pipelines.media`.

What is measured is in `pipelines.music.drum_attributes`. Two patterns are alike where the same
drums are struck at the same time: with v_td the level of drum d at step t, of 3, over two bars
(one bar twice, of more the first two),

    features = [ w_d (v_td + v_(t-1)d / 2 + v_(t+1)d / 2) / 3 ],    w 2 for kick, snare, rim, clap

so that a stroke that comes a sixteenth early changes little, and the backbone counts for more than
the hand on the cymbals. Tempo, swing and the noise of the hand are no matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import PipelineError
from pipelines.media import Measures
from pipelines.music.drum_attributes import ATTRIBUTES, measure
from pipelines.music.drum_grid import LANES, STEPS, levels_of

if TYPE_CHECKING:
    from PIL.Image import Image

    from pipelines.artifact import Artifact

__all__ = ["MEASURES"]

Floats = NDArray[np.float32]
Levels = NDArray[np.int64]
BACKBONE = ("kick", "snare", "rim", "clap")
WEIGHTS = np.array([2.0 if name in BACKBONE else 1.0 for name in LANES], np.float32) / 3


def _seen(work: Artifact) -> Levels:
    """The strokes of a score, shape [STEPS, lanes].

    Raises:
        PipelineError: ``nothing_made`` for a score without a stroke of a drum.
    """
    levels = levels_of(work.data)
    if not (levels > 0).any():
        raise PipelineError(
            "nothing_made",
            name="score",
            value="0 notes",
            rule="without a note",
            remedy="bring drums",
        )
    two: Levels = np.resize(levels, (STEPS, levels.shape[1])) if len(levels) < STEPS else levels
    return two[:STEPS]


def _attributes(patterns: Sequence[Levels]) -> Floats:
    found = measure(np.stack(patterns))
    return np.stack([found[name] for name in ATTRIBUTES], axis=1)


def _features(patterns: Sequence[Levels]) -> Floats:
    v = np.stack(patterns).astype(np.float32) / 3
    near = v + (np.roll(v, 1, axis=1) + np.roll(v, -1, axis=1)) / 2
    found: Floats = (WEIGHTS * near).reshape(len(v), -1).astype(np.float32)
    return found


def _picture(work: Artifact, side: int | None) -> Image:
    """The grid, as many bars as there are."""
    from pipelines.music import roll
    from pipelines.music.drum_roll import grid_of

    return grid_of(levels_of(work.data), side or roll.SIDE)


MEASURES = Measures(ATTRIBUTES, _seen, _attributes, _features, _picture)
