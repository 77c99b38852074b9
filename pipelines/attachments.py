"""Files that a recipe needs beside itself: a sketch, a photo, a mask.

A recipe names each by the sha256 of its bytes (``Request.inputs``), so that it stays small and
says exactly which file was used; the bytes travel in exports and lie in the library. An
`Attachments` finds them by that name.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn, Protocol

from pipelines.errors import RequestError

__all__ = [
    "MAX_BYTES",
    "Attached",
    "Attachment",
    "Attachments",
    "Memory",
    "check_inputs",
    "from_base64",
    "sha256_of",
    "to_base64",
]

MAX_BYTES = 4_000_000
"""Largest attachment."""
_SHA256 = re.compile(r"[0-9a-f]{64}")
HELD_BYTES = 64_000_000
"""What `Memory` holds before it lets go of what was not asked for longest."""

Attached = Mapping[str, bytes]
"""Bytes by the name that a recipe gives them."""


@dataclass(frozen=True)
class Attachment:
    """What a family accepts beside its controls.

    Attributes:
        name: Key in ``Request.inputs``, such as ``sketch``.
        label: English label, in the artist's words.
        mime: Media type of the file.
        doc: One sentence: what it is and what it must look like.
        size: Width and height in pixels that a picture must have; None for any.
        examples: Files to begin with; the first is in every fresh recipe.
    """

    name: str
    label: str
    mime: str
    doc: str
    size: tuple[int, int] | None = None
    examples: tuple[bytes, ...] = ()


class Attachments(Protocol):
    """Where attachments are found."""

    def get(self, sha256: str) -> bytes:
        """The bytes with this digest.

        Raises:
            RequestError: ``no_attachment`` if they are not here.
        """

    def put(self, data: bytes) -> str:
        """Hold ``data``; returns its sha256 in hexadecimal.

        Raises:
            RequestError: ``attachment_too_large`` over `MAX_BYTES`.
        """


def sha256_of(data: bytes) -> str:
    """The name of an attachment.

    >>> sha256_of(b"")[:12]
    'e3b0c44298fc'
    """
    return hashlib.sha256(data).hexdigest()


def check_inputs(inputs: Mapping[str, str], accepted: tuple[Attachment, ...]) -> None:
    """See that each of a recipe's inputs is one the model accepts, and names a file.

    Raises:
        RequestError: ``unknown_steps`` or ``bad_attachment``.
    """
    names = {one.name for one in accepted}
    for name, digest in inputs.items():
        if name not in names:
            raise RequestError(
                "unknown_steps",
                name=f"inputs.{name}",
                rule="not something this model can do",
                remedy="open it with a newer Duet",
            )
        if not _SHA256.fullmatch(digest):
            raise RequestError(
                "bad_attachment",
                name=f"inputs.{name}",
                value=digest,
                rule="not a sha256",
                remedy="attach the file again",
            )


def to_base64(attached: Mapping[str, bytes]) -> dict[str, str]:
    """Files by sha256 as they stand in a document."""
    return {name: base64.b64encode(data).decode() for name, data in attached.items()}


def from_base64(given: Mapping[str, str]) -> dict[str, bytes]:
    """The files of a document, each checked against its name.

    Raises:
        RequestError: ``bad_attachment``.
    """
    found = {}
    for name, text in given.items():
        try:
            data = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            data = b""
        if sha256_of(data) != name:
            raise RequestError(
                "bad_attachment",
                name="attachments",
                value=name[:12],
                rule="not what its name says",
                remedy="open the file that Duet saved",
            )
        found[name] = data
    return found


class Memory:
    """Attachments held in memory, those asked for last (see `Attachments`).

    Args:
        held_bytes: How much is held.
    """

    def __init__(self, held_bytes: int = HELD_BYTES) -> None:
        self._held: OrderedDict[str, bytes] = OrderedDict()
        self._room = held_bytes
        self._lock = threading.Lock()

    def get(self, sha256: str) -> bytes:
        """See `Attachments`."""
        with self._lock:
            found = self._held.get(sha256)
            if found is not None:
                self._held.move_to_end(sha256)
        return self._elsewhere(sha256) if found is None else found

    def put(self, data: bytes) -> str:
        """See `Attachments`."""
        if len(data) > MAX_BYTES:
            raise RequestError(
                "attachment_too_large",
                name="attachment",
                value=f"{len(data)} bytes",
                rule=f"over {MAX_BYTES} bytes",
                remedy="attach a smaller file",
            )
        name = sha256_of(data)
        with self._lock:
            if name not in self._held:
                self._room -= len(data)
            self._held[name] = data
            self._held.move_to_end(name)
            while self._room < 0 and len(self._held) > 1:
                _, dropped = self._held.popitem(last=False)
                self._room += len(dropped)
        return name

    def _elsewhere(self, sha256: str) -> bytes:
        """What is not held; a store that also looks on a disk overrides this."""
        return self._missing(sha256)

    def _missing(self, sha256: str) -> NoReturn:
        raise RequestError(
            "no_attachment",
            name="inputs",
            value=sha256[:12],
            rule="not a file that is here",
            remedy="attach it again",
        )
