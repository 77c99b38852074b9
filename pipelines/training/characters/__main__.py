"""``python -m pipelines.training.characters --out DIR --count 8000``: draw characters.

Needs Node 18 or newer and npm; the renderer is installed once into ``--tools``. Training and the
studio need neither. What is written: ``character-*.png``, ``labels.csv`` and ``LICENCE.txt``.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from pipelines.training.characters.plan import ATTRIBUTES, Plan, plan

HERE = Path(__file__).parent
SCRIPT, PACKAGE = "draw.mjs", "package.json"
LICENCE = """Character drawings in the style Open Peeps by Pablo Stanley
(https://www.openpeeps.com), CC0 1.0 (https://creativecommons.org/publicdomain/zero/1.0/),
composed with DiceBear (https://www.dicebear.com, MIT). These drawings are CC0 1.0 as well.
"""
BATCH = 500


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    given = _parser().parse_args(arguments)
    try:
        drawings = plan(given.count, given.seed)
        given.out.mkdir(parents=True, exist_ok=True)
        write_labels(drawings, given.out)
        draw(drawings, given.out, given.tools or given.out.with_name("tools"), given.size)
    except (ValueError, OSError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m pipelines.training.characters")
    made.add_argument("--out", type=Path, required=True, help="folder for drawings and labels")
    made.add_argument("--count", type=int, default=8000, help="how many drawings")
    made.add_argument("--seed", type=int, default=0)
    made.add_argument("--size", type=int, default=128, help="side of a drawing, pixels")
    made.add_argument("--tools", type=Path, help="folder for the renderer's npm packages")
    return made


def write_labels(drawings: Sequence[Plan], out: Path) -> None:
    """Write ``labels.csv`` (empty where a label is unknown) and the licence."""
    with (out / "labels.csv").open("w", encoding="utf-8", newline="") as lines:
        rows = csv.writer(lines, lineterminator="\n")
        rows.writerow(["file", *ATTRIBUTES])
        for one in drawings:
            values = (one.labels[name] for name in ATTRIBUTES)
            rows.writerow([one.file, *("" if math.isnan(v) else f"{v:.4g}" for v in values)])
    (out / "LICENCE.txt").write_text(LICENCE, encoding="utf-8")


def draw(drawings: Sequence[Plan], out: Path, tools: Path, side: int) -> None:
    """Render the drawings with Node.

    Raises:
        ValueError: If Node or npm is not installed.
        subprocess.CalledProcessError: If one of them fails.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        raise ValueError("node and npm are needed to draw characters; install Node 18 or newer")
    tools.mkdir(parents=True, exist_ok=True)
    for name in (SCRIPT, PACKAGE):
        shutil.copyfile(HERE / name, tools / name)
    if not (tools / "node_modules" / "@resvg" / "resvg-js").is_dir():
        quiet = ("--no-audit", "--no-fund", "--silent")
        subprocess.run([npm, "install", *quiet], cwd=tools, check=True)  # noqa: S603 - ours
    for start in range(0, len(drawings), BATCH):
        part = [
            {"file": one.file, "options": one.options} for one in drawings[start : start + BATCH]
        ]
        order = json.dumps({"side": side, "out": str(out.resolve()), "drawings": part})
        subprocess.run([node, SCRIPT], cwd=tools, input=order.encode(), check=True)  # noqa: S603 - ours


if __name__ == "__main__":
    sys.exit(main())
