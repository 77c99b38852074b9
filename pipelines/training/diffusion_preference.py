"""Diffusion-DPO: low-rank adapters of a U-Net learn which works are better.

With z+ and z- the latents of a better and a worse work for the same words c
(`pipelines.training.pairs`), one noise e and one step t for both, v_0 the U-Net as it was
(Wallace et al. 2023, https://arxiv.org/abs/2311.12908),

    d(z)  = |U(z_t, t, c) - v|^2 - |v_0(z_t, t, c) - v|^2          means over a latent
    loss  = -log sigmoid(-b (d(z+) - d(z-))) + a |U(z+_t, t, c) - v|^2

The last term keeps the better works well drawn, as in Pang et al. 2024
(https://arxiv.org/abs/2404.19733). U is the U-Net with adapters of low rank beside its attention
and convolutions (LoRA, Hu et al. 2021, https://arxiv.org/abs/2106.09685), `peft`'s; a version has
them merged, so that it is played as fast and plain diffusers reads it. b is the plan's beta times
`SCALE`.
Legend: N works, P pairs, C R R shape of a latent, W D of encoded words.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from pipelines.image.diffusion_files import noise_schedule
from pipelines.image.diffusion_sampling import Guidance, sample, scheduler_named, start_at
from pipelines.image.pixels import to_image
from pipelines.latents import normal, on_shell
from pipelines.training.diffusion_recipe import draw_timesteps
from pipelines.training.draws import FIRST, look
from pipelines.training.exporting import begin_version
from pipelines.training.pairs import descend, pair_up, rounds, works_of
from pipelines.training.placing import load_optimiser, optimiser_state, place_for

if TYPE_CHECKING:
    from pipelines.pipeline import Arrays, Instrument
    from pipelines.request import Request
    from pipelines.training.job_files import JobFolder
    from pipelines.training.plans import Plan

__all__ = ["DiffusionPreference", "prepare"]

BATCH = 4
"""Pairs a step."""
AT_ONCE = 16
"""Works that are sampled side by side."""
RANK = 16
ADAPTED = ["to_q", "to_k", "to_v", "to_out.0", "conv1", "conv2"]
SCALE = 400.0
ANCHOR = 0.5
"""Weight a."""


class DiffusionPreference:
    """See `pipelines.training.teaching.Teaching`.

    Args:
        plan: What to teach.
        instrument: The model to start from.
        works: ``latents`` [N, C, R, R], their ``words`` [N, W, D] and ``pairs`` of them [P, 2].
    """

    def __init__(self, plan: Plan, instrument: Instrument, works: Mapping[str, Tensor]) -> None:
        from peft import LoraConfig, get_peft_model

        self.plan, self.instrument = plan, instrument
        self.pipeline = cast(Any, instrument.pipeline)
        self.place = place_for(plan.device)
        device = self.place.device
        self.latents, self.words = (works[name].to(device) for name in ("latents", "words"))
        self.pairs = works["pairs"].long().to(device)
        unet = copy.deepcopy(self.pipeline.network("velocity").module.unet)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(plan.seed)
            adapters = LoraConfig(r=RANK, lora_alpha=RANK, target_modules=ADAPTED)
            self.unet: Any = get_peft_model(unet, adapters).to(device)
        self.adapters = {n: p for n, p in self.unet.named_parameters() if p.requires_grad}
        self.optimiser = torch.optim.Adam(self.adapters.values(), plan.learning_rate, (0.9, 0.99))
        self.alphas = noise_schedule().alphas_cumprod.to(device)
        self.gained = torch.zeros(())
        """How much better than worse works are drawn now, in errors of before, averaged."""

    def step(self, index: int) -> float:
        """Take a step; returns by how much better works are drawn better than worse ones."""
        chosen = self.pairs[torch.randint(0, len(self.pairs), (BATCH,)).to(self.pairs.device)]
        at = chosen.T.flatten()  # the better ones first
        noise = torch.randn(BATCH, *self.latents.shape[1:]).to(self.latents).repeat(2, 1, 1, 1)
        t = draw_timesteps(BATCH).to(self.latents.device).repeat(2)
        with self.place.computing():
            errors = self._errors(at, noise, t)
            with torch.no_grad(), self.unet.disable_adapter():
                before = self._errors(at, noise, t)
        better, worse = (errors - before).chunk(2)
        margin = -SCALE * self.plan.beta * (better - worse)
        loss = -functional.logsigmoid(margin).mean() + ANCHOR * errors[:BATCH].mean()
        rate = self.plan.learning_rate * (1 - index / self.plan.steps)
        descend(self.optimiser, loss, self.adapters.values(), place=self.place, rate=rate)
        gained = ((worse - better) / before.mean()).detach().mean().cpu()
        self.gained = self.gained.lerp(gained, 1 / min(index + 1, 12))
        return float(self.gained) if bool(torch.isfinite(loss)) else math.nan

    def _errors(
        self, at: Int[Tensor, " N"], noise: Float[Tensor, "N C R R"], t: Int[Tensor, " N"]
    ) -> Float[Tensor, " N"]:
        """Squared errors of the velocity of works."""
        share = self.alphas[t].view(-1, 1, 1, 1)
        alpha, sigma, z = share.sqrt(), (1 - share).sqrt(), self.latents[at]
        noisy, v = alpha * z + sigma * noise, alpha * noise - sigma * z
        found = self.unet(noisy, t, self.words[at], return_dict=False)[0].float()
        errors: Tensor = (found - v).square().mean(dim=(1, 2, 3))
        return errors

    def state(self) -> dict[str, Tensor]:
        """See `Teaching`."""
        kept = {f"adapter.{name}": value for name, value in self.adapters.items()}
        return kept | {"gained": self.gained} | optimiser_state(self.optimiser)

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """See `Teaching`."""
        with torch.no_grad():
            for name, value in self.adapters.items():
                value.copy_(state[f"adapter.{name}"])
        self.gained = state["gained"]
        load_optimiser(self.optimiser, state)

    def merged(self) -> Any:  # noqa: ANN401 - a U-Net of diffusers
        """The U-Net with what it learnt."""
        return copy.deepcopy(self.unet).merge_and_unload().cpu().eval()

    def paint(self, seeds: tuple[int, ...]) -> NDArray[np.uint8]:
        """See `Teaching`; side by side, so the last bits may differ from a work's."""
        requests = [self.instrument.request(seed=seed) for seed in seeds]
        painter = _Painter(self.pipeline, self.merged())
        return painter.pixels(painter.latents(requests))

    def export(self, folder: Path) -> None:
        """See `Teaching`."""
        begin_version(self.plan, folder)
        self.merged().half().save_pretrained(folder / "unet")


def prepare(plan: Plan, folder: JobFolder) -> DiffusionPreference:
    """Load the model; works to learn from are sampled once and kept with the job."""
    return DiffusionPreference(plan, *works_of(folder, plan, _works))


def _works(plan: Plan, instrument: Instrument) -> dict[str, Tensor]:
    """Favourites and fresh draws for the same words, with pairs of them."""
    pipeline: Any = instrument.pipeline
    painter, medium = _Painter(pipeline), instrument.card.medium
    favourites = [one.request(instrument) for one in plan.favourites]
    again = favourites * rounds(len(favourites))
    shape = instrument.latent_space.shape
    fresh = [
        pipeline.bake(request, normal(FIRST + i, shape, "noise"))
        for i, request in enumerate(again)
    ]
    both = [painter.latents(requests) for requests in (favourites, fresh)]
    seen = [look(medium, painter.pixels(latents)) for latents in both]
    prompts = [[_prompt(one) for one in requests] for requests in (favourites, again)]
    pairs = pair_up(seen[0], seen[1], (prompts[0], prompts[1]), plan.seed)
    words = np.concatenate([pipeline.parts.reader(text) for text in prompts[0] + prompts[1]])
    return {
        "latents": torch.from_numpy(np.concatenate(both)),
        "words": torch.from_numpy(words),
        "pairs": torch.from_numpy(pairs),
    }


def _prompt(request: Request) -> str:
    return str(request.controls.get("prompt", ""))


@dataclass(frozen=True)
class _Painter:
    """Samples works side by side, in torch on the CPU.

    Attributes:
        pipeline: The model.
        unet: What it listens to instead of its own.
    """

    pipeline: Any
    unet: Any = None
    engine = "reference"

    def __call__(self, network: str, inputs: Arrays) -> dict[str, NDArray[np.float32]]:
        """Run ``velocity``; see `pipelines.pipeline.Run`."""
        module = self.pipeline.network(network).module
        given = [torch.from_numpy(inputs[name]) for name in ("z", "t", "text", "shift")]
        with torch.inference_mode():
            if self.unet is not None:
                module = type(module)(self.unet)
            return {"v": module(*given).numpy()}

    def latents(self, requests: Sequence[Request]) -> NDArray[np.float32]:
        """Latents of works, shape [N, C, R, R]."""
        return np.concatenate([one for some in _alike(requests) for one in self._some(some)])

    def _some(self, requests: Sequence[Request]) -> Iterator[NDArray[np.float32]]:
        """Those of works of the same settings, but for noise and prompt."""
        pipeline = self.pipeline
        values = {c.name: requests[0].controls.get(c.name, c.start) for c in pipeline.controls}
        asked = [
            pipeline.guidance(
                {c.name: one.controls.get(c.name, c.start) for c in pipeline.controls}
            )
            for one in requests
        ]
        first = asked[0]
        guidance = Guidance(
            np.concatenate([one.prompt for one in asked]),
            np.concatenate([one.negative for one in asked]),
            first.scale,
            first.shift,
        )
        shape = (len(requests), *pipeline.parts.latent)
        noise = np.concatenate([on_shell(pipeline.place(one)) for one in requests]).reshape(shape)
        scheduler = scheduler_named(str(values["scheduler"]))
        steps = start_at(scheduler, int(values["num_inference_steps"]), 1.0)
        *_, last = sample(cast(Any, self), noise, guidance, scheduler, steps=steps)
        yield last.x0

    def pixels(self, latents: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Pictures of latents, RGB in 0..255, shape [N, 8R, 8R, 3]."""
        decoder, found = self.pipeline.network("decoder").module, []
        with torch.inference_mode():
            for some in torch.split(torch.from_numpy(latents), AT_ONCE):
                found += [np.asarray(to_image(one)) for one in decoder(some).numpy()]
        return np.stack(found)


def _alike(requests: Sequence[Request]) -> Iterator[list[Request]]:
    """Neighbours of the same settings, but for noise and prompt, `AT_ONCE` at most."""
    some: list[Request] = []
    for request in requests:
        if some and (len(some) == AT_ONCE or _settings(some[0]) != _settings(request)):
            yield some
            some = []
        some.append(request)
    if some:
        yield some


def _settings(request: Request) -> dict[str, Any]:
    return {name: value for name, value in request.controls.items() if name != "prompt"}
