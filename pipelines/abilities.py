"""What a pipeline may do beside what every one does; see also `pipelines.inverting.Invertible`."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

__all__ = ["Seamless", "Teachable"]


@runtime_checkable
class Teachable(Protocol):
    """A pipeline whose model can learn from favourites."""

    @property
    def teaching(self) -> tuple[str, ...]:
        """Ways to teach it, of `pipelines.training.plans.METHODS`; the usual one first."""


@runtime_checkable
class Seamless(Protocol):
    """A pipeline whose pictures can go on at their opposite edges."""

    @property
    def seamless(self) -> bool:
        """Whether they do."""
