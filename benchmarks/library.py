"""How quick a large library is: filmstrip, Works page, search, keep (95th percentiles).

The works are generated (real rows through the library's own tables, real files); the calls that
are timed are the ones that the page makes.
"""

from __future__ import annotations

import base64
import io
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from studio.library import Keep, Library, rows
from studio.library.files import digest
from studio.library.ids import Ids
from studio.library.tables import PersonRow
from studio.persons import LOCAL

__all__ = ["run"]

WORKS, QUICK_WORKS = 20_000, 2_000
CALLS, QUICK_CALLS = 200, 50
AIM_MS = 100.0
OPEN_AIM_MS = 1000.0
SPECIES = ("apple 苹果", "pear 梨", "plum 李子", "peach 桃", "cherry 樱桃", "quince 榅桲")
WORDS = ("pear", "梨", "PLUM 李", "gift", "apple 77", "quince 榅桲 gift", "nothing like it", "e")
FILES = 1000
"""Distinct pictures: works share them, as the time of writing files is not what is measured."""
_BATCH = 1000


def run(quick: bool = False) -> dict[str, dict[str, Any]]:
    """Make a library and time it.

    Args:
        quick: 2,000 works and fewer calls instead of 20,000.

    Returns:
        Figure -> ``value`` (95th percentile), ``unit``, ``aim``, ``met``, ``median``, ``worst``.
    """
    chance = random.Random(20)
    with tempfile.TemporaryDirectory(prefix="duet-library-") as folder:
        root = Path(folder)
        ids = _fill(root, QUICK_WORKS if quick else WORKS, chance)
        openings = [_open(root) for _ in range(5)]
        with Library(root) as library:
            figures = _time_calls(library, ids, QUICK_CALLS if quick else CALLS, chance)
    return {name: _figure(times, AIM_MS) for name, times in figures.items()} | {
        "open": _figure(openings, OPEN_AIM_MS)
    }


def _time_calls(
    library: Library, ids: list[str], calls: int, chance: random.Random
) -> dict[str, list[float]]:
    """Milliseconds of each call, by figure."""

    def filmstrip(_number: int) -> None:
        for work in library.works(LOCAL, limit=60).works:
            path, _ = library.content(LOCAL, work.id, "thumbnail")
            path.read_bytes()

    def works_page(number: int) -> None:
        filters: dict[str, Any] = (
            {},
            {"medium": "image"},
            {"rating": 4},
            {"month": "2025-03", "model": "pomona"},
        )[number % 4]
        cursor = chance.choice(ids) if number % 2 else None
        library.works(LOCAL, cursor=cursor, **filters)
        library.count(LOCAL, **filters)
        library.facets(LOCAL)

    def search(number: int) -> None:
        library.works(LOCAL, WORDS[number % len(WORDS)])
        library.count(LOCAL, WORDS[number % len(WORDS)])

    kept = [_keep(chance, 10_000_000 + number, side=128) for number in range(calls)]
    return {
        "filmstrip": _times(calls, filmstrip),
        "works_page": _times(calls, works_page),
        "search": _times(calls, search),
        "keep": _times(calls, lambda number: library.keep(LOCAL, kept[number])),
    }


def _times(calls: int, call: Callable[[int], object]) -> list[float]:
    taken = []
    for number in range(calls):
        start = time.perf_counter()
        call(number)
        taken.append((time.perf_counter() - start) * 1000)
    return taken


def _open(root: Path) -> float:
    start = time.perf_counter()
    with Library(root):
        return (time.perf_counter() - start) * 1000


def _figure(times: list[float], aim: float) -> dict[str, Any]:
    value = round(statistics.quantiles(times, n=20, method="inclusive")[-1], 1)
    return {
        "value": value,
        "unit": "ms, 95th percentile",
        "aim": aim,
        "met": value <= aim,
        "median": round(statistics.median(times), 1),
        "worst": round(max(times), 1),
    }


def _fill(root: Path, works: int, chance: random.Random) -> list[str]:
    """Write ``works`` works over two years in bulk, and return their ids, oldest first."""
    with Library(root) as library:
        store, ids, made = library._store, Ids(), []
        with library._writing.begin() as session:
            session.add(PersonRow(id=LOCAL.id, created_at=datetime.now(UTC)))
        for first in range(0, works, _BATCH):
            batch = []
            for number in range(first, min(first + _BATCH, works)):
                keep = _keep(chance, number, side=8, picture=number % FILES)
                when = datetime.now(UTC) - timedelta(days=730 * (1 - number / works))
                row = rows.work_row(LOCAL, keep, work_id=ids.new(), now=when)
                row.rating = chance.choice((None, None, 1, 2, 3, 4, 5))
                row.note = "a gift" if number % 97 == 0 else ""
                rows.refresh_search(row)
                batch.append(row)
                if number < FILES:
                    for content in (keep.original, keep.thumbnail):
                        path = store.path(digest(content))
                        path.parent.mkdir(exist_ok=True)
                        path.write_bytes(content)
            made += [row.id for row in batch]
            with library._writing.begin() as session:
                session.add_all(batch)
        return made


def _keep(chance: random.Random, number: int, *, side: int, picture: int | None = None) -> Keep:
    """A work with a recipe of the usual size: some sliders, and a latent of 128 numbers."""
    shown = number if picture is None else picture
    latent = np.random.default_rng(number).standard_normal(128, dtype=np.float32)
    species = chance.choice(SPECIES)
    request = {
        "controls": {name: chance.gauss(0, 1) for name in ("warmth", "size", "roundness")},
        "pipeline": "pomona",
        "point": {"latent": base64.b64encode(latent.tobytes()).decode(), "shape": [128]},
        "schema": 1,
        "seed": number,
        "weights": {"adapters": [], "base": "ab" * 32},
    }
    return Keep(
        request=json.dumps(request, sort_keys=True, separators=(",", ":")),
        medium="image" if number % 5 else "text",
        model="pomona" if number % 5 else "rhyme",
        original=_png(shown, side),
        thumbnail=_png(shown, min(side, 88)) + b"thumbnail",
        fingerprint=f"{number:064x}",
        weights="ab" * 32,
        label=f"{species.split()[0].title()} {number}",
        subject=species.split()[0],
        words=species,
        shown=tuple(f"{number:064x}" for _ in range(12)),
    )


def _png(number: int, side: int) -> bytes:
    pixels = np.random.default_rng(number).integers(0, 256, (side, side, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", compress_level=1)
    return out.getvalue()
