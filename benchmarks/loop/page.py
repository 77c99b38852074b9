"""Figures as tables and plots in docs/how-it-learns.md, each between two marks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.loop.artists import ARTISTS
from pipelines.training.cards import table

if TYPE_CHECKING:
    from benchmarks.loop.learning import Report

__all__ = ["BEGIN", "END", "tables", "teaching_table", "write", "write_teachings"]

BEGIN, END = "<!-- {}: written by python -m {} -->", "<!-- end of {} -->"
LOOP = ("figures", "benchmarks.loop")
TEACHINGS = ("teachings", "benchmarks.loop.teaching")
Mark = tuple[str, str]
MET = {True: "yes", False: "**no**", None: ""}


def tables(report: Report) -> str:
    """Markdown: every figure with its aim and interval, then every artist."""
    rows = []
    for name, one in report.figures.items():
        known = ("value", "unit", "aim", "met", "interval")
        more = ", ".join(f"{k} {v}" for k, v in one.items() if k not in known)
        between = "{} to {}; ".format(*one["interval"]) if "interval" in one else ""
        aim, met = one.get("aim", ""), MET[one.get("met")]
        rows.append((name, one["value"], one["unit"], aim, met, between + more))
    figures = table(("figure", "value", "unit", "aim", "met", "95 % interval, more"), rows)
    columns = ("0", "0.1", "0.25", "random questions", "prediction questions")
    told = [(one, report.artists.get(one.name, {})) for one in ARTISTS]
    artists = table(
        ("artist", "class", "0 % flips", "10 %", "25 %", "questions, random", "questions, asked"),
        [(one.name, one.kind, *(found.get(c, "") for c in columns)) for one, found in told],
    )
    return f"{figures}\n\n{artists}"


def teaching_table(figures: Mapping[str, Mapping[str, Any]]) -> str:
    """Markdown: a column for every way of teaching, value and interval over teachings."""
    methods = list(dict.fromkeys(key.split(": ")[0] for key in figures))
    names = list(dict.fromkeys(key.split(": ")[1] for key in figures))
    rows = []
    for name in names:
        told = [figures.get(f"{method}: {name}", {}) for method in methods]
        aims = dict.fromkeys(str(one["aim"]) for one in told if "aim" in one)
        rows.append((name, *map(_cell, told), ", ".join(aims)))
    return table(("", *methods, "aim"), rows)


def _cell(one: Mapping[str, Any]) -> str:
    if not one:
        return ""
    between = f" ({one['low']} to {one['high']})" if "low" in one else ""
    missed = " **missed**" if one.get("met") is False else ""
    return f"{one['value']}{between}{missed}"


def write(page: Path, report: Report) -> None:
    """Put tables and plots of what was learnt into ``page``, its pictures under ``images``.

    Raises:
        ValueError: If the page has no marks.
    """
    from benchmarks.loop import plots

    drawn = {
        "Share of shown works in the top tenth": ("", plots.svg(plots.learning(report))),
        "Answers that each artist needs": ("-questions", plots.svg(plots.questions(report))),
    }
    _put(page, LOOP, drawn, tables(report))


def write_teachings(page: Path, figures: Mapping[str, Mapping[str, Any]]) -> None:
    """Put table and plot of teachings into ``page``.

    Raises:
        ValueError: If the page has no marks.
    """
    from benchmarks.loop import plots

    drawn = plots.svg(plots.teachings(figures))
    shown = {"Blind pairs that the taught model wins": ("-teachings", drawn)}
    _put(page, TEACHINGS, shown, teaching_table(figures))


def _put(page: Path, mark: Mark, drawn: Mapping[str, tuple[str, str]], body: str) -> None:
    """Plots, by their words, with the end of their file's name and as SVG; then the table."""
    begin, end = BEGIN.format(*mark), END.format(mark[0])
    text = page.read_text(encoding="utf-8")
    if begin not in text or end not in text:
        raise ValueError(f"{page} has no place for {mark[0]}")
    shown = []
    for words, (suffix, picture) in drawn.items():
        image = page.parent / "images" / f"{page.stem}{suffix}.svg"
        image.write_text(picture, encoding="utf-8")
        shown.append(f"![{words}](images/{image.name})\n")
    whole = "\n".join((begin, *shown, body, end))
    between = re.escape(begin) + ".*?" + re.escape(end)
    page.write_text(re.sub(between, lambda _found: whole, text, flags=re.DOTALL), encoding="utf-8")
