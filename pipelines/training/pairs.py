"""Which of two works is better, told from favourites: pairs for preference learning.

A logistic of favourites against fresh draws (`pipelines.training.preference`) scores both on what
is measured of them. The better of a pair is a favourite or a draw that scores high, the worse one
a draw that scores low, both made for the same words or kind; so what is learnt is a taste, and not
a dozen works by heart.
Legend: N works, P pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipelines.training.draws import Seen
from pipelines.training.placing import Place
from pipelines.training.preference import Logistic, Whitening

if TYPE_CHECKING:
    from pipelines.pipeline import Instrument
    from pipelines.training.job_files import JobFolder
    from pipelines.training.plans import Plan

__all__ = ["DRAWN", "descend", "liking", "pair_up", "rounds", "works_of"]

Floats = NDArray[np.float32]
DRAWN = 96
"""Fresh draws that favourites are compared with."""
BETTER, WORSE = 0.7, 0.5
"""Shares of the draws below which one is never the better, and from which never the worse."""
MOST = 512
"""Pairs."""
FEATURES = 16


def rounds(favourites: int) -> int:
    """How often what each favourite was made for is drawn again, so that `DRAWN` come of it."""
    return max(2, -(-DRAWN // favourites))


def pair_up(
    liked: Seen, drawn: Seen, conditions: tuple[Sequence[object], Sequence[object]], seed: int
) -> NDArray[np.int64]:
    """Pairs of works, the better first, shape [P, 2].

    Args:
        liked: Favourites.
        drawn: Fresh draws.
        conditions: What each favourite and each draw was made for, such as its words.
        seed: Of the order, and of which are left out beyond `MOST`.

    Returns:
        Indices; draws count on from the favourites.
    """
    scores = liking(liked, drawn)
    high, low = np.quantile(scores, (BETTER, WORSE))
    first = len(liked.features)
    better: dict[object, list[int]] = {}
    for index, condition in enumerate(conditions[0]):
        better.setdefault(condition, []).append(index)
    worse: dict[object, list[int]] = {}
    for index, (condition, score) in enumerate(zip(conditions[1], scores, strict=True)):
        side = better if score >= high else worse if score < low else None
        if side is not None:
            side.setdefault(condition, []).append(first + index)
    every = [one for several in worse.values() for one in several]
    found = [
        (one, other)
        for condition, several in better.items()
        for one in several
        for other in worse.get(condition, every)
    ]
    order = np.random.default_rng(seed).permutation(len(found))[:MOST]
    return np.array(found, np.int64)[order]


def liking(liked: Seen, drawn: Seen) -> Floats:
    """How much draws are like favourites, shape [N]."""
    unit = drawn.attributes.std(axis=0) + np.float32(1e-6)
    center, white = drawn.attributes.mean(axis=0), Whitening.of(drawn.features, FEATURES)

    def rows(seen: Seen) -> Floats:
        parts = ((seen.attributes - center) / unit, white.coordinates(seen.features))
        return np.concatenate(parts, axis=1).astype(np.float32)

    return Logistic.fit(rows(liked), rows(drawn), prior=0.3).score(rows(drawn))[0]


def works_of(
    folder: JobFolder, plan: Plan, make: Callable[[Plan, Instrument], dict[str, Tensor]]
) -> tuple[Instrument, dict[str, Tensor]]:
    """The model, and the works to learn from: made once, and kept with the job."""
    instrument = plan.instrument()
    kept = folder.load_tensors("pairs.safetensors")
    if kept is not None:
        return instrument, kept[0]
    works = make(plan, instrument)
    folder.save_tensors("pairs.safetensors", works, {})
    return instrument, works


def descend(
    optimiser: torch.optim.Optimizer,
    loss: Tensor,
    parameters: Iterable[Tensor],
    *,
    place: Place,
    rate: float,
) -> None:
    """Take one step of an optimiser at this learning rate, with gradients of norm 1 at most."""
    for group in optimiser.param_groups:
        group["lr"] = rate
    place.differentiate(loss, optimiser)
    torch.nn.utils.clip_grad_norm_(parameters, 1.0)
    optimiser.step()
