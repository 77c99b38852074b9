"""What every family of verse has in common: words are drawn by the noise of their places.

The latent is the noise of all places of the largest form, one layer. Words are drawn on the CPU,
always: every engine writes the same poem.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from pipelines.artifact import Artifact
from pipelines.attachments import Attached
from pipelines.controls import Control
from pipelines.errors import ControlError
from pipelines.latents import Direction
from pipelines.pipeline import Card, Run
from pipelines.request import Request, Weights
from pipelines.shaping import FromNoise
from pipelines.unaided import Unaided
from pipelines.verse import control_vectors

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.networks.writer import TokenWriter

__all__ = ["REFERENCE", "Poet", "no_such_place"]

REFERENCE = "torch-cpu-f32"


class Poet(Unaided, FromNoise):
    """The pipeline of a model of verse, but for what its language asks for."""

    noise: ClassVar[str] = "verse"

    card: Card
    parts: Any
    """What the folder holds, with ``weights``, ``poet`` and ``vectors``."""

    @property
    def weights(self) -> Weights:
        """See `Pipeline`."""
        weights: Weights = self.parts.weights
        return weights

    @property
    def poet(self) -> TokenWriter:
        """The network."""
        poet: TokenWriter = self.parts.poet
        return poet

    @property
    def vectors(self) -> tuple[Direction, ...]:
        """Its control vectors."""
        vectors: tuple[Direction, ...] = self.parts.vectors
        return vectors

    def added(self, request: Request) -> NDArray[np.float32] | None:
        """What a recipe adds to the hidden states; see `pipelines.verse.control_vectors`."""
        return control_vectors.added(self.vectors, request.directions)

    @property
    @abstractmethod
    def controls(self) -> tuple[Control, ...]:
        """See `Pipeline`."""

    @abstractmethod
    def generate(self, request: Request, run: Run, attached: Attached) -> Iterator[Artifact]:
        """See `Pipeline`."""

    @abstractmethod
    def reading(self, text: str, form: str) -> list[int]:
        """A poem of a form as the network reads it, from its form to its end."""

    @abstractmethod
    def as_read(self, work: Artifact) -> tuple[str, str]:
        """See `pipelines.abilities.Readable`."""

    @abstractmethod
    def steered(self, vectors: tuple[Direction, ...]) -> Self:
        """The same with other control vectors."""

    @abstractmethod
    def taught(self, poet: TokenWriter) -> Self:
        """The same with another network."""

    @abstractmethod
    def save(self, folder: Path, config: dict[str, Any]) -> None:
        """Write network and tokens; tables lie there already."""

    @property
    def teaching(self) -> tuple[str, ...]:
        """See `pipelines.abilities.Teachable`."""
        return ("verse-dpo",)


def no_such_place(line: int, place: int) -> ControlError:
    """The error for a place outside a poem."""
    return ControlError(
        "no_such_place",
        name="place",
        value=f"{line}, {place}",
        rule="not in the poem",
        remedy="point at one of its words",
    )
