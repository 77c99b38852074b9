"""Files that recipes name, as the studio finds them: in memory, else in the library."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from pipelines.attachments import Memory
from pipelines.errors import RequestError
from studio.library.attaching import named_in

if TYPE_CHECKING:
    from studio.house import House
    from studio.library import Library
    from studio.persons import Person

__all__ = ["Files", "hold"]

_GIVEN = 20_000
"""How many files it is remembered of who gave them."""


class Files(Memory):
    """Attachments of everyone; what a page may read back is only its own person's.

    Args:
        library: Holds those that anything kept names.
    """

    def __init__(self, library: Library) -> None:
        super().__init__()
        self._library = library
        self._given: OrderedDict[tuple[str, str], None] = OrderedDict()

    def give(self, person: Person, data: bytes) -> str:
        """Hold a person's file; returns its sha256.

        Raises:
            RequestError: ``attachment_too_large``.
        """
        name = self.put(data)
        self._given[person.id, name] = None
        while len(self._given) > _GIVEN:
            self._given.popitem(last=False)
        return name

    def given(self, person: Person, sha256: str) -> bytes:
        """A file that this person gave, or that something of theirs names.

        Raises:
            RequestError: ``no_attachment`` for any other.
        """
        if (person.id, sha256) in self._given:
            return self.get(sha256)
        found = self._library.attachment(sha256, person)
        return self._missing(sha256) if found is None else found

    def _elsewhere(self, sha256: str) -> bytes:
        found = self._library.attachment(sha256)
        return self._missing(sha256) if found is None else found


def hold(house: House, person: Person, *values: object) -> None:
    """Put the files that recipes in plain values name into the library, before it names them.

    A file that is nowhere any more is passed over: a recipe that names it can't be rendered, which
    whoever renders it says.

    Raises:
        LibraryError: ``disk_full`` or ``not_writable``.
    """
    named = named_in([one for one in values if isinstance(one, Mapping | list)])
    if not named:
        return
    found = []
    for name in sorted(house.library.unattached(person, named)):
        with suppress(RequestError):
            found.append(house.attachments.get(name))
    if found:
        house.library.attach(person, found)
