"""A mix as a recipe: up to four tunes and drums at once, each with its place in the sound.

Like a `Timeline` it is a frozen value with one canonical JSON text that carries everything needed
to make it again; `pipelines.music.mixing` plays it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.errors import outside
from pipelines.request import Request
from pipelines.schemas import STRICT, Layout, Planned, up_to_date

__all__ = ["FASTEST", "MAX_TRACKS", "SLOWEST", "Mix", "Track"]

SCHEMA = 1
MAX_TRACKS = 4
SOFTEST, LOUDEST = -40.0, 6.0
"""dB."""
SLOWEST, FASTEST = 30.0, 300.0
"""Quarter notes a minute."""
OCTAVE = 12


@dataclass(frozen=True)
class Track:
    """One work in a mix.

    Attributes:
        request: A tune or drums.
        volume: dB, -40 to 6; at 0 every work is as loud as every other (BS.1770).
        pan: Where it stands, from -1, left, to 1, right.
        transpose: Semitones, -12 to 12; drums stay as they are.
        mute: It is not heard.
        solo: Only tracks with ``solo`` are heard, muted or not, where there is one.

    Raises:
        ControlError: For a value out of range.
    """

    __pydantic_config__ = STRICT
    request: Request
    volume: float = 0.0
    pan: float = 0.0
    transpose: int = 0
    mute: bool = False
    solo: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be played."""
        bounds = {"volume": (SOFTEST, LOUDEST), "pan": (-1, 1), "transpose": (-OCTAVE, OCTAVE)}
        for name, (low, high) in bounds.items():
            if not low <= getattr(self, name) <= high:
                raise outside(name, getattr(self, name), low, high)


@dataclass(frozen=True)
class Mix(Planned):
    """A mix (see the module's docstring).

    Attributes:
        tracks: One to four of them. What is shorter is played again until the longest ends.
        tempo: Of all of them, quarter notes a minute, 30 to 300.
        schema: Version of this layout.

    Raises:
        ControlError: For a value out of range.
    """

    __pydantic_config__ = STRICT
    tracks: tuple[Track, ...]
    tempo: float
    schema: int = SCHEMA

    def __post_init__(self) -> None:
        """Refuse what cannot be played."""
        if not 1 <= len(self.tracks) <= MAX_TRACKS:
            raise outside("tracks", len(self.tracks), 1, MAX_TRACKS)
        if not SLOWEST <= self.tempo <= FASTEST:
            raise outside("tempo", self.tempo, SLOWEST, FASTEST)

    @property
    def requests(self) -> tuple[Request, ...]:
        """The works, in order."""
        return tuple(track.request for track in self.tracks)

    @property
    def heard(self) -> tuple[bool, ...]:
        """Which tracks are heard."""
        alone = any(track.solo for track in self.tracks)
        return tuple(track.solo if alone else not track.mute for track in self.tracks)

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Mix:
        """Read a mix; older schemas of it and of its works are brought up to date.

        Raises:
            RequestError: For anything that is not one, with the field at fault.
            ControlError: For a value out of range.
        """
        return _LAYOUT.read(values)


def _tracks(values: dict[str, Any]) -> dict[str, Any]:
    """The works of the tracks in today's schema."""
    tracks = values.get("tracks")
    if isinstance(tracks, list | tuple) and len(tracks) <= MAX_TRACKS:
        values["tracks"] = [
            {**one, "request": up_to_date(one["request"])}
            if isinstance(one, Mapping) and "request" in one
            else one
            for one in tracks
        ]
    return values


_LAYOUT = Layout(Mix, "mix", SCHEMA, migrations={}, embedded=_tracks)
