"""Where a teaching runs: on the CPU here, on GPUs by choice, through `accelerate`.

Mixed precision (bfloat16) is for GPUs: on a CPU the losses of these small networks are float32, so
that a run is the same on every machine. `pipelines.training.together` has how several GPUs meet.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import torch
from torch import Tensor

from pipelines.engines import choose_device
from pipelines.training.worker import COMPANY

__all__ = ["Place", "load_optimiser", "optimiser_state", "place_for"]

T = TypeVar("T")


@dataclass(frozen=True)
class Place:
    """A device, and how to differentiate on it.

    Attributes:
        device: Where tensors go.
        accelerator: What scales and spreads on a GPU; None on the CPU.
    """

    device: torch.device
    accelerator: Any = field(default=None, repr=False)

    @property
    def rank(self) -> int:
        """Which of the processes that teach together this is; the lead is 0."""
        return 0 if self.accelerator is None else int(self.accelerator.process_index)

    @property
    def alone(self) -> bool:
        """Whether no other process teaches with this one."""
        return self.accelerator is None or self.accelerator.num_processes == 1

    def differentiate(self, loss: Tensor, optimiser: torch.optim.Optimizer) -> None:
        """Gradients of a loss for what an optimiser moves: the mean over all processes."""
        optimiser.zero_grad(set_to_none=True)
        if self.accelerator is None:
            loss.backward()  # type: ignore[no-untyped-call]
            return
        self.accelerator.backward(loss)
        if self.alone:
            return
        for group in optimiser.param_groups:
            for one in group["params"]:
                if one.grad is not None:
                    one.grad = self.accelerator.reduce(one.grad, reduction="mean")

    def agree(self, said: T) -> T:
        """What the lead says, on every process; it must be picklable."""
        if self.alone:
            return said
        from accelerate.utils import broadcast_object_list

        told: T = broadcast_object_list([said])[0]
        return told

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
    on_cpu, together = choose_device(device) == "cpu", COMPANY in os.environ
    if on_cpu and not together:
        return Place(torch.device("cpu"))
    from accelerate import Accelerator

    accelerator = Accelerator(cpu=on_cpu, mixed_precision="no" if on_cpu else "bf16")
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
