"""What a pipeline may do beside what every one does; see also `pipelines.inverting.Invertible`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from pipelines.artifact import Artifact

__all__ = [
    "Drafting",
    "Finishable",
    "Lettered",
    "Listening",
    "Paced",
    "Readable",
    "Seamless",
    "Teachable",
    "Wordy",
]

Array = NDArray[np.float32]


@runtime_checkable
class Teachable(Protocol):
    """A pipeline whose model can learn from favourites."""

    @property
    def teaching(self) -> tuple[str, ...]:
        """Ways to teach it, of `pipelines.training.plans.METHODS`; the usual one first."""


@runtime_checkable
class Drafting(Protocol):
    """A pipeline with quicker networks for while a hand moves faster than pictures come."""

    @property
    def drafts(self) -> Mapping[str, str]:
        """Networks, each with the one of the same inputs and outputs that stands in for it.

        The second is named after its weights, so that none is run in place of another.
        """


@runtime_checkable
class Finishable(Protocol):
    """A pipeline whose works not every finish of their medium suits."""

    @property
    def finishes(self) -> tuple[str, ...]:
        """The names of those that do, of `pipelines.finishing.OPERATIONS`."""


@runtime_checkable
class Lettered(Protocol):
    """A pipeline whose works are words that it has read."""

    @property
    def spellings(self) -> frozenset[str]:
        """Those words in small letters; none where it does not know them."""


@runtime_checkable
class Seamless(Protocol):
    """A pipeline whose pictures can go on at their opposite edges."""

    @property
    def seamless(self) -> bool:
        """Whether they do."""


@runtime_checkable
class Listening(Protocol):
    """A pipeline that works are asked of in words."""

    def heard(self, text: str) -> Sequence[str]:
        """The words of a text that the model knows and that say something, in their order."""


@runtime_checkable
class Paced(Protocol):
    """A pipeline whose works change by leaps, and that knows where even steps lie."""

    def way(self, a: Array, b: Array, num: int) -> Sequence[Array]:
        """The latents of ``num`` works from ``a`` to ``b``, both among them, as even as it can.

        Args:
            a: As the network sees it, shape of the latent space.
            b: The same of the other end.
            num: How many, at least 2.
        """


@runtime_checkable
class Readable(Protocol):
    """A pipeline whose network reads works as text, a beginning that it is told and the rest."""

    def as_read(self, work: Artifact) -> tuple[str, str]:
        """What its network is told of a work, and the text that it would have to write after it.

        Both are as the model's own tokenizer takes them; what ends a text is not in it.
        """


@runtime_checkable
class Wordy(Protocol):
    """A pipeline that says how likely other words are at a place of its work."""

    def words_at(
        self, work: Artifact, line: int, place: int, num: int
    ) -> Sequence[tuple[str, float]]:
        """The likeliest words at a place, given all before it, with their probabilities.

        Args:
            work: As it was rendered.
            line: Number of the line, from 0.
            place: Of the word in it, from 0.
            num: How many words.

        Raises:
            ControlError: ``no_such_place`` outside the work.
        """
