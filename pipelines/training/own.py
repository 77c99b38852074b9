"""A new model from your own pictures, in one command.

    python -m pipelines.training.own PICTURES --makes morphs --name "My doors"

``PICTURES`` is a folder or a zip; it is checked first (`pipelines.training.own_pictures`), and
what is of no use is named and left out. Then the model is trained, its sliders are measured, what
taste needs is drawn, its sheets are painted, and its card is written. Without ``--out`` it becomes
one of the library's models, which ``python app.py`` plays. ``--start`` begins from a model of the
family, such as ``commedia`` for morphs. ``--find`` looks for good settings first, in short runs
(`pipelines.training.own_searching`). ``--check`` only looks. A run that was cut short goes on
with ``--resume``.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from pipelines.catalog import BUNDLED
from pipelines.errors import DuetError
from pipelines.training import own_pictures
from pipelines.training.own_making import Stage, Watcher, make
from pipelines.training.own_model import KINDS, Wish, refuse
from pipelines.training.own_searching import Search

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; see the module."""
    made = argparse.ArgumentParser(prog="python -m pipelines.training.own", description=__doc__)
    made.add_argument("pictures", type=Path, help="a folder or a zip")
    made.add_argument("--makes", choices=KINDS, default="morphs")
    made.add_argument("--name", default="", help="what it makes, in your words")
    made.add_argument("--out", type=Path, default=_library(), help="folder of models")
    made.add_argument("--minutes", type=float, default=0.0, help="of training; 0 for the usual")
    made.add_argument(
        "--find", type=float, default=0.0, help="minutes of looking for good settings before"
    )
    made.add_argument("--credit", default="", help="whose pictures they are")
    made.add_argument("--licence", default="unknown", help="SPDX id for the weights")
    made.add_argument("--seed", type=int, default=0)
    made.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    made.add_argument("--start", default="", help="model to begin from: its id, or a folder")
    made.add_argument("--check", action="store_true", help="only look at the pictures")
    made.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    given = made.parse_args(arguments)
    wish = Wish(
        given.makes, given.name or given.pictures.stem, given.minutes, given.credit,
        given.licence, given.seed, tuple(given.set), _start(given.start), find=given.find,
    )  # fmt: skip
    try:
        with ExitStack() as stack:
            folder = given.pictures
            if folder.is_file():
                place = stack.enter_context(tempfile.TemporaryDirectory(prefix="duet-zip-"))
                folder = own_pictures.unpack(folder, Path(place))
            checked = own_pictures.check(folder)
            print(checked, flush=True)
            if given.check:
                refuse(checked, wish)
                return 0
            made_at = make(checked, wish, given.out, resume=given.resume, watcher=_Telling(wish))
    except (DuetError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    print(f"{made_at} is ready to play")
    return 0


def _library() -> Path:
    """Where ``python app.py`` looks for models beside those that it ships."""
    given = os.environ.get("DUET_LIBRARY", "~/.local/share/duet")
    return Path(given).expanduser() / "models"


def _start(given: str) -> str:
    """The folder of the model to begin from; one that Duet ships goes by its id."""
    shipped = BUNDLED / given
    return str(shipped) if given and shipped.is_dir() else given


class _Telling(Watcher):
    """Says which part of the work begins."""

    def __init__(self, wish: Wish) -> None:
        self._told: dict[Stage, str] = {
            "searching": f"looking for good settings for {wish.find:g} minutes",
            "training": f"training for {wish.time:g} minutes",
            "sliders": "measuring sliders",
            "sheets": "drawing what taste needs, and its sheets",
        }

    def stage(self, name: Stage) -> None:
        print(self._told[name], flush=True)

    def searching(self, found: Search) -> None:
        if found.score is not None:
            told = " ".join(found.settings)
            print(f"{found.runs} runs; best swd_ratio {found.score:.3f} with {told}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
