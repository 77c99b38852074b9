"""Does what someone likes in one medium say what they like in another?

    python -m benchmarks.one_taste [--works N] [--artists N]

Artists are simulated. One who *translates* likes in both media what the table of
`pipelines.across` takes for the same (a bright picture, a high tune); one whose tastes are *apart*
likes something of its own in each. Each picks the best of twelve works of one model, 15 times; the
studio's own code hears the picks through the lens of another model and judges 500 pairs of works
that it never saw. Then a few picks are made there too: what the others are worth, what they cost.

Answers of people there are none here: the table is a guess of ours, and this says what the code
makes of it if it is right, and if it is wrong.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from benchmarks.__main__ import Figures, table
from benchmarks.running import figure

if TYPE_CHECKING:
    from studio.taste.belief import Choice

__all__ = ["main", "run"]

Floats = NDArray[np.float64]
WAYS = (
    ("pomona", "wangchuan"),
    ("pomona", "ceilidh"),
    ("wangchuan", "ceilidh"),
    ("wangchuan", "pomona"),
    ("ceilidh", "pomona"),
    ("ceilidh", "paradiddle"),
)
"""Picks of the first, judged on the second."""
PICKS, BOARD, PAIRS = 15, 12, 500
OWN = (0, 1, 3, 5, 10)
"""Picks in the second medium."""
SLIP = 0.1
"""Share of picks that are anything."""
FIRST = 3_300_000
"""Seeds that no atlas knows."""


@dataclass(frozen=True)
class Bank:
    """Works of one model: medium, names of attributes, features [N, F], attributes z [N, A]."""

    medium: str
    names: tuple[str, ...]
    features: Floats
    z: Floats


def run(works: int, artists: int) -> Figures:
    """Accuracy on held-out pairs, by way, by kind of artist and by picks.

    Args:
        works: Of each model.
        artists: Of each kind.
    """
    banks = {name: _bank(name, works) for name in dict.fromkeys(sum(WAYS, ()))}
    found: Figures = {}
    for source, target in WAYS:
        for kind in ("translates", "apart"):
            told = [_trial((banks[source], banks[target]), kind, seed) for seed in range(artists)]
            own, both = (np.array(one) for one in zip(*told, strict=True))
            heard = both[:, 0]
            wide = 1.96 * heard.std() / np.sqrt(artists)
            more = {f"with_{n}": _pair(both[:, i], own[:, i]) for i, n in enumerate(OWN) if n}
            name = f"{source} > {target}, {kind}"
            unit = f"% +- {100 * wide:.1f} from the other alone"
            found[name] = {**figure(100 * heard.mean(), unit), **more}
    return found


def _pair(both: Floats, own: Floats) -> str:
    return f"{100 * both.mean():.0f} (alone {100 * own.mean():.0f})"


def _bank(model: str, works: int) -> Bank:
    from pipelines.atlas import Atlas, measured
    from pipelines.catalog import BUNDLED, Catalog
    from pipelines.engines import Engines

    with tempfile.TemporaryDirectory() as cache:
        instrument = Catalog((BUNDLED,)).load(model, Engines(device="cpu", cache=Path(cache)))
        atlas = Atlas.load(BUNDLED / model / "atlas.npz")
        requests = [instrument.request(seed=FIRST + index) for index in range(works)]
        made = [measured(instrument.render(one, quality="fast")) for one in requests]
        latents = np.stack([instrument.pipeline.place(one) for one in requests])
    z = np.stack([atlas.standard(one) for one in made])
    return Bank(atlas.medium, atlas.names, atlas.features(latents, z), np.nan_to_num(z))


def _trial(banks: tuple[Bank, Bank], kind: str, seed: int) -> tuple[list[float], list[float]]:
    """Accuracy after each number of own picks: from these alone, and with those of the other."""
    from studio.taste.belief import Belief, scales, settled
    from studio.taste.carried import alike, carried

    source, target = banks
    chance = np.random.default_rng(seed)
    wish = chance.standard_normal(len(source.names))
    likes = source.z @ wish
    if kind == "apart":
        likes_there = target.z @ chance.standard_normal(len(target.names))
    else:
        told = dict(zip(source.names, wish, strict=True))
        there = dict.fromkeys(target.names, 0.0)
        for link in alike(source.medium, target.medium):
            if link.target in there:
                there[link.target] += link.weight * told.get(link.source, 0.0)
        there |= {name: told[name] for name in target.names if name in told}
        likes_there = target.z @ np.array([there[name] for name in target.names])
    known, tested = np.split(chance.permutation(len(target.z)), [len(target.z) // 2])
    media = (source.medium, target.medium)
    as_heard = np.zeros((len(source.z), target.features.shape[1]))
    as_heard[:, : len(target.names)] = [
        carried(dict(zip(source.names, one, strict=True)), media, target.names) for one in source.z
    ]
    theirs = _picks(as_heard, likes, np.arange(len(likes)), PICKS, chance, carried=True)
    mine = _picks(target.features, likes_there, known, max(OWN), chance)
    prior = Belief.prior(scales(len(target.names), target.features.shape[1]))
    left, right = chance.choice(tested, (2, PAIRS))
    apart = target.features[left] - target.features[right]
    truth = np.sign(likes_there[left] - likes_there[right])

    def right_of(choices: Sequence[Choice]) -> float:
        said = np.sign(np.round(apart @ settled(prior, choices).mean, 12))
        return float(((1 + said * truth) / 2)[truth != 0].mean())

    alone = [right_of(mine[:count]) for count in OWN]
    return alone, [right_of([*theirs, *mine[:count]]) for count in OWN]


def _picks(
    features: Floats,
    likes: Floats,
    among: NDArray[np.int64],
    count: int,
    chance: np.random.Generator,
    *,
    carried: bool = False,
) -> list[Choice]:
    """The best of so many boards, but for slips."""
    from studio.taste.belief import Choice

    made: list[Choice] = []
    for _ in range(count):
        board = chance.choice(among, BOARD, replace=False)
        best = int(np.argmax(likes[board])) if chance.random() > SLIP else int(chance.integers(12))
        shown = features[board]
        made.append(Choice(shown[best] - np.delete(shown, best, axis=0), carried=carried))
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it and print it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.one_taste", description=__doc__)
    parser.add_argument("--works", type=int, default=400, help="of each model")
    parser.add_argument("--artists", type=int, default=60, help="of each kind")
    given = parser.parse_args(arguments)
    print(table(run(given.works, given.artists)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
