"""How a family's networks are run: what it hands out, and what it is handed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import nn

__all__ = ["Arrays", "Network", "Run"]

Arrays = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Network:
    """A torch module that engines can run.

    Attributes:
        module: In evaluation mode, on the CPU, float32.
        example: Named inputs of one item, in the order of ``module.forward``.
        outputs: Names of what ``module.forward`` returns, in order.
    """

    module: nn.Module
    example: Arrays
    outputs: tuple[str, ...]


class Run(Protocol):
    """Runs one of a pipeline's networks on named arrays whose first axis is the batch."""

    @property
    def engine(self) -> str:
        """What runs it, such as ``torch-cpu-f32``."""

    @property
    def draft(self) -> bool:
        """Whether a rough picture will do, because the hand still moves."""

    def __call__(self, network: str, inputs: Arrays) -> dict[str, NDArray[np.float32]]:
        """Outputs by name."""
