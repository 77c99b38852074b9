"""Another process that uses a library and meets with misfortune: ``python -m`` this, what, where.

Each function prints one JSON line a result, so that the test knows what was reported as done
before the process was killed, starved of disk or stripped of its rights.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from pathlib import Path

from studio.errors import LibraryError
from studio.library import Library
from studio.persons import LOCAL
from tests.studio.works import keep_of


def tell(**values: object) -> None:
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()


def keep_for_ever(root: Path, first: int) -> None:
    """Keep until killed; an id is told only after `Library.keep` returned it."""
    tell(opening=True)
    with Library(root) as library:
        for number in range(first, first + 100_000):
            work = library.keep(LOCAL, keep_of(number))
            tell(id=work.id, seed=number)
            if number % 3 == 0:
                library.delete(LOCAL, work.id)
                library.restore(LOCAL, work.id)


def hold(root: Path, _first: int) -> None:
    """Open the library and wait to be killed."""
    with Library(root):
        tell(open=True)
        signal.pause()


def fill(root: Path, _first: int) -> None:
    """Let every write past a size fail, as a full disk does: first of files, then of the log."""
    with Library(root) as library:
        kept = [library.keep(LOCAL, keep_of(number)).id for number in range(3)]
        log = (root / "duet.db-wal").stat().st_size
        try:
            for what, size in (("files", 100), ("database", log)):
                limit(size)
                if what == "files":
                    tell(what="new", **attempt(lambda: Library(root / "new")))
                for number in range(10, 13):
                    tell(what=what, **attempt(lambda n=number: library.keep(LOCAL, keep_of(n))))
            tell(what="rating", **attempt(lambda: library.rate(LOCAL, kept[0], 5)))
            tell(what="session", **attempt(lambda: library.save_session(LOCAL, {"a": 1})))
        finally:
            limit(resource.RLIM_INFINITY)
        left = list((root / "files" / "incoming").iterdir())
        after = library.keep(LOCAL, keep_of(10)).id
        tell(
            kept=[*kept, after],
            works=[work.id for work in library.works(LOCAL).works],
            rating=library.work(LOCAL, kept[0]).rating,
            left=len(left),
            problems=library.problems(),
        )


def strip(root: Path, _first: int) -> None:
    """Open, and change, a library that may only be read; root gives its rights up first."""
    with Library(root / "good") as library:
        work = library.keep(LOCAL, keep_of(1))
    for path in (root / "good").rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    (root / "good").chmod(0o555)
    if os.geteuid() == 0:
        os.seteuid(65534)
    tell(what="open", **attempt(lambda: Library(root / "good")))
    tell(what="new", **attempt(lambda: Library(root / "good" / "inside")))
    os.seteuid(os.getuid())
    for path in (root / "good", *(root / "good").rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    (root / "good" / "duet.db").chmod(0o444)
    if os.geteuid() == 0:
        os.seteuid(65534)
    tell(what="database", **attempt(lambda: Library(root / "good").keep(LOCAL, keep_of(2))))
    os.seteuid(os.getuid())
    tell(id=work.id)


def limit(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def attempt(call: object) -> dict[str, object]:
    try:
        call()  # type: ignore[operator]
    except LibraryError as error:
        return {**error.as_dict(), "text": str(error)}
    return {"code": "none"}


if __name__ == "__main__":
    does = {"keep": keep_for_ever, "hold": hold, "fill": fill, "strip": strip}
    does[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0)
