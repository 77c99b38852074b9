"""How a family's networks are run: what it hands out, and what it is handed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import nn

__all__ = ["Arrays", "Interrupted", "Network", "Run", "never", "steady"]

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


class Interrupted(Exception):  # noqa: N818 - no error: the render ends because it was asked to
    """Nobody waits for this render any more."""


class Run(Protocol):
    """Runs one of a pipeline's networks on named arrays whose first axis is the batch."""

    @property
    def engine(self) -> str:
        """What runs it, such as ``torch-cpu-f32``."""

    @property
    def draft(self) -> bool:
        """Whether a rough picture will do, because the hand still moves."""

    @property
    def previews(self) -> bool:
        """Whether anyone looks at what comes on the way to the result."""

    def pause(self) -> None:
        """Called between the parts of long work, and by every network.

        Raises:
            Interrupted: If nobody waits for the result any more.
        """

    def __call__(self, network: str, inputs: Arrays) -> dict[str, NDArray[np.float32]]:
        """Outputs by name."""


def never() -> bool:
    """Nobody asks to stop."""
    return False


@contextmanager
def steady() -> Iterator[None]:
    """One thread for torch inside the block, so that sums are taken in one order everywhere.

    With two threads the last bits differ from those of one, and "identical" would only mean
    "rendered on as many cores". One thread also does not wait for a core that others hold.
    """
    import torch

    before = torch.get_num_threads()
    if before != 1:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        if before != 1:
            torch.set_num_threads(before)
