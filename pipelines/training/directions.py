"""Fit named directions in w: sliders that move one attribute of the picture and little else.

    python -m pipelines.training.directions assets/models/pomona

With w in R^(L x D) for one picture, f_a its attributes in units of their own deviations, and
g_a = df_a / dw, differentiated through generator, decoder and the formulas of
`pipelines.attributes`, a direction for attribute a is a unit vector u that minimises

    (E[sum over b != a of (g_b . s)^2] + Var[g_a . s]) / (E[g_a] . s)^2 + pull(1 - E[g_a] . s)

over many pictures: others stay, every picture moves alike, and the step is large enough. One step
s = sd(u . w) u is one standard deviation of the latent along u, fixed by this rule and not by what
the step achieves. The gradients are then taken again along the direction found, from -2 to +2
steps, and the direction is solved for again. Ten principal directions of w (GANSpace, Harkonen
et al. 2020, https://arxiv.org/abs/2004.02546) come beside them. What each really does is measured
on other seeds by `pipelines.training.direction_gate`; what fails is not written.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipelines.attributes import ATTRIBUTES, lab, paper_of, shrink, survey
from pipelines.latents import normal, uniform

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["FIT_SEEDS", "Subject", "fit", "gradients", "main", "principal", "solve", "step_of"]

Floats = NDArray[np.float32]
FIT_SEEDS = range(1_000_000, 1_000_384)
"""Seeds that gradients are taken at."""
SPREAD_SEEDS = range(2_000_000, 2_008_192)
"""Seeds that deviations of w are measured on (the mapping alone: cheap)."""
BATCH = 16
NUM_PRINCIPAL = 10


@dataclass(frozen=True)
class Subject:
    """A generator as directions see it.

    Attributes:
        locate: Seeds -> w at truncation 1, shape [N, L, D], float32.
        paint: w (tensor [N, L, D]) -> sRGB in 0..1, shape [N, H, W, 3], differentiable.
        medium: Key of `pipelines.attributes.ATTRIBUTES`.
    """

    locate: Callable[[Sequence[int]], Floats]
    paint: Callable[[Tensor], Tensor]
    medium: str = "picture"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the attributes, in order."""
        return tuple(ATTRIBUTES[self.medium])

    @classmethod
    def of(cls, folder: Path) -> Subject:
        """The style-based generator in a model folder, at its own frequencies of species."""
        import torch

        from pipelines import catalog

        pipeline: Any = catalog.load(folder).pipeline
        generator, painter = pipeline.generator, pipeline.painter
        shares = np.cumsum(pipeline.frequency)[:-1]

        def locate(seeds: Sequence[int]) -> Floats:
            draws = [uniform(seed, (16,), "species")[0] for seed in seeds]
            labels = np.searchsorted(shares, draws)
            z = np.concatenate([normal(seed, (1, generator.z_dim), "z") for seed in seeds])
            with torch.inference_mode():
                w: Floats = generator.mapping(
                    torch.from_numpy(z), torch.from_numpy(labels)
                ).numpy()
            return w

        def paint(w: Tensor) -> Tensor:
            picture: Tensor = painter(w)
            return (picture.clamp(-1, 1) * 0.5 + 0.5).permute(0, 2, 3, 1)

        return cls(locate, paint)


def gradients(subject: Subject, w: Floats) -> tuple[Floats, Floats]:
    """Attributes and their gradients at every w.

    Args:
        subject: The generator.
        w: Shape [N, L, D].

    Returns:
        Attributes, shape [A, N], and gradients, shape [A, N, L * D], in the attributes' own units.
    """
    import torch

    values, slopes = [], []
    for start in range(0, len(w), BATCH):
        point = torch.from_numpy(w[start : start + BATCH]).clone().requires_grad_()
        rgb = subject.paint(point)
        paper = paper_of(*_small_lab(rgb.detach().numpy()))
        seen = survey(rgb, torch, torch.from_numpy(paper))
        found = [one.measure(seen) for one in ATTRIBUTES[subject.medium].values()]
        slope = [torch.autograd.grad(one.sum(), point, retain_graph=True)[0] for one in found]
        values.append(torch.stack(found).detach().numpy())
        slopes.append(torch.stack(slope).flatten(2).numpy())
    return np.concatenate(values, axis=1), np.concatenate(slopes, axis=1)


def _small_lab(rgb: Floats) -> tuple[Floats, Floats, Floats]:
    light, a, b = lab(shrink(rgb))
    return light, a, b


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


def solve(
    own: int, slopes: Floats, spread: NDArray[np.float64], *, steps: int = 400, pull: float = 1.0
) -> Floats:
    """The direction that moves one attribute, from gradients alone.

    Args:
        own: Index of the attribute to move.
        slopes: Gradients in deviations of each attribute, shape [A, N, K], K = L * D.
        spread: Covariance of the flattened w, shape [K, K].
        steps: Steps of Adam on the unit sphere.
        pull: Weight of the wish for a step that moves the attribute by a whole deviation.

    Returns:
        A unit vector, shape [K].
    """
    import torch

    mean = torch.from_numpy(slopes[own].mean(axis=0)).double()
    others = np.delete(slopes, own, axis=0).reshape(-1, slopes.shape[2]).astype(np.float64)
    apart = (slopes[own] - slopes[own].mean(axis=0)).astype(np.float64)
    cost = torch.from_numpy((others.T @ others + apart.T @ apart) / slopes.shape[1])
    cover = torch.from_numpy(spread)
    free = (cover @ mean + 1e-3 * mean).requires_grad_()
    free.data /= free.data.norm()
    optimizer = torch.optim.Adam([free], lr=1 / math.sqrt(len(free)) / 10)
    for i in range(steps):
        optimizer.param_groups[0]["lr"] = 0.1 / math.sqrt(len(free)) * (1 - i / steps)
        unit = free / free.norm()
        step = unit * (unit @ cover @ unit).clamp_min(1e-12).sqrt()
        moved = mean @ step
        loss = (step @ cost @ step) / (moved**2 + 1e-4) + pull * (1 - moved).clamp_min(0) ** 2
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
    found: Floats = (free / free.norm()).detach().float().numpy()
    return found


def fit(
    subject: Subject,
    names: Sequence[str],
    *,
    seeds: Sequence[int] = FIT_SEEDS,
    rounds: int = 2,
    pull: float = 1.0,
    say: Callable[[str], None] = print,
) -> dict[str, Floats]:
    """One step for each named attribute.

    Args:
        subject: The generator.
        names: Attributes wanted.
        seeds: Where gradients are taken.
        rounds: How often they are taken again along the direction found.
        pull: See `solve`.
        say: Receives a line of progress at a time.

    Returns:
        By name: one step, shape [L, D].
    """
    w = subject.locate(seeds)
    many = subject.locate(SPREAD_SEEDS)
    centred = many - many.mean(axis=0)
    flat = centred.reshape(len(centred), -1).astype(np.float64)
    spread = flat.T @ flat / len(flat)
    values, slopes = gradients(subject, w)
    units = values.std(axis=1)[:, None, None] + 1e-9
    say(f"gradients at {len(w)} seeds")
    found = {}
    for name in names:
        own = subject.names.index(name)
        pooled = slopes / units
        step = step_of(solve(own, pooled, spread, pull=pull).reshape(w.shape[1:]), centred)
        for i in range(rounds):
            part = np.arange(i, len(w), 3)
            offsets = np.linspace(-2, 2, len(part), dtype=np.float32)
            offsets = offsets[np.random.Generator(np.random.Philox(i)).permutation(len(part))]
            _, along = gradients(subject, w[part] + offsets[:, None, None] * step)
            pooled = np.concatenate([pooled, along / units], axis=1)
            step = step_of(solve(own, pooled, spread, pull=pull).reshape(w.shape[1:]), centred)
        found[name] = step
        say(f"{name}: fitted")
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
    from pipelines.training import direction_gate as gate

    parser = argparse.ArgumentParser(description="Fit and measure named directions.")
    parser.add_argument("folder", type=Path, help="folder of a style-based generator")
    parser.add_argument("--seeds", type=int, default=len(FIT_SEEDS), help="seeds to fit on")
    parser.add_argument(
        "--held-out", type=int, default=len(gate.SEEDS), help="seeds to measure on"
    )
    options = parser.parse_args(arguments)
    subject = Subject.of(options.folder)
    steps = fit(subject, subject.names, seeds=FIT_SEEDS[: options.seeds])
    held_out = gate.SEEDS[: options.held_out]
    named = gate.probe(subject, steps, held_out, offsets=gate.OFFSETS)
    components = gate.probe(subject, principal(subject), held_out[::2], offsets=(0, 1))
    gate.write(options.folder, named, components, seeds=held_out)
    print(gate.table(named))


if __name__ == "__main__":
    main()
