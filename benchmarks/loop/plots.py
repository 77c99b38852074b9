"""The plots of docs/how-it-learns.md: what picks, questions and teachings bring."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.loop.artists import ARTISTS, CLASSES
from benchmarks.loop.learning import AIMS, Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["learning", "questions", "svg", "teachings"]

PAPER, INK, PALE = "#fffdf8", "#3a342c", "#d8d2c6"
COLOURS = {"attributes": "#b4532a", "others": "#3b7a57", "strange": "#5a5aa8"}
DASHES = {0.0: "-", 0.1: "--", 0.25: ":"}
WAYS = {"prior": "#b4532a", "few-shot": "#3b7a57"}
STYLE: Any = {
    "font.family": "sans-serif",
    "font.size": 9,
    "svg.fonttype": "path",
    "svg.hashsalt": "duet",
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": PALE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
}


def svg(figure: Figure) -> str:
    """The same bytes for the same figures."""
    target = io.StringIO()
    with mpl.rc_context(STYLE):
        figure.savefig(target, format="svg", facecolor=PAPER, metadata={"Date": None})
    return "\n".join(line.rstrip() for line in target.getvalue().splitlines()) + "\n"


def learning(report: Report) -> Figure:
    """Share of shown works in the artist's top tenth by picks: a panel a class, 95 % bands."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.6, 2.9), layout="constrained")
        for axes, kind in zip(figure.subplots(1, 3, sharey=True), CLASSES, strict=True):
            told = {flips: band for (name, flips), band in report.curves.items() if name == kind}
            for flips, (mean, low, high) in told.items():
                picks = range(len(mean))
                colour, dash = COLOURS[kind], DASHES[flips]
                axes.fill_between(picks, low, high, color=colour, alpha=0.12, linewidth=0)
                axes.plot(picks, mean, dash, color=colour, label=f"{flips:.0%} of picks wrong")
            _line(axes, 0.1, "the bare model", at=15)
            _line(axes, AIMS[0.0] or 0, "aim", at=0)
            axes.set(title=kind, xlabel="picks", ylim=(0, 0.7), xticks=range(0, 16, 5))
            axes.yaxis.set_major_formatter("{x:.0%}")
            if told:
                axes.legend(frameon=False, fontsize=7, loc="upper left")
    return figure


def questions(report: Report) -> Figure:
    """Answers that each artist needs: random pairs, and pairs that are chosen."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.6, 4.2), layout="constrained")
        axes = figure.subplots()
        told = [(one, report.artists.get(one.name, {})) for one in ARTISTS]
        known = [(one, found) for one, found in told if "random questions" in found]
        for row, (artist, found) in enumerate(reversed(known)):
            random, chosen = found["random questions"], found["prediction questions"]
            axes.plot((random, chosen), (row, row), color=PALE, zorder=1)
            axes.scatter(random, row, color=PAPER, edgecolor=INK, s=26, zorder=2)
            axes.scatter(chosen, row, color=COLOURS[artist.kind], s=26, zorder=3)
        names = [f"{one.name}  ({one.kind})" for one, _ in reversed(known)]
        axes.set(xscale="log", xlabel="answers until 80 % of what 200 random pairs teach is known")
        axes.set_yticks(range(len(names)), names, fontsize=8)
        axes.xaxis.set_major_formatter("{x:.0f}")
        axes.set_xticks((5, 10, 20, 50, 100, 200))
        axes.minorticks_off()
        axes.set_title("Ring: pairs at random. Dot: the pairs that Ask me chooses.", fontsize=9)
    return figure


def teachings(figures: Mapping[str, Mapping[str, Any]]) -> Figure:
    """Share of blind pairs that the taught model wins, by class of artist and way of teaching."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.6, 3.0), layout="constrained")
        axes = figure.subplots()
        groups = [key.split(": win, ")[1] for key in figures if key.startswith("prior: win, ")]
        for way, (method, colour) in enumerate(WAYS.items()):
            for row, group in enumerate(reversed(groups)):
                one = figures.get(f"{method}: win, {group}")
                if one is None:
                    continue
                at, low, high = one["value"], one["low"], one["high"]
                y = row + 0.12 - 0.24 * way
                axes.plot((low, high), (y, y), color=colour, linewidth=2, alpha=0.5)
                axes.scatter(at, y, color=colour, s=26, label=method if row == 0 else None)
        axes.set_yticks(range(len(groups)), reversed(groups))
        axes.set(
            xlim=(0, 1), xlabel="blind pairs won by the taught model, interval over teachings"
        )
        axes.axvline(0.5, color=INK, linewidth=0.8, linestyle=":")
        axes.axvline(0.75, color=PALE, linewidth=0.8, linestyle="--")
        axes.xaxis.set_major_formatter("{x:.0%}")
        if groups:
            axes.legend(frameon=False, loc="lower left")
    return figure


def _line(axes: Axes, height: float, name: str, at: int) -> None:
    axes.axhline(height, color=PALE, linewidth=0.8, zorder=0)
    side: Any = "right" if at else "left"
    axes.annotate(
        name, (at, height), textcoords="offset points", xytext=(0, 2), ha=side, fontsize=7
    )
