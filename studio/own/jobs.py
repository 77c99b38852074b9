"""From an album and a wish to a job on the queue, and from what it made to a model."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.errors import TrainingError
from pipelines.training import own_files
from pipelines.training.own_model import FINDABLE, KINDS, Wish, begins_with, name_of, refuse
from pipelines.training.own_settings import named, settings
from studio.errors import TuningError
from studio.library.faults import boundary
from studio.library.taught_values import OPEN, OWN
from studio.own import owners

if TYPE_CHECKING:
    from pipelines.training.job_files import JobFolder
    from studio.house import House
    from studio.library import Job
    from studio.persons import Person

__all__ = [
    "WORKER",
    "Choice",
    "adopt",
    "begun",
    "choices",
    "clear",
    "find",
    "prepare",
    "start",
    "told",
]

WORKER = "pipelines.training.own_working"
"""Module of the worker's process."""


@dataclass(frozen=True)
class Choice:
    """What an artist asked for.

    Attributes:
        makes: Of `KINDS`.
        name: What the model makes, in the artist's words.
        minutes: Of training; 0 for the usual.
        start: Id of the model to begin from; empty for none.
        credit: Whose pictures they are.
        licence: SPDX id.
        settings: Figures behind More, by the recipe's names.
        find: Minutes of looking for others before the training; 0 for none.
    """

    makes: str
    name: str
    minutes: float = 0.0
    start: str = ""
    credit: str = ""
    licence: str = "unknown"
    settings: Mapping[str, float] | None = None
    find: float = 0.0


def choices(house: House, person: Person, count: int) -> list[dict[str, Any]]:
    """What can be made of ``count`` pictures, and what it can begin from."""
    cards = owners.visible(house, person, house.shelf.cards())
    folders, told = house.shelf.catalog.folders(), []
    for makes, kind in KINDS.items():
        wish = Wish(makes, "")
        starts = [card for card in cards if card.id in folders and _fits(wish, folders[card.id])]
        told.append(
            {
                "makes": makes,
                "family": kind.family,
                "needed": kind.needed,
                "most": kind.most,
                "size": kind.size,
                "minutes": kind.minutes,
                "enough": kind.needed <= count <= (kind.most or count),
                "starts": [{"id": card.id, "title": dict(card.title)} for card in starts],
                "settings": list(named(makes)),
                "finds": bool(kind.size) and count >= FINDABLE,
            }
        )
    return told


def _fits(wish: Wish, folder: Path) -> bool:
    try:
        begins_with(wish, folder)
    except TrainingError:
        return False
    return True


def start(house: House, person: Person, album_id: str, choice: Choice) -> Job:
    """Put the training of a model in line; the album goes with it.

    Raises:
        StudioError: ``no_such_album``, ``album_busy``.
        TrainingError: ``too_few_pictures``, ``too_many_pictures``, ``no_name``, ``cannot_begin``,
            ``cannot_find``.
        ControlError: For a figure that is unknown or out of range.
        TuningError: ``own_running`` while a model of this person is being trained.
    """
    album = house.albums.take(person, album_id)
    wish = _wish(house, person, choice)
    if album.now.checked is not None:
        refuse(album.now.checked, wish)
    plan = {"kind": OWN, "wish": wish.to_dict()}

    def place(folder: JobFolder) -> None:
        folder.root.mkdir(parents=True, exist_ok=True)
        album.pictures.replace(folder.root / own_files.PICTURES)
        (album.folder / own_files.CHECKED).replace(folder.root / own_files.CHECKED)

    job = house.tuning.enter(person, wish.id, plan, place)
    house.albums.forget(album)
    return job


def _wish(house: House, person: Person, choice: Choice) -> Wish:
    wish = Wish(
        choice.makes,
        choice.name.strip(),
        choice.minutes,
        choice.credit.strip(),
        choice.licence.strip() or "unknown",
        settings=settings(choice.makes, choice.settings or {}),
        find=choice.find,
    )
    if choice.start:
        owners.check(house, person, choice.start)
        folder = house.shelf.catalog.folders().get(choice.start, Path(choice.start).name)
        begins_with(wish, Path(folder))
        wish = replace(wish, start=str(folder))
    return replace(wish, id=_free(house, name_of(wish.name)))


def _free(house: House, name: str) -> str:
    """An id that no model has; where there are several persons, one that nobody guesses."""
    taken = set(house.shelf.catalog.folders())
    taken |= {job.model for job in house.library.jobs(open_only=True) if job.own}
    if house.mode != "local":
        name = f"{name}-{secrets.token_hex(6)}"
    found, number = name, 2
    while found in taken or (house.settings.library / "models" / found).exists():
        found, number = f"{name}-{number}", number + 1
    return found


def find(house: House, person: Person, job_id: str) -> Job:
    """A job of this person that makes a model.

    Raises:
        TuningError: ``no_such_own``, also for one of someone else.
    """
    found = house.library.job(job_id)
    if found is None or found.person != person or not found.own:
        raise TuningError(
            "no_such_own",
            name="job",
            value=job_id[:40],
            rule="not one of yours",
            remedy="look at the Models page",
        )
    return found


def prepare(job: Job, folder: JobFolder) -> None:
    """Write down for the worker what is wanted."""
    folder.note(own_files.PLAN, job.plan["wish"])


def begun(job: Job, folder: JobFolder) -> bool:
    """Whether it has learnt anything that could be kept."""
    return own_files.begun(folder, job.model)


def adopt(house: House, job: Job, folder: JobFolder) -> str:
    """Make what a job made one of the library's models.

    Returns:
        sha256 of its weights.
    """
    place = house.settings.library / "models" / job.model
    with boundary(house.settings.library):
        if folder.result.is_dir():
            owners.own(folder.result, job.person)
            place.parent.mkdir(parents=True, exist_ok=True)
            folder.result.replace(place)
            _sync(place.parent)
    return house.shelf.catalog.load(place).pipeline.weights.base


def clear(folder: JobFolder) -> None:
    """Take away the pictures, and all that a training left; TensorBoard's files stay."""
    for name in (
        own_files.PICTURES,
        own_files.MAKING,
        own_files.SHEETS,
        folder.result.name,
    ):
        shutil.rmtree(folder.root / name, ignore_errors=True)
    (folder.root / own_files.CHECKED).unlink(missing_ok=True)


def told(job: Job, folder: JobFolder) -> dict[str, Any]:
    """A job as the page reads it."""
    wish, report = job.plan["wish"], folder.progress()
    over = job.state not in OPEN
    sheets = [] if over else report.get("sheets", [])
    return {
        "id": job.id,
        "model": job.model,
        "name": wish["name"],
        "makes": wish["makes"],
        "state": job.state,
        "stage": report.get("stage", ""),
        "progress": 1.0 if job.state == "done" else report.get("share", 0.0),
        "step": report.get("step", 0),
        "search": report.get("search"),
        "seconds": report.get("seconds", 0.0),
        "seconds_left": 0.0 if over else report.get("seconds_left"),
        "curves": report.get("curves", {}),
        "figures": report.get("figures", []),
        "sheets": [f"/studio/own/jobs/{job.id}/sheets/{step}" for step in sheets],
        "created_at": job.created_at.isoformat(),
        "made": job.version is not None,
        "error": job.error,
    }


def _sync(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
