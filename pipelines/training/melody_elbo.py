"""Weighted ELBO of melodies: which tunes a model of melodies begins with moves towards the liked.

What is maximised is that of `pipelines.training.weighted_elbo`, and so are the anchor to the model
as it was and what keeps draws varied. A melody costs next to nothing to write, which the utility u
makes use of: each favourite's metre, bars, mode and accidentals are given to draws of z in turn,
thousands of them, favourites and draws are written at a temperature of 0, so that z alone decides
them, and a logistic tells one from the other by what is measured of their lines
(`pipelines.music.medium`). As both were asked for the same, nothing but z can explain what tells
them apart. Key, octave, tempo and instrument are no matter of z and are not learnt.

u is laid over all numbers of z (`pipelines.training.preference.Shadow`) in the deviations of the
model's own draws: those of N(0, I) have no wider directions that fewer would do.
Legend: K favourites, N draws, Z width of z.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from pipelines.music.grid import KEYS, transposition
from pipelines.music.medium import OCTAVE, Line
from pipelines.training.draws import FIRST, look
from pipelines.training.pairs import liking
from pipelines.training.preference import Shadow, Whitening
from pipelines.training.prior import utility_of
from pipelines.training.weighted_elbo import WeightedELBOTeaching

if TYPE_CHECKING:
    from pipelines.controls import Value
    from pipelines.music.melody_vae import MelodyVAE
    from pipelines.pipeline import Instrument
    from pipelines.training.job_files import JobFolder
    from pipelines.training.plans import Plan

__all__ = ["DRAWN", "compared", "favour", "prepare"]

Floats = NDArray[np.float32]
Written = Callable[[Floats, "Sequence[Mapping[str, Value]]"], "Sequence[Any]"]
DRAWN = 3072
"""Draws that favourites are compared with."""


def favour(plan: Plan, instrument: Instrument) -> Shadow:
    """The utility over z that the plan's favourites speak for."""
    pipeline = cast("MelodyVAE", instrument.pipeline)
    return compared(plan, instrument, DRAWN, lambda z, asked: _lines(pipeline, z, asked))


def compared(plan: Plan, instrument: Instrument, count: int, written: Written) -> Shadow:
    """The utility over z that tells favourites from draws asked for the same; see the module.

    Args:
        plan: With its favourites.
        instrument: A model whose latents are one layer.
        count: Draws.
        written: z [N, Z] and settings, which the n-th is given number n mod K of -> what is
            looked at of each (`pipelines.media.Measures.seen`).
    """
    asked = [instrument.values(one.request(instrument)) for one in plan.favourites]
    liked = np.concatenate([one.latent() for one in plan.favourites])
    fresh = [instrument.request(seed=FIRST + i) for i in range(count)]
    drawn = np.concatenate([instrument.pipeline.place(one) for one in fresh])
    seen = [look(instrument.card.medium, written(z, asked)) for z in (liked, drawn)]
    space = instrument.latent_space
    plain = Whitening(space.center[0], np.eye(drawn.shape[1], dtype=np.float32), space.spread[0])
    return Shadow.of(plain, drawn, liking(*seen))


def _lines(pipeline: MelodyVAE, z: Floats, asked: Sequence[Mapping[str, Value]]) -> list[Line]:
    """Melodies of z [N, Z], the n-th one as the settings number n mod K ask for it."""
    found: dict[int, Line] = {}
    for k, values in enumerate(asked[: len(z)]):
        at = range(k, len(z), len(asked))
        tokens = pipeline.write(z[k :: len(asked)], {**values, "temperature": 0.0})
        up = transposition(KEYS.index(str(values["key"]))) + OCTAVE * int(values["octave"])
        metre = str(values["time_signature"])
        found |= {i: Line(row, metre, up) for i, row in zip(at, tokens, strict=True)}
    return [found[i] for i in range(len(z))]


def prepare(plan: Plan, folder: JobFolder) -> WeightedELBOTeaching:
    """Load the model; what favourites say is worked out once and kept with the job."""
    instrument = plan.instrument()
    return WeightedELBOTeaching(plan, instrument, utility_of(plan, instrument, folder, favour))
