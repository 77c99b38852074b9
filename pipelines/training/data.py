"""A folder of pictures as arrays: crop, cache, split and labels.

Every family trains from the same :class:`Pictures`: 8-bit RGB squares of one size, the class of
each, and a split that depends only on the file's name, so that no run ever trains on a picture
that another run tests on.
"""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Crop = Callable[[Image.Image, int], Image.Image]
Split = Literal["train", "validation", "test"]

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"})
TEST_SHARE = 0.12
VALIDATION_SHARE = 0.03
WATERCOLOUR_TABLE = "usda_pomological_watercolors.csv"
WATERCOLOUR_EDGE = 6
WATERCOLOUR_TOP = 0.35
SPECIES = (
    "apple", "peach", "pear", "plum", "grape", "strawberry", "orange",
    "cherry", "grapefruit", "avocado", "persimmon", "lemon", "mango", "other",
)  # fmt: skip
_SPECIES_OF = {
    "malus": "apple",
    "prunus persica": "peach",
    "pyrus": "pear",
    "prunus domestica": "plum",
    "prunus salicina": "plum",
    "prunus cerasifera": "plum",
    "prunus spinosa": "plum",
    "vitis": "grape",
    "fragaria": "strawberry",
    "citrus sinensis": "orange",
    "citrus reticulata": "orange",
    "citrus nobilis": "orange",
    "citrus unshiu": "orange",
    "prunus avium": "cherry",
    "prunus cerasus": "cherry",
    "citrus paradisi": "grapefruit",
    "citrus grandis": "grapefruit",
    "persea": "avocado",
    "diospyros": "persimmon",
    "citrus limon": "lemon",
    "mangifera": "mango",
}


@dataclass(frozen=True)
class Pictures:
    """Square 8-bit pictures with their names and classes.

    Attributes:
        names: File names, sorted; the split is a function of these.
        pixels: RGB in 0..255, shape [N, R, R, 3].
        labels: Index into ``classes`` per picture, shape [N].
        classes: Names of the classes.
    """

    names: tuple[str, ...]
    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]

    def split(self, split: Split) -> Pictures:
        """Return the pictures of one split."""
        return self._take([i for i, name in enumerate(self.names) if split_of(name) == split])

    def frequencies(self) -> list[float]:
        """Return the share of every class, summing to one."""
        counts = np.bincount(self.labels, minlength=len(self.classes))
        return [float(count) / max(1, len(self.names)) for count in counts]

    def _take(self, index: list[int]) -> Pictures:
        names = tuple(self.names[i] for i in index)
        return Pictures(names, self.pixels[index], self.labels[index], self.classes)


def split_of(name: str) -> Split:
    """Return the split of a file, fixed by the sha256 of its name.

    The first four bytes of the digest, read as a number in [0, 1): below 0.12 the picture is
    kept for tests, below 0.15 for validation, otherwise it is trained on.

    >>> split_of("image-0.jpg"), split_of("image-2.jpg")
    ('train', 'train')
    """
    share = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") / 2**32
    if share < TEST_SHARE:
        return "test"
    return "validation" if share < TEST_SHARE + VALIDATION_SHARE else "train"


def balanced(labels: NDArray[np.int64], power: float = 1.0) -> NDArray[np.float64]:
    """Return how often each picture is to be drawn beside the others, shape [N].

    Args:
        labels: Class of each, shape [N].
        power: 0 draws pictures alike; 1 draws classes alike, so that rare ones come more often.

    >>> balanced(np.array([0, 0, 0, 0, 1]), 0.5).tolist()
    [0.5, 0.5, 0.5, 0.5, 1.0]
    """
    often = np.bincount(labels)[labels].astype(np.float64)
    return np.power(often, -power)


def species_of(subjects: str) -> str:
    """Return the species of a watercolour from the table's ``subjects`` cell.

    >>> species_of("Malus domestica , apples"), species_of("Ficus , figs")
    ('apple', 'other')
    """
    words = subjects.split(",", maxsplit=1)[0].lower().split()
    pair, first = " ".join(words[:2]), " ".join(words[:1])
    return _SPECIES_OF.get(pair, _SPECIES_OF.get(first, "other"))


def crop_watercolour(sheet: Image.Image, size: int = 128) -> Image.Image:
    """Return the square of a scanned sheet that holds the fruit.

    Six pixels go from each edge (the dark scan border); the full width is taken, its top at
    35 % of the spare height, so that the handwriting at the foot stays out.
    """
    edge = WATERCOLOUR_EDGE
    inner = sheet.convert("RGB").crop((edge, edge, sheet.width - edge, sheet.height - edge))
    if inner.height <= inner.width:
        return crop_centre(inner, size)
    top = round(WATERCOLOUR_TOP * (inner.height - inner.width))
    square = inner.crop((0, top, inner.width, top + inner.width))
    return square.resize((size, size), Image.Resampling.LANCZOS)


def crop_centre(picture: Image.Image, size: int) -> Image.Image:
    """Return the largest centred square, resized to ``size`` with Lanczos."""
    side = min(picture.width, picture.height)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    square = picture.convert("RGB").crop((left, top, left + side, top + side))
    return square.resize((size, size), Image.Resampling.LANCZOS)


def load_pictures(folder: Path, size: int = 128, cache: Path | None = None) -> Pictures:
    """Read every picture under a folder.

    A folder that carries the watercolours' table is cropped and labelled as above. In any other
    folder the name of the sub-folder is the class; pictures directly inside make one class.

    Args:
        folder: Where the pictures are; sub-folders are searched too.
        size: Side R of the squares, in pixels.
        cache: Folder for the decoded array; ``None`` decodes again every time.

    Raises:
        ValueError: If the folder holds no picture.
    """
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    if not files:
        raise ValueError(f"data={folder} holds no picture; give a folder of JPEG, PNG or WebP")
    table = next(iter(sorted(folder.rglob(WATERCOLOUR_TABLE))), None)
    crop: Crop
    if table is None:
        names = tuple(str(p.relative_to(folder)) for p in files)
        label_names = [_folder_class(p, folder) for p in files]
        classes = tuple(sorted(set(label_names)))
        crop = crop_centre
    else:
        names = tuple(p.name for p in files)
        subjects = _read_subjects(table)
        label_names = [species_of(subjects.get(p.name, "")) for p in files]
        classes, crop = SPECIES, crop_watercolour
    labels = np.array([classes.index(name) for name in label_names], dtype=np.int64)
    return Pictures(names, _read_pixels(files, size, crop, cache), labels, classes)


def _folder_class(file: Path, folder: Path) -> str:
    inside = file.relative_to(folder).parts
    return inside[0] if len(inside) > 1 else "all"


def _read_subjects(table: Path) -> dict[str, str]:
    """Return subjects by file name; row N of the table is ``image-N.jpg``."""
    with table.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines)
        return {f"image-{i}.jpg": row["subjects"] or "" for i, row in enumerate(rows)}


def _read_pixels(
    files: list[Path], size: int, crop: Crop, cache: Path | None
) -> NDArray[np.uint8]:
    stamp = "\n".join(f"{p.name} {p.stat().st_size}" for p in files) + f"\n{size} {crop.__name__}"
    place = cache and cache / f"pictures-{hashlib.sha256(stamp.encode()).hexdigest()[:16]}.npy"
    if place and place.exists():
        stored: NDArray[np.uint8] = np.load(place, allow_pickle=False)
        return stored
    pixels = np.empty((len(files), size, size, 3), dtype=np.uint8)
    for i, file in enumerate(files):
        with Image.open(file) as picture:
            pixels[i] = np.asarray(crop(picture, size))
    if place:
        place.parent.mkdir(parents=True, exist_ok=True)
        np.save(place, pixels, allow_pickle=False)
    return pixels


def class_summary(pictures: Pictures) -> str:
    """Return the classes with their counts, the most common first, for cards and logs."""
    counts = Counter(pictures.classes[label] for label in pictures.labels)
    return ", ".join(f"{name} {count}" for name, count in counts.most_common())
