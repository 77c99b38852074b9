"""Weighted ELBO of drum patterns: as for melodies, see `pipelines.training.melody_elbo`.

Draws are given the styles of the favourites in turn, so that a style that is always chosen teaches
nothing, and only what z can say does. Bars, tempo, swing and hand are no matter of z.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from pipelines.training.melody_elbo import DRAWN, compared
from pipelines.training.preference import Shadow
from pipelines.training.prior import utility_of
from pipelines.training.weighted_elbo import WeightedELBOTeaching

if TYPE_CHECKING:
    from pipelines.controls import Value
    from pipelines.music.groove import Groove
    from pipelines.pipeline import Instrument
    from pipelines.training.job_files import JobFolder
    from pipelines.training.plans import Plan

__all__ = ["favour", "patterns", "prepare"]

Floats = NDArray[np.float32]
Levels = NDArray[np.int64]


def favour(plan: Plan, instrument: Instrument) -> Shadow:
    """The utility over z that the plan's favourites speak for."""
    pipeline = cast("Groove", instrument.pipeline)
    return compared(plan, instrument, DRAWN, lambda z, asked: patterns(pipeline, z, asked))


def patterns(pipeline: Groove, z: Floats, asked: Sequence[Mapping[str, Value]]) -> list[Levels]:
    """Patterns of z [N, Z], the n-th one as the settings number n mod K ask for it."""
    found: dict[int, Levels] = {}
    for k, values in enumerate(asked[: len(z)]):
        rows = pipeline.write(z[k :: len(asked)], values)
        found |= dict(zip(range(k, len(z), len(asked)), rows, strict=True))
    return [found[i] for i in range(len(z))]


def prepare(plan: Plan, folder: JobFolder) -> WeightedELBOTeaching:
    """Load the model; what favourites say is worked out once and kept with the job."""
    instrument = plan.instrument()
    return WeightedELBOTeaching(plan, instrument, utility_of(plan, instrument, folder, favour))
