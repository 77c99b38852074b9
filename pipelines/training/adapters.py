"""Low-rank adapters of networks that write token by token.

    W' = W + B A        A [R, I] small and random, B [O, R] zero at first

(LoRA, Hu et al. 2021, https://arxiv.org/abs/2106.09685). Those of a Transformer are `peft`'s;
`peft` has none for an LSTM, whose matrices get theirs by torch's parametrizations.
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from typing import Any, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils import parametrize

from pipelines.networks.char_rnn import CharLSTM
from pipelines.networks.writer import TokenWriter

__all__ = ["Adapted", "adapted"]

RANK = 8
OF_LLAMA = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


class LowRank(nn.Module):
    """What is added to a matrix.

    Args:
        shape: Of the matrix, O and I.
    """

    def __init__(self, shape: torch.Size) -> None:
        super().__init__()
        self.down = nn.Parameter(torch.randn(RANK, shape[1]) / math.sqrt(shape[1]))
        self.up = nn.Parameter(torch.zeros(shape[0], RANK))

    def forward(self, weight: Float[Tensor, "O I"]) -> Float[Tensor, "O I"]:
        """W'."""
        return weight + self.up @ self.down


@dataclass(frozen=True)
class Adapted:
    """A network with adapters.

    Attributes:
        network: What learns.
        parameters: What of it does.
    """

    network: Any
    parameters: list[Tensor]

    def merged(self) -> TokenWriter:
        """The network as it is now, its adapters in its weights, on the CPU."""
        now = self.network
        if isinstance(now, CharLSTM):
            state = {name: now.get_parameter(name) for name in _plain(now)}
            state |= {f"lstm.{name}": getattr(now.lstm, name) for name in _matrices(now)}
            found: TokenWriter = CharLSTM(now.sizes)
            found.load_state_dict({name: value.detach().cpu() for name, value in state.items()})
        else:
            found = copy.deepcopy(now).merge_and_unload().cpu()
        return found.eval().requires_grad_(requires_grad=False)


def adapted(poet: TokenWriter) -> Adapted:
    """A copy of a network that learns by adapters alone."""
    from peft import LoraConfig, get_peft_model

    poet = copy.deepcopy(poet).train()
    if isinstance(poet, CharLSTM):
        poet.requires_grad_(requires_grad=False)
        for name in _matrices(poet):
            added = LowRank(getattr(poet.lstm, name).shape)
            parametrize.register_parametrization(poet.lstm, name, added)
        network: Any = poet
    else:
        rules = LoraConfig(r=RANK, lora_alpha=RANK, target_modules=OF_LLAMA)
        network = get_peft_model(cast(Any, poet), rules)
    return Adapted(network, [one for one in network.parameters() if one.requires_grad])


def _matrices(poet: CharLSTM) -> list[str]:
    layers = range(poet.sizes.num_layers)
    return [f"weight_{kind}_l{number}" for number in layers for kind in ("ih", "hh")]


def _plain(poet: CharLSTM) -> list[str]:
    """Names of parameters that have no adapter."""
    return [name for name, _ in poet.named_parameters() if "parametrizations" not in name]
