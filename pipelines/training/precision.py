"""What convolutions compute in while training; weights and losses stay float32."""

from __future__ import annotations

import torch

from pipelines.compiling import fast_precision

PRECISIONS = ("float32", "bfloat16")


def computing_in(precision: str, *, enabled: bool = True) -> torch.autocast:
    """Return the context in which convolutions compute in ``precision``.

    A processor that does not multiply bfloat16 itself computes in float32 whatever the precision:
    in bfloat16 it would take tens of times as long.

    Args:
        precision: One of ``PRECISIONS``.
        enabled: False for float32 whatever the precision.

    Raises:
        ValueError: If the precision is unknown.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"precision={precision} is unknown; choose {' or '.join(PRECISIONS)}")
    halved = enabled and precision == "bfloat16" and fast_precision() == "bf16"
    return torch.autocast("cpu", torch.bfloat16, enabled=halved)
