"""Run the loop's benchmark and write what it found; see `benchmarks.loop`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.__main__ import table
from benchmarks.loop import report
from benchmarks.loop.page import write


def main(arguments: list[str] | None = None) -> None:
    """Entry point; see the package."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller numbers, same code")
    parser.add_argument("--bank", type=Path, help="keep the rendered works in this file")
    parser.add_argument("--works", type=int, default=0, help="how many works, if not as usual")
    parser.add_argument("--runs", type=int, default=0, help="runs of each artist, if not as usual")
    parser.add_argument("--docs", type=Path, help="write tables and plot into this page")
    options = parser.parse_args(arguments)
    found = report(
        options.quick,
        options.bank,
        options.works,
        options.runs,
        say=lambda line: print(line, file=sys.stderr, flush=True),
    )
    if options.docs is not None:
        write(options.docs, found)
    print(table(found.figures))


if __name__ == "__main__":
    main()
