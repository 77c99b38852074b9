"""A Gaussian process over works, for tastes that no straight line tells.

BoTorch's `PairwiseGP` (Chu and Ghahramani 2005, https://doi.org/10.1145/1102351.1102369) learns a
utility from pairs with a smooth kernel over the same features. It takes seconds where the belief
takes milliseconds, so it is fitted in the background, on the newest comparisons, and used only
where it foretells held-out ones better (`wins`). BoTorch is imported here and nowhere else.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.taste.belief import Belief, Choice, update

__all__ = ["FEWEST", "Process", "fit", "wins"]

Floats = NDArray[np.float64]
FEWEST = 20
"""Choices from which on it is worth trying."""
NEWEST = 40
FOLDS = 4
MARGIN = 0.01
"""Nats a choice by which it must do better."""
OTHERS = 4
"""Others of a choice that are compared with, the first ones."""


@dataclass(frozen=True)
class Process:
    """A fitted process.

    Attributes:
        model: `botorch.models.PairwiseGP`.
    """

    model: Any

    def score(self, features: Floats) -> tuple[Floats, Floats]:
        """Mean and standard deviation of the utility of works, features [N, F] -> [N] each."""
        import torch

        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            told = self.model.posterior(torch.from_numpy(features))
            mean: Floats = told.mean.squeeze(-1).numpy()
            spread: Floats = told.variance.clamp_min(0).sqrt().squeeze(-1).numpy()
        return mean, spread

    def judge(
        self, features: Floats, num: int, chance: np.random.Generator, heat: float
    ) -> Floats:
        """Thompson's draws, joint over the works; see `studio.taste.suggesting.Judge`."""
        import torch

        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            told = self.model.posterior(torch.from_numpy(features))
            mean = told.mean.squeeze(-1).numpy()
            cov = told.mvn.covariance_matrix.numpy()
        root = np.linalg.cholesky(cov + 1e-6 * np.trace(cov) / len(cov) * np.eye(len(cov)))
        drawn: Floats = mean + heat * chance.standard_normal((num, len(mean))) @ root.T
        return drawn

    def prefers(self, left: Floats, right: Floats) -> Floats:
        """Probability that the first of each pair is preferred, [N, F] each -> [N]."""
        import torch

        mean, _ = self.score(np.concatenate([left, right]))
        apart = torch.from_numpy(mean[: len(left)] - mean[len(left) :])
        told: Floats = torch.special.ndtr(apart / 2**0.5).numpy()
        return told


def fit(choices: Sequence[Choice]) -> Process:
    """Fit a process to choices.

    Args:
        choices: Oldest first, with their works (`Choice.chosen`); the newest are used.
    """
    import torch
    from botorch.fit import fit_gpytorch_mll
    from botorch.models.pairwise_gp import PairwiseGP, PairwiseLaplaceMarginalLogLikelihood

    points, pairs = [], []
    for chosen, apart in _works(choices)[-NEWEST:]:
        points.append(chosen)
        best = len(points) - 1
        for one in apart[:OTHERS]:
            points.append(chosen - one)
            pairs.append([best, len(points) - 1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of an optimiser that stopped early
        model = PairwiseGP(torch.from_numpy(np.stack(points)), torch.tensor(pairs))
        likelihood = PairwiseLaplaceMarginalLogLikelihood(model.likelihood, model)
        fit_gpytorch_mll(likelihood, optimizer_kwargs={"options": {"maxiter": 20}})
    return Process(model)


def wins(prior: Belief, choices: Sequence[Choice]) -> bool:
    """Whether the process foretells held-out choices better than the belief, by a margin."""
    newest = [choice for choice in choices if choice.chosen is not None][-NEWEST:]
    if len(newest) < FEWEST:
        return False
    gained = []
    for fold in range(FOLDS):
        test = newest[fold::FOLDS]
        train = [choice for index, choice in enumerate(newest) if index % FOLDS != fold]
        belief, process = update(prior, train), fit(train)
        works = _works(test)
        left = np.concatenate([np.repeat(one[None], len(apart), 0) for one, apart in works])
        apart = np.concatenate([apart for _, apart in works])
        ours, theirs = belief.prefers(apart), process.prefers(left, left - apart)
        gained.append(float(np.mean(_log(theirs) - _log(ours))))
    return float(np.mean(gained)) > MARGIN


def _works(choices: Sequence[Choice]) -> list[tuple[Floats, Floats]]:
    return [(one.chosen, one.apart) for one in choices if one.chosen is not None]


def _log(probability: Floats) -> Floats:
    told: Floats = np.log(np.clip(0.9 * probability + 0.05, 1e-9, 1))
    return told
