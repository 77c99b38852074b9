"""How a melody is written from its plan, step by step, in NumPy.

The player of `pipelines.networks.melody` is a narrow GRU. Two thirds of its sums do not depend on
what it writes: those over the plan are made for all steps at once, those over embeddings once a
model. What is left is one small product a step, which NumPy does in less time than torch takes to
be called. At a temperature above 0 the token is argmax(logits / temperature + g) with g standard
Gumbel noise (the draw of a softmax; Gumbel 1954).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.music.grid import FIRST, HOLD, NUM_TOKENS
from pipelines.music.keeping import ANY

if TYPE_CHECKING:
    from pipelines.networks.melody import Decoder

__all__ = ["Player"]

Floats = NDArray[np.float32]
Tokens = NDArray[np.int64]


@dataclass(frozen=True)
class Player:
    """The player's weights, and the sums that never change.

    Attributes:
        planned: Input weights of the plan, shape [3 M, W].
        before: What each last token adds to the input, shape [V + 1, 3 M], biases included.
        sounding: What each sounding token adds, shape [V + 1, 3 M].
        memory: Recurrent weights, shape [M, 3 M], for a row on the left.
        memory_bias: Shape [3 M].
        said: Output weights of the memory, shape [M, V], for a row on the left.
        wanted: Output weights of the plan, shape [W, V].
        bias: Of the output, shape [V].
    """

    planned: Floats
    before: Floats
    sounding: Floats
    memory: Floats
    memory_bias: Floats
    said: Floats
    wanted: Floats
    bias: Floats

    @classmethod
    def of(cls, decoder: Decoder) -> Player:
        """Take the weights of a decoder."""
        state = {key: value.detach().numpy() for key, value in decoder.state_dict().items()}
        inputs, width = state["gru.weight_ih_l0"], decoder.sizes.width
        middle = width + decoder.sizes.embedding
        return cls(
            planned=inputs[:, :width].copy(),
            before=state["tokens.weight"] @ inputs[:, width:middle].T + state["gru.bias_ih_l0"],
            sounding=state["sounding.weight"] @ inputs[:, middle:].T,
            memory=np.ascontiguousarray(state["gru.weight_hh_l0"].T),
            memory_bias=state["gru.bias_hh_l0"].copy(),
            said=np.ascontiguousarray(state["said.weight"].T),
            wanted=np.ascontiguousarray(state["wanted.weight"].T),
            bias=state["said.bias"] + state["wanted.bias"],
        )

    def write(
        self,
        plan: Floats,
        allowed: NDArray[np.bool_] | None = None,
        noise: Floats | None = None,
        temperature: float = 0.0,
        kept: Tokens | None = None,
    ) -> Tokens:
        """Write melodies.

        Args:
            plan: What z wants at every step, shape [N, T, W].
            allowed: Tokens that may stand, shape [V]; None for all.
            noise: Standard Gumbel noise, shape [T, V] or [N, T, V]; needed above temperature 0.
            temperature: How far to stray from the likeliest token, from 0.
            kept: Tokens that stand, `pipelines.music.keeping.ANY` where none does, shape [T].

        Returns:
            Tokens, shape [N, T]. The first is never `HOLD`.
        """
        count, steps, _ = plan.shape
        heard = plan @ self.planned.T
        wishes = plan @ self.wanted + self.bias
        if allowed is not None:
            wishes = np.where(allowed, wishes, np.float32(-1e9))
        third = self.memory.shape[0]
        h = np.zeros((count, third), np.float32)
        last = np.full(count, NUM_TOKENS)
        sounds = last
        tokens = np.empty((count, steps), dtype=np.int64)
        for t in range(steps):
            x = heard[:, t] + self.before[last] + self.sounding[sounds]
            m = h @ self.memory + self.memory_bias
            gates = 0.5 + 0.5 * np.tanh(0.5 * (x[:, : 2 * third] + m[:, : 2 * third]))  # sigmoid
            new = np.tanh(x[:, 2 * third :] + gates[:, :third] * m[:, 2 * third :])
            h = new + gates[:, third:] * (h - new)
            logits = h @ self.said + wishes[:, t]
            if t == 0:
                logits[:, HOLD] = -1e9
            if temperature > 0 and noise is not None:
                logits = logits / np.float32(temperature) + noise[..., t, :]
            last = logits.argmax(axis=1)
            if kept is not None and kept[t] != ANY:
                last = np.full(count, kept[t])
            sounds = np.where(last >= FIRST, last, sounds)
            tokens[:, t] = last
        return tokens
