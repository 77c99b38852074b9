"""Layers of long short-term memory step by step, in NumPy; see `pipelines.networks.recurrent`.

The results are torch's own but for rounding. `numpy.einsum` takes a product of a matrix and a
vector on the thread that asks: for a matrix as small, threads that wait for each other cost a
hundred times the product where others hold the cores.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

__all__ = ["State", "Step", "layers_of", "product", "remembered"]

Floats = NDArray[np.float32]
State = list[tuple[Floats, Floats]]
"""h and c of every layer, each of shape [M]."""
Step = tuple[Floats, Floats]
"""A layer's matrix for input and memory together, shape [4 M, W + M], and its bias, [4 M]."""


def layers_of(state: Mapping[str, Floats], count: int) -> tuple[Step, ...]:
    """The layers of a network whose ``lstm`` has so many."""
    layers = []
    for number in range(count):
        both = [state[f"lstm.weight_{name}_l{number}"] for name in ("ih", "hh")]
        bias = state[f"lstm.bias_ih_l{number}"] + state[f"lstm.bias_hh_l{number}"]
        layers.append((np.ascontiguousarray(np.concatenate(both, axis=1)), bias))
    return tuple(layers)


def remembered(z: Floats, cell: Floats) -> tuple[Floats, Floats]:
    """H and c after a step.

    Args:
        z: What reaches the gates, shape [4 M].
        cell: c before it, shape [M].
    """
    gates = z.reshape(4, -1)
    opened, kept, shown = 0.5 + 0.5 * np.tanh(0.5 * gates[[0, 1, 3]])  # sigmoid
    c = kept * cell + opened * np.tanh(gates[2])
    return shown * np.tanh(c), c


def product(matrix: Floats, x: Floats) -> Floats:
    """A matrix times a vector, on one thread."""
    found: Floats = np.einsum("ij,j->i", matrix, x)
    return found
