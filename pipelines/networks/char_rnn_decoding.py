"""The network of verse character by character, in NumPy.

It is `pipelines.networks.char_rnn.CharLSTM`; the results are its own but for rounding. What the
first layer makes of a character is looked up. The memory keeps its state after every character:
to go back to one costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.networks.recurrent_decoding import State, Step, layers_of, product, remembered

if TYPE_CHECKING:
    from pipelines.networks.char_rnn import CharLSTM

__all__ = ["CharDecoder", "CharMemory"]

Floats = NDArray[np.float32]


@dataclass
class CharMemory:
    """What was read of a sequence.

    Attributes:
        states: After nothing, and after every character.
    """

    states: list[State] = field(default_factory=list)

    @property
    def length(self) -> int:
        """Characters read."""
        return len(self.states) - 1

    @length.setter
    def length(self, length: int) -> None:
        """Forget all after so many characters."""
        del self.states[length + 1 :]


@dataclass(frozen=True)
class CharDecoder:
    """A network that is ready to write.

    Attributes:
        heard: What each character adds in the first layer, and its bias, shape [V, 4 M].
        again: Of the memory of the first layer, shape [4 M, M].
        layers: Those that follow.
        scores: Of the memory of the last layer, shape [V, M].
        bias: Of the logits, shape [V].
    """

    heard: Floats
    again: Floats
    layers: tuple[Step, ...]
    scores: Floats
    bias: Floats

    @classmethod
    def of(cls, model: CharLSTM) -> CharDecoder:
        """Take the weights of a network."""
        state = {key: value.detach().float().numpy() for key, value in model.state_dict().items()}
        (first, bias), *others = layers_of(state, model.sizes.num_layers)
        table, width = state["tokens.weight"], model.sizes.width
        return cls(
            heard=table @ first[:, :width].T + bias,
            again=np.ascontiguousarray(first[:, width:]),
            layers=tuple(others),
            scores=table @ state["said.weight"],
            bias=table @ state["said.bias"] + state["bias"],
        )

    def begin(self, added: Floats | None = None) -> CharMemory:
        """A memory of nothing.

        Raises:
            ValueError: If something is to be ``added``: this network has no hidden states for it.
        """
        if added is not None:
            raise ValueError("added: a recurrent network has no control vectors")
        size = self.again.shape[1]
        nothing = np.zeros(size, np.float32)
        return CharMemory([[(nothing, nothing)] * (1 + len(self.layers))])

    def extend(self, memory: CharMemory, tokens: Sequence[int]) -> Floats:
        """Logits of the character after the last of ``tokens``, shape [V]."""
        for token in tokens:
            x = self._read(memory, token)
        return product(self.scores, x) + self.bias

    def _read(self, memory: CharMemory, token: int) -> Floats:
        """Read one character; what the last layer makes of it, shape [M]."""
        (h, cell), *above = memory.states[-1]
        state = [remembered(self.heard[token] + product(self.again, h), cell)]
        for (matrix, bias), (h, cell) in zip(self.layers, above, strict=True):
            both = np.concatenate([state[-1][0], h])
            state.append(remembered(product(matrix, both) + bias, cell))
        memory.states.append(state)
        return state[-1][0]
