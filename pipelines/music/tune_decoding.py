"""The network of dance tunes event by event, in NumPy.

It is `pipelines.networks.tune.TuneLSTM`; the results are its own but for rounding. Of what an
event hears, all that does not depend on the memory is summed from tables. What is left is one
product of a matrix and a vector a layer; see `pipelines.networks.recurrent_decoding`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.music.tune_grid import LOOKS, NUM_EVENTS, Event
from pipelines.networks.recurrent_decoding import (
    State,
    Step,
    layers_of,
    product,
    remembered,
)

if TYPE_CHECKING:
    from pipelines.networks.tune import TuneLSTM

__all__ = ["Fiddler", "Memory"]

Floats = NDArray[np.float32]
Memory = State


@dataclass(frozen=True)
class Fiddler:
    """A network that is ready to write.

    Attributes:
        last: What each event written last adds to what is heard, and a tune's beginning as the
            last row, shape [V + 1, W].
        seen: What each event seen so many bars back adds, shape [K, V + 2, W].
        told: What each of the other things adds, one table for each of
            `pipelines.networks.tune.STATES`, shape [N, W].
        layers: See `Step`.
        scores: Of the memory of the last layer, shape [V, M].
        bias: Of the logits, shape [V].
    """

    last: Floats
    seen: Floats
    told: tuple[Floats, ...]
    layers: tuple[Step, ...]
    scores: Floats
    bias: Floats

    @classmethod
    def of(cls, model: TuneLSTM) -> Fiddler:
        """Take the weights of a network."""
        from pipelines.networks.tune import STATES

        state = {key: value.detach().float().numpy() for key, value in model.state_dict().items()}
        events, width = state["events.weight"], model.sizes.width
        parts = [state["looks.weight"][:, i * width :][:, :width] for i in range(len(LOOKS))]
        said = events[:NUM_EVENTS]
        return cls(
            last=np.concatenate([said, state["begin"][None]]),
            seen=np.stack([events @ part.T for part in parts]),
            told=tuple(state[f"states.{name}.weight"] for name in STATES),
            layers=layers_of(state, model.sizes.num_layers),
            scores=said @ state["said.weight"],
            bias=said @ state["said.bias"] + state["bias"],
        )

    def begin(self) -> Memory:
        """A memory of nothing."""
        sizes = [len(bias) // 4 for _, bias in self.layers]
        return [(np.zeros(size, np.float32), np.zeros(size, np.float32)) for size in sizes]

    def listen(
        self, memory: Memory, before: Event | None, looks: Sequence[int], told: Sequence[int]
    ) -> Floats:
        """Hear what stands before an event; the logits of the event, shape [V].

        Args:
            memory: Of all before; it is brought up to date.
            before: The event written last; None at the beginning.
            looks: See `pipelines.music.tune_grid.look`.
            told: See `pipelines.networks.tune.STATES`.
        """
        x = self.last[NUM_EVENTS if before is None else before].copy()
        for table, one in zip(self.seen, looks, strict=True):
            x += table[one]
        for table, one in zip(self.told, told, strict=True):
            x += table[one]
        for number, ((matrix, bias), (h, cell)) in enumerate(
            zip(self.layers, memory, strict=True)
        ):
            z = product(matrix, np.concatenate([x, h])) + bias
            memory[number] = remembered(z, cell)
            x = memory[number][0]
        return product(self.scores, x) + self.bias
