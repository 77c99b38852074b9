"""A recurrent network that writes dance tunes event by event.

Equations (Hochreiter and Schmidhuber 1997, https://doi.org/10.1162/neco.1997.9.8.1735; Sturm et
al. 2016, folk-rnn, https://arxiv.org/abs/1604.08723), with e_t the event that was written last::

    x_t = E e_t + sum_k U_k E l_(t, k) + place + left + bar + next + dance + mode
    h_t = LSTM(x_t, h_(t-1))                 some layers
    p(e_(t+1)) = softmax(E (W h_t) + b)      the embeddings say what is written as well

l_(t, k) is what began k bars earlier at the place of the bar that is written next (Lookback RNN,
Waite 2016, https://magenta.withgoogle.com/2016/07/15/lookback-rnn-attention-rnn): tunes say their
phrases twice, and 16 bars are too far to remember from few tunes. *next* is the first note of the
bar that follows, where that is given.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from pipelines.music.grid import MODES, NUM_TOKENS
from pipelines.music.tune_grid import (
    DANCES,
    LOOKS,
    MOST_BARS,
    NUM_EVENTS,
    NUM_LOOKS,
    PLACES,
)
from pipelines.networks.recurrent import left_out, recur

__all__ = ["STATES", "TuneLSTM", "TuneSizes"]

STATES = ("place", "left", "bar", "next", "dance", "mode")
"""What an event is told beside what was written, in this order."""
COUNTS = {
    "place": PLACES,
    "left": MOST_BARS + 1,
    "bar": MOST_BARS,
    "next": NUM_TOKENS + 1,
    "dance": len(DANCES),
    "mode": len(MODES),
}


@dataclass(frozen=True)
class TuneSizes:
    """Sizes of the network.

    Attributes:
        width: Of embeddings.
        memory: Of every layer's state.
        num_layers: Of the LSTM.
    """

    width: int = 128
    memory: int = 288
    num_layers: int = 2


class TuneLSTM(nn.Module):
    """The network.

    Args:
        sizes: See `TuneSizes`.
    """

    def __init__(self, sizes: TuneSizes) -> None:
        super().__init__()
        self.sizes = sizes
        width = sizes.width
        self.events = nn.Embedding(NUM_LOOKS, width)
        self.begin = nn.Parameter(torch.randn(width) * 0.1)
        self.looks = nn.Linear(len(LOOKS) * width, width, bias=False)
        self.states = nn.ModuleDict({name: nn.Embedding(n, width) for name, n in COUNTS.items()})
        for table in (self.events, *self.states.values()):
            nn.init.normal_(table.weight, std=0.1)  # type: ignore[arg-type]
        self.lstm = nn.LSTM(width, sizes.memory, sizes.num_layers, batch_first=True)
        self.said = nn.Linear(sizes.memory, width)
        self.bias = nn.Parameter(torch.zeros(NUM_EVENTS))

    def inputs(
        self, before: Int[Tensor, "N T"], looks: Int[Tensor, "N T K"], told: Int[Tensor, "N T S"]
    ) -> Float[Tensor, "N T W"]:
        """x: what the LSTM hears.

        Args:
            before: The event before each; -1 for the first of a tune.
            looks: See `pipelines.music.tune_grid.look`.
            told: See `STATES`.
        """
        last = self.events(before.clamp(min=0))
        x = torch.where(before[..., None] < 0, self.begin, last)
        x = x + self.looks(self.events(looks).flatten(2))
        for number, name in enumerate(STATES):
            x = x + self.states[name](told[..., number])
        heard: Tensor = x
        return heard

    def forward(
        self,
        before: Int[Tensor, "N T"],
        looks: Int[Tensor, "N T K"],
        told: Int[Tensor, "N T S"],
        leave_out: float = 0.0,
    ) -> Float[Tensor, "N T V"]:
        """Logits of the event at every place.

        Args:
            before: See `inputs`.
            looks: See there.
            told: See there.
            leave_out: Share of what layers hear and of recurrent weights that is left out, in
                training; see `pipelines.networks.recurrent`.
        """
        x = left_out(self.inputs(before, looks, told), leave_out / 2)
        for number in range(self.sizes.num_layers):
            x = left_out(recur(self.lstm, number, x, leave_out), leave_out)
        return functional.linear(self.said(x), self.events.weight[:NUM_EVENTS], self.bias)
