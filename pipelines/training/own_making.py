"""A new model from an artist's own pictures: trained, measured, shown, and its card written.

The command line is `pipelines.training.own`; `pipelines.training.own_working` does the same for
the studio's queue.
"""

from __future__ import annotations

import importlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pipelines.errors import TrainingError
from pipelines.training import own_card, own_pictures
from pipelines.training.own_files import CHECKPOINT, SEARCH, WORK
from pipelines.training.own_model import Wish, begins_with, name_of, refuse

if TYPE_CHECKING:
    from pipelines.training.data import Pictures
    from pipelines.training.loop import Clock, Trainable
    from pipelines.training.own_pictures import Checked
    from pipelines.training.own_searching import Search

__all__ = ["Ending", "Stage", "Watcher", "make"]

SAVE_EVERY, FIRST = 4.0, 0.25
"""Minutes between checkpoints, and to the first one."""
SIZES = ("z_dim", "patch", "channels", "hidden", "num_groups", "width")
"""Settings of recipes that are sizes of networks."""
Stage = Literal["searching", "training", "sliders", "sheets"]
Ending = Literal["", "enough", "leave"]


class Watcher:
    """Whoever watches a model being made; this one looks away and lets it be made."""

    def stage(self, name: Stage) -> None:
        """Another part of the work begins."""

    def searching(self, found: Search) -> None:
        """So much is known of good settings."""

    def began(self, clock: Clock) -> None:
        """The training begins, or goes on."""

    def heard(self, figures: Mapping[str, float], clock: Clock) -> None:
        """A step was taken, with these figures."""

    def saved(self, work: Path, clock: Clock) -> None:
        """A checkpoint was written into ``work``, with its sheet and its figures."""

    def ending(self) -> Ending:
        """Whether the training is to end: as if it were over, or to go on another time."""
        return ""


def make(
    checked: Checked,
    wish: Wish,
    models: Path,
    *,
    resume: bool = False,
    watcher: Watcher | None = None,
) -> Path | None:
    """Train a model and everything beside it.

    Args:
        checked: The pictures.
        wish: What to make of them.
        models: Folder of models that it becomes a folder of.
        resume: Go on from the last checkpoint.
        watcher: Is told how it goes, and may end it.

    Returns:
        The model folder; None if the watcher asked to leave.

    Raises:
        TrainingError: What `refuse`, `begins_with` and `search` say; ``no_name``,
            ``model_exists``, ``nothing_to_resume``, or ``own_astray`` when a figure is not finite;
            checkpoints stay.
        ValueError: For a setting that the recipe does not have.
    """
    refuse(checked, wish)
    if wish.start:
        begins_with(wish, Path(wish.start))
    folder, seer = models / (wish.id or name_of(wish.name)), watcher or Watcher()
    work = folder / WORK
    _look(folder, work, resume=resume)
    pictures = own_pictures.gather(checked, work / "gathered")
    found = None
    if wish.find:
        seer.stage("searching")
        found = _search(pictures, wish, work, seer)
        if found is None:
            return None
        wish = replace(wish, settings=(*wish.settings, *found.settings))
    seer.stage("training")
    resume = resume and (work / CHECKPOINT).exists()
    trained, seen = _train(pictures, wish, work, resume=resume, watcher=seer)
    if not trained:
        return None
    draft = _draft(work, folder.name)
    own_card.begin(draft, checked, wish, found)
    seer.stage("sliders")
    module, *options = wish.kind.sliders
    importlib.import_module(module).main([str(draft), *options])
    seer.stage("sheets")
    importlib.import_module("pipelines.training.indexing").main([str(draft)])
    own_card.finish(draft, seen)
    for file in draft.iterdir():
        file.replace(folder / file.name)
    over = models / f".{folder.name}-made"  # renamed first: half a folder could not be resumed
    shutil.rmtree(over, ignore_errors=True)
    work.replace(over)
    shutil.rmtree(over)
    return folder


def _look(folder: Path, work: Path, *, resume: bool) -> None:
    """Refuse to write over a model, and to go on from nothing."""
    if folder.exists() and not work.exists():
        raise TrainingError(
            "model_exists", name="name", value=folder.name, rule="a model already",
            remedy="give another name",
        )  # fmt: skip
    if resume and not any((work / one).exists() for one in (CHECKPOINT, SEARCH)):
        raise TrainingError(
            "nothing_to_resume", name="name", value=folder.name, rule="without a checkpoint",
            remedy="start it without --resume",
        )  # fmt: skip


def _search(folder: Path, wish: Wish, work: Path, watcher: Watcher) -> Search | None:
    from pipelines.training.data import load_pictures
    from pipelines.training.own_searching import search

    pictures = load_pictures(folder, wish.kind.size, work / "pictures")
    return search(_training, wish, folder, pictures, work, watcher)


def _train(
    folder: Path, wish: Wish, work: Path, *, resume: bool, watcher: Watcher
) -> tuple[bool, Pictures | None]:
    """Run the family's training.

    Returns:
        Whether the model is to be made now, and the pictures as the training saw them; of a
        pattern none.
    """
    import torch

    from pipelines.training.data import load_pictures
    from pipelines.training.loop import Schedule, train
    from pipelines.training.own_hearing import Ear

    torch.manual_seed(wish.seed)
    size = wish.kind.size
    decoded = work / "pictures"
    pictures = load_pictures(folder, size, decoded) if size else None
    model = _training(folder, decoded, wish)
    ear = Ear(watcher, work, pictures)
    schedule = Schedule(wish.time, 0, SAVE_EVERY, FIRST)
    train(model, work, schedule, resume=resume, listener=ear)
    return ear.asked != "leave", pictures


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
        + [part for one in _settings(wish) for part in ("--set", one)]
        + (["--size", str(wish.kind.size)] if wish.kind.size else [])
        + (["--start", wish.start] if wish.start else [])
    )
    return families.build(given)


def _settings(wish: Wish) -> list[str]:
    """Sizes of the model that is begun from, then what was asked for."""
    if not wish.start:
        return list(wish.settings)
    config = json.loads((Path(wish.start) / "config.json").read_text(encoding="utf-8"))
    sizes = {name: config["network"][name] for name in SIZES if name in config["network"]}
    told = {
        name: ",".join(map(str, size)) if isinstance(size, list) else size
        for name, size in sizes.items()
    }
    return [*(f"{name}={size}" for name, size in told.items()), *wish.settings]
