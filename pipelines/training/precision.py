"""What convolutions compute in while training; weights and losses stay float32."""

from __future__ import annotations

import torch

PRECISIONS = ("float32", "bfloat16")


def computing_in(precision: str, *, enabled: bool = True) -> torch.autocast:
    """Return the context in which convolutions compute in ``precision``.

    Args:
        precision: One of ``PRECISIONS``.
        enabled: False for float32 whatever the precision.

    Raises:
        ValueError: If the precision is unknown.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"precision={precision} is unknown; choose {' or '.join(PRECISIONS)}")
    return torch.autocast("cpu", torch.bfloat16, enabled=enabled and precision == "bfloat16")
