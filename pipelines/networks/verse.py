"""A small Llama: a causal Transformer over the characters of a poem.

For a layer's input x [N, B, W], with RMSNorm n (Zhang and Sennrich 2019,
https://arxiv.org/abs/1910.07467) and rotary positions R_i (Su et al. 2021,
https://arxiv.org/abs/2104.09864)::

    q, k, v = R Wq n(x), R Wk n(x), Wv n(x)
    x = x + Wo softmax(q k^T / sqrt(d)) v            each place sees itself and those before it
    x = x + Wdown (silu(Wgate n(x)) * Wup n(x))      SwiGLU
    logits = E n(x)                                  E the embeddings, on both ends

SwiGLU is by Shazeer (2020, https://arxiv.org/abs/2002.05202). The names of the weights are those
of ``transformers.LlamaForCausalLM`` (Touvron et al. 2023, https://arxiv.org/abs/2302.13971),
which loads them as they are.

Legend: N batch, L places, B places at once, W width, V tokens, H heads of D = W / H.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from pipelines.networks.writer import TokenWriter

__all__ = ["Cache", "PoemSizes", "PoemTransformer"]


@dataclass(frozen=True)
class PoemSizes:
    """Sizes of the network.

    Attributes:
        num_tokens: V.
        width: W.
        hidden: Width inside of the SwiGLU.
        num_layers: Layers.
        num_heads: H; divides ``width`` into even parts.
        length: The longest sequence, in tokens.
        theta: Base of the rotary frequencies.
        epsilon: Added to the mean square of RMSNorm.
    """

    num_tokens: int
    width: int = 192
    hidden: int = 512
    num_layers: int = 4
    num_heads: int = 6
    length: int = 80
    theta: float = 1000.0
    epsilon: float = 1e-5


@dataclass
class Cache:
    """What was seen of a sequence.

    Attributes:
        length: Places seen.
        kept: Keys and values by layer, each [N, H, L, D], filled up to ``length``.
        added: Control vectors, shape [layers, W]: added to what comes out of every layer.
    """

    length: int = 0
    kept: list[tuple[Tensor, Tensor]] = field(default_factory=list)
    added: Tensor | None = None


class RMSNorm(nn.Module):
    """x / sqrt(mean(x^2) + epsilon), times a weight."""

    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, x: Float[Tensor, "N B W"]) -> Float[Tensor, "N B W"]:
        scaled: Tensor = functional.rms_norm(x, self.weight.shape, self.weight, self.epsilon)
        return scaled


class Attention(nn.Module):
    """Causal attention with rotary positions."""

    def __init__(self, width: int, num_heads: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.q_proj = nn.Linear(width, width, bias=False)
        self.k_proj = nn.Linear(width, width, bias=False)
        self.v_proj = nn.Linear(width, width, bias=False)
        self.o_proj = nn.Linear(width, width, bias=False)

    def forward(
        self,
        x: Float[Tensor, "N B W"],
        turns: tuple[Tensor, Tensor],
        kept: tuple[Tensor, Tensor] | None = None,
        start: int = 0,
    ) -> Float[Tensor, "N B W"]:
        """What the places from ``start`` on find in all up to themselves; ``kept`` is filled."""
        q, k, v = (
            part(x).unflatten(2, (self.num_heads, -1)).transpose(1, 2)
            for part in (self.q_proj, self.k_proj, self.v_proj)
        )
        q, k = _turned(q, turns), _turned(k, turns)
        mask = None
        if kept is not None:
            until = start + x.shape[1]
            kept[0][:, :, start:until], kept[1][:, :, start:until] = k, v
            k, v = kept[0][:, :, :until], kept[1][:, :, :until]
            if start and x.shape[1] > 1:
                rows = torch.arange(start, until, device=x.device)
                mask = rows[:, None] >= torch.arange(until, device=x.device)
        causal = mask is None and x.shape[1] > 1
        with torch.autocast("cpu", enabled=False):  # so short, bfloat16 is slower there
            found = functional.scaled_dot_product_attention(
                q.float(), k.float(), v.float(), attn_mask=mask, is_causal=causal
            )
        told: Tensor = self.o_proj(found.transpose(1, 2).flatten(2))
        return told


class MLP(nn.Module):
    """SwiGLU."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(width, hidden, bias=False)
        self.up_proj = nn.Linear(width, hidden, bias=False)
        self.down_proj = nn.Linear(hidden, width, bias=False)

    def forward(self, x: Float[Tensor, "N B W"]) -> Float[Tensor, "N B W"]:
        y: Tensor = self.down_proj(functional.silu(self.gate_proj(x)) * self.up_proj(x))
        return y


class Layer(nn.Module):
    """Attention and SwiGLU, each beside a shortcut."""

    def __init__(self, sizes: PoemSizes) -> None:
        super().__init__()
        self.input_layernorm = RMSNorm(sizes.width, sizes.epsilon)
        self.self_attn = Attention(sizes.width, sizes.num_heads)
        self.post_attention_layernorm = RMSNorm(sizes.width, sizes.epsilon)
        self.mlp = MLP(sizes.width, sizes.hidden)

    def forward(
        self,
        x: Float[Tensor, "N B W"],
        turns: tuple[Tensor, Tensor],
        kept: tuple[Tensor, Tensor] | None = None,
        start: int = 0,
    ) -> Float[Tensor, "N B W"]:
        x = x + self.self_attn(self.input_layernorm(x), turns, kept, start)
        y: Tensor = x + self.mlp(self.post_attention_layernorm(x))
        return y


class Trunk(nn.Module):
    """Embeddings, layers and the last norm."""

    def __init__(self, sizes: PoemSizes) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(sizes.num_tokens, sizes.width)
        self.layers = nn.ModuleList(Layer(sizes) for _ in range(sizes.num_layers))
        self.norm = RMSNorm(sizes.width, sizes.epsilon)


class PoemTransformer(TokenWriter):
    """See the module's docstring."""

    turns: Tensor

    def __init__(self, sizes: PoemSizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.model = Trunk(sizes)
        self.register_buffer("turns", _turns(sizes), persistent=False)
        self._start()

    def _start(self) -> None:
        """Small weights; what a layer adds begins smaller the more layers there are."""
        for name, weight in self.named_parameters():
            if weight.ndim > 1:
                deep = name.endswith(("o_proj.weight", "down_proj.weight"))
                nn.init.normal_(weight, std=0.02 / math.sqrt(2 * self.sizes.num_layers * deep + 1))

    def forward(self, tokens: Int[Tensor, "N L"]) -> Float[Tensor, "N L V"]:
        """Logits of the token after each place."""
        return self._logits(tokens, None)

    def begin(self, count: int = 1, added: Float[Tensor, "C W"] | None = None) -> Cache:
        """A cache for ``count`` sequences of which nothing was seen; ``added``: see `Cache`."""
        sizes = self.sizes
        shape = (count, sizes.num_heads, sizes.length, sizes.width // sizes.num_heads)
        like = self.model.embed_tokens.weight
        made = [(like.new_zeros(shape), like.new_zeros(shape)) for _ in self.model.layers]
        return Cache(0, made, added)

    def extend(self, cache: Cache, tokens: Int[Tensor, "N B"]) -> Float[Tensor, "N V"]:
        """Logits of the token after the last of ``tokens``, which follow those in the cache."""
        logits = self._logits(tokens, cache)
        cache.length += tokens.shape[1]
        return logits[:, -1]

    def _logits(self, tokens: Tensor, cache: Cache | None) -> Tensor:
        start = 0 if cache is None else cache.length
        x = self.model.embed_tokens(tokens)
        cosines, sines = self.turns[:, start : start + tokens.shape[1]]
        turns = (cosines.to(x.dtype), sines.to(x.dtype))
        for number, layer in enumerate(self.model.layers):
            x = layer(x, turns, None if cache is None else cache.kept[number], start)
            if cache is not None and cache.added is not None:
                x = x + cache.added[number]
        if cache is not None:
            x = x[:, -1:]
        return functional.linear(self.model.norm(x), self.model.embed_tokens.weight)


def _turns(sizes: PoemSizes) -> Float[Tensor, "2 L D"]:
    """Cosines and sines of the angles that every place turns its queries and keys by."""
    half = sizes.width // sizes.num_heads // 2
    frequencies = sizes.theta ** (-torch.arange(half, dtype=torch.float32) / half)
    angles = torch.arange(sizes.length, dtype=torch.float32)[:, None] * frequencies
    angles = torch.cat([angles, angles], dim=1)
    return torch.stack([angles.cos(), angles.sin()])


def _turned(x: Float[Tensor, "N H B D"], turns: tuple[Tensor, Tensor]) -> Tensor:
    """Values i and i + D / 2 of every place turned as the coordinates of a point."""
    first, second = x.chunk(2, dim=-1)
    turned: Tensor = x * turns[0] + torch.cat([-second, first], dim=-1) * turns[1]
    return turned
