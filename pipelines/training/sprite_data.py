"""A folder of sprites as arrays: pixel art with transparency, its kinds, what is measured of it.

The kind of a picture is the folder it lies in. The tiles of Dungeon Crawl Stone Soup have folders
of their own making: `STONE_SOUP` says which kind each belongs to, and what is no whole sprite
(pieces of tentacles, emblems that are laid over others) is left out.

Measured of every picture, over its coverage p in {0, 1} and lightness L:

    size      mean of p
    symmetry  1 - sum |p - p'| / sum (p + p'),  p' mirrored
    detail    mean of |L - L'| over neighbours that are both covered
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipelines.image.oklab import to_oklab
from pipelines.networks.sprites import CHROMA
from pipelines.training.data import SUFFIXES, Split, split_of

__all__ = ["Sprites", "load_sprites", "measured", "normal_scores", "premultiplied"]

Floats = NDArray[np.float32]
COVERED = 64
"""Least alpha of 255 that counts as covered."""
STONE_SOUP: Mapping[str, tuple[str, ...]] = {
    "folk": ("mon", "mon/unique", "mon/spriggan", "mon/demonspawn", "mon/holy", "mon/vault"),
    "beast": ("mon/animals", "mon/aquatic"),
    "dragon": ("mon/dragons", "mon/draco"),
    "undead": (
        "mon/undead", "mon/undead/simulacra", "mon/undead/skeletons", "mon/undead/spectrals",
        "mon/undead/zombies",
    ),
    "demon": ("mon/demons", "mon/abyss", "mon/aberr", "mon/sprint"),
    "elemental": ("mon/nonliving", "mon/amorphous", "mon/eyes"),
    "plant": ("item/food", "mon/fungi_plants"),
    "weapon": ("item/weapon", "item/weapon/artefact", "item/weapon/ranged"),
    "staff": ("item/staff", "item/rod", "item/wand"),
    "armour": (
        "item/armour", "item/armour/artefact", "item/armour/headgear", "item/armour/shields",
        "item/armour/bardings",
    ),
    "jewel": ("item/amulet", "item/amulet/artefact", "item/ring/artefact", "item/misc/runes"),
    "book": ("item/book", "item/book/artefact"),
    "potion": ("item/potion",),
    "treasure": ("item/gold", "item/misc"),
}  # fmt: skip
"""Kind -> folders of Dungeon Crawl Stone Soup's tiles."""
EMBLEM = "i-"
"""What the names of its emblems begin with."""


@dataclass(frozen=True)
class Sprites:
    """Pixel art with names and kinds.

    Attributes:
        names: Paths, sorted; the split is a function of these.
        pixels: RGBA, alpha 0 or 255, shape [N, R, R, 4].
        labels: Index into ``kinds`` per picture, shape [N].
        kinds: Names of the kinds.
    """

    names: tuple[str, ...]
    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    kinds: tuple[str, ...]

    def split(self, split: Split) -> Sprites:
        """The pictures of one split; see :func:`pipelines.training.data.split_of`."""
        index = [i for i, name in enumerate(self.names) if split_of(name) == split]
        names = tuple(self.names[i] for i in index)
        return Sprites(names, self.pixels[index], self.labels[index], self.kinds)


def load_sprites(folder: Path, size: int = 32) -> Sprites:
    """Read every sprite under a folder.

    A picture whose side is a multiple or a whole fraction of ``size`` is scaled without
    smoothing; one of another shape is left out.

    Raises:
        ValueError: If that leaves none.
    """
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    stone_soup = (folder / "mon" / "unique").is_dir() and (folder / "item").is_dir()
    names, pixels, kinds = [], [], []
    for file in files:
        kind = _stone_soup(file, folder) if stone_soup else _folder(file, folder)
        picture = _fitted(file, size) if kind else None
        if kind and picture is not None:
            names.append(file.relative_to(folder).as_posix())
            pixels.append(picture)
            kinds.append(kind)
    if not names:
        raise ValueError(f"data={folder} holds no square sprite whose side fits {size} pixels")
    known = [kind for kind in STONE_SOUP if kind in kinds] if stone_soup else sorted(set(kinds))
    labels = np.array([known.index(kind) for kind in kinds], np.int64)
    return Sprites(tuple(names), np.stack(pixels), labels, tuple(known))


def _stone_soup(file: Path, folder: Path) -> str:
    inside = file.parent.relative_to(folder).as_posix()
    if file.name.startswith(EMBLEM):
        return ""
    return next((kind for kind, folders in STONE_SOUP.items() if inside in folders), "")


def _folder(file: Path, folder: Path) -> str:
    inside = file.relative_to(folder).parts
    return inside[-2] if len(inside) > 1 else "all"


def _fitted(file: Path, size: int) -> NDArray[np.uint8] | None:
    with Image.open(file) as opened:
        picture = opened.convert("RGBA")
    width, height = picture.size
    if width != height or (width % size and size % width):
        return None
    rgba = np.array(picture.resize((size, size), Image.Resampling.NEAREST))
    covered = rgba[..., 3] >= COVERED
    rgba[..., 3] = np.where(covered, 255, 0)
    rgba[~covered] = 0
    return rgba if covered.any() else None


def premultiplied(pixels: NDArray[np.uint8]) -> Floats:
    """What the network sees of pixels [N, R, R, 4]: shape [N, 4, R, R]."""
    lab, alpha = to_oklab(pixels[..., :3]), pixels[..., 3:].astype(np.float32) / 255
    scaled = np.concatenate([2 * lab[..., :1] - 1, CHROMA * lab[..., 1:]], axis=-1)
    x = np.concatenate([alpha * scaled, 2 * alpha - 1], axis=-1)
    return np.ascontiguousarray(x.transpose(0, 3, 1, 2))


def measured(pixels: NDArray[np.uint8]) -> Floats:
    """Attributes of pixels [N, R, R, 4], shape [N, 3], in their own units; see the module."""
    covered = pixels[..., 3] > 0
    light = to_oklab(pixels[..., :3])[..., 0]
    total = covered.sum((1, 2)).clip(1)
    apart = (covered != covered[:, :, ::-1]).sum((1, 2)) / (2 * total)
    steps = np.zeros(len(pixels))
    pairs = np.zeros(len(pixels))
    for axis in (1, 2):
        both = covered.take(range(1, covered.shape[axis]), axis) & covered.take(
            range(covered.shape[axis] - 1), axis
        )
        steps += (np.abs(np.diff(light, axis=axis)) * both).sum((1, 2))
        pairs += both.sum((1, 2))
    found = [covered.mean((1, 2)), 1 - apart, steps / pairs.clip(1)]
    return np.stack(found, axis=1).astype(np.float32)


def normal_scores(values: Floats, labels: NDArray[np.int64]) -> Floats:
    """Values [N, A] as if drawn from N(0, 1) within each kind: by rank, ties in their order."""
    scores = np.zeros(values.shape, np.float32)
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        ranks = values[own].argsort(axis=0, kind="stable").argsort(axis=0, kind="stable")
        levels = [NormalDist().inv_cdf((rank + 0.5) / len(own)) for rank in range(len(own))]
        scores[own] = np.array(levels, np.float32)[ranks]
    return scores
