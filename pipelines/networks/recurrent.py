"""Layers of long short-term memory, with what is left out of them in training.

Equations (Hochreiter and Schmidhuber 1997, https://doi.org/10.1162/neco.1997.9.8.1735), s the
logistic function::

    i, f, g, o = W_ih x_t + W_hh h_(t-1) + b
    c_t = s(f) c_(t-1) + s(i) tanh(g)
    h_t = s(o) tanh(c_t)

Of what a layer hears the same numbers are left out at every step (Gal and Ghahramani 2016,
https://arxiv.org/abs/1512.05287), and so are weights of W_hh (DropConnect; Merity et al. 2018,
AWD-LSTM, https://arxiv.org/abs/1708.02182).

Legend: N sequences, T steps, W what is heard, M memory.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["left_out", "recur"]

NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def recur(
    lstm: nn.LSTM, number: int, x: Float[Tensor, "N T W"], leave_out: float = 0.0
) -> Float[Tensor, "N T M"]:
    """What a layer makes of a sequence, from a memory of nothing.

    Args:
        lstm: The layers.
        number: Which of them.
        x: What it hears.
        leave_out: Share of the weights of W_hh that are left out.
    """
    told, kept, *biases = (getattr(lstm, f"{name}_l{number}") for name in NAMES)
    kept = functional.dropout(kept, leave_out, leave_out > 0)
    zeros = x.new_zeros(1, len(x), lstm.hidden_size)
    weights = [told, kept, *biases]
    found: Tensor = torch.lstm(x, (zeros, zeros), weights, True, 1, 0.0, False, False, True)[0]
    return found


def left_out(x: Float[Tensor, "N T W"], share: float) -> Float[Tensor, "N T W"]:
    """Leave out the same numbers of x at every step."""
    if share <= 0:
        return x
    mask = functional.dropout(torch.ones_like(x[:, :1]), share)
    return x * mask
