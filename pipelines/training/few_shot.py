"""Few-shot adaptation: favourites as the real pictures of a small adversarial game.

    judge      softplus(D(t(G(z))) - D(t(x))) + penalties on real and generated
    painter    softplus(D(t(x)) - D(t(G(z))))
               + beta (10 KL(P_before || P_now) + |theta - theta_0|^2_F)

x are the favourites as the model painted them. What keeps a dozen pictures from being learnt by
heart: t, differentiable augmentation (Zhao et al. 2020, https://arxiv.org/abs/2006.10738); a judge
whose lower layers, taken from the model's own encoder, stay frozen (FreezeD, Mo et al. 2020,
https://arxiv.org/abs/2002.10964); P, for each z of a batch how alike its work is to the others'
(cross-domain correspondence, Ojha et al. 2021, https://arxiv.org/abs/2104.06820), so that works
stay as different as they were; and weights that matter to the model held where they are, F being
the diagonal of the Fisher information (elastic weight consolidation, Li et al. 2020,
https://arxiv.org/abs/2012.02780), scaled to mean 1. What is kept is the average of the last steps.
Legend: N batch, C channels, R resolution of what the generator gives (latents or pixels).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from pipelines.networks.discriminator import Discriminator, DiscriminatorSizes, load_encoder
from pipelines.training.augment import augment
from pipelines.training.exporting import write_version
from pipelines.training.losses import gradient_penalty, relativistic
from pipelines.training.placing import load_optimiser, optimiser_state, place_for

if TYPE_CHECKING:
    from pipelines.pipeline import Instrument
    from pipelines.training.job_files import JobFolder
    from pipelines.training.plans import Plan

__all__ = ["FewShotTeaching", "prepare"]

BATCH = 8
PENALTY, PENALTY_EVERY = 0.3, 4
CORRESPONDENCE = 10.0
DECAY = 0.95
"""Of the average over steps."""


class FewShotTeaching:
    """See `pipelines.training.teaching.Teaching`.

    Args:
        plan: What to teach.
        instrument: The model to start from.
    """

    def __init__(self, plan: Plan, instrument: Instrument) -> None:
        self.plan, self.instrument = plan, instrument
        self.pipeline = cast(Any, instrument.pipeline)
        self.place = place_for(plan.device)
        self.before = copy.deepcopy(self.pipeline.generator).to(self.place.device)
        self.generator = copy.deepcopy(self.before)
        self.painters = list(self.generator.synthesis.requires_grad_().parameters())
        self.average = copy.deepcopy(self.before)
        latents = np.stack([one.latent() for one in plan.favourites])
        with torch.no_grad():
            self.real = self.before.synthesis(torch.from_numpy(latents).to(self.place.device))
        self.judge = judge_for(plan.folder(), self.real, plan.seed).to(self.place.device)
        self.judging = [p for p in self.judge.parameters() if p.requires_grad]
        self.shares = torch.tensor(self.pipeline.frequency, dtype=torch.float32)
        self.optimiser = torch.optim.Adam(self.painters, plan.learning_rate, (0.0, 0.99))
        self.opponent = torch.optim.Adam(self.judging, plan.learning_rate, (0.0, 0.99))
        self.weight = self._fisher()
        self.away = self._away(self.before)

    def _w(self, count: int) -> Tensor:
        """Fresh w [N, L, D]: the mapping stays as it is."""
        z = torch.randn(count, self.before.z_dim)
        label = torch.multinomial(self.shares, count, replacement=True)
        with torch.no_grad():
            w: Tensor = self.before.mapping(z.to(self.place.device), label.to(self.place.device))
        return w

    def _fisher(self) -> list[Tensor]:
        """How much each weight matters to what the model paints, mean 1 over all."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.plan.seed)
            found = [torch.zeros_like(p) for p in self.painters]
            for _ in range(4):
                made = self.generator.synthesis(self._w(4))
                probe = (made * torch.randn(made.shape).to(made)).sum()
                slopes = torch.autograd.grad(probe, self.painters, allow_unused=True)
                for index, slope in enumerate(slopes):
                    if slope is not None:
                        found[index] += slope.square()
        whole = torch.cat([x.flatten() for x in found]).mean().clamp_min(1e-12)
        return [x / whole for x in found]

    @torch.no_grad()
    def _away(self, generator: nn.Module) -> float:
        """Distance of the mean of what fixed z give to the favourites' mean, in coarse form."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.plan.seed + 1)
            w = self._w(16)
        painter: Any = generator
        mean = _coarse(painter.synthesis(w)).mean(dim=0)
        return float((mean - _coarse(self.real).mean(dim=0)).norm())

    def step(self, index: int) -> float:
        """Both sides take a step; returns the share of the way to the favourites' mean."""
        chosen = torch.randint(0, len(self.real), (BATCH,))
        real, w = self.real[chosen.to(self.real.device)], self._w(BATCH)
        label = torch.zeros(BATCH, dtype=torch.long, device=self.place.device)
        self._teach_judge(real, w, label, penalised=index % PENALTY_EVERY == 0)
        with self.place.computing():
            fake = self.generator.synthesis(w)
            on_fake = self.judge(augment(fake, 1.0), label)
            with torch.no_grad():
                on_real = self.judge(augment(real, 1.0), label)
                base = self.before.synthesis(w)
            loss = relativistic(on_fake, on_real) + self.plan.beta * self._anchor(base, fake)
        self.place.differentiate(loss, self.optimiser)
        self.optimiser.step()
        with torch.no_grad():
            kept = list(self.average.synthesis.parameters())
            torch._foreach_lerp_(kept, self.painters, 1 - min(DECAY, 1 - 1 / (index + 2)))
        if not bool(torch.isfinite(loss)):
            return math.nan
        return 1 - self._away(self.average) / max(self.away, 1e-9)

    def _teach_judge(self, real: Tensor, w: Tensor, label: Tensor, *, penalised: bool) -> None:
        with torch.no_grad():
            fake = self.generator.synthesis(w)
        seen = [x.detach().requires_grad_(penalised) for x in (real, fake)]
        on_real, on_fake = (self.judge(augment(x, 1.0), label) for x in seen)
        loss = relativistic(on_real, on_fake)
        if penalised:
            held = [
                gradient_penalty(logits, x)
                for logits, x in zip((on_real, on_fake), seen, strict=True)
            ]
            loss = loss + 0.5 * PENALTY * PENALTY_EVERY * torch.stack(held).sum()
        self.place.differentiate(loss, self.opponent)
        self.opponent.step()

    def _anchor(self, base: Tensor, fake: Tensor) -> Tensor:
        """What the module's beta weighs."""
        before, now = (_alike(x) for x in (base, fake))
        apart = functional.kl_div(now, before, reduction="batchmean", log_target=True)
        started = self.before.synthesis.parameters()
        moved = [
            (weight * (p - old).square()).sum()
            for weight, p, old in zip(self.weight, self.painters, started, strict=True)
        ]
        return CORRESPONDENCE * apart + torch.stack(moved).sum()

    def state(self) -> dict[str, Tensor]:
        """See `Teaching`."""
        kept: dict[str, Tensor] = {}
        for name in ("generator", "average"):
            part = getattr(self, name).synthesis.state_dict()
            kept |= {f"{name}.{key}": value for key, value in part.items()}
        kept |= {f"judge.{key}": value for key, value in self.judge.state_dict().items()}
        kept |= optimiser_state(self.optimiser)
        return kept | optimiser_state(self.opponent, "opponent")

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """See `Teaching`."""
        for name in ("generator", "average"):
            getattr(self, name).synthesis.load_state_dict(_under(state, name))
        self.judge.load_state_dict(_under(state, "judge"))
        load_optimiser(self.optimiser, state)
        load_optimiser(self.opponent, state, "opponent")

    def paint(self, seeds: tuple[int, ...]) -> NDArray[np.uint8]:
        """See `Teaching`."""
        from pipelines.engines import Engines
        from pipelines.training.draws import pixels_of

        now = copy.deepcopy(self.average).cpu().eval().requires_grad_(requires_grad=False)
        painter = copy.copy(self.pipeline.painter)
        painter._modules = dict(painter._modules) | {"generator": now}
        pipeline = replace(self.pipeline, generator=now, painter=painter)
        # Fresh engines: the compiled painter of the old weights has the same name.
        player = replace(self.instrument, pipeline=pipeline, engines=Engines())
        return pixels_of(player, [player.request(seed=seed) for seed in seeds])

    def export(self, folder: Path) -> None:
        """See `Teaching`."""
        made = copy.deepcopy(self.average).cpu()
        write_version(self.plan, self.pipeline.frequency, made, folder)


def prepare(plan: Plan, folder: JobFolder) -> FewShotTeaching:
    """Load the model; everything else follows from the plan."""
    del folder
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(plan.seed)
        return FewShotTeaching(plan, plan.instrument())


def judge_for(folder: Path, real: Tensor, seed: int) -> Discriminator:
    """A judge of pictures of that shape; its lower layers are the model's encoder's, frozen."""
    _, channels, side, _ = real.shape
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        try:
            encoder = load_encoder(folder)
        except ValueError:  # a model without one: the judge learns alone
            widths = tuple(min(32 << i, 128) for i in range(int(np.log2(side)) - 1))
            return Discriminator(DiscriminatorSizes(channels, 1, widths, 128))
        judge = Discriminator(replace(encoder.sizes, num_classes=1))
    judge.body.load_state_dict(encoder.body.state_dict())
    for part in (judge.body.enter, *list(judge.body.blocks)[:-1]):
        part.requires_grad_(requires_grad=False)
    return judge


def _under(state: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    return {k.removeprefix(f"{name}."): v for k, v in state.items() if k.startswith(f"{name}.")}


def _coarse(x: Tensor) -> Tensor:
    """The 4 x 4 means, flattened."""
    return functional.adaptive_avg_pool2d(x.float(), 4).flatten(1)


def _alike(x: Tensor) -> Tensor:
    """Log of how alike each work is to the others of its batch, shape [N, N - 1]."""
    unit = functional.normalize(functional.adaptive_avg_pool2d(x.float(), 8).flatten(1), dim=1)
    alike = unit @ unit.T
    count = len(x)
    others = alike.flatten()[1:].view(count - 1, count + 1)[:, :-1].reshape(count, count - 1)
    return (others * 5).log_softmax(dim=1)
