"""A small Llama token by token, in NumPy.

The network is `pipelines.networks.verse.PoemTransformer`; the results are its own but for
rounding. A token of a network as small as this is four layers of a few thousand sums, for which
calling torch takes longer than summing. The matrices of queries, keys and values are one, as are
those of gate and up; scales of norms are multiplied into the matrix after them. Keys are kept as
[H, L, D] and values as [H, D, L], so that every product is a matrix times a vector, row by row:
how many threads share the rows does not change a sum.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

    from pipelines.networks.verse import PoemTransformer

__all__ = ["Memory", "PoemDecoder"]

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Layer:
    """One layer's matrices.

    Attributes:
        asked: Queries, keys and values, shape [3 W, W].
        told: Shape [W, W].
        opened: Gate and up, shape [2 M, W].
        closed: Shape [W, M].
    """

    asked: Floats
    told: Floats
    opened: Floats
    closed: Floats


@dataclass
class Memory:
    """What was read of a sequence.

    Attributes:
        length: Tokens read.
        keys: By layer, shape [H, L, D].
        values: By layer, shape [H, D, L].
        added: Control vectors, shape [layers, W]: added to what comes out of every layer.
    """

    length: int = 0
    keys: list[Floats] = field(default_factory=list)
    values: list[Floats] = field(default_factory=list)
    added: Floats | None = None


@dataclass(frozen=True)
class PoemDecoder:
    """A network that is ready to write.

    Attributes:
        embeddings: Shape [V, W].
        scores: Of the last layer, shape [V, W].
        layers: See `Layer`.
        turns: Cosines, and sines with their signs, of every place, shape [2, L, D].
        num_heads: H.
        epsilon: Of the norms.
    """

    embeddings: Floats
    scores: Floats
    layers: tuple[Layer, ...]
    turns: Floats
    num_heads: int
    epsilon: float

    @classmethod
    def of(cls, model: PoemTransformer) -> PoemDecoder:
        """Take the weights of a network."""
        state = {key: _array(value) for key, value in model.state_dict().items()}
        sizes, embeddings = model.sizes, state["model.embed_tokens.weight"]
        layers = []
        for number in range(sizes.num_layers):
            name = f"model.layers.{number}."
            attention, mlp = name + "self_attn.", name + "mlp."
            first = state[name + "input_layernorm.weight"]
            second = state[name + "post_attention_layernorm.weight"]
            asked = [state[f"{attention}{one}_proj.weight"] for one in "qkv"]
            asked[0] = asked[0] / np.float32(math.sqrt(sizes.width // sizes.num_heads))
            opened = [state[f"{mlp}{one}_proj.weight"] for one in ("gate", "up")]
            layers.append(
                Layer(
                    asked=np.concatenate(asked) * first,
                    told=state[attention + "o_proj.weight"],
                    opened=np.concatenate(opened) * second,
                    closed=state[mlp + "down_proj.weight"],
                )
            )
        turns = _array(model.turns).copy()
        turns[1, :, : turns.shape[2] // 2] *= -1
        scores = embeddings * state["model.norm.weight"]
        return cls(embeddings, scores, tuple(layers), turns, sizes.num_heads, float(sizes.epsilon))

    def begin(self, added: Floats | None = None) -> Memory:
        """A memory of nothing; ``added``: see `Memory`."""
        heads, length = self.num_heads, self.turns.shape[1]
        size = self.embeddings.shape[1] // heads
        return Memory(
            0,
            [np.zeros((heads, length, size), np.float32) for _ in self.layers],
            [np.zeros((heads, size, length), np.float32) for _ in self.layers],
            added,
        )

    def extend(self, memory: Memory, tokens: Sequence[int]) -> Floats:
        """Logits of the token after the last of ``tokens``, which follow those read, shape [V]."""
        for token in tokens[:-1]:
            self._read(memory, token)
        found: Floats = self.scores @ self._normal(self._read(memory, tokens[-1]))
        return found

    def _read(self, memory: Memory, token: int) -> Floats:
        """Read one token; what the last layer makes of it, shape [W]."""
        x: Floats = self.embeddings[token]
        at = memory.length
        until, width = at + 1, len(x)
        cosines, sines = self.turns[:, at]
        every = zip(self.layers, memory.keys, memory.values, strict=True)
        for number, (layer, keys, values) in enumerate(every):
            found = (layer.asked @ self._normal(x)).reshape(3, self.num_heads, -1)
            turned = found[:2] * cosines + _swapped(found[:2]) * sines
            keys[:, at], values[:, :, at] = turned[1], found[2]
            share = np.matmul(keys[:, :until], turned[0, :, :, None])
            share = np.exp(share - share.max(axis=1, keepdims=True))
            seen = np.matmul(values[:, :, :until], share) / share.sum(axis=1, keepdims=True)
            x = x + layer.told @ seen.reshape(width)
            gate, up = (layer.opened @ self._normal(x)).reshape(2, -1)
            x = x + layer.closed @ (gate * (0.5 + 0.5 * np.tanh(0.5 * gate)) * up)  # silu
            if memory.added is not None:
                x = x + memory.added[number]
        memory.length = until
        return x

    def _normal(self, x: Floats) -> Floats:
        scale = 1 / math.sqrt(float(x @ x) / len(x) + self.epsilon)
        found: Floats = x * np.float32(scale)
        return found


def _swapped(x: Floats) -> Floats:
    """The halves of the last axis in each other's place."""
    half = x.shape[-1] // 2
    found: Floats = np.concatenate([x[..., half:], x[..., :half]], axis=-1)
    return found


def _array(value: Tensor) -> Floats:
    found: Floats = value.detach().float().numpy()
    return found
