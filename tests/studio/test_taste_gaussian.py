"""The Gaussian process learns what a line can't, and steps back where the line is as good."""

from __future__ import annotations

import numpy as np

from studio.taste.belief import Belief, Choice, scales
from studio.taste.gaussian import FEWEST, fit, wins

NUM = 4


def told(utility, num: int) -> list[Choice]:
    chance = np.random.default_rng(0)
    choices = []
    for _ in range(num):
        works = chance.standard_normal((5, NUM))
        best = int(np.argmax(utility(works)))
        others = np.delete(works, best, axis=0)
        choices.append(Choice(works[best] - others, 1.0, works[best]))
    return choices


def product(works: np.ndarray) -> np.ndarray:
    return works[:, 0] * works[:, 1]


def test_it_wins_where_two_things_count_only_together():
    prior = Belief.prior(scales(2, NUM))
    choices = told(product, 40)
    assert wins(prior, choices)
    process = fit(choices)
    fresh = np.random.default_rng(1).standard_normal((200, NUM))
    mean, spread = process.score(fresh)
    assert np.corrcoef(mean, product(fresh))[0, 1] > 0.4
    assert (spread >= 0).all()
    draws = process.judge(fresh[:20], 3, np.random.default_rng(0), 0.5)
    assert draws.shape == (3, 20)
    assert np.allclose(process.judge(fresh[:20], 1, np.random.default_rng(0), 0.0), mean[:20])


def test_it_is_not_used_for_a_straight_line_or_too_early():
    prior = Belief.prior(scales(2, NUM))

    def line(works: np.ndarray) -> np.ndarray:
        return works @ np.array([1.0, -1.0, 0.5, 0.2])

    assert not wins(prior, told(line, 40))
    assert not wins(prior, told(product, FEWEST - 1))
