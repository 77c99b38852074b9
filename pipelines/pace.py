"""Whether a model is too slow for a moving hand, here and now.

On a quick machine one hand sees the real thing. Where a frame takes longer than the hand moves on
(an old processor, five hands on two cores, a training beside it), networks that stand in are run
instead (`pipelines.abilities.Drafting`), and go on being run until the hand rests: a picture that
is now crisp and now soft would be worse than a soft one.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from statistics import median

__all__ = ["LOOK", "REST", "SLOW", "Frame", "Pace"]

SLOW = 0.016
"""Seconds of a frame: one of sixty a second."""
LOOK = 6
"""Frames that are looked at."""
REST = 2.0
"""Seconds without a frame after which the next one is tried the long way."""


class Frame:
    """One frame on its way: what its networks have taken so far.

    Attributes:
        draft: Whether networks are stood in for.
        spent: Seconds.
    """

    def __init__(self, *, draft: bool) -> None:
        self.draft, self.spent = draft, 0.0


class Pace:
    """How fast the frames of one model are, for several threads.

    Args:
        clock: Seconds that pass.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._took: deque[float] = deque(maxlen=LOOK)
        self._before: Frame | None = None
        self._drafting = self._trying = False
        self._at = float("-inf")

    def begin(self) -> Frame:
        """The next frame, by the long way or not, as those before it were."""
        with self._lock:
            self._look()
            now, before = self._clock(), self._at
            self._at = now
            if self._drafting and now - before > REST:
                self._trying = True
            self._before = Frame(draft=self._drafting and not self._trying)
            return self._before

    def _look(self) -> None:
        """Take in what the frame before took, if it went the long way and is painted."""
        before, self._before = self._before, None
        if before is None or before.draft or not before.spent:
            return
        if self._trying:
            self._trying, self._drafting = False, before.spent > SLOW
            self._took.clear()
            return
        self._took.append(before.spent)
        if len(self._took) == LOOK and median(self._took) > SLOW:
            self._drafting = True
            self._took.clear()
