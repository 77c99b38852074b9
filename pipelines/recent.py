"""What was asked for lately, and is not made again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

__all__ = ["Recent"]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """The last few values by name, for several threads; the one asked for longest ago goes first.

    Args:
        room: How many are held.
        gone: Told the name and the value of each that has to go.

    Examples:
        >>> known = Recent[str, int](2)
        >>> [known.get(name, lambda: len(name)) for name in ("a", "bb", "a", "ccc")]
        [1, 2, 1, 3]
        >>> list(known)
        ['a', 'ccc']
    """

    def __init__(
        self, room: int, gone: Callable[[K, V], object] = lambda _name, _value: None
    ) -> None:
        self._room, self._gone = room, gone
        self._held: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """How many are held."""
        return len(self._held)

    def __contains__(self, name: object) -> bool:
        """Whether one is held under a name."""
        return name in self._held

    def __iter__(self) -> Iterator[K]:
        """Names, the one asked for longest ago first."""
        with self._lock:
            return iter(list(self._held))

    def find(self, name: K) -> V | None:
        """What is held under a name, or None."""
        with self._lock:
            if name in self._held:
                self._held.move_to_end(name)
            return self._held.get(name)

    def put(self, name: K, value: V) -> V:
        """Hold a value, and let go of what there is no room for; returns the value."""
        dropped = []
        with self._lock:
            self._held[name] = value
            self._held.move_to_end(name)
            while len(self._held) > self._room:
                dropped.append(self._held.popitem(last=False))
        for old in dropped:
            self._gone(*old)
        return value

    def get(self, name: K, make: Callable[[], V]) -> V:
        """What is held under a name; made now if nothing is, while others may go on asking."""
        found = self.find(name)
        return self.put(name, make()) if found is None else found

    def drop(self, name: K) -> None:
        """Let go of a value, if it is held; nobody is told."""
        with self._lock:
            self._held.pop(name, None)

    def clear(self) -> None:
        """Let go of everything; nobody is told."""
        with self._lock:
            self._held.clear()
