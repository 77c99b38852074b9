"""Fit named directions in w: sliders that move one attribute of the picture and little else.

    python -m pipelines.training.directions assets/models/pomona

With w in R^(L x D) for one picture and f_a its attributes in units of their own deviations, a
direction for attribute a is a unit vector u with step s = sd(u . w) u: one standard deviation of
the latent along u, fixed by this rule and not by what the step achieves. u minimises

    cost(q) / E[q_a]^2 + pull(0.8 - E[q_a]) + E[rise(0.2 - q_a)],
    q_b = f_b(w + (t + 1) s) - f_b(w + t s),    t in -2, -1, 0, 1,
    cost(q) = sum over b != a of (E[q_b]^2 + E[q_b^2] / 4) + Var[q_a]:

others stay, every picture moves alike, the step is large enough and never goes back. It is solved
first for small steps, where q_b = g_b . s with the gradient g_b = df_b / dw, taken through
generator, decoder and the formulas of `pipelines.attributes` at many pictures; then refined with
whole steps by stochastic descent. Ten principal directions of w (GANSpace, Harkonen et al. 2020,
https://arxiv.org/abs/2004.02546), or of what is seen where w is plain noise
(`pipelines.training.geometry`), come beside them. What each really does is measured on other seeds
by `pipelines.training.direction_gate`; what fails is not written.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.training import direction_gate as gate
from pipelines.training.cards import replace_section
from pipelines.training.geometry import strongest
from pipelines.training.subject import BATCH, Subject, attributes_of, gradients

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "FIT_SEEDS",
    "Ground",
    "fit",
    "main",
    "principal",
    "refine",
    "solve",
    "step_of",
]

Floats = NDArray[np.float32]
FIT_SEEDS = range(1_000_000, 1_000_128)
"""Seeds that gradients are taken at."""
CHECK_SEEDS = range(4_000_000, 4_000_032)
"""Seeds that decide which directions are refined; apart from those of the gate."""
SPREAD_SEEDS = range(2_000_000, 2_004_096)
"""Seeds that deviations of w are measured on (the mapping alone: cheap)."""
WISH, PULL = 0.8, 4.0
"""How far one step should move its attribute, in deviations, and the weight of that."""
LEAST, RISE = 0.2, 4.0
"""How far it should move it in every single picture, and the weight of that."""
REFINING = 20
"""Iterations with whole steps for each direction."""
KEEP = 0.25
"""How much it matters that others stay in every picture, beside that they stay on average."""
NUM_PRINCIPAL = 10


def step_of(unit: Floats, centred: Floats) -> Floats:
    """One step along a direction: its unit vector times the deviation of w along it.

    Args:
        unit: Any vector along the direction, shape [L, D].
        centred: w of many seeds less their mean, shape [N, L, D].
    """
    unit = unit / np.linalg.norm(unit)
    along = np.einsum("nld,ld->n", centred, unit, dtype=np.float64)
    step: Floats = (unit * along.std()).astype(np.float32)
    return step


@dataclass(frozen=True)
class Ground:
    """What every direction of one generator is fitted on.

    Attributes:
        w: Latents of the fitting seeds, shape [N, L, D].
        slopes: Gradients of their attributes in deviations, shape [A, N, L * D].
        unit: Deviation of each attribute, shape [A].
        centred: Latents of many seeds less their mean, shape [M, L, D].
    """

    w: Floats
    slopes: Floats
    unit: Floats
    centred: Floats

    @classmethod
    def of(cls, subject: Subject, seeds: Sequence[int]) -> Ground:
        """Take the gradients at the pictures of ``seeds``."""
        w, many = subject.locate(seeds), subject.locate(SPREAD_SEEDS)
        values, slopes = gradients(subject, w)
        unit = values.std(axis=1) + np.float32(1e-9)
        return cls(w, slopes / unit[:, None, None], unit, many - many.mean(axis=0))


def _loss(moved: Tensor, own: int, pull: float) -> Tensor:
    """The objective of the module, from q [A, N]."""
    import torch

    others = torch.cat([moved[:own], moved[own + 1 :]])
    cost = (others.mean(dim=1) ** 2 + KEEP * (others**2).mean(dim=1)).sum()
    cost = cost + moved[own].var(correction=0)
    mean = moved[own].mean()
    # No softening of the division: with it, a step that does nothing would look good.
    wish = pull * (WISH - mean).clamp_min(0) ** 2
    rise = RISE * ((LEAST - moved[own]).clamp_min(0) ** 2).mean()
    return cost / (mean**2 + 1e-6) + wish + rise


def _descend(
    start: Floats,
    ground: Ground,
    loss_of: Callable[[int, Tensor], Tensor],
    *,
    steps: int,
    rate: float,
) -> Floats:
    """Adam over unit vectors; ``loss_of`` gets the iteration and one step [L * D]."""
    import torch

    flat = torch.from_numpy(ground.centred).flatten(1)
    cover = flat.T @ flat / len(flat)
    free = torch.from_numpy(start / np.linalg.norm(start)).float().requires_grad_()
    optimizer = torch.optim.Adam([free], betas=(0.9, 0.98))
    for i in range(steps):
        optimizer.param_groups[0]["lr"] = rate / math.sqrt(len(free)) * (1 - i / steps)
        unit = free / free.norm()
        loss = loss_of(i, unit * (unit @ cover @ unit).clamp_min(1e-12).sqrt())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    found: Floats = free.detach().numpy()
    return found


def solve(own: int, ground: Ground, *, steps: int = 300, pull: float = PULL) -> Floats:
    """The direction that small steps ask for: a vector of shape [L * D], any length.

    Args:
        own: Index of the attribute to move.
        ground: See `Ground`.
        steps: Steps of Adam.
        pull: Weight of the wish that one step moves the attribute far enough.
    """
    import torch

    slopes = torch.from_numpy(ground.slopes)
    start = ground.slopes[own].mean(axis=0)
    return _descend(
        start, ground, lambda _, step: _loss(slopes @ step, own, pull), steps=steps, rate=0.1
    )


def refine(
    subject: Subject,
    own: int,
    start: Floats,
    ground: Ground,
    *,
    steps: int = REFINING,
    pull: float = PULL,
) -> Floats:
    """The direction that whole steps ask for, from a good start; same arguments as `solve`."""
    import torch

    w = torch.from_numpy(ground.w)
    unit = torch.from_numpy(ground.unit)[:, None]
    chance = np.random.Generator(np.random.Philox(own))

    def loss_of(_: int, step: Tensor) -> Tensor:
        index = torch.from_numpy(chance.permutation(len(w))[: BATCH // 2])
        offset = torch.from_numpy(chance.integers(-2, 2, len(index)).astype(np.float32))
        ends = torch.cat([offset, offset + 1])[:, None, None]
        pair = w[index].repeat(2, 1, 1) + ends * step.view(w.shape[1:])
        before, after = (attributes_of(subject, pair) / unit).chunk(2, dim=1)
        return _loss(after - before, own, pull)

    return _descend(start, ground, loss_of, steps=steps, rate=0.05)


def fit(
    subject: Subject,
    names: Sequence[str],
    *,
    seeds: Sequence[int] = FIT_SEEDS,
    refining: int = REFINING,
    pull: float = PULL,
    say: Callable[[str], None] = print,
) -> dict[str, Floats]:
    """One step for each named attribute.

    Args:
        subject: The generator.
        names: Attributes wanted.
        seeds: Where gradients are taken.
        refining: Iterations with whole steps for a direction that would not hold yet; 0 for none.
        pull: See `solve`.
        say: Receives a line of progress at a time.

    Returns:
        By name: one step, shape [L, D].
    """
    ground = Ground.of(subject, seeds)
    say(f"gradients at {len(ground.w)} seeds")

    def scaled(vector: Floats) -> Floats:
        return step_of(vector.reshape(ground.w.shape[1:]), ground.centred)

    found = {n: scaled(solve(subject.names.index(n), ground, pull=pull)) for n in names}
    if not refining:
        return found
    for probe in gate.probe(subject, found, CHECK_SEEDS):
        name, own = probe.name, subject.names.index(probe.name)
        if not gate.holds(probe):
            start = found[name].reshape(-1)
            last = refine(subject, own, start, ground, steps=refining, pull=pull)
            found[name] = scaled(last)
        say(f"{name}: {'fitted' if gate.holds(probe) else 'refined'}")
    return found


def principal(subject: Subject, count: int = NUM_PRINCIPAL) -> dict[str, Floats]:
    """One step along each principal direction of w, all layers together (GANSpace).

    The sign is chosen so that the largest coordinate is positive.
    """
    w = subject.locate(SPREAD_SEEDS)
    flat = w[:, 0].astype(np.float64)  # the mapping gives every layer the same w
    flat -= flat.mean(axis=0)
    values, vectors = np.linalg.eigh(flat.T @ flat / len(flat))
    found = {}
    for i in range(min(count, len(values))):
        vector = vectors[:, -1 - i] * math.sqrt(max(values[-1 - i], 0.0))
        vector *= np.sign(vector[np.abs(vector).argmax()])
        found[f"pca_{i + 1}"] = np.tile(vector.astype(np.float32), (w.shape[1], 1))
    return found


def main(arguments: list[str] | None = None) -> None:
    """Entry point; see the module."""
    parser = argparse.ArgumentParser(description="Fit and measure named directions.")
    parser.add_argument("folder", type=Path, help="folder of a style-based generator")
    parser.add_argument("--seeds", type=int, default=len(FIT_SEEDS), help="seeds to fit on")
    parser.add_argument("--held-out", type=int, default=len(gate.SEEDS), help="seeds measured on")
    parser.add_argument("--refining", type=int, default=REFINING, help="iterations where needed")
    parser.add_argument("--names", nargs="+", help="attributes to try, in order; all by default")
    options = parser.parse_args(arguments)
    subject = Subject.of(options.folder)
    names = tuple(options.names or subject.names)
    wanted, spare = names[: gate.WANTED], names[gate.WANTED :]
    held_out = gate.SEEDS[: options.held_out]
    named: list[gate.Probe] = []
    for some in (wanted, spare):
        if some and sum(map(gate.holds, named)) < gate.WANTED:
            seeds = FIT_SEEDS[: options.seeds]
            steps = fit(subject, some, seeds=seeds, refining=options.refining)
            named += gate.probe(subject, steps, held_out)
            print(gate.table(named), flush=True)
    unnamed = strongest(subject, subject.noise, NUM_PRINCIPAL) if subject.noise else None
    components = gate.probe(subject, unnamed or principal(subject), held_out[::2], offsets=(0, 1))
    gate.write(options.folder, named, components, seeds=held_out)
    if (options.folder / "card.md").exists():
        text = gate.section(named, components, len(held_out))
        replace_section(options.folder / "card.md", "Directions", text)


if __name__ == "__main__":
    main()
