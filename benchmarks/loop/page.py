"""Figures as tables and plots in docs/how-it-learns.md, each between two marks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.loop.artists import ARTISTS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from benchmarks.loop.learning import Report

__all__ = ["BEGIN", "END", "tables", "teaching_table", "write", "write_teachings"]

BEGIN, END = "<!-- {}: written by python -m {} -->", "<!-- end of {} -->"
LOOP = ("figures", "benchmarks.loop")
TEACHINGS = ("teachings", "benchmarks.loop.teaching")
Mark = tuple[str, str]
MET = {True: "yes", False: "**no**", None: ""}


def tables(report: Report) -> str:
    """Markdown: every figure with its aim and interval, then every artist."""
    head = ("figure", "value", "unit", "aim", "met", "95 % interval, more")
    lines = [_row(head), "|---" * len(head) + "|"]
    for name, one in report.figures.items():
        known = ("value", "unit", "aim", "met", "interval")
        more = ", ".join(f"{k} {v}" for k, v in one.items() if k not in known)
        between = "{} to {}; ".format(*one["interval"]) if "interval" in one else ""
        aim, met = one.get("aim", ""), MET[one.get("met")]
        lines.append(_row((name, one["value"], one["unit"], aim, met, between + more)))
    lines += [
        "",
        "| artist | class | 0 % flips | 10 % | 25 % | questions, random | questions, asked |",
        "|---|---|---|---|---|---|---|",
    ]
    columns = ("0", "0.1", "0.25", "random questions", "prediction questions")
    for artist in ARTISTS:
        told = report.artists.get(artist.name, {})
        lines.append(_row((artist.name, artist.kind, *(told.get(one, "") for one in columns))))
    return "\n".join(lines)


def teaching_table(figures: Mapping[str, Mapping[str, Any]]) -> str:
    """Markdown: a column for every way of teaching, value and interval over teachings."""
    methods = list(dict.fromkeys(key.split(": ")[0] for key in figures))
    names = list(dict.fromkeys(key.split(": ")[1] for key in figures))
    lines = [_row(("", *methods, "aim")), "|---" * (len(methods) + 2) + "|"]
    for name in names:
        told = [figures.get(f"{method}: {name}", {}) for method in methods]
        aims = dict.fromkeys(str(one["aim"]) for one in told if "aim" in one)
        lines.append(_row((name, *map(_cell, told), ", ".join(aims))))
    return "\n".join(lines)


def _cell(one: Mapping[str, Any]) -> str:
    if not one:
        return ""
    between = f" ({one['low']} to {one['high']})" if "low" in one else ""
    missed = " **missed**" if one.get("met") is False else ""
    return f"{one['value']}{between}{missed}"


def _row(cells: tuple[object, ...]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def write(page: Path, report: Report) -> None:
    """Put tables and plots of what was learnt into ``page``, its pictures under ``images``.

    Raises:
        ValueError: If the page has no marks.
    """
    from benchmarks.loop import plots

    drawn = {
        "Share of shown works in the top tenth": ("", plots.learning(report)),
        "Answers that each artist needs": ("-questions", plots.questions(report)),
    }
    _put(page, LOOP, drawn, tables(report))


def write_teachings(page: Path, figures: Mapping[str, Mapping[str, Any]]) -> None:
    """Put table and plot of teachings into ``page``.

    Raises:
        ValueError: If the page has no marks.
    """
    from benchmarks.loop import plots

    drawn = {"Blind pairs that the taught model wins": ("-teachings", plots.teachings(figures))}
    _put(page, TEACHINGS, drawn, teaching_table(figures))


def _put(page: Path, mark: Mark, drawn: Mapping[str, tuple[str, Figure]], table: str) -> None:
    from benchmarks.loop import plots

    begin, end = BEGIN.format(*mark), END.format(mark[0])
    text = page.read_text(encoding="utf-8")
    if begin not in text or end not in text:
        raise ValueError(f"{page} has no place for {mark[0]}")
    shown = []
    for words, (suffix, figure) in drawn.items():
        image = page.parent / "images" / f"{page.stem}{suffix}.svg"
        image.write_text(plots.svg(figure), encoding="utf-8")
        shown.append(f"![{words}](images/{image.name})\n")
    body = "\n".join((begin, *shown, table, end))
    between = re.escape(begin) + ".*?" + re.escape(end)
    page.write_text(re.sub(between, lambda _found: body, text, flags=re.DOTALL), encoding="utf-8")
