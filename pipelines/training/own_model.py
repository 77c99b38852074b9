"""What a model from an artist's own pictures can be, what is wished for, and what is too little.

`pipelines.training.own_making` makes it.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipelines.errors import TrainingError
from pipelines.training.own_pictures import Checked

__all__ = ["FINDABLE", "KINDS", "Kind", "Wish", "begins_with", "name_of", "refuse"]


@dataclass(frozen=True)
class Kind:
    """What a model can make.

    Attributes:
        family: Of the catalog.
        size: Side of the pictures that it learns from, pixels; 0 for their own.
        needed: Pictures without which nothing general can be learnt.
        minutes: What one core should be given, at least, for a few hundred pictures.
        sliders: Module that measures its sliders, and options for it.
        most: Pictures that it has room for; 0 for any number.
        starts: Whether it can begin from another model of its family.
    """

    family: str
    size: int
    needed: int
    minutes: float
    sliders: tuple[str, ...]
    most: int = 0
    starts: bool = True


_FITTED = (
    *("pipelines.training.directions", "--seeds", "32"),
    *("--held-out", "60", "--refining", "6"),
)
_TILED = ("pipelines.training.pattern_directions",)
KINDS: Mapping[str, Kind] = {
    "morphs": Kind("vae", 128, 60, 40, _FITTED),
    "paintings": Kind("style-gan", 128, 200, 90, _FITTED, starts=False),
    "patterns": Kind(
        "pattern", 0, 1, 3, ("pipelines.training.pattern_directions",), 27, starts=False
    ),
    "small": Kind("dcgan", 64, 200, 40, _FITTED),
}
"""The artist's word -> what it means."""
FINDABLE = 120
"""Pictures of which a tenth of those that are trained on can tell settings apart."""


@dataclass(frozen=True)
class Wish:
    """What an artist wants.

    Attributes:
        makes: Of `KINDS`.
        name: What the model makes, in the artist's words.
        minutes: Of training, all runs together.
        credit: Whose pictures they are.
        licence: SPDX id under which the weights may be used.
        seed: Of every draw.
        settings: ``NAME=VALUE`` of the family's recipe.
        start: Folder of a model of the same family to begin from; empty to begin from nothing.
        id: Of the model; empty for what `name_of` makes of its name.
        find: Minutes of short runs before the training, which look for good settings; 0 for none.
    """

    makes: str
    name: str
    minutes: float = 0.0
    credit: str = ""
    licence: str = "unknown"
    seed: int = 0
    settings: tuple[str, ...] = ()
    start: str = ""
    id: str = ""
    find: float = 0.0

    @property
    def kind(self) -> Kind:
        """What it means."""
        return KINDS[self.makes]

    @property
    def time(self) -> float:
        """Minutes, the usual ones where none are named."""
        return self.minutes or self.kind.minutes

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Wish:
        """Read what `to_dict` gave."""
        return Wish(**{**values, "settings": tuple(values["settings"])})


def name_of(text: str) -> str:
    """The folder's name: letters, digits and dashes.

    Raises:
        TrainingError: ``no_name`` if nothing is left of it.

    >>> name_of("  Türen & Tore! ")
    'turen-tore'
    >>> name_of("我的门")
    '我的门'
    """
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(one for one in plain if not unicodedata.combining(one))
    found = "-".join(re.findall(r"\w+", plain.lower()))[:48].strip("-")
    if not found:
        raise TrainingError(
            "no_name", name="name", value=text[:40], rule="without a letter", remedy="give a name"
        )
    return found


def refuse(checked: Checked, wish: Wish) -> None:
    """Nothing, if the pictures are enough and not too many.

    Raises:
        TrainingError: ``too_few_pictures``, with how many are needed and what they are enough for;
            ``too_many_pictures`` for more than the model has room for; ``cannot_find`` for a
            search where there is nothing to tell settings apart by.
    """
    count, needed, most = len(checked.files), wish.kind.needed, wish.kind.most
    if wish.find and (count < FINDABLE or not wish.kind.size):
        raise TrainingError(
            "cannot_find",
            name="find",
            value=count,
            rule="pictures of which too few can be kept aside",
            remedy=f"bring {FINDABLE} or more to morphs, paintings or small, or leave it out",
            details={"needed": str(FINDABLE)},
        )
    if most and count > most:
        raise TrainingError(
            "too_many_pictures",
            name="pictures",
            value=count,
            rule=f"more than {most}",
            remedy=f"choose {most} of them",
        )
    if count < needed:
        enough = [name for name, kind in KINDS.items() if kind.needed <= count]
        instead = f", or make {' or '.join(enough)}" if enough else ""
        raise TrainingError(
            "too_few_pictures",
            name="pictures",
            value=count,
            rule=f"fewer than {needed}",
            remedy=f"bring {needed - count} more{instead}",
            details={"needed": str(needed), "enough": ", ".join(enough)},
        )


def begins_with(wish: Wish, folder: Path) -> None:
    """Nothing, if the model in ``folder`` can be begun from.

    Raises:
        TrainingError: ``cannot_begin`` if what is wished for begins from none, or from a model
            of another family or size.
    """
    try:
        told = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        told = {}
    of_family = told.get("family") == wish.kind.family
    size = told.get("network", {}).get("resolution")
    if not (wish.kind.starts and of_family and size == wish.kind.size):
        raise TrainingError(
            "cannot_begin",
            name="start",
            value=folder.name,
            rule=f"not a model that {wish.makes} can begin from",
            remedy=f"give a {wish.kind.family} of {wish.kind.size} px, or begin from nothing",
        )
