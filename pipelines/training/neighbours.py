"""Embeddings from what stands beside each token, to begin with.

The leading singular vectors of the positive pointwise mutual information of tokens and their
neighbours (Levy and Goldberg 2014, https://papers.nips.cc/paper/5477), neighbours of each kind
apart: before, after, two away.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

__all__ = ["embeddings"]

Pair = tuple[Int[Tensor, " K"], Int[Tensor, " K"]]


def embeddings(pairs: Sequence[Pair], count: int, width: int) -> Float[Tensor, "V W"]:
    """Embeddings with a standard deviation of 1.

    Args:
        pairs: Tokens and their neighbours, by kind; a kind may come more than once.
        count: Number of tokens, V.
        width: W.
    """
    kinds = len(pairs)
    rows = torch.cat([one for one, _ in pairs])
    columns = torch.cat([other + kind * count for kind, (_, other) in enumerate(pairs)])
    ones = torch.ones(len(rows))
    places, shape = torch.stack([rows, columns]), (count, kinds * count)
    together = torch.sparse_coo_tensor(places, ones, shape, check_invariants=True).coalesce()
    places, seen = together.indices(), together.values()
    left = torch.zeros(count).index_add_(0, places[0], seen)
    right = torch.zeros(kinds * count).index_add_(0, places[1], seen).pow(0.75)
    expected = left[places[0]] * right[places[1]] / right.sum()
    information = (seen / expected).log().clamp(min=0)
    table = torch.sparse_coo_tensor(
        places, information, shape, check_invariants=True, is_coalesced=True
    )
    state = torch.get_rng_state()
    torch.manual_seed(0)
    u, s, _ = torch.svd_lowrank(table, q=min(width, count), niter=2)
    torch.set_rng_state(state)
    found = u * s.sqrt()
    padded = functional.pad(found, (0, width - found.shape[1]))
    scaled: Tensor = padded / padded.std()
    return scaled
