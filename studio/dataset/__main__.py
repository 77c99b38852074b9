"""``python -m studio.dataset export | import``: the dataset of a library, without a browser.

    python -m studio.dataset export --library DIR --out FILE
    python -m studio.dataset import --library DIR FILE

The studio of that library must be closed meanwhile.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from pipelines.errors import DuetError
from studio.dataset.merging import merge
from studio.dataset.packing import pack
from studio.house import opened
from studio.persons import LOCAL, Person
from studio.settings import prepare, read

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what came of it as JSON; 1 and a sentence where nothing could."""
    parser = argparse.ArgumentParser(prog="python -m studio.dataset", description=__doc__)
    parser.add_argument("--person", default=LOCAL.id, help="id of a browser's person (local)")
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb in ("export", "import"):
        own = verbs.add_parser(verb)
        own.add_argument("--library", required=True, help="folder of the works")
        own.add_argument("--models", action="append", help="look for models only in this folder")
        if verb == "export":
            own.add_argument("--out", required=True, type=Path, help="the zip to write")
        else:
            own.add_argument("file", type=Path, help="the zip to read")
    given = parser.parse_args(arguments)
    models = [part for one in given.models or () for part in ("--models", one)]
    settings = read(["--library", given.library, *models], {})
    prepare(settings)
    try:
        house = opened(settings)
    except DuetError as error:
        print(error, file=sys.stderr)
        return 1
    try:
        person = Person(given.person)
        if given.verb == "export":
            told = pack(house, person, given.out.absolute(), _silent).as_dict()
        else:
            told = merge(house, person, given.file, _silent).as_dict()
    except (DuetError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        house.close()
    print(json.dumps(told, ensure_ascii=False, indent=1))
    return 0


def _silent(_done: int, _of: int) -> None:
    """No progress: what came of it is printed at the end."""


if __name__ == "__main__":
    sys.exit(main())
