"""Where a teaching runs: on the CPU here, on a GPU by choice, through `accelerate`.

Mixed precision (bfloat16) is for GPUs: on a CPU the losses of these small networks are float32, so
that a run is the same on every machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor

from pipelines.engines import choose_device

__all__ = ["Place", "load_optimiser", "optimiser_state", "place_for"]


@dataclass(frozen=True)
class Place:
    """A device, and how to differentiate on it.

    Attributes:
        device: Where tensors go.
        accelerator: What scales and spreads on a GPU; None on the CPU.
    """

    device: torch.device
    accelerator: Any = field(default=None, repr=False)

    def backward(self, loss: Tensor) -> None:
        """Gradients of a loss."""
        if self.accelerator is None:
            loss.backward()  # type: ignore[no-untyped-call]
        else:
            self.accelerator.backward(loss)

    def computing(self) -> AbstractContextManager[Any]:
        """Mixed precision where there is a GPU."""
        if self.accelerator is None:
            return nullcontext()
        context: AbstractContextManager[Any] = self.accelerator.autocast()
        return context


def place_for(device: Literal["auto", "cpu", "cuda"]) -> Place:
    """The place of a device.

    Raises:
        PipelineError: ``no_gpu`` if one is asked for that is not here.
    """
    if choose_device(device) == "cpu":
        return Place(torch.device("cpu"))
    from accelerate import Accelerator

    accelerator = Accelerator(mixed_precision="bf16")
    return Place(accelerator.device, accelerator)


def optimiser_state(
    optimiser: torch.optim.Optimizer, name: str = "optimiser"
) -> dict[str, Tensor]:
    """The moments of an optimiser by parameter, as tensors alone."""
    found = {}
    for index, moments in optimiser.state_dict()["state"].items():
        for key, value in moments.items():
            found[f"{name}.{index}.{key}"] = torch.as_tensor(value).clone()
    return found


def load_optimiser(
    optimiser: torch.optim.Optimizer, state: Mapping[str, Tensor], name: str = "optimiser"
) -> None:
    """Take back what `optimiser_state` gave."""
    moments: dict[int, dict[str, Tensor]] = {}
    for key, value in state.items():
        if key.startswith(f"{name}."):
            _, index, part = key.split(".")
            moments.setdefault(int(index), {})[part] = value
    whole = optimiser.state_dict()
    optimiser.load_state_dict({"state": moments, "param_groups": whole["param_groups"]})
