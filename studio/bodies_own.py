"""What the routes of training one's own model may be sent."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from studio.calls import Body

__all__ = ["Train"]

Word = Annotated[str, Field(max_length=200)]


class Train(Body):
    """Train a model on an album."""

    album: Word
    makes: Literal["morphs", "paintings", "patterns", "small"]
    name: str = Field(max_length=60)
    minutes: float = Field(0.0, ge=0, le=1440)
    find: float = Field(0.0, ge=0, le=1440)
    start: Word = ""
    credit: Word = ""
    licence: str = Field("unknown", max_length=60)
    settings: dict[str, float] = Field(default_factory=dict, max_length=8)
