"""A causal Transformer over maps of codes, which knows of cells that are kept.

With k_1 ... k_L the codes of a map in raster order, s its class and M the cells that are kept,

    p(k | s, k_M) = prod_i p(k_i | k_1 ... k_(i-1), s, k_M)

(Esser et al. 2021, https://arxiv.org/abs/2012.09841). Kept cells may lie anywhere, also later
in raster order: a small Transformer without a causal mask reads them first, and what it says of
place i is added to the input of step i. The input of a step is what lies around its place above
and to the left (a causal convolution, van den Oord et al. 2016,
https://arxiv.org/abs/1606.05328), its row and column, and the class.

Codes are vectors of a codebook, and near ones mean nearly the same: the embedding of a code, on
the way in and on the way out, is a table's entry plus a linear map of its vector and of the
products of its values, so that the first logits learned are Gaussians over the codebook.

Legend: N batch, L = r x r places, K codes, D width of a code's vector, W width, B places at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["NO_CLASS", "Cache", "CodeTransformer", "TransformerSizes"]

NO_CLASS = -1
"""The label of a map whose class is not told; the mean of all classes stands for it."""

AROUND = ((0, -1), (0, -2), (-1, -1), (-1, 0), (-1, 1), (-1, 2), (-2, 0))
"""Rows and columns from a place to those that its step reads; all come earlier."""


@dataclass(frozen=True)
class TransformerSizes:
    """Sizes of a code Transformer.

    Attributes:
        num_codes: K.
        code_width: D.
        side: r.
        num_classes: Classes told apart.
        width: W.
        num_layers: Causal blocks.
        num_heads: Heads of every attention; divides ``width`` and ``context_width``.
        context_width: Width of the blocks that read the kept cells.
        context_layers: How many of those.
    """

    num_codes: int = 512
    code_width: int = 4
    side: int = 16
    num_classes: int = 1
    width: int = 192
    num_layers: int = 6
    num_heads: int = 6
    context_width: int = 96
    context_layers: int = 2

    @property
    def length(self) -> int:
        """L."""
        return self.side * self.side


@dataclass
class Cache:
    """What a causal pass has seen: the keys and values of every block.

    Attributes:
        given: What is added to the input of every place, shape [N, L, W].
        length: Places seen.
        kept: Keys and values by block, each [N, heads, L, W / heads], filled up to ``length``.
    """

    given: Tensor
    length: int = 0
    kept: list[tuple[Tensor, Tensor]] = field(default_factory=list)


class _Block(nn.Module):
    """norm, attention, norm, two linear maps with GELU between; both beside a shortcut."""

    def __init__(self, width: int, num_heads: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.norm1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.widen = nn.Linear(width, 4 * width)
        self.narrow = nn.Linear(4 * width, width)

    def heads(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values, each [N, heads, B, W / heads]."""
        parts = self.qkv(self.norm1(x)).unflatten(2, (3, self.num_heads, -1))
        q, k, v = parts.permute(2, 0, 3, 1, 4).unbind(0)
        return q, k, v

    def after(self, x: Tensor, attended: Tensor) -> Tensor:
        """The rest of the block, from what attention found."""
        x = x + self.out(attended.transpose(1, 2).flatten(2))
        y: Tensor = x + self.narrow(functional.gelu(self.widen(self.norm2(x))))
        return y

    def forward(self, x: Tensor, *, causal: bool) -> Tensor:
        q, k, v = self.heads(x)
        found = functional.scaled_dot_product_attention(q, k, v, is_causal=causal)
        return self.after(x, found)


class _Codes(nn.Module):
    """Embeddings of all codes: a table, and a map of their vectors (see the module)."""

    features: Tensor

    def __init__(self, num_codes: int, code_width: int, width: int) -> None:
        super().__init__()
        self.table = nn.Parameter(0.02 * torch.randn(num_codes, width))
        products = code_width * (code_width + 1) // 2
        self.map = nn.Linear(code_width + products, width)
        self.register_buffer("features", torch.zeros(num_codes, code_width + products))

    @torch.no_grad()
    def read(self, vectors: Float[Tensor, "K D"]) -> None:
        """Take the codebook."""
        rows, columns = torch.triu_indices(vectors.shape[1], vectors.shape[1])
        every = torch.cat([vectors, vectors[:, rows] * vectors[:, columns]], dim=1)
        self.features.copy_((every - every.mean(0)) / every.std(0).clamp(min=1e-6))

    def forward(self) -> Float[Tensor, "K W"]:
        embedded: Tensor = self.table + self.map(self.features)
        return embedded


class CodeTransformer(nn.Module):
    """See the module's docstring."""

    around: Int[Tensor, "L A"]

    def __init__(self, sizes: TransformerSizes) -> None:
        super().__init__()
        self.sizes = sizes
        width, small = sizes.width, sizes.context_width
        self.codes = _Codes(sizes.num_codes, sizes.code_width, small)
        self.nothing = nn.Parameter(torch.zeros(1, small))
        self.enter = nn.Linear(len(AROUND) * small, width)
        self.row = nn.Parameter(0.1 * torch.randn(sizes.side, 1, width))
        self.column = nn.Parameter(0.1 * torch.randn(1, sizes.side, width))
        self.classes = nn.Embedding(sizes.num_classes, width)
        self.blocks = nn.ModuleList(
            _Block(width, sizes.num_heads) for _ in range(sizes.num_layers)
        )
        self.norm = nn.LayerNorm(width)
        self.leave = nn.Linear(width, small)
        self.scores = _Codes(sizes.num_codes, sizes.code_width, small)
        self.bias = nn.Parameter(torch.zeros(sizes.num_codes))
        self.place = nn.Parameter(0.1 * torch.randn(sizes.length, small))
        self.open = nn.Parameter(torch.zeros(small))
        self.context = nn.ModuleList(
            _Block(small, sizes.num_heads) for _ in range(sizes.context_layers)
        )
        self.tell = nn.Linear(small, width)
        self.register_buffer("around", _around(sizes.side), persistent=False)

    def read_codebook(self, vectors: Float[Tensor, "K D"]) -> None:
        """Take the vectors of the codes."""
        self.codes.read(vectors)
        self.scores.read(vectors)

    def vectors(self) -> Float[Tensor, "K D"]:
        """The vectors of the codes, each coordinate standardised."""
        return self.scores.features[:, : self.sizes.code_width]

    def given(
        self, label: Int[Tensor, " N"], codes: Int[Tensor, "N L"], kept: Bool[Tensor, "N L"]
    ) -> Float[Tensor, "N L W"]:
        """What is known of every place before the first step.

        Args:
            label: Classes, or `NO_CLASS`.
            codes: Codes of the kept cells; the others are not looked at.
            kept: Which are kept.
        """
        seen = self.codes()[torch.where(kept, codes, 0)]
        x = torch.where(kept[:, :, None], seen, self.open) + self.place
        for block in self.context:
            x = block(x, causal=False)
        where = (self.row + self.column).flatten(0, 1)
        known: Tensor = self.tell(x) + where + self._told(label)[:, None]
        return known

    def _told(self, label: Int[Tensor, " N"]) -> Float[Tensor, "N W"]:
        """What is said of the class."""
        told: Tensor = self.classes(label.clamp(min=0))
        return torch.where((label == NO_CLASS)[:, None], self.classes.weight.mean(0), told)

    def entered(
        self, codes: Int[Tensor, "N L"], places: slice, table: Float[Tensor, "J C"]
    ) -> Float[Tensor, "N B W"]:
        """The inputs of some places, of which only earlier codes are looked at."""
        outside = torch.full_like(codes[:, :1], self.sizes.num_codes)
        near = torch.cat([codes, outside], dim=1)[:, self.around[places]]
        inputs: Tensor = self.enter(table[near].flatten(2))
        return inputs

    def table(self) -> Float[Tensor, "J C"]:
        """Embeddings of all codes, and last of no code."""
        return torch.cat([self.codes(), self.nothing])

    def logits(self, x: Float[Tensor, "N B W"]) -> Float[Tensor, "N B K"]:
        """Logits of the code at every place."""
        scored: Tensor = self.leave(self.norm(x)) @ self.scores().T + self.bias
        return scored

    def forward(
        self,
        codes: Int[Tensor, "N L"],
        label: Int[Tensor, " N"],
        kept: Bool[Tensor, "N L"],
        *,
        dropout: float = 0.0,
    ) -> Float[Tensor, "N L K"]:
        """Logits of every code, given those before it, the class and the kept cells.

        ``dropout`` is the share of the earlier codes that are hidden, in training.
        """
        x = self.given(label, codes, kept)
        read = codes
        if dropout:
            hidden = torch.rand(codes.shape, device=codes.device) < dropout
            read = torch.where(hidden, self.sizes.num_codes, codes)
        x = x + self.entered(read, slice(0, self.sizes.length), self.table())
        for block in self.blocks:
            x = block(x, causal=True)
        return self.logits(x)

    def begin(
        self, label: Int[Tensor, " N"], codes: Int[Tensor, "N L"], kept: Bool[Tensor, "N L"]
    ) -> Cache:
        """Start to write codes one after the other; see `given`."""
        known = self.given(label, codes, kept)
        count, length, width = known.shape
        heads = self.sizes.num_heads
        shape = (count, heads, length, width // heads)
        made = [(known.new_zeros(shape), known.new_zeros(shape)) for _ in self.blocks]
        return Cache(known, 0, made)

    def extend(
        self, cache: Cache, codes: Int[Tensor, "N L"], until: int, table: Float[Tensor, "J C"]
    ) -> Float[Tensor, "N K"]:
        """Logits of the code at place ``until`` - 1, after all places before it.

        Args:
            cache: What was seen; it now also holds the places up to ``until``.
            codes: All codes so far; those from ``until`` - 1 on are not looked at.
            until: How many places to have seen, more than ``cache.length``.
            table: From `table`, which is the same at every step.
        """
        places = slice(cache.length, until)
        x = cache.given[:, places] + self.entered(codes, places, table)
        mask = None
        if until - cache.length > 1:
            rows = torch.arange(cache.length, until, device=x.device)
            mask = rows[:, None] >= torch.arange(until, device=x.device)
        causal = [block for block in self.blocks if isinstance(block, _Block)]
        for block, (keys, values) in zip(causal, cache.kept, strict=True):
            q, keys[:, :, places], values[:, :, places] = block.heads(x)
            found = functional.scaled_dot_product_attention(
                q, keys[:, :, :until], values[:, :, :until], attn_mask=mask
            )
            x = block.after(x, found)
        cache.length = until
        return self.logits(x[:, -1:])[:, 0]


def _around(side: int) -> Int[Tensor, "L A"]:
    """For every place the places around it in raster order; L where that is outside the map."""
    found = torch.full((side * side, len(AROUND)), side * side)
    for place in range(side * side):
        for i, (down, right) in enumerate(AROUND):
            row, column = place // side + down, place % side + right
            if row >= 0 and 0 <= column < side:
                found[place, i] = row * side + column
    return found
