"""A generator as directions see it: seeds to w, w to pixels, pixels to attributes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.attributes import ATTRIBUTES, lab, paper_of, shrink, survey

if TYPE_CHECKING:
    from torch import Tensor

    from pipelines.pipeline import Arrays, Instrument, Run
    from pipelines.request import Request

__all__ = ["BATCH", "Subject", "attributes_of", "gradients", "network_inputs", "paint_pixels"]

Floats = NDArray[np.float32]
BATCH = 16


@dataclass(frozen=True)
class Subject:
    """A generator as directions see it.

    Attributes:
        locate: Seeds -> w at truncation 1, shape [N, L, D], float32.
        paint: w (tensor [N, L, D]) -> sRGB in 0..1, shape [N, H, W, 3], differentiable.
        medium: Key of `pipelines.attributes.ATTRIBUTES`.
        noise: Width Z of a latent [1, Z] that is plain noise; 0 for any other.
    """

    locate: Callable[[Sequence[int]], Floats]
    paint: Callable[[Tensor], Tensor]
    medium: str = "picture"
    noise: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the attributes, in order."""
        return tuple(ATTRIBUTES[self.medium])

    @classmethod
    def of(cls, folder: Path) -> Subject:
        """The model in a folder: seeds at its own frequencies, files as its first examples."""
        import torch

        from pipelines import catalog

        instrument = catalog.load(folder)
        fresh, pipeline = instrument.request(), instrument.pipeline
        (name,) = pipeline.networks()
        network = pipeline.network(name)
        given = {
            one: torch.from_numpy(x) for one, x in network_inputs(instrument, fresh)[name].items()
        }
        shape = instrument.latent_space.shape
        (latent,) = (one for one, x in given.items() if x.shape[1:] == shape)

        def locate(seeds: Sequence[int]) -> Floats:
            return np.stack([pipeline.locate(fresh.but(seed=seed)) for seed in seeds])

        def paint(w: Tensor) -> Tensor:
            named = {one: x.expand(len(w), *x.shape[1:]) for one, x in given.items()} | {latent: w}
            picture: Tensor = network.module(*(named[one] for one in network.example))
            return (picture.clamp(-1, 1) * 0.5 + 0.5).permute(0, 2, 3, 1)

        plain = instrument.latent_space.prior == "normal" and shape[0] == 1
        return cls(locate, paint, noise=shape[1] if plain else 0)


class _Recorder:
    """A `Run` that remembers what each network was given."""

    engine = "recorder"
    draft = False
    previews = False

    def __init__(self, run: Run) -> None:
        self.run = run
        self.inputs: dict[str, dict[str, Floats]] = {}

    def pause(self) -> None:
        self.run.pause()

    def __call__(self, network: str, inputs: Arrays) -> dict[str, Floats]:
        self.inputs[network] = dict(inputs)
        return self.run(network, inputs)


def network_inputs(instrument: Instrument, request: Request) -> dict[str, dict[str, Floats]]:
    """What each network is given for a recipe, by name."""
    recorder = _Recorder(instrument.engines.run(instrument.pipeline, "reference"))
    for _ in instrument.pipeline.generate(request, recorder, instrument.attached(request)):
        pass
    return recorder.inputs


def attributes_of(subject: Subject, w: Tensor) -> Tensor:
    """Attributes [A, N] of the pictures of w [N, L, D], differentiable but for the paper."""
    import torch

    rgb = subject.paint(w)
    paper = paper_of(*lab(shrink(rgb.detach().numpy())))
    seen = survey(rgb, torch, torch.from_numpy(paper))
    found: Tensor = torch.stack([a.measure(seen) for a in ATTRIBUTES[subject.medium].values()])
    return found


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
        found = attributes_of(subject, point)
        slope = [torch.autograd.grad(one.sum(), point, retain_graph=True)[0] for one in found]
        values.append(found.detach().numpy())
        slopes.append(torch.stack(slope).flatten(2).numpy())
    return np.concatenate(values, axis=1), np.concatenate(slopes, axis=1)


def paint_pixels(subject: Subject, w: Floats) -> NDArray[np.uint8]:
    """Pictures as shown: RGB in 0..255, shape [N, H, W, 3]."""
    import torch

    parts = []
    with torch.inference_mode():
        for start in range(0, len(w), BATCH):
            rgb = subject.paint(torch.from_numpy(w[start : start + BATCH]))
            parts.append((rgb * 255).round().clamp(0, 255).to(torch.uint8).numpy())
    return np.concatenate(parts)
