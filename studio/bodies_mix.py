"""What the routes of the mixer may be sent."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from pipelines.mix import MAX_TRACKS
from studio.calls import Body

__all__ = ["Export", "Mix", "Stem", "Tracks"]


class Tracks(Body):
    """Tracks that may become a mix; see `pipelines.mix.Track`."""

    tracks: list[dict[str, Any]] = Field(min_length=1, max_length=MAX_TRACKS)
    tempo: float | None = Field(None, description="quarter notes a minute; None is the first's")


class Mix(Body):
    """A mix; see `pipelines.mix.Mix`."""

    mix: dict[str, Any]


class Stem(Mix):
    """The sound of one track of a mix, before its volume and place."""

    track: int = Field(ge=0, lt=MAX_TRACKS)
    accept: Literal["audio/flac", "audio/wav"] = "audio/flac"


class Export(Mix):
    """A mix as a file to save."""

    format: str = Field(max_length=16)
