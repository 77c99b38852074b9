"""From a library to a zip, by way of a folder on the disk: nothing large is held in memory."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.dataset import weights
from studio.dataset.card import card
from studio.dataset.comparing import Pair, pairs_of
from studio.dataset.painting import Lost, Painter, Seen
from studio.dataset.parquet import CONFIGS, Sheet, event_row
from studio.library.faults import boundary
from studio.taste.signals import signals_of

if TYPE_CHECKING:
    from studio.house import House
    from studio.persons import Person

__all__ = ["Packed", "Progress", "Stopped", "pack"]

_DAY = (1980, 1, 1, 0, 0, 0)
"""Of every file in a zip, so that the same library gives the same zip."""
Progress = Callable[[int, int], None]
"""Told how many steps are done, and of how many (0: not known)."""


class Stopped(Exception):  # noqa: N818 - asked for
    """Raised by a `Progress` to end the work; what is half done is cleared away."""


@dataclass
class Packed:
    """What went into a dataset.

    Attributes:
        rows: Config -> rows.
        tables: Table of ``events`` -> rows.
        left_out: Why pairs were left out -> how many.
        versions: Taught versions whose weights went along.
    """

    rows: dict[str, int] = field(default_factory=dict)
    tables: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    versions: int = 0

    def as_dict(self) -> dict[str, Any]:
        """As the page reads it."""
        return {
            "rows": self.rows,
            "tables": dict(self.tables),
            "left_out": dict(self.left_out),
            "versions": self.versions,
        }


def pack(house: House, person: Person, target: Path, progress: Progress) -> Packed:
    """Write a person's dataset to ``target``, whole or not at all.

    Raises:
        LibraryError: ``disk_full`` or ``not_writable``.
        Stopped: When ``progress`` raises it.
    """
    packed = Packed()
    with boundary(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix="packing-") as folder:
            root = Path(folder)
            for config in CONFIGS:
                (root / config).mkdir()
            _compared(house, person, root, packed, progress)
            _everything(house, person, root, packed, progress)
            (root / "README.md").write_text(card(packed.rows), encoding="utf-8")
            part = root / "whole.zip"
            versions = playable(house, person)
            _zip(root, part, weights.files(house.settings.library, versions))
            part.replace(target)
    packed.versions = len(versions)
    return packed


def playable(house: House, person: Person) -> list[str]:
    """Versions of a person whose weights are here."""
    return [
        one.name
        for one in house.library.dump(person, tables=("versions",))
        if weights.is_here(house.settings.library, one.name)
    ]


def _sheet(root: Path, config: str) -> Sheet:
    return Sheet(root / config / "train-00000.parquet", config)


def _compared(
    house: House, person: Person, root: Path, packed: Packed, progress: Progress
) -> None:
    library = house.library
    events = library.events(person)
    used = signals_of(library.load_taste(person).get("signals"))
    pairs, left = pairs_of(events, used)
    packed.left_out += left
    names = {name for pair in pairs for name in (pair.better, pair.worse)}
    painter = Painter(house, person, events, names)
    with _sheet(root, "pictures") as pictures, _sheet(root, "pairs") as texts:
        for number, pair in enumerate(pairs):
            progress(number, len(pairs))
            try:
                better, worse = painter.seen(pair.better), painter.seen(pair.worse)
                caption = painter.caption(better, worse)
                if isinstance(better.data, bytes) and isinstance(worse.data, bytes):
                    pictures.add(picture_row(pair, better, worse, caption))
                elif isinstance(better.data, str) and isinstance(worse.data, str):
                    texts.add(text_row(better, worse, caption))
                else:
                    packed.left_out["medium"] += 1
            except Lost as lost:
                packed.left_out[str(lost)] += 1
        packed.rows |= {"pictures": pictures.count, "pairs": texts.count}


def text_row(better: Seen, worse: Seen, caption: str) -> Mapping[str, Any]:
    """A row of ``pairs``: as the model that wrote both reads them, or plain under a caption.

    Poems of one model and one form have the prompt that the model's own tokenizer takes, so that
    TRL's ``DPOTrainer`` trains it on them as they are.
    """
    one, other = better.read, worse.read
    if one and other and one[0] == other[0] and _model(better) == _model(worse):
        return {"prompt": one[0], "chosen": one[1], "rejected": other[1]}
    return {"prompt": caption, "chosen": better.data, "rejected": worse.data}


def _model(seen: Seen) -> str:
    return seen.request.pipeline if seen.request else ""


def picture_row(pair: Pair, better: Seen, worse: Seen, caption: str) -> Mapping[str, Any]:
    """A row of ``pictures``. The side that the preferred one is on says nothing, and stays."""
    first = hashlib.sha256(pair.better.encode()).digest()[0] % 2 == 0
    one, other = (better, worse) if first else (worse, better)
    sides = {"jpg_0": one.data, "jpg_1": other.data}
    return {**sides, "label_0": 1.0 if first else 0.0, "caption": caption}


def _everything(
    house: House, person: Person, root: Path, packed: Packed, progress: Progress
) -> None:
    with _sheet(root, "events") as sheet:
        for record in house.library.dump(person):
            progress(0, 0)
            packed.tables[record.table] += 1
            if record.table == "works" and record.original is None:
                packed.left_out["no_file"] += 1
            sheet.add(event_row(record))
        packed.rows["events"] = sheet.count


def _zip(root: Path, target: Path, more: Iterator[tuple[str, Path]]) -> None:
    """Parquet is small already, so nothing is pressed again."""
    ours = [("README.md", root / "README.md")]
    ours += [(f"{c}/{p.name}", p) for c in CONFIGS for p in sorted((root / c).iterdir())]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, path in [*ours, *more]:
            told = zipfile.ZipInfo(name, _DAY)
            told.external_attr = 0o644 << 16
            with path.open("rb") as source, archive.open(told, "w", force_zip64=True) as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
