"""A recurrent network that writes verse character by character.

Equations (Graves 2013, https://arxiv.org/abs/1308.0850; Karpathy 2015,
https://karpathy.github.io/2015/05/21/rnn-effectiveness/), with c_t the character read last::

    h_t = LSTM(E c_t, h_(t-1))               some layers; see `pipelines.networks.recurrent`
    p(c_(t+1)) = softmax(E (W h_t) + b)      the embeddings say what is written as well

What is left out in training is that of AWD-LSTM (Merity et al. 2018,
https://arxiv.org/abs/1708.02182). Legend: N sequences, L places, V characters, M memory.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from pipelines.networks.recurrent import left_out, recur
from pipelines.networks.writer import TokenWriter

__all__ = ["CharLSTM", "CharSizes", "Memory"]


@dataclass(frozen=True)
class CharSizes:
    """Sizes of the network.

    Attributes:
        num_tokens: V: characters and marks.
        width: Of embeddings.
        memory: M: of every layer's state.
        num_layers: Of the LSTM.
    """

    num_tokens: int
    width: int = 128
    memory: int = 448
    num_layers: int = 2


@dataclass
class Memory:
    """What was read of a sequence.

    Attributes:
        state: h and c of all layers, each [layers, N, M]; None before the first token.
    """

    state: tuple[Tensor, Tensor] | None = None


class CharLSTM(TokenWriter):
    """The network.

    Args:
        sizes: See `CharSizes`.
    """

    def __init__(self, sizes: CharSizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.tokens = nn.Embedding(sizes.num_tokens, sizes.width)
        nn.init.normal_(self.tokens.weight, std=0.1)
        self.lstm = nn.LSTM(sizes.width, sizes.memory, sizes.num_layers, batch_first=True)
        for number in range(sizes.num_layers):  # begin by remembering
            bias: Tensor = getattr(self.lstm, f"bias_ih_l{number}")
            nn.init.ones_(bias[sizes.memory : 2 * sizes.memory])
        self.said = nn.Linear(sizes.memory, sizes.width)
        self.bias = nn.Parameter(torch.zeros(sizes.num_tokens))

    def forward(
        self, tokens: Int[Tensor, "N L"], leave_out: float = 0.0, leave_out_weights: float = 0.0
    ) -> Float[Tensor, "N L V"]:
        """Logits of the character after each place.

        Args:
            tokens: What is read.
            leave_out: Share of what layers hear that is left out, in training.
            leave_out_weights: Share of recurrent weights that is left out, in training.
        """
        x = left_out(self.tokens(tokens), leave_out / 2)
        for number in range(self.sizes.num_layers):
            x = left_out(recur(self.lstm, number, x, leave_out_weights), leave_out)
        return self._scores(x)

    def begin(self) -> Memory:
        """See `TokenWriter`."""
        return Memory()

    def extend(self, cache: Memory, tokens: Int[Tensor, "N B"]) -> Float[Tensor, "N V"]:
        """See `TokenWriter`."""
        x, cache.state = self.lstm(self.tokens(tokens), cache.state)
        return self._scores(x[:, -1])

    def _scores(self, x: Tensor) -> Tensor:
        return functional.linear(self.said(x), self.tokens.weight, self.bias)
