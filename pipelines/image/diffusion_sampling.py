"""From noise to a latent, one step of a scheduler after another.

    z_T = x_T,    z_{t-1} = scheduler(z_t, v, t),    v as in `Guidance`
    x0  = alpha_t z_t - sigma_t v        what the picture would be, for the previews

All schedulers here are diffusers' and deterministic: the only randomness of a work is its noise.
``ddim`` Song 2021 (https://arxiv.org/abs/2010.02502), ``dpm`` Lu 2022, DPM-Solver++ of second
order (https://arxiv.org/abs/2211.01095), ``unipc`` Zhao 2023 (https://arxiv.org/abs/2302.04867).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.pipeline import Run
from pipelines.run import steady

__all__ = ["SCHEDULERS", "Guidance", "Moment", "repaint", "sample", "scheduler_named", "start_at"]

Array = NDArray[np.float32]
SCHEDULERS = ("dpm", "ddim", "unipc")


@dataclass(frozen=True)
class Guidance:
    """What the velocity listens to.

    Classifier-free guidance (Ho and Salimans 2022, https://arxiv.org/abs/2207.12598) goes beyond
    what the prompt asks for, away from the negative prompt:

        v = v(negative) + scale (v(prompt) - v(negative))

    Attributes:
        prompt: Encoded prompts, shape [N, W, D].
        negative: Encoded negative prompts, the same shape.
        scale: 1 is the prompt alone, and half the work.
        shift: Offset of the bottleneck, shape [H].
    """

    prompt: Array
    negative: Array
    scale: float
    shift: Array

    def velocity(self, run: Run, z: Array, t: float) -> Array:
        """Return v of z [N, C, R, R] at step t."""
        both = [self.prompt]
        if self.scale != 1.0 and not np.array_equal(self.prompt, self.negative):
            both = [self.negative, self.prompt]
        v = run(
            "velocity",
            {
                "z": np.concatenate([z] * len(both)),
                "t": np.full(len(both) * len(z), t, np.float32),
                "text": np.concatenate(both),
                "shift": np.repeat(self.shift[None], len(both) * len(z), axis=0),
            },
        )["v"]
        if len(both) == 1:
            return v
        away, towards = np.split(v, 2)
        guided: Array = away + np.float32(self.scale) * (towards - away)
        return guided


@dataclass(frozen=True)
class Moment:
    """One step of sampling.

    Attributes:
        x0: What the latent would be if sampling ended here, shape [N, C, R, R].
        last: Whether it does.
    """

    x0: Array
    last: bool


def scheduler_named(name: str) -> Any:  # noqa: ANN401 - diffusers' classes share no base
    """A new scheduler of this name over the model's noise schedule.

    A copy of one that is built once: building it takes longer than three steps of the U-Net.
    """
    return copy.deepcopy(_built(name))


@cache
def _built(name: str) -> Any:  # noqa: ANN401
    # Here, because diffusers takes seconds to import and a studio starts without it; and not from
    # `diffusers` itself, whose lazy names two threads cannot ask for at once.
    from diffusers.schedulers.scheduling_dpmsolver_multistep import DPMSolverMultistepScheduler
    from diffusers.schedulers.scheduling_unipc_multistep import UniPCMultistepScheduler

    from pipelines.image.diffusion_files import noise_schedule

    trained = noise_schedule()
    if name == "ddim":
        return trained
    made = {"dpm": DPMSolverMultistepScheduler, "unipc": UniPCMultistepScheduler}[name]
    # The last step to no noise at all is of first order: with few steps a higher one rings.
    return made.from_config(trained.config, lower_order_final=True)


def start_at(scheduler: Any, num_steps: int, strength: float) -> list[Any]:  # noqa: ANN401
    """Set the steps; returns those that are taken when an input may change by ``strength``.

    As diffusers counts them, but at least one.
    """
    scheduler.set_timesteps(num_steps)
    steps = list(scheduler.timesteps)
    taken = min(num_steps, max(1, int(num_steps * strength)))
    begin = len(steps) - taken
    if begin and hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(begin)
    return steps[begin:]


def sample(
    run: Run,
    noise: Array,
    guidance: Guidance,
    scheduler: Any,  # noqa: ANN401
    *,
    steps: list[Any],
    start: Array | None = None,
    after: Callable[[Array, Any], Array] | None = None,
) -> Iterator[Moment]:
    """Sample; each moment can be shown.

    Args:
        run: Runs ``velocity``.
        noise: Shape [N, C, R, R].
        guidance: What is asked for.
        scheduler: See `scheduler_named`; it is used up.
        steps: Timesteps to take; see `start_at`.
        start: Latent of a picture to begin from instead of pure noise.
        after: Called with the latent and the timestep of the next step (None at the end) after
            each step; returns the latent to go on with.
    """
    import torch

    z = torch.from_numpy(noise)
    if start is not None:
        z = scheduler.add_noise(torch.from_numpy(start), z, torch.stack([steps[0]]))
    for i, t in enumerate(steps):
        v = guidance.velocity(run, z.numpy(), float(t))
        share = float(scheduler.alphas_cumprod[int(t)])
        x0 = np.float32(share**0.5) * z.numpy() - np.float32((1 - share) ** 0.5) * v
        last = i == len(steps) - 1
        with torch.inference_mode(), steady():
            z = scheduler.step(torch.from_numpy(v), t, z, return_dict=False)[0].clone()
        if after is not None:
            z = torch.from_numpy(after(z.numpy(), None if last else steps[i + 1]))
        yield Moment(z.numpy() if last else x0.astype(np.float32), last)


def repaint(
    scheduler: Any,  # noqa: ANN401
    original: Array,
    noise: Array,
    mask: Array,
) -> Callable[[Array, Any], Array]:
    """For `sample`: outside the mask the latent is the original's at every step's noise.

    As in RePaint (Lugmayr 2022, https://arxiv.org/abs/2201.09865), without its resampling.

    Args:
        scheduler: The one that samples.
        original: Latent of the picture, shape [1, C, R, R].
        noise: What sampling started from.
        mask: 1 where it is painted anew, 0 where it stays, shape [1, 1, R, R].
    """
    import torch

    def keep(z: Array, t: Any) -> Array:  # noqa: ANN401 - a tensor or None
        known = original
        if t is not None:
            both = torch.from_numpy(original), torch.from_numpy(noise)
            known = scheduler.add_noise(*both, torch.stack([t])).numpy()
        mixed: Array = (mask * z + (1 - mask) * known).astype(np.float32)
        return mixed

    return keep
