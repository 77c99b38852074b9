"""CPU against GPU: one forward pass of every bundled model, as a table (``make gpu-check``)."""

from __future__ import annotations

import sys

import numpy as np

from pipelines import catalog
from pipelines.engines import Engines


def main() -> int:
    """Print the table; without CUDA say so and succeed, since there is nothing to check."""
    import torch

    if not torch.cuda.is_available():
        print("no CUDA GPU here: nothing was checked")
        return 0
    print(f"{'model':16} {'engine':18} {'max difference of 255':>22}")
    worst = 0
    for card in catalog.available():
        instrument = catalog.load(card.id, Engines(device="cuda"))
        request = instrument.request(seed=7)
        reference = np.asarray(instrument.render(request).data).astype(int)
        fast = instrument.render(request, quality="fast")
        difference = int(np.abs(np.asarray(fast.data).astype(int) - reference).max())
        worst = max(worst, difference)
        print(f"{card.id:16} {fast.engine:18} {difference:22d}")
    return 0 if worst <= 2 else 1


if __name__ == "__main__":
    sys.exit(main())
