"""Grooves written by hand, in ``assets/grooves``: one text a style, read, varied and split.

    = Straight eighths
    kick  X.......x.......
    snare ....X.......X...
    hat   x.x.x.x.x.x.x.x.

A sign is a sixteenth (``.`` silent, ``g`` soft, ``x`` plain, ``X`` loud); a bar line tells two
bars apart, and one bar stands for two alike. The name of a text is the style.

What is trained on are rules' variations of the grooves of the training split alone
(`pipelines.training.groove_varying`). Grooves whose patterns differ in at most `NEAR` strokes a
bar are one group, of whatever style, and a hash of the group's first title puts an eighth of the
groups into the validation and as many into the test split.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.music.drum_grid import BAR, LANES, STEPS
from pipelines.training.splits import Split

__all__ = ["SIGNS", "Groove", "read", "styles_of"]

Levels = NDArray[np.int64]
SIGNS = ".gxX"
NEAR = 2
PARTS = 8
"""Of the groups, one in so many is for validation, and one for the test."""


@dataclass(frozen=True)
class Groove:
    """One groove.

    Attributes:
        title: What it is called.
        style: Name of its text.
        levels: See `pipelines.music.drum_grid`, shape [STEPS, lanes].
        split: Which it belongs to.
    """

    title: str
    style: str
    levels: Levels
    split: Split = "train"


def read(folder: Path) -> list[Groove]:
    """All grooves of a folder of texts, in the order of styles and lines.

    Raises:
        ValueError: If there are none, or a line is not as the module says.
    """
    found = [groove for path in sorted(folder.glob("*.txt")) for groove in _text(path)]
    if not found:
        raise ValueError(f"data={folder} has no grooves; give a folder of texts as assets/grooves")
    return [replace(one, split=split) for one, split in zip(found, _splits(found), strict=True)]


def styles_of(grooves: Sequence[Groove]) -> list[str]:
    """The styles, each once, in alphabetical order."""
    return sorted({one.style for one in grooves})


def _text(path: Path) -> list[Groove]:
    found: list[Groove] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        said = line.strip()
        if said.startswith("="):
            levels = np.zeros((STEPS, len(LANES)), np.int64)
            found.append(Groove(said[1:].strip(), path.stem, levels))
        elif said and not said.startswith("#"):
            name, _, signs = said.partition(" ")
            row = signs.replace("|", "").strip()
            right = name in LANES and len(row) in (BAR, STEPS) and set(row) <= set(SIGNS)
            if not right or not found:
                raise ValueError(
                    f"data={path.name} line {number}: {said!r} is not a drum of "
                    f"{', '.join(LANES)} and one or two bars of {SIGNS}"
                )
            heard = [SIGNS.index(sign) for sign in row] * (STEPS // len(row))
            found[-1].levels[:, list(LANES).index(name)] = heard
    return found


def _splits(grooves: Sequence[Groove]) -> list[Split]:
    """The split of each; see the module."""
    struck = np.stack([one.levels > 0 for one in grooves])
    chief = list(range(len(grooves)))
    for i in range(len(grooves)):
        apart = (struck[i] != struck[:i]).sum(axis=(1, 2))
        for j in np.flatnonzero(apart <= NEAR * STEPS // BAR):
            old, new = chief[i], chief[j]
            chief = [new if one == old else one for one in chief]
    names = [f"{grooves[one].style} {grooves[one].title}" for one in chief]
    return [_split(name) for name in names]


def _split(name: str) -> Split:
    part = int(hashlib.sha256(name.encode()).hexdigest(), 16) % PARTS
    if part == 0:
        return "validation"
    return "test" if part == 1 else "train"
