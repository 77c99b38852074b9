"""What a taste puts into a library and takes out of it; see `studio.library.values`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from studio.library.files import digest

__all__ = ["Profile", "Tile"]


@dataclass(frozen=True)
class Tile:
    """A recipe that was on screen, as taste knows it.

    Attributes:
        request: Canonical JSON; its sha256 is what events name it by.
        attributes: What was measured of it when it was shown; empty if nothing was.
        atlas: Id of the atlas that the features were taken from.
        features: Little-endian float32, empty if there were none.
    """

    request: str
    attributes: Mapping[str, float] = field(default_factory=dict)
    atlas: str = ""
    features: bytes = b""

    @property
    def sha256(self) -> str:
        """What events name it by."""
        return digest(self.request.encode())


@dataclass(frozen=True)
class Profile:
    """A taste under a name.

    Attributes:
        id: UUIDv7.
        name: The artist's.
        share: How much of it is mixed in, 0..1.
        document: What is exported; see `studio.taste.profiles`.
    """

    id: str
    name: str
    share: float
    document: Mapping[str, object]
