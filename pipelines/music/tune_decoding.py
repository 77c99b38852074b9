"""The network of dance tunes event by event, in NumPy.

It is `pipelines.networks.tune.TuneLSTM`; the results are its own but for rounding. Of what an
event hears, all that does not depend on the memory is summed from tables. What is left is one
product of a matrix and a vector a layer. `numpy.einsum` takes it on the thread that asks: for a
matrix as small, threads that wait for each other cost a hundred times the product where others
hold the cores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.music.tune_grid import LOOKS, NUM_EVENTS, Event

if TYPE_CHECKING:
    from pipelines.networks.tune import TuneLSTM

__all__ = ["Fiddler", "Memory"]

Floats = NDArray[np.float32]
Memory = list[tuple[Floats, Floats]]
"""h and c of every layer, each of shape [M]."""


@dataclass(frozen=True)
class Fiddler:
    """A network that is ready to write.

    Attributes:
        last: What each event written last adds to what is heard, and a tune's beginning as the
            last row, shape [V + 1, W].
        seen: What each event seen so many bars back adds, shape [K, V + 2, W].
        told: What each of the other things adds, one table for each of
            `pipelines.networks.tune.STATES`, shape [N, W].
        layers: Matrices for input and memory together, shape [4 M, W + M], and biases, [4 M].
        scores: Of the memory of the last layer, shape [V, M].
        bias: Of the logits, shape [V].
    """

    last: Floats
    seen: Floats
    told: tuple[Floats, ...]
    layers: tuple[tuple[Floats, Floats], ...]
    scores: Floats
    bias: Floats

    @classmethod
    def of(cls, model: TuneLSTM) -> Fiddler:
        """Take the weights of a network."""
        from pipelines.networks.tune import STATES

        state = {key: value.detach().float().numpy() for key, value in model.state_dict().items()}
        events, width = state["events.weight"], model.sizes.width
        parts = [state["looks.weight"][:, i * width :][:, :width] for i in range(len(LOOKS))]
        layers = []
        for number in range(model.sizes.num_layers):
            both = [state[f"lstm.weight_{name}_l{number}"] for name in ("ih", "hh")]
            bias = state[f"lstm.bias_ih_l{number}"] + state[f"lstm.bias_hh_l{number}"]
            layers.append((np.ascontiguousarray(np.concatenate(both, axis=1)), bias))
        said = events[:NUM_EVENTS]
        return cls(
            last=np.concatenate([said, state["begin"][None]]),
            seen=np.stack([events @ part.T for part in parts]),
            told=tuple(state[f"states.{name}.weight"] for name in STATES),
            layers=tuple(layers),
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
            z = (_product(matrix, np.concatenate([x, h])) + bias).reshape(4, -1)
            opened, kept, shown = 0.5 + 0.5 * np.tanh(0.5 * z[[0, 1, 3]])  # sigmoid
            c = kept * cell + opened * np.tanh(z[2])
            x = shown * np.tanh(c)
            memory[number] = (x, c)
        return _product(self.scores, x) + self.bias


def _product(matrix: Floats, x: Floats) -> Floats:
    found: Floats = np.einsum("ij,j->i", matrix, x)
    return found
