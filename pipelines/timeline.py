"""A film as a recipe: works at times, and how to travel between them.

Like a `Request`, a `Timeline` is a frozen value with one canonical JSON text that carries
everything needed to make the film again.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from pipelines.errors import ControlError, RequestError, outside
from pipelines.request import Request
from pipelines.schemas import STRICT, Layout, Planned, refused, up_to_date

__all__ = ["MAX_BYTES", "MAX_FRAMES", "MAX_KEYS", "MAX_SIZE", "Easing", "Key", "Timeline"]

Easing = Literal["linear", "smooth"]
SCHEMA = 1
MAX_BYTES = 8 << 20
"""A timeline larger than this is refused unread."""
MAX_FRAMES = 2000
MAX_KEYS = 64
MAX_SIZE = 2048
MIN_SIZE = 16
MAX_FPS = 60


@dataclass(frozen=True)
class Key:
    """A work that the film passes through.

    Attributes:
        request: The work.
        time_s: When, in seconds from the start.
    """

    __pydantic_config__ = STRICT
    request: Request
    time_s: float


@dataclass(frozen=True)
class Timeline(Planned):
    """A film (see the module's docstring).

    Attributes:
        keys: 2 to 64 works in order of time, the first at 0.
        seconds: Length of the film. A loop travels from the last key back to the first in what
            is left after the last key; without a loop the last key is held until the end.
        easing: ``linear``, or ``smooth``, which rests at each key so that the speed never jumps.
        loop: The end continues into the start.
        fps: Frames a second, 1 to 60.
        size: Longer side of the film in pixels, even, 16 to 2048.
        schema: Version of this layout.

    Raises:
        ControlError: For a value out of range.
    """

    __pydantic_config__ = STRICT
    keys: tuple[Key, ...]
    seconds: float
    easing: Easing = "smooth"
    loop: bool = True
    fps: int = 24
    size: int = 512
    schema: int = SCHEMA

    def __post_init__(self) -> None:
        """Refuse what cannot be filmed, naming the value and the rule."""
        _within("keys", len(self.keys), 2, MAX_KEYS)
        _within("fps", self.fps, 1, MAX_FPS)
        _within("size", self.size, MIN_SIZE, MAX_SIZE)
        if self.size % 2:
            raise _refusal("odd_size", "size", self.size, "odd", "give an even size")
        if self.easing not in ("linear", "smooth"):
            rule, remedy = "not linear or smooth", "choose one of them"
            raise _refusal("not_an_option", "easing", self.easing, rule, remedy)
        _within("seconds", self.seconds, 0, MAX_FRAMES)
        _within("frames", self.num_frames, 2, MAX_FRAMES)
        times = [key.time_s for key in self.keys]
        if times[0] != 0 or not all(a < b for a, b in itertools.pairwise(times)):
            rule, remedy = "not rising from 0", "put the works in order"
            raise _refusal("bad_times", "time_s", times[:4], rule, remedy)
        if times[-1] > self.seconds or (self.loop and times[-1] == self.seconds):
            rule, remedy = "over before the last work", "make the film longer"
            raise _refusal("film_too_short", "seconds", self.seconds, rule, remedy)

    @classmethod
    def through(
        cls,
        requests: Sequence[Request],
        *,
        seconds: float,
        easing: Easing = "smooth",
        loop: bool = True,
        fps: int = 24,
        size: int = 512,
    ) -> Timeline:
        """A film through works at even distances.

        Raises:
            ControlError: See `Timeline`.
        """
        gaps = max(len(requests) if loop else len(requests) - 1, 1)
        keys = tuple(
            Key(request, index * seconds / gaps) for index, request in enumerate(requests)
        )
        return cls(keys, seconds, easing=easing, loop=loop, fps=fps, size=size)

    @property
    def num_frames(self) -> int:
        """How many frames it has; each lasts ``1 / fps`` seconds."""
        return round(self.seconds * self.fps)

    @property
    def requests(self) -> tuple[Request, ...]:
        """The works, in order."""
        return tuple(key.request for key in self.keys)

    def times(self) -> list[float]:
        """When each frame is, in seconds.

        A loop's last frame is one frame before the first; otherwise the first frame is the first
        key and the last frame is the end.
        """
        count = self.num_frames
        gaps = count if self.loop else count - 1
        return [index * self.seconds / gaps for index in range(count)]

    def between(self, t: float) -> tuple[Request, Request, float]:
        """The two works around ``t`` seconds, and how far from one to the other, in [0, 1].

        With ``smooth`` the way is ``u^2 (3 - 2 u)``, whose speed is zero at each key: continuous
        with its first derivative however sharply the path turns there.
        """
        if self.loop:
            t = t % self.seconds
        t = min(max(t, 0.0), self.seconds)
        index = max(i for i, key in enumerate(self.keys) if key.time_s <= t)
        here = self.keys[index]
        if index + 1 < len(self.keys):
            there, until = self.keys[index + 1].request, self.keys[index + 1].time_s
        elif self.loop:
            there, until = self.keys[0].request, self.seconds
        else:
            return here.request, here.request, 0.0
        u = round((t - here.time_s) / (until - here.time_s), 9)  # a key is met exactly
        return here.request, there, u * u * (3.0 - 2.0 * u) if self.easing == "smooth" else u

    @property
    def sha256(self) -> str:
        """Digest of the canonical text."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def but(self, **changes: Any) -> Timeline:  # noqa: ANN401 - any field
        """This film with some fields replaced."""
        return replace(self, **changes)

    @staticmethod
    def from_json(text: str | bytes) -> Timeline:
        """Read a film; older schemas of it and of its works are brought up to date.

        Raises:
            RequestError: For anything that is not a film, with the field at fault.
            ControlError: For a value out of range.
        """
        if len(text) > MAX_BYTES:
            raise RequestError(
                "too_large",
                name="film",
                value=f"{len(text)} bytes",
                rule=f"over {MAX_BYTES} bytes",
                remedy="open the file that Duet saved",
            )
        from pydantic_core import from_json

        try:
            values = from_json(text, allow_inf_nan=False)
        except ValueError as error:
            raise refused("film", str(error)) from error
        return Timeline.from_dict(values)

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Timeline:
        """Read a film from plain values; see `from_json`."""
        return _LAYOUT.read(values)


def _keys(values: dict[str, Any]) -> dict[str, Any]:
    """The works of the keys in today's schema."""
    keys = values.get("keys")
    if isinstance(keys, Sequence) and len(keys) <= MAX_KEYS:
        values["keys"] = [_key(key) for key in keys]
    return values


def _key(key: object) -> object:
    if isinstance(key, Mapping) and isinstance(key.get("request"), Mapping):
        return {**key, "request": up_to_date(key["request"])}
    return key


_LAYOUT = Layout(Timeline, "film", SCHEMA, migrations={}, embedded=_keys)


def _within(name: str, value: float, low: float, high: float) -> None:
    if isinstance(value, bool) or not low <= value <= high:
        raise outside(name, value, low, high)


def _refusal(code: str, name: str, value: object, rule: str, remedy: str) -> ControlError:
    return ControlError(code, name=name, value=value, rule=rule, remedy=remedy)
