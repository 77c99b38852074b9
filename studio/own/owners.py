"""Whose a model is: one that was made from someone's pictures is seen by them alone.

On a studio of one person every model is theirs. Where there are several, the id of such a model
cannot be guessed, and no list gives it to anyone else.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import no_model

if TYPE_CHECKING:
    from pipelines.pipeline import Card
    from studio.house import House
    from studio.persons import Person

__all__ = ["OWNER", "check", "own", "visible"]

OWNER = "own.json"
"""In the folder of a model: who made it."""


def own(folder: Path, person: Person) -> None:
    """Say whose the model in a folder is."""
    text = json.dumps({"schema": 1, "person": person.id}) + "\n"
    (folder / OWNER).write_text(text, encoding="utf-8")


def visible(house: House, person: Person | None, cards: Iterable[Card]) -> list[Card]:
    """Those models that a person sees; those that everyone does for None."""
    found = list(cards)
    if house.mode == "local":
        return found
    folders = house.shelf.catalog.folders()
    known = ("", person.id if person else "")
    return [card for card in found if _owner(folders.get(card.id)) in known]


def check(house: House, person: Person, name: str) -> None:
    """Nothing, if a person may see a model.

    Raises:
        WeightsError: ``no_model``, as for one that isn't here.
    """
    folder = house.shelf.catalog.folders().get(name)
    if house.mode != "local" and _owner(folder) not in ("", person.id):
        raise no_model(name)


def _owner(folder: Path | None) -> str:
    """Id of the person whose a model is; empty for everyone's."""
    try:
        told = json.loads((folder / OWNER).read_text(encoding="utf-8")) if folder else {}
    except (OSError, ValueError):
        return ""
    return str(told.get("person", "")) if isinstance(told, dict) else ""
