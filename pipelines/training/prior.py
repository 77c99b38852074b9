"""Latent prior adaptation: move what seeds give, leave what paints alone.

A small map R (`pipelines.networks.residual`) is taught to maximise

    E_z[u(w + R(w))] - beta (E|R(w)|^2_S / 2 + KL(N(m', S') || N(0, I))),    w = mapping(z, class)

with u a utility of deviation 1, |.|_S in whitened coordinates of w, and m', S' the moments of
the moved w in them, less their shift. The first term of the anchor is the divergence of a shift;
the second, which sees spread alone, keeps the draws as varied as they were. It is what
KL-regularised policy tuning does to a language model (Ziegler et al. 2019,
https://arxiv.org/abs/1909.08593), on a prior instead of a policy, as latents are tilted in Engel
et al. 2018, https://arxiv.org/abs/1711.05772. The painter is untouched, so no work can look unlike
the model's.

u is a logistic of favourites against draws, on features of pictures and on latents, laid over the
latents (`pipelines.training.preference`). Any other differentiable u takes its place; the belief
of the studio's taste, added to it, did not help (docs/how-it-learns.md).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipelines.networks.style_gan2 import Generator
from pipelines.training.draws import Draws, flat
from pipelines.training.exporting import write_version
from pipelines.training.placing import Place, load_optimiser, optimiser_state, place_for
from pipelines.training.preference import Logistic, Shadow, Whitening
from pipelines.training.proving import features_of

if TYPE_CHECKING:
    from pipelines.pipeline import Instrument
    from pipelines.training.job_files import JobFolder
    from pipelines.training.plans import Plan

__all__ = ["PriorTeaching", "Utility", "favour", "prepare", "utility_of"]

Utility = Callable[[Tensor], Tensor]
HIDDEN = 64
FARTHEST = 1e3
"""Latents moved farther than this have gone astray."""
BATCH = 256
COORDINATES = 24
"""Whitened coordinates of w that the utility is laid over."""
SPREAD_WEIGHT, FLOOR = 1.0, 1e-2


@dataclass(frozen=True)
class Evidence:
    """Numbers that tell favourites from draws: latents, attributes and features, standardised."""

    latents: Whitening
    features: Whitening
    center: NDArray[np.float32]
    unit: NDArray[np.float32]

    @classmethod
    def of(cls, draws: Draws) -> Evidence:
        """Standardised over draws; with 16 + 11 + 16 numbers for a picture."""
        return cls(
            Whitening.of(draws.latents, 16),
            Whitening.of(draws.features, 16),
            draws.attributes.mean(axis=0),
            draws.unit,
        )

    def rows(
        self,
        latents: NDArray[np.float32],
        attributes: NDArray[np.float32],
        features: NDArray[np.float32],
    ) -> NDArray[np.float32]:
        """One row of numbers for each work, [N, F]."""
        parts = (
            self.latents.coordinates(latents),
            (attributes - self.center) / self.unit,
            self.features.coordinates(features),
        )
        return np.concatenate(parts, axis=1).astype(np.float32)


def favour(plan: Plan, instrument: Instrument) -> Shadow:
    """The utility over latents that the plan's favourites speak for."""
    draws = Draws.of(instrument, cached=Path(plan.cache))
    evidence = Evidence.of(draws)
    liked = np.stack([flat(one.latent()) for one in plan.favourites])
    seen = features_of(instrument, plan.favourites)
    favourites = evidence.rows(liked, seen.attributes, seen.features)
    others = evidence.rows(draws.latents, draws.attributes, draws.features)
    mean, _ = Logistic.fit(favourites, others, prior=0.3).score(others)
    return Shadow.of(Whitening.of(draws.latents, COORDINATES), draws.latents, mean)


class PriorTeaching:
    """See `pipelines.training.teaching.Teaching`.

    Args:
        plan: What to teach.
        instrument: The model to start from.
        utility: w [N, D] -> [N], differentiable, deviation about 1 over draws.
    """

    def __init__(self, plan: Plan, instrument: Instrument, utility: Utility) -> None:
        self.plan, self.instrument, self.utility = plan, instrument, utility
        self.pipeline = cast(Any, instrument.pipeline)
        self.place: Place = place_for(plan.device)
        self.generator = with_map(self.pipeline.generator, plan.seed).to(self.place.device)
        mapping = self.generator.mapping
        if mapping.residual is None:
            raise ValueError("a generator without a map cannot be taught one")
        self.map = mapping.residual.requires_grad_()
        self.before = copy.deepcopy(self.pipeline.generator.mapping).to(self.place.device)
        self.shares = torch.tensor(self.pipeline.frequency, dtype=torch.float32)
        self.optimiser = torch.optim.Adam(self.map.parameters(), plan.learning_rate)
        self.white = self._measure()

    def _measure(self) -> tuple[Tensor, Tensor]:
        """Mean of w and the map to whitened coordinates [D, D], under the model as it was."""
        w = self._before(self._draw(4096, torch.Generator().manual_seed(self.plan.seed)))
        values, vectors = torch.linalg.eigh(torch.cov(w.T))
        # Directions the model hardly uses get a floor: a step along them must not be free.
        floor = values[-1] * FLOOR
        return w.mean(dim=0), vectors * (values + floor).rsqrt()

    @torch.no_grad()
    def _draw(self, count: int, source: torch.Generator | None = None) -> Tensor:
        """Fresh w [N, D], before any map."""
        z = torch.randn(count, self.generator.z_dim, generator=source)
        label = torch.multinomial(self.shares, count, replacement=True, generator=source)
        w: Tensor = self.before.plain(z.to(self.place.device), label.to(self.place.device))
        return w

    @torch.no_grad()
    def _before(self, plain: Tensor) -> Tensor:
        """What an earlier teaching made of w."""
        earlier = self.before.residual
        return plain if earlier is None else plain + earlier(plain)

    def step(self, index: int) -> float:
        """Take a step; returns the utility gained, in deviations."""
        del index  # the seed of the step is set by whoever calls
        plain = self._draw(BATCH)
        w, moved = self._before(plain), plain + self.map(plain)
        gained = (self.utility(moved) - self.utility(w)).mean()
        loss = self.plan.beta * self._anchor(w, moved) - gained
        self.place.differentiate(loss, self.optimiser)
        self.optimiser.step()
        with torch.no_grad():
            farthest = self.map(plain).abs().amax()  # as far out as no latent can be painted
        sound = bool(torch.isfinite(loss)) and bool(farthest < FARTHEST)
        return float(gained.detach()) if sound else math.nan

    def _anchor(self, w: Tensor, moved: Tensor) -> Tensor:
        """The divergence of the module, from one batch."""
        mean, white = self.white
        old, new = ((x - mean) @ white for x in (w, moved))
        shift = (new - old).square().sum(dim=1).mean() / 2
        # Variances along each coordinate, against those of the same batch unmoved.
        ratio = new.var(dim=0) / old.var(dim=0).clamp_min(1e-6)
        narrow = 0.5 * (ratio - 1 - ratio.clamp_min(1e-6).log()).sum()
        return shift + SPREAD_WEIGHT * narrow

    def state(self) -> dict[str, Tensor]:
        """See `Teaching`."""
        kept = {f"map.{name}": value for name, value in self.map.state_dict().items()}
        return kept | optimiser_state(self.optimiser)

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """See `Teaching`."""
        self.map.load_state_dict(
            {k.removeprefix("map."): v for k, v in state.items() if k.startswith("map.")}
        )
        load_optimiser(self.optimiser, state)

    def paint(self, seeds: tuple[int, ...]) -> NDArray[np.uint8]:
        """See `Teaching`."""
        from pipelines.training.draws import pixels_of

        now = copy.deepcopy(self.generator).cpu().eval().requires_grad_(requires_grad=False)
        pipeline = replace(self.pipeline, generator=now)
        player = replace(self.instrument, pipeline=pipeline)
        return pixels_of(player, [player.request(seed=seed) for seed in seeds])

    def export(self, folder: Path) -> None:
        """See `Teaching`."""
        write_version(
            self.plan, self.pipeline.frequency, copy.deepcopy(self.generator).cpu(), folder
        )


def prepare(plan: Plan, folder: JobFolder) -> PriorTeaching:
    """Load the model; what favourites say is worked out once and kept with the job."""
    instrument = plan.instrument()
    return PriorTeaching(plan, instrument, utility_of(plan, instrument, folder))


def utility_of(
    plan: Plan,
    instrument: Instrument,
    folder: JobFolder,
    find: Callable[[Plan, Instrument], Shadow] = favour,
) -> Shadow:
    """What ``find`` finds, or what it found when the job began."""
    kept = folder.load_tensors("utility.safetensors")
    if kept is not None:
        arrays = {name: value.numpy() for name, value in kept[0].items()}
        return Shadow.from_arrays(arrays, float(kept[1]["fits"]))
    shadow = find(plan, instrument)
    tensors = {k: torch.from_numpy(np.ascontiguousarray(v)) for k, v in shadow.arrays().items()}
    folder.save_tensors("utility.safetensors", tensors, {"fits": shadow.fits})
    return shadow


def with_map(generator: Generator, seed: int) -> Generator:
    """A copy that has a map on w: its own, or a fresh one that does nothing yet."""
    if generator.mapping.residual is not None:
        return copy.deepcopy(generator)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made = Generator(replace(generator.sizes, residual=HIDDEN))
    made.load_state_dict(generator.state_dict(), strict=False)
    made.requires_grad_(requires_grad=False).eval()
    source = torch.Generator().manual_seed(seed)
    z = torch.randn(1024, generator.z_dim, generator=source)
    label = torch.randint(0, generator.sizes.num_classes, (1024,), generator=source)
    with torch.no_grad():
        w = generator.mapping.one(z, label)
    if made.mapping.residual is not None:
        made.mapping.residual.center.copy_(w.mean(dim=0))
        made.mapping.residual.scale.copy_(w.std(dim=0).clamp_min(1e-3))
    return made
