"""What a translator begins with: a style-based GAN that paints one arrangement in every domain.

A style-based GAN that is told the class paints, with one z in its coarse layers, the same
arrangement for every class, and the z of its fine layers colours it. So its weights are a
translator already, but for the reading of a source, and pictures to learn that from cost nothing:

    x = g(a; z_1, z_3),    arrange(f(x), w(z_2, b)) = w(z_1, b),    E(x, a) = w(z_3, a)

with g(class; coarse, fine) and w the mapping (Viazovetskyi et al. 2020, "StyleGAN2 Distillation
for Feed-forward Image Manipulation", https://arxiv.org/abs/2003.03581).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from pipelines.networks.discriminator import load_encoder
from pipelines.networks.star_gan import COARSE, StarGan, StarGanSizes
from pipelines.networks.style_gan2 import load_generator
from pipelines.training.data import Pictures

__all__ = ["Painted", "Painter", "commonest", "distance", "only", "shifted"]

PSI = 0.85
"""Truncation of what is painted: fewer broken pictures."""
Painted = tuple[Tensor, Tensor, Tensor, Tensor]
"""Pictures [B, C, R, R], z of arrangement and of colours [B, U], domains [B]."""


def commonest(pictures: Pictures, count: int) -> tuple[str, ...]:
    """The names of the most frequent classes but "other", the most frequent first."""
    counts = np.bincount(pictures.labels, minlength=len(pictures.classes))
    names = [pictures.classes[i] for i in np.argsort(-counts, kind="stable") if counts[i]]
    return tuple(name for name in names if name != "other")[:count]


def only(pictures: Pictures, classes: tuple[str, ...]) -> Pictures:
    """The pictures of these classes, labelled by their order."""
    place = {pictures.classes.index(name): i for i, name in enumerate(classes)}
    chosen = [i for i, label in enumerate(pictures.labels) if int(label) in place]
    labels = np.array([place[int(pictures.labels[i])] for i in chosen], dtype=np.int64)
    names = tuple(pictures.names[i] for i in chosen)
    return Pictures(names, pictures.pixels[chosen], labels, classes)


class Painter:
    """A style-based GAN as a translator begins with it; what it painted before is drawn again.

    Args:
        folder: Its folder.
        domains: Names of the classes that become domains.
        kept: How many pictures are kept.

    Raises:
        ValueError: If the folder can't be read, or the GAN doesn't know a domain.
    """

    def __init__(self, folder: Path, domains: tuple[str, ...], *, kept: int = 4000) -> None:
        self.generator, self.reader = load_generator(folder), load_encoder(folder)
        self.labels = torch.tensor(_labels(folder, domains))
        self.kept = kept
        self.bank: Painted | None = None

    def begun(self) -> StarGan:
        """A translator of its weights: it paints each domain, and looks at no source yet."""
        count, known = len(self.labels), self.generator.sizes
        sizes = StarGanSizes(replace(known, num_classes=count), self.reader.sizes)
        model = StarGan(sizes)
        model.translator.body.load_state_dict(self.reader.body.state_dict())
        model.translator.synthesis.load_state_dict(self.generator.synthesis.state_dict())
        weights = self.generator.mapping.state_dict()
        columns = weights["embedding.weight"][:, self.labels]
        weights["embedding.weight"] = columns * (count / known.num_classes) ** 0.5
        model.mapping.load_state_dict(weights)
        return model

    def draw(self, count: int, fresh: int) -> Painted:
        """``count`` pictures, of which ``fresh`` more are painted now."""
        made = self.paint(fresh)
        old = self.bank
        if old is not None:
            made = _each(lambda i: torch.cat([old[i], made[i]])[-self.kept :])
        self.bank = bank = made
        index = torch.randint(0, len(bank[0]), (count,))
        return _each(lambda i: bank[i][index])

    @torch.no_grad()
    def paint(self, count: int) -> Painted:
        """Paint new ones."""
        coarse, fine = torch.randn(2, count, self.generator.z_dim).unbind()
        label = torch.randint(0, len(self.labels), (count,))
        return self.picture(coarse, fine, label), coarse, fine, label

    @torch.no_grad()
    def style(self, z: Tensor, label: Tensor) -> Tensor:
        """The w of every z in its domain, shape [N, S]."""
        known = self.labels[label]
        middle = self.generator.w_mean[known]
        return middle + PSI * (self.generator.mapping.one(z, known) - middle)

    @torch.no_grad()
    def picture(self, coarse: Tensor, fine: Tensor, label: Tensor) -> Tensor:
        """Latents of a domain with one z for its arrangement and another for its colours."""
        w = self.style(fine, label)[:, None].repeat(1, self.generator.num_ws, 1)
        w[:, :COARSE] = self.style(coarse, label)[:, None]
        made: Tensor = self.generator.synthesis(w)
        return made

    def sources(self, count: int) -> Tensor:
        """Latents of pictures to begin with, domain after domain, always the same."""
        source = torch.Generator().manual_seed(0)
        z = torch.randn(count, self.generator.z_dim, generator=source)
        return self.picture(z, z, torch.arange(count) % len(self.labels))


def _each(part: Callable[[int], Tensor]) -> Painted:
    return part(0), part(1), part(2), part(3)


def _labels(folder: Path, domains: tuple[str, ...]) -> list[int]:
    """The label of every domain in a generator's folder."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    known = list(config.get("species", ()))
    missing = [name for name in domains if name not in known]
    if missing:
        raise ValueError(f"painter={folder} doesn't know {', '.join(missing)}")
    return [known.index(name) for name in domains]


def shifted(a: Tensor, b: Tensor, most: int) -> tuple[Tensor, Tensor]:
    """Both shifted by the same whole cells, edges repeated; a step at a time for the batch."""
    top, left = (int(i) for i in torch.randint(0, 2 * most + 1, (2,)))
    side = a.shape[2]
    padded = functional.pad(torch.cat([a, b]), (most,) * 4, "replicate")
    first, second = padded[:, :, top : top + side, left : left + side].chunk(2)
    return first, second


def distance(a: Tensor, b: Tensor) -> Tensor:
    """Mean distance at full and at a quarter of the size."""
    coarse = (functional.avg_pool2d(a, 4) - functional.avg_pool2d(b, 4)).abs().mean()
    return (a - b).abs().mean() + coarse
