"""One simulated artist at work: rounds of twelve, a pick from each, and what is shown after.

Everything that learns and chooses is the studio's own code; the artist knows only the pictures,
the studio only the picks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.atlas import Atlas
from studio.taste.belief import Belief, Choice, foretold, scales, update
from studio.taste.choosing import FROM_KEEPS, HEAT, TILES, Strategy, ask, marked, pick, trust

__all__ = ["Studio", "Trial", "answers", "play"]

Floats = NDArray[np.float64]
PICKS = 15
FINAL_BOARDS = 3
QUESTION_POOL = 200
ALWAYS, EVERY = 40, 10
"""So many answers are learnt from one by one, then by the handful: only the trace gets coarser."""


@dataclass(frozen=True)
class Studio:
    """What the studio knows of the works of a bank.

    Attributes:
        measured: Features of works that were shown, shape [N, F].
        guessed: Features of works that were not rendered, shape [N, F].
        prior: Before anything was heard.
    """

    measured: Floats
    guessed: Floats
    prior: Belief

    @classmethod
    def of(cls, atlas: Atlas, latents: NDArray[np.float32], values: Floats) -> Studio:
        """From the atlas, and latents and attributes of the bank."""
        z = (values - atlas.mean) / atlas.spread
        prior = Belief.prior(scales(len(atlas.names), atlas.num_features))
        return cls(atlas.features(latents, z), atlas.features(latents), prior)


@dataclass(frozen=True)
class Trial:
    """How an artist is played.

    Attributes:
        flips: Share of picks that are someone else's: another work of the board at random.
        shuffled: Picks are of another board position than was liked: a control.
        measured: Candidates are rendered and measured before they are chosen from.
        start: From which pick on taste is followed; the studio's own rule unless told.
    """

    flips: float = 0.0
    shuffled: bool = False
    measured: bool = False


def play(studio: Studio, likes: Floats, trial: Trial, seed: int) -> Floats:
    """Share of shown works in the artist's top decile, by round.

    Args:
        studio: Knows the features.
        likes: Hidden utility of every work of the bank, shape [N].
        trial: How.
        seed: Of the artist's slips and the studio's draws.

    Returns:
        Shape [PICKS + 1]; the last is after all picks, averaged over a few fresh boards.
    """
    chance = np.random.default_rng(seed)
    best = likes >= np.quantile(likes, 0.9)
    fresh = _supply(len(likes), chance)
    belief, choices, shares, trusted = studio.prior, list[Choice](), [], 1.0
    for index in range(PICKS):
        board = _board(studio, belief, next(fresh), marked(index, trusted), (trial, chance))
        shares.append(best[board].mean())
        told = likes[board]
        chosen = int(np.argmax(chance.permutation(told) if trial.shuffled else told))
        if chance.random() < trial.flips:
            chosen = int((chosen + chance.integers(1, TILES)) % TILES)
        shown = studio.measured[board]
        choices.append(Choice(shown[chosen] - np.delete(shown, chosen, axis=0)))
        belief = update(studio.prior, choices, start=belief.mean)
        trusted = trust(foretold(belief, choices))
    last = [
        best[_board(studio, belief, next(fresh), marked(PICKS, trusted), (trial, chance))].mean()
        for _ in range(FINAL_BOARDS)
    ]
    return np.array([*shares, np.mean(last)])


def _supply(count: int, chance: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Fresh works for each board, none twice: twelve while nothing steers, then even shares."""
    order = chance.permutation(count)
    bare = FROM_KEEPS * TILES
    yield from np.split(order[:bare], FROM_KEEPS)
    yield from np.array_split(order[bare:], PICKS - FROM_KEEPS + FINAL_BOARDS)


def _board(
    studio: Studio,
    belief: Belief,
    fresh: NDArray[np.int64],
    num: int,
    how: tuple[Trial, np.random.Generator],
) -> NDArray[np.int64]:
    """Twelve works: ``num`` by taste out of fresh candidates, the rest as the model gives them."""
    trial, chance = how
    free, candidates = fresh[: TILES - num], fresh[TILES:]
    known = studio.measured if trial.measured else studio.guessed
    draws = belief.samples(num, chance, HEAT) @ known[candidates].T
    return np.concatenate([candidates[pick(draws)], free]) if num else free


def answers(studio: Studio, likes: Floats, strategy: Strategy, num: int, seed: int) -> Floats:
    """Share of held-out pairs whose order is known after each of ``num`` answers, shape [num]."""
    chance = np.random.default_rng(seed)
    order = chance.permutation(len(likes))
    test, rest = np.split(order[: len(order) // 3 * 3], [len(order) // 3])
    a, b = np.split(test[: len(test) // 2 * 2], 2)
    apart, truth = studio.measured[a] - studio.measured[b], likes[a] > likes[b]
    belief, choices, known = studio.prior, list[Choice](), []
    for index in range(num):
        pool = chance.choice(rest, min(QUESTION_POOL, len(rest)), replace=False)
        left, right, _ = ask(belief, studio.guessed[pool], chance, strategy)
        pair: Sequence[int] = (pool[left], pool[right])
        better, worse = sorted(pair, key=lambda work: -likes[work])
        choices.append(Choice((studio.measured[better] - studio.measured[worse])[None]))
        if index < ALWAYS or index % EVERY == EVERY - 1:
            belief = update(studio.prior, choices, start=belief.mean)
        known.append(((apart @ belief.mean > 0) == truth).mean())
    return np.array(known)
