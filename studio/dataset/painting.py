"""A recipe by its sha256 as what is seen or read: the kept file if there is one, else rendered."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines import exports
from pipelines.abilities import Readable
from pipelines.artifact import Artifact
from pipelines.errors import DuetError
from pipelines.request import Request
from studio import keeping
from studio.taste.signals import mentioned, name_of

if TYPE_CHECKING:
    from studio.house import House
    from studio.library import Event
    from studio.persons import Person

__all__ = ["Lost", "Painter", "Seen"]

HELD = 64
"""Works held in memory: those of one board come one after another."""


class Lost(Exception):  # noqa: N818 - no fault: a pair that is left out
    """A work that cannot be shown: ``lost``, ``unpainted`` or ``medium``."""


@dataclass(frozen=True)
class Seen:
    """A work.

    Attributes:
        data: Bytes of a picture's file, or a text.
        request: Its recipe, where that is known.
        read: How the model that made it is told of it, and what it writes then; see
            `pipelines.abilities.Readable`.
    """

    data: bytes | str
    request: Request | None
    read: tuple[str, str] | None = None


class Painter:
    """See the module's docstring.

    Args:
        house: Renders.
        person: Whose works and tiles are looked in.
        events: Recipes that they carry are known as well.
        names: Of all recipes that will be asked for.
    """

    def __init__(
        self, house: House, person: Person, events: Iterable[Event], names: set[str]
    ) -> None:
        self._house = house
        self._person = person
        self._recipes = {n: t.request for n, t in house.library.tiles(person, names).items()}
        for event in events:
            for recipe in mentioned(event):
                name = name_of(recipe)
                if name in names:
                    self._recipes.setdefault(name, recipe)
        # Of a poem the words go into a pair, not the plate that was kept.
        self._worded = {card.id for card in house.shelf.cards() if card.medium == "verse"}
        self._held: OrderedDict[str, Seen] = OrderedDict()

    def seen(self, name: str) -> Seen:
        """The work called ``name``.

        Raises:
            Lost: If it cannot be shown, with the reason.
        """
        found = self._held.pop(name, None) or self._look(name)
        self._held[name] = found
        while len(self._held) > HELD:
            self._held.popitem(last=False)
        return found

    def caption(self, one: Seen, other: Seen) -> str:
        """What both show: the prompt where there is one, else model and subject."""
        told = [self._told(seen.request) for seen in (one, other) if seen.request is not None]
        if not told:
            return ""
        prompt, title, subject = told[0]
        if prompt:
            return prompt
        return f"{title}: {subject}" if subject and told[-1] == told[0] else title

    def _told(self, request: Request) -> tuple[str, str, str]:
        prompt = str(request.controls.get("prompt", ""))
        try:
            instrument = self._house.instrument_of(request)
            title = dict(instrument.card.title).get("en", request.pipeline)
            return prompt, title, keeping.subject_of(instrument, request)
        except DuetError:
            return prompt, request.pipeline, ""

    def _look(self, name: str) -> Seen:
        request = self._request(name)
        kept = self._house.library.original_of(self._person, name)
        worded = request is not None and request.pipeline in self._worded
        if kept is not None and kept[1].startswith("image/") and not worded:
            return Seen(kept[0].read_bytes(), request)
        if request is None:
            raise Lost("lost")
        job = self._house.pool.submit("tile", lambda: self._house.render(request))
        try:
            artifact = job.result()
        except DuetError as error:
            raise Lost("unpainted") from error
        return Seen(_data(artifact), request, self._read(artifact))

    def _read(self, work: Artifact) -> tuple[str, str] | None:
        """A work as its model reads it, where it does."""
        try:
            pipeline = self._house.instrument_of(work.request).pipeline
        except DuetError:
            return None
        return pipeline.as_read(work) if isinstance(pipeline, Readable) else None

    def _request(self, name: str) -> Request | None:
        recipe = self._recipes.get(name)
        if recipe is None:
            return None
        try:
            return Request.from_json(recipe)
        except DuetError:
            return None


def _data(artifact: Artifact) -> bytes | str:
    """By kind of artifact: what decides which config a pair goes into."""
    if isinstance(artifact.data, str):
        return artifact.data
    if not hasattr(artifact.data, "getbands"):
        raise Lost("medium")
    return exports.encode(artifact, "png")[0]
