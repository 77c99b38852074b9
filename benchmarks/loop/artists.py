"""Simulated artists: hidden utilities of finished works, in three classes.

They receive `Artifact`s and nothing else, and `studio` and `pipelines` can't import them. Class
``attributes`` likes what `pipelines.attributes` measures. Class ``others`` likes what it does not
measure and what no feature of the taste names. Class ``strange`` likes what a random network makes
of the pixels, or two things only together: a product has no linear part at all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.attributes import Survey, measure, survey

if TYPE_CHECKING:
    from pipelines.artifact import Artifact

__all__ = ["ARTISTS", "CLASSES", "Artist", "Seen", "look"]

Floats = NDArray[np.float64]
CLASSES = ("attributes", "others", "strange")
BATCH = 256


@dataclass(frozen=True)
class Seen:
    """A set of pictures and what artists see in them, each measured when first looked at.

    Attributes:
        pixels: RGB in 0..255, shape [N, H, W, 3].
    """

    pixels: NDArray[np.uint8]

    @cached_property
    def attributes(self) -> dict[str, Floats]:
        """What we measure, standardised; each [N]."""
        return {k: _standard(v) for k, v in measure("picture", self.pixels).items()}

    @cached_property
    def others(self) -> dict[str, Floats]:
        """What we do not measure, standardised; each [N]."""
        parts = [
            {name: one(seen) for name, one in _OTHERS.items()}
            for seen in (
                survey(self.pixels[start : start + BATCH].astype(np.float32) / 255)
                for start in range(0, len(self.pixels), BATCH)
            )
        ]
        return {k: _standard(np.concatenate([part[k] for part in parts])) for k in _OTHERS}

    def network(self, seed: int) -> Floats:
        """What the random network of that seed says, standardised; [N]."""
        return _standard(_network(self.pixels, seed))


def look(artifacts: Sequence[Artifact]) -> Seen:
    """Everything an artist knows of works: their pictures."""
    return Seen(np.stack([np.asarray(one.data) for one in artifacts]))


@dataclass(frozen=True)
class Artist:
    """Someone with a taste.

    Attributes:
        name: What they like.
        kind: One of ``CLASSES``.
        likes: Hidden utility of works, [N], in units of its own.
    """

    name: str
    kind: str
    likes: Callable[[Seen], Floats]


def _standard(values: NDArray[np.floating]) -> Floats:
    plain = np.asarray(values, dtype=np.float64)
    standard: Floats = (plain - plain.mean()) / (plain.std() + 1e-9)
    return standard


def _share(seen: Survey, mask: NDArray[np.bool_]) -> Floats:
    found: Floats = (seen.paint * mask).sum((1, 2)) / (seen.area + 1)
    return found


def _tallness(seen: Survey) -> Floats:
    columns, rows, x, y = seen.centroid()
    across = seen.mean((columns - x.reshape(-1, 1, 1)) ** 2)
    down = seen.mean((rows - y.reshape(-1, 1, 1)) ** 2)
    found: Floats = np.log((down + 1e-4) / (across + 1e-4))
    return found


def _edges(seen: Survey) -> Floats:
    across = np.abs(np.diff(seen.light, axis=2)).mean((1, 2))
    down = np.abs(np.diff(seen.light, axis=1)).mean((1, 2))
    found: Floats = across + down
    return found


def _core(seen: Survey) -> Floats:
    """Lightness within less that of the rim."""
    core = seen.paint >= 0.8
    rim = (seen.paint > 0.2) & ~core
    inside = (core * seen.light).sum((1, 2)) / (core.sum((1, 2)) + 1)
    outside = (rim * seen.light).sum((1, 2)) / (rim.sum((1, 2)) + 1)
    found: Floats = inside - outside
    return found


def _hues(seen: Survey) -> Floats:
    """Entropy of twelve hues over the painted part."""
    hue = np.floor(np.arctan2(seen.b, seen.a) / np.pi * 6)
    shares = np.stack([((hue == step) * seen.paint).sum((1, 2)) for step in range(-6, 7)], axis=1)
    shares = shares / (shares.sum(axis=1, keepdims=True) + 1e-6)
    found: Floats = -(shares * np.log(shares + 1e-9)).sum(axis=1)
    return found


def _lower_lighter(seen: Survey) -> Floats:
    half = seen.light.shape[1] // 2
    found: Floats = seen.light[:, half:].mean((1, 2)) - seen.light[:, :half].mean((1, 2))
    return found


_OTHERS: dict[str, Callable[[Survey], Floats]] = {
    "to the left": lambda s: -np.asarray(s.centroid()[2]),
    "green": lambda s: _share(s, s.a < -3),
    "tall": _tallness,
    "edges": _edges,
    "light heart": _core,
    "many hues": _hues,
    "deep shadow": lambda s: _share(s, s.light < 40),
    "light below": _lower_lighter,
}


def _network(pixels: NDArray[np.uint8], seed: int) -> Floats:
    """Three random convolutions, rectified, pooled by mean and maximum, and a random sum."""
    import torch
    from torch.nn import functional

    chance = torch.Generator().manual_seed(seed)

    def draw(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=chance)

    layers = [
        draw(12, 3, 5, 5) / 75**0.5,
        draw(16, 12, 3, 3) / 77**0.5,
        draw(16, 16, 3, 3) / 103**0.5,
    ]
    weights = draw(16)
    found = []
    with torch.inference_mode():
        for start in range(0, len(pixels), BATCH):
            x = torch.from_numpy(pixels[start : start + BATCH]).permute(0, 3, 1, 2).float()
            x = functional.avg_pool2d(x / 127.5 - 1, max(1, pixels.shape[1] // 64))
            for layer in layers:
                x = functional.conv2d(x, layer, stride=2).relu()
            found.append(((x.amax((2, 3)) + x.mean((2, 3))) @ weights).double().numpy())
    return np.concatenate(found)


def _other(name: str, seen: Seen) -> Floats:
    return seen.others[name]


def _random(seed: int, seen: Seen) -> Floats:
    return seen.network(seed)


ARTISTS: tuple[Artist, ...] = (
    Artist(
        "warm and large",
        "attributes",
        lambda s: s.attributes["warmth"] + 0.8 * s.attributes["size"],
    ),
    Artist(
        "dark and strong",
        "attributes",
        lambda s: s.attributes["saturation"] - s.attributes["lightness"],
    ),
    Artist(
        "round, even", "attributes", lambda s: s.attributes["roundness"] + s.attributes["symmetry"]
    ),
    Artist(
        "not too large",
        "attributes",
        lambda s: 0.5 * s.attributes["contrast"] - abs(s.attributes["size"] - 0.3),
    ),
    Artist(
        "fine, high up", "attributes", lambda s: s.attributes["detail"] - s.attributes["position"]
    ),
    Artist(
        "white paper, many colours",
        "attributes",
        lambda s: 0.7 * s.attributes["hue_spread"] - s.attributes["paper"],
    ),
    *(Artist(name, "others", partial(_other, name)) for name in _OTHERS),
    *(Artist(f"random network {n}", "strange", partial(_random, n)) for n in range(1, 5)),
    Artist(
        "green and round at once",
        "strange",
        lambda s: np.minimum(s.others["green"], s.attributes["roundness"]),
    ),
    Artist(
        "edges if light, none if dark",
        "strange",
        lambda s: s.others["edges"] * np.sign(s.attributes["lightness"]),
    ),
    Artist("warm times large", "strange", lambda s: s.attributes["warmth"] * s.attributes["size"]),
    Artist(
        "tall times light heart", "strange", lambda s: s.others["tall"] * s.others["light heart"]
    ),
)
