"""A new model from an artist's own pictures: trained, measured, shown, and its card written.

The command line is `pipelines.training.own`.
"""

from __future__ import annotations

import importlib
import json
import math
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import TrainingError
from pipelines.training import own_card, own_pictures
from pipelines.training.own_pictures import Checked

if TYPE_CHECKING:
    from pipelines.training.data import Pictures
    from pipelines.training.loop import Trainable

__all__ = ["KINDS", "Kind", "Wish", "make", "name_of", "refuse"]


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
    """

    family: str
    size: int
    needed: int
    minutes: float
    sliders: tuple[str, ...]
    most: int = 0


_FITTED = (
    *("pipelines.training.directions", "--seeds", "32"),
    *("--held-out", "60", "--refining", "6"),
)
KINDS: Mapping[str, Kind] = {
    "morphs": Kind("vae", 128, 60, 40, _FITTED),
    "paintings": Kind("style-gan", 128, 200, 90, _FITTED),
    "patterns": Kind("pattern", 0, 1, 3, ("pipelines.training.pattern_directions",), 27),
    "small": Kind("dcgan", 64, 200, 40, _FITTED),
}
"""The artist's word -> what it means."""
CHECKPOINT = 4.0
"""Minutes between checkpoints."""
_WORK = "training"
"""Sub-folder with checkpoints and growing sheets; it goes when the model is whole."""


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
    """

    makes: str
    name: str
    minutes: float = 0.0
    credit: str = ""
    licence: str = "unknown"
    seed: int = 0
    settings: tuple[str, ...] = ()

    @property
    def kind(self) -> Kind:
        """What it means."""
        return KINDS[self.makes]

    @property
    def time(self) -> float:
        """Minutes, the usual ones where none are named."""
        return self.minutes or self.kind.minutes


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
            ``too_many_pictures`` for more than the model has room for.
    """
    count, needed, most = len(checked.files), wish.kind.needed, wish.kind.most
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


def make(
    checked: Checked,
    wish: Wish,
    models: Path,
    *,
    resume: bool = False,
    say: Callable[[str], object] = lambda _: None,
) -> Path:
    """Train a model and everything beside it.

    Args:
        checked: The pictures.
        wish: What to make of them.
        models: Folder of models that it becomes a folder of.
        resume: Go on from the last checkpoint.
        say: Is told each stage.

    Returns:
        The model folder.

    Raises:
        TrainingError: What `refuse` says; ``no_name``, ``model_exists``, ``nothing_to_resume``, or
            ``not_finite`` when a figure is not; checkpoints stay.
        ValueError: For a setting that the recipe does not have.
    """
    refuse(checked, wish)
    folder = models / name_of(wish.name)
    work = folder / _WORK
    _look(folder, work, resume=resume)
    with tempfile.TemporaryDirectory(prefix="duet-pictures-") as place:
        pictures = own_pictures.gather(checked, Path(place))
        say(f"training for {wish.time:g} minutes")
        seen = _train(pictures, wish, work, resume=resume)
        draft = _draft(work, folder.name)
        own_card.begin(draft, checked, wish)
        say("measuring sliders")
        module, *options = wish.kind.sliders
        importlib.import_module(module).main([str(draft), *options])
        say("drawing what taste needs, and its sheets")
        importlib.import_module("pipelines.training.indexing").main([str(draft)])
        own_card.finish(draft, seen)
    for file in draft.iterdir():
        file.replace(folder / file.name)
    shutil.rmtree(work)
    return folder


def _look(folder: Path, work: Path, *, resume: bool) -> None:
    """Refuse to write over a model, and to go on from nothing."""
    if folder.exists() and not work.exists():
        raise TrainingError(
            "model_exists", name="name", value=folder.name, rule="a model already",
            remedy="give another name",
        )  # fmt: skip
    if resume and not (work / "checkpoint.pt").exists():
        raise TrainingError(
            "nothing_to_resume", name="name", value=folder.name, rule="without a checkpoint",
            remedy="start it without --resume",
        )  # fmt: skip


def _train(folder: Path, wish: Wish, work: Path, *, resume: bool) -> Pictures | None:
    """Run the family's training; gives the pictures as it saw them, of a pattern none."""
    import torch

    from pipelines.training.data import load_pictures
    from pipelines.training.loop import Schedule, train

    torch.manual_seed(wish.seed)
    size = wish.kind.size
    decoded = work / "pictures"
    pictures = load_pictures(folder, size, decoded) if size else None
    model = _training(folder, decoded, wish)
    train(model, work, Schedule(wish.time, 0, CHECKPOINT), resume=resume, heard=_finite)
    return pictures


def _draft(work: Path, name: str) -> Path:
    """A model folder of what the training exported, beside its checkpoints."""
    draft = work / name
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    for file in work.iterdir():
        if file.suffix in (".json", ".safetensors", ".npz"):
            shutil.copy2(file, draft / file.name)
    told = json.loads((draft / "config.json").read_text(encoding="utf-8")) | {"id": name}
    text = json.dumps(told, indent=2, ensure_ascii=False) + "\n"
    (draft / "config.json").write_text(text, encoding="utf-8")
    return draft


def _training(folder: Path, decoded: Path, wish: Wish) -> Trainable:
    from pipelines.training import __main__ as families

    given = families.parser().parse_args(
        [
            wish.kind.family,
            "--data",
            str(folder),
            "--out",
            str(folder),
            "--seed",
            str(wish.seed),
            "--cache",
            str(decoded),
        ]
        + [part for setting in wish.settings for part in ("--set", setting)]
        + (["--size", str(wish.kind.size)] if wish.kind.size else [])
    )
    return families.build(given)


def _finite(figures: Mapping[str, float]) -> None:
    """End a run whose numbers are numbers no more."""
    for name, value in figures.items():
        if not math.isfinite(value):
            raise TrainingError(
                "not_finite",
                name=name,
                value=value,
                rule="not finite any more",
                remedy="go on from the last checkpoint with a smaller learning_rate",
            )
