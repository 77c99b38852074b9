"""The learning figures as tables and a plot in docs/how-it-learns.md, between two marks."""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks.loop.artists import ARTISTS
from benchmarks.loop.learning import Report

__all__ = ["plot", "tables", "write"]

BEGIN, END = "<!-- figures: written by python -m benchmarks.loop -->", "<!-- end of figures -->"
WIDTH, HEIGHT, LEFT, TOP = 640, 280, 48, 16
RIGHT, BOTTOM = 130, 40
MOST = 0.7
COLOURS = {"attributes": "#b4532a", "others": "#3b7a57", "strange": "#5a5aa8"}
DASHES = {0.0: "", 0.1: "6 3", 0.25: "2 3"}


def tables(report: Report) -> str:
    """Markdown: every figure with its aim and interval, then every artist."""
    head = ("figure", "value", "unit", "aim", "met", "95 % interval, more")
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for name, one in report.figures.items():
        met = {True: "yes", False: "**no**", None: ""}[one.get("met")]
        known = ("value", "unit", "aim", "met", "interval")
        more = ", ".join(f"{k} {v}" for k, v in one.items() if k not in known)
        between = "{} to {}; ".format(*one["interval"]) if "interval" in one else ""
        aim = one.get("aim", "")
        cells = (name, one["value"], one["unit"], aim, met, between + more)
        lines.append(f"| {' | '.join(map(str, cells))} |")
    lines += [
        "",
        "| artist | class | 0 % flips | 10 % | 25 % | questions, random | questions, asked |",
        "|---|---|---|---|---|---|---|",
    ]
    columns = ("0", "0.1", "0.25", "random questions", "prediction questions")
    for artist in ARTISTS:
        told = report.artists.get(artist.name, {})
        found = " | ".join(str(told.get(column, "")) for column in columns)
        lines.append(f"| {artist.name} | {artist.kind} | {found} |")
    return "\n".join(lines)


def plot(report: Report) -> str:
    """SVG: share of shown works in the top decile by round, a line a class and share of flips."""
    across, down = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="11" role="img">',
        "<title>Share of shown works in the artist's top tenth, by picks</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fffdf8"/>',
    ]
    for step in range(0, int(MOST * 10) + 1):
        y = TOP + down * (1 - step / 10 / MOST)
        parts.append(f'<path d="M{LEFT} {y:.1f}h{across}" stroke="#ddd"/>')
        place = f'x="{LEFT - 6}" y="{y + 4:.1f}"'
        parts.append(f'<text {place} text-anchor="end">{step * 10} %</text>')
    last = max((len(curve) for curve in report.curves.values()), default=2) - 1
    for pick in range(0, last + 1, 5):
        x = LEFT + across * pick / last
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - 22}" text-anchor="middle">{pick}</text>')
    parts.append(
        f'<text x="{LEFT + across / 2}" y="{HEIGHT - 6}" text-anchor="middle">picks</text>'
    )
    for index, ((kind, flips), curve) in enumerate(report.curves.items()):
        points = " ".join(
            f"{LEFT + across * i / last:.1f},{TOP + down * (1 - min(v, MOST) / MOST):.1f}"
            for i, v in enumerate(curve)
        )
        style = f'fill="none" stroke="{COLOURS[kind]}" stroke-dasharray="{DASHES[flips]}"'
        parts.append(f'<polyline points="{points}" stroke-width="1.8" {style}/>')
        x, y = WIDTH - RIGHT + 10, TOP + 12 + 18 * index
        parts.append(f'<path d="M{x} {y - 4}h18" stroke-width="1.8" {style}/>')
        parts.append(f'<text x="{x + 23}" y="{y}">{kind}, {flips:.0%}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def write(page: Path, report: Report) -> None:
    """Put tables between the marks of ``page``, and the plot beside it under ``images``.

    Raises:
        ValueError: If the page has no marks.
    """
    text = page.read_text(encoding="utf-8")
    if BEGIN not in text or END not in text:
        raise ValueError(f"{page} has no place for figures")
    image = page.parent / "images" / f"{page.stem}.svg"
    image.write_text(plot(report), encoding="utf-8")
    body = f"{BEGIN}\n![Share of shown works in the top tenth](images/{image.name})\n\n"
    whole = re.sub(
        re.escape(BEGIN) + ".*?" + re.escape(END),
        lambda _found: body + tables(report) + "\n" + END,
        text,
        flags=re.DOTALL,
    )
    page.write_text(whole, encoding="utf-8")
