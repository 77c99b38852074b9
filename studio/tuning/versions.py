"""The family tree of a model: the original, and what was taught from it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.request import Request
from studio.errors import TuningError
from studio.library import Version
from studio.library.faults import boundary
from studio.tuning.choosing import told_of

if TYPE_CHECKING:
    from pipelines.pipeline import Instrument
    from pipelines.training.job_files import JobFolder
    from studio.house import House
    from studio.library import Job
    from studio.persons import Person

__all__ = ["adopt", "compare", "find", "name", "play", "remove", "sample", "tree"]

SAMPLES = (101, 102, 103, 104)
"""Seeds that every version of a tree is shown with."""


def adopt(house: House, job: Job, folder: JobFolder) -> str:
    """Move what a job made into the library; the same again changes nothing.

    Returns:
        sha256 of its weights.
    """
    base = house.shelf.catalog.load(folder.result).pipeline.weights.base
    place = house.settings.library / "versions" / base
    measures = json.loads((folder.result / "measures.json").read_text(encoding="utf-8"))
    with boundary(house.settings.library):
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.exists():
            shutil.rmtree(folder.result)
        else:
            folder.result.replace(place)
            _sync(place.parent)
    plan = job.plan
    works = tuple(one["id"] for one in (*plan["favourites"], *plan["held_out"]))
    version = Version(
        id=base,
        model=job.model,
        parent=plan["base"],
        works=works,
        how=told_of(plan),
        measures=measures,
    )
    house.library.add_version(job.person, version)
    return base


def _sync(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def original_of(house: House, version_id: str) -> Instrument | None:
    """The untaught model with these weights, if there is one."""
    shelf = house.shelf
    found = next((c.id for c in shelf.cards() if shelf.weights(c.id) == version_id), None)
    return None if found is None else shelf.instrument(found)


def find(house: House, person: Person, version_id: str) -> tuple[Instrument, Version | None]:
    """A version of this person, or an original, ready to play.

    Raises:
        TuningError: ``no_such_version``, also for one of someone else.
    """
    version = house.library.version(person, version_id)
    if version is not None:
        return house.shelf.instrument(version.model, version.id), version
    original = original_of(house, version_id)
    if original is None:
        raise TuningError(
            "no_such_version",
            name="version",
            value=version_id[:12],
            rule="not one of yours",
            remedy="choose one of the tree",
        )
    return original, None


def taught(house: House, person: Person, version_id: str) -> Version:
    """A version that may be changed.

    Raises:
        TuningError: ``original_fixed`` for the original, ``no_such_version``.
    """
    _, version = find(house, person, version_id)
    if version is None:
        raise TuningError(
            "original_fixed",
            name="version",
            value=version_id[:12],
            rule="the original, which cannot be changed",
            remedy="teach it: that makes a version of your own",
        )
    return version


def tree(house: House, person: Person, model: str) -> list[dict[str, Any]]:
    """Every version of a model, the original first."""
    root = Version(id=house.shelf.weights(model), model=model, parent="")
    playing = house.library.playing(person, model)
    versions = (root, *house.library.versions(person, model))
    return [told(one, active=one.id == (playing or root.id)) for one in versions]


def told(version: Version, *, active: bool) -> dict[str, Any]:
    """A version as the page reads it."""
    made = version.created_at
    return {
        "id": version.id,
        "parent": version.parent or None,
        "name": version.name,
        "created_at": made.isoformat() if made else "",
        "verdict": version.verdict,
        "active": active,
        "samples": [f"/studio/versions/{version.id}/samples/{seed}" for seed in SAMPLES],
        "works": len(version.works),
        "how": dict(version.how),
        "measures": dict(version.measures),
    }


def sample(house: House, person: Person, version_id: str, seed: int) -> Request:
    """The recipe of a seed as a version paints it at its defaults."""
    instrument, _ = find(house, person, version_id)
    return instrument.request(seed=seed)


def compare(
    house: House, person: Person, pair: tuple[str, str], seeds: list[int]
) -> list[dict[str, str]]:
    """Addresses of two versions' works on the same seeds.

    Raises:
        TuningError: ``no_such_version``; ``two_families`` for versions of two models.
    """
    (one, _), (other, _) = (find(house, person, version) for version in pair)
    if one.card.id != other.card.id:
        raise TuningError(
            "two_families",
            name="version",
            value=other.card.id,
            rule=f"not of {one.card.id}",
            remedy="choose two versions of one model",
        )
    left, right = (f"/studio/versions/{version}/samples" for version in pair)
    return [{"left": f"{left}/{seed}", "right": f"{right}/{seed}"} for seed in seeds]


def play(house: House, person: Person, version_id: str) -> str:
    """Play a version from now on; returns the model's id."""
    instrument, version = find(house, person, version_id)
    model = instrument.card.id
    house.library.play(person, model, "" if version is None else version.id)
    return model


def name(house: House, person: Person, version_id: str, words: str) -> None:
    """Call a version something else."""
    house.library.name_version(person, taught(house, person, version_id).id, words)


def remove(house: House, person: Person, version_id: str) -> None:
    """Delete a version that nothing needs.

    Raises:
        TuningError: ``version_needed`` if works or versions were made with it,
            ``version_playing`` while it is in use, ``original_fixed``.
    """
    version = taught(house, person, version_id)
    learning = [j for j in house.library.jobs(open_only=True) if j.plan.get("base") == version_id]
    needing = house.library.dependants(version_id) + len(learning)
    if needing:
        raise TuningError(
            "version_needed",
            name="version",
            value=needing,
            rule="works or versions made with it",
            remedy="keep it: without it they could not be painted again",
        )
    if house.library.playing(person, version.model) == version_id:
        raise TuningError(
            "version_playing",
            name="version",
            value=version.name or version_id[:12],
            rule="in use",
            remedy="use another version first",
        )
    if house.library.remove_version(person, version_id):
        house.shelf.forget(version.model, version_id)
        shutil.rmtree(house.settings.library / "versions" / version_id, ignore_errors=True)
