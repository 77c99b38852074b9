"""What the routes of the mixer may be sent."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from pipelines.mix import FASTEST, MAX_TRACKS, SLOWEST
from pipelines.music.mixing import LONGEST
from pipelines.scores import TICKS
from studio.calls import Body

__all__ = ["Export", "Mix", "Stem", "Tracks"]


MAX_TICKS = int(LONGEST / 60 * FASTEST * TICKS)


class Tracks(Body):
    """Tracks that may become a mix; see `pipelines.mix.Track`."""

    tracks: list[dict[str, Any]] = Field(min_length=1, max_length=MAX_TRACKS)
    tempo: float | None = Field(None, description="quarter notes a minute; None is the first's")


class Mix(Body):
    """A mix; see `pipelines.mix.Mix`."""

    mix: dict[str, Any]


class Stem(Body):
    """The sound of one track of a mix, before its volume and place."""

    request: dict[str, Any]
    transpose: int = Field(0, ge=-12, le=12)
    tempo: float = Field(ge=SLOWEST, le=FASTEST)
    ticks: int = Field(ge=1, le=MAX_TICKS, description="of the whole mix")
    accept: Literal["audio/flac", "audio/wav"] = "audio/flac"


class Export(Mix):
    """A mix as a file to save."""

    format: str = Field(max_length=16)
