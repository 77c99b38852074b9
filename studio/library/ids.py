"""UUIDv7 identifiers: sortable by the moment they were made (RFC 9562, section 5.7).

https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-7
"""

from __future__ import annotations

import re
import secrets
import threading
import time
import uuid

__all__ = ["Ids", "is_id"]

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
        if newest is not None and is_id(newest):
            number = uuid.UUID(newest).int
            self._ms = number >> 80
            self._counter = (number >> 64) & _COUNTER_MAX

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


def is_id(text: str) -> bool:
    """Whether ``text`` has the form of an id made here.

    >>> is_id(Ids().new()), is_id("../secret")
    (True, False)
    """
    return _FORM.fullmatch(text) is not None
