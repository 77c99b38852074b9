"""The errors of the human side: the same shape as those of the machine."""

from __future__ import annotations

from pipelines.errors import DuetError

__all__ = ["LibraryError", "StudioError", "TuningError"]


class StudioError(DuetError):
    """Raised by ``studio``; the base of the errors below."""


class LibraryError(StudioError):
    """The library cannot be opened, read or written, or has no such work."""


class TuningError(StudioError):
    """A training job cannot be started, paused, resumed or read."""
