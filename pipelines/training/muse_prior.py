"""Latent prior of a GAN of four voices: what seeds draw moves towards what is liked.

As for melodies (`pipelines.training.melody_elbo`): draws are asked for the keys and modes of the
favourites in turn, both are written at a temperature of 0, and a logistic on what is measured of
their lines (`pipelines.music.medium`, which hears the soprano) tells one from the other. With u
laid over z, the mixture that seeds are drawn from goes to p_0 exp(u / beta)
(`pipelines.training.weighted_elbo`; a GAN has no bound on evidence, and the part of it that moves
there is the prior alone). The generator is untouched, so that nothing is written that it would not
have written before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from pipelines.artifact import Artifact
from pipelines.media import measures_of
from pipelines.music.muse_gan import score
from pipelines.training.melody_elbo import compared
from pipelines.training.preference import Shadow
from pipelines.training.prior import utility_of
from pipelines.training.weighted_elbo import WeightedELBOTeaching

if TYPE_CHECKING:
    from pipelines.controls import Value
    from pipelines.music.medium import Line
    from pipelines.music.muse_gan import MuseGAN
    from pipelines.pipeline import Instrument
    from pipelines.training.job_files import JobFolder
    from pipelines.training.plans import Plan

__all__ = ["favour", "lines", "prepare"]

Floats = NDArray[np.float32]
DRAWN = 2048
"""Draws that favourites are compared with."""


def favour(plan: Plan, instrument: Instrument) -> Shadow:
    """The utility over z that the plan's favourites speak for."""
    return compared(plan, instrument, DRAWN, lambda z, asked: lines(instrument, z, asked))


def lines(instrument: Instrument, z: Floats, asked: Sequence[Mapping[str, Value]]) -> list[Line]:
    """What is heard of z [N, Z], the n-th one as the settings number n mod K ask for it."""
    pipeline = cast("MuseGAN", instrument.pipeline)
    seen, request = measures_of("music").seen, instrument.request()
    found: dict[int, Line] = {}
    for k, values in enumerate(asked[: len(z)]):
        at = range(k, len(z), len(asked))
        rolls = pipeline.write(z[k :: len(asked)], values)
        for row, number in enumerate(at):
            written = score(rolls.some(slice(row, row + 1)), values)
            found[number] = seen(Artifact("music", written, request))
    return [found[i] for i in range(len(z))]


def prepare(plan: Plan, folder: JobFolder) -> WeightedELBOTeaching:
    """Load the model; what favourites say is worked out once and kept with the job."""
    instrument = plan.instrument()
    return WeightedELBOTeaching(plan, instrument, utility_of(plan, instrument, folder, favour))
