"""UUIDv7 identifiers: sortable by the moment they were made (RFC 9562, section 5.7).

https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-7
"""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
import time
import uuid

__all__ = ["Ids", "is_id", "made_at", "own_id"]

_FORM = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_COUNTER_MAX = 0xFFF


class Ids:
    """Hands out ids, each greater than every one before it, from any thread.

    The order of ids is the order of works in the filmstrip, so it must hold within a millisecond
    (a 12-bit counter in ``rand_a``), and also after the clock was set back (``newest``).

    Args:
        newest: The greatest id already in use, or None.
    """

    def __init__(self, newest: str | None = None) -> None:
        self._lock = threading.Lock()
        self._ms = 0
        self._counter = 0
        if newest is not None:
            self.pass_by(newest)

    def pass_by(self, newest: str) -> None:
        """Let every id from now on be greater than ``newest``; nothing for what is no id."""
        if not is_id(newest):
            return
        number = uuid.UUID(newest).int
        found = (number >> 80, (number >> 64) & _COUNTER_MAX)
        with self._lock:
            self._ms, self._counter = max(found, (self._ms, self._counter))

    def new(self) -> str:
        """The next id, 36 lowercase characters."""
        with self._lock:
            now = time.time_ns() // 1_000_000
            if now > self._ms:
                # The upper half stays free, so that many ids fit into the same millisecond.
                self._ms, self._counter = now, secrets.randbits(11)
            elif self._counter < _COUNTER_MAX:
                self._counter += 1
            else:
                self._ms, self._counter = self._ms + 1, 0
            head = self._ms << 80 | 0x7 << 76 | self._counter << 64
        return str(uuid.UUID(int=head | 0b10 << 62 | secrets.randbits(62)))


def own_id(identifier: str, owner: str) -> str:
    """The id that a copy of something has for another person: of the same moment, always the same.

    >>> one = Ids().new()
    >>> own_id(one, "a") == own_id(one, "a") != own_id(one, "b"), own_id(one, "a")[:18] == one[:18]
    (True, True)
    """
    head = uuid.UUID(identifier).int >> 64 << 64
    drawn = hashlib.sha256(f"{identifier} {owner}".encode()).digest()
    return str(uuid.UUID(int=head | 0b10 << 62 | int.from_bytes(drawn[:8]) >> 2))


def made_at(identifier: str) -> float:
    """Seconds since 1970 at which an id says it was made."""
    return (uuid.UUID(identifier).int >> 80) / 1000


def is_id(text: str) -> bool:
    """Whether ``text`` has the form of an id made here.

    >>> is_id(Ids().new()), is_id("../secret")
    (True, False)
    """
    return _FORM.fullmatch(text) is not None
