"""Run one benchmark: ``python -m benchmarks NAME [--quick] [--json]``.

Each prints figures with what was aimed at; ``--json`` prints one object
``{figure: {value, unit, aim, met, ...}}``. Baselines are measured in the same run.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

__all__ = ["NAMES", "main", "table"]

NAMES: Mapping[str, str] = {
    "live": "benchmarks.live",
    "sound": "benchmarks.sound",
    "memory": "benchmarks.memory",
    "library": "benchmarks.library",
    "quality": "benchmarks.quality",
    "loop": "benchmarks.loop",
    "humming": "benchmarks.humming",
}
"""Benchmark -> module with ``run(quick) -> figures``."""
Figures = dict[str, dict[str, Any]]
_KNOWN = ("value", "unit", "aim", "met")


def table(figures: Figures) -> str:
    """The figures for reading, one a line.

    >>> print(table({"p50": {"value": 18.5, "unit": "ms", "aim": 25, "met": True}}))
    figure  value  unit  aim  met
    p50     18.5   ms    25   yes
    """
    rows = [["figure", "value", "unit", "aim", "met"]]
    for name, figure in figures.items():
        met = {True: "yes", False: "NO", None: ""}[figure.get("met")]
        aim = figure.get("aim")
        row = [name, f"{figure['value']}", figure.get("unit", ""), "" if aim is None else str(aim)]
        more = ", ".join(f"{key} {value}" for key, value in figure.items() if key not in _KNOWN)
        rows.append([*row, f"{met}  {more}".strip() if more else met])
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        lines.append("  ".join([*cells, row[4]]).rstrip())
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it and print it; an aim that was missed is shown, and is no failure of the run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", choices=tuple(NAMES))
    parser.add_argument("--quick", action="store_true", help="smaller numbers, same code")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args(arguments)
    figures: Figures = import_module(NAMES[given.name]).run(quick=given.quick)
    print(json.dumps(figures, ensure_ascii=False) if given.json else table(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
