"""The learning figures: how much better works get by picks, and how many questions that takes."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.loop.artists import ARTISTS, CLASSES, Artist
from benchmarks.loop.simulated import Studio, Trial, answers, play
from studio.taste.choosing import Strategy

__all__ = ["Report", "interval", "picks", "questions"]

Floats = NDArray[np.float64]
Figures = dict[str, dict[str, Any]]
FLIPS = (0.0, 0.1, 0.25)
AIMS = {0.0: 0.30, 0.1: None, 0.25: 0.20}
CHANCE = 0.1
CONTROL = (0.08, 0.12)
RANDOM_ANSWERS = 200
REACH = 0.8
STRATEGIES: tuple[Strategy, ...] = ("random", "information", "prediction")
MAX_RATIO = 0.7


@dataclass
class Report:
    """What the tables and the plot are made of.

    Attributes:
        curves: Class and flips -> share by round, ``[3, rounds]``: mean, and 95 % from and to.
        artists: Artist -> share after all picks by flips, or questions by strategy.
        figures: What the command prints.
    """

    curves: dict[tuple[str, float], Floats] = field(default_factory=dict)
    artists: dict[str, dict[str, float]] = field(default_factory=dict)
    figures: Figures = field(default_factory=dict)


def interval(values: Sequence[float]) -> tuple[float, float]:
    """95 % of the mean, by the bootstrap over runs."""
    chance = np.random.default_rng(0)
    told = np.asarray(values)
    means = told[chance.integers(0, len(told), (1000, len(told)))].mean(axis=1)
    return float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))


def _figure(values: Sequence[float], aim: str, met: bool | None, **more: object) -> dict[str, Any]:
    low, high = interval(values)
    return {
        "value": round(float(np.mean(values)), 3),
        "unit": "share",
        "aim": aim,
        "met": met,
        "interval": [round(low, 3), round(high, 3)],
        **more,
    }


def picks(
    studio: Studio,
    likes: dict[str, Floats],
    runs: int,
    report: Report,
    say: Callable[[str], None] = lambda _line: None,
) -> None:
    """Every artist, ``runs`` times at each share of flips; then the controls."""
    for flips in FLIPS:
        for kind in CLASSES:
            rounds = []  # [artists, runs, rounds]
            for artist in _of(kind):
                trial = Trial(flips)
                found = [play(studio, likes[artist.name], trial, seed) for seed in range(runs)]
                rounds.append(np.stack(found))
                last = float(rounds[-1][:, -1].mean())
                report.artists.setdefault(artist.name, {})[f"{flips:g}"] = round(last, 3)
                say(f"{artist.name}, flips {flips:g}: {last:.3f}")
            table = np.stack(rounds)
            report.curves[kind, flips] = _band(table.mean(axis=0))
            # A run is all artists of the class once, so that intervals are over runs.
            aim = AIMS[flips]
            value = float(table[:, :, -1].mean())
            report.figures[f"top_decile_{kind}_{round(100 * flips)}"] = _figure(
                table[:, :, -1].mean(axis=0).tolist(),
                "" if aim is None else f">= {aim}",
                None if aim is None else value >= aim,
                bare=round(float(table[:, :, 0].mean()), 3),
                runs=runs,
            )
    _controls(studio, likes, max(2, runs // 4), report)


def _band(table: Floats) -> Floats:
    """``[runs, rounds]`` -> mean and interval of every round, ``[3, rounds]``."""
    ends = [interval(column.tolist()) for column in table.T]
    return np.vstack([table.mean(axis=0), np.asarray(ends, table.dtype).T])


def _of(kind: str) -> list[Artist]:
    return [artist for artist in ARTISTS if artist.kind == kind]


def _controls(studio: Studio, likes: dict[str, Floats], runs: int, report: Report) -> None:
    """Shuffled feedback, two untaught models against each other, and measured candidates."""
    for name, trial in {
        "control_shuffled": Trial(shuffled=True),
        "measured_candidates": Trial(measured=True),
    }.items():
        by_run = [
            np.mean([play(studio, one, trial, 1000 + seed)[-1] for one in likes.values()])
            for seed in range(runs)
        ]
        shuffled = trial.shuffled
        met = CONTROL[0] <= float(np.mean(by_run)) <= CONTROL[1] if shuffled else None
        aim = f"{CONTROL[0]}..{CONTROL[1]}" if shuffled else ""
        report.figures[name] = _figure([float(one) for one in by_run], aim, met, runs=runs)
    guessed = [one["0"] for one in report.artists.values()]
    report.figures["measured_candidates"]["guessed"] = round(statistics.fmean(guessed), 3)
    chance = np.random.default_rng(1)
    wins = []
    for one in likes.values():
        a, b = np.array_split(chance.permutation(len(one))[: len(one) // 2 * 2], 2)
        wins.append(float((one[a] > one[b]).mean()))
    low, high = interval(wins)
    report.figures["control_untaught_wins"] = _figure(wins, "0.5", low <= 0.5 <= high)


def questions(
    studio: Studio,
    likes: dict[str, Floats],
    runs: int,
    report: Report,
    say: Callable[[str], None] = lambda _line: None,
) -> None:
    """Answers until 80 % of the way from chance to what 200 random pairs teach, run by run."""
    needed: dict[Strategy, list[int]] = {one: [] for one in STRATEGIES}
    for artist in ARTISTS:
        told = likes[artist.name]
        reached: dict[str, list[int]] = {one: [] for one in STRATEGIES}
        for seed in range(runs):
            traces = {
                strategy: answers(studio, told, strategy, RANDOM_ANSWERS, seed)
                for strategy in STRATEGIES
            }
            goal = 0.5 + REACH * (traces["random"][-20:].mean() - 0.5)
            for strategy, trace in traces.items():
                reached[strategy].append(_first(trace, goal))
        for strategy in STRATEGIES:
            needed[strategy] += reached[strategy]
            median = statistics.median(reached[strategy])
            report.artists.setdefault(artist.name, {})[f"{strategy} questions"] = median
        say(f"{artist.name}: {reached}")
    medians = {k: statistics.median(v) for k, v in needed.items()}
    value = medians["prediction"] / medians["random"]
    ratios = [a / b for a, b in zip(needed["prediction"], needed["random"], strict=True)]
    report.figures["ask_me_questions"] = {
        "value": round(value, 3),
        "unit": "of random's",
        "aim": f"<= {MAX_RATIO}",
        "met": value <= MAX_RATIO,
        **{name: medians[name] for name in STRATEGIES},
        "median_of_ratios": round(statistics.median(ratios), 3),
        "runs": runs,
    }


def _first(trace: Floats, goal: float) -> int:
    """The number of answers from which on the goal is held, smoothed over three."""
    smooth = np.convolve(trace, np.ones(3) / 3, mode="same")
    above = smooth[:-1] >= goal
    return int(np.argmax(above)) + 1 if above.any() else len(trace)
