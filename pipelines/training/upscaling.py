"""Training of an upscaler: enlarge what was made small.

    min over theta of |d| + lambda |L d|,    d = N(D y) - y

with y a part of a picture, D the halving by one of three filters that look past no edge of it
(Pillow's box, bicubic and Lanczos, all of them antialiased), N the network
(:mod:`pipelines.networks.upscaling`), |.| the mean of absolute values, and L the finest band of a
Laplacian pyramid, which L1 alone is content to blur. There is no adversary: what is added to a
finished work should have been there, or be nothing.

Pictures stay whole and keep their own sizes. Each folder of the data is drawn from in proportion
to the root of its pixels, so that seven thousand sheets of fruit don't drown twenty wallpapers.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from pipelines.networks.network_files import save_network
from pipelines.networks.upscaling import FACTOR, Upscaler, UpscalerSizes
from pipelines.training.data import SUFFIXES, WATERCOLOUR_EDGE, Split, split_of
from pipelines.training.loop import update_average
from pipelines.training.losses import laplacian_pyramid
from pipelines.training.muon import Muon
from pipelines.training.precision import computing_in
from pipelines.training.sheets import contact_sheet, to_pixels, to_tensor

__all__ = ["Folder", "UpscalingRecipe", "UpscalingTraining", "halved", "load_folders"]

Pixels = NDArray[np.uint8]
FILTERS = (
    Image.Resampling.BICUBIC,
    Image.Resampling.BICUBIC,
    Image.Resampling.LANCZOS,
    Image.Resampling.BOX,
)
"""What pictures are made small with, each as often as it stands here."""
MARGIN = 4
"""Small pixels around a part that the halving sees, and that are then cut off."""
SHOWN = 8
"""Pictures on the sheet."""


@dataclass(frozen=True)
class UpscalingRecipe:
    """Settings of one training run.

    Attributes:
        batch_size: Parts a step.
        crop: Side of a part made small, in pixels.
        learning_rate: Rate of Muon at the start; it falls to a hundredth along a cosine.
        edges: lambda of the module's docstring.
        ema: Half-life of the averaged network, in steps.
        precision: What convolutions compute in, one of ``pipelines.training.precision``.
        channels: See `UpscalerSizes`.
        num_blocks: See `UpscalerSizes`.
    """

    batch_size: int = 16
    crop: int = 32
    learning_rate: float = 3e-3
    edges: float = 0.25
    ema: float = 200.0
    precision: str = "bfloat16"
    channels: int = 32
    num_blocks: int = 5


@dataclass(frozen=True)
class Folder:
    """The pictures of one sub-folder.

    Attributes:
        name: Of the sub-folder.
        names: File names.
        pictures: RGB in 0..255, each [H, W, 3].
    """

    name: str
    names: tuple[str, ...]
    pictures: tuple[Pixels, ...]


def load_folders(data: Path, split: Split, least: int) -> list[Folder]:
    """Read every picture of a split whole, but for its outermost pixels (scans have borders).

    Args:
        data: Folder of pictures, or of folders of pictures.
        split: Which of them, by their names.
        least: Pictures with a shorter side are left out.

    Raises:
        ValueError: If there is none.
    """
    found: dict[str, list[tuple[str, Pixels]]] = {}
    for file in sorted(data.rglob("*")):
        if file.suffix.lower() in SUFFIXES and split_of(file.name) == split:
            with Image.open(file) as opened:
                whole = np.asarray(opened.convert("RGB"))
            edge = WATERCOLOUR_EDGE
            inner = np.ascontiguousarray(whole[edge:-edge, edge:-edge])
            if min(inner.shape[:2]) >= least:
                found.setdefault(file.relative_to(data).parts[0], []).append((file.name, inner))
    if not found:
        raise ValueError(f"data={data} holds no picture; give a folder of JPEG, PNG or WebP")
    return [
        Folder(name, tuple(n for n, _ in all_of), tuple(p for _, p in all_of))
        for name, all_of in found.items()
    ]


def halved(picture: Pixels, resampling: Image.Resampling) -> Pixels:
    """The picture at half its side, antialiased, shape [H / 2, W / 2, 3]."""
    height, width = (side // FACTOR for side in picture.shape[:2])
    return np.asarray(Image.fromarray(picture).resize((width, height), resampling))


class UpscalingTraining:
    """One run; see :class:`pipelines.training.loop.Trainable`."""

    def __init__(self, data: Path, recipe: UpscalingRecipe) -> None:
        """Read the pictures and build the network."""
        self.recipe = recipe
        self.side = FACTOR * (recipe.crop + 2 * MARGIN)
        self.folders = load_folders(data, "train", self.side)
        areas = [sum(p.shape[0] * p.shape[1] for p in f.pictures) for f in self.folders]
        self.weights = torch.tensor(areas, dtype=torch.float64).sqrt()
        self.network = Upscaler(UpscalerSizes(recipe.channels, recipe.num_blocks))
        self.average = copy.deepcopy(self.network).requires_grad_(requires_grad=False)
        self.optimiser = Muon(self.network.parameters(), recipe.learning_rate, vector_scale=0.2)

    def step(self, progress: float) -> dict[str, float]:
        """Take one step; return the loss and what is gained over bicubic, in decibels."""
        recipe = self.recipe
        rate = recipe.learning_rate * max(0.01, 0.5 + 0.5 * float(np.cos(np.pi * progress)))
        self.optimiser.param_groups[0]["lr"] = rate
        small, large = self.draw(recipe.batch_size)
        with computing_in(recipe.precision):
            made = self.network(small)
        apart = made - large
        loss = apart.abs().mean()
        loss = loss + recipe.edges * laplacian_pyramid(apart, 2)[0].abs().mean()
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        update_average(self.average, self.network, 0.5 ** (1 / recipe.ema))
        plain = torch.nn.functional.interpolate(
            small, scale_factor=FACTOR, mode="bicubic", align_corners=False
        )
        gain = 10 * torch.log10((plain - large).square().mean() / apart.detach().square().mean())
        return {"loss": float(loss.detach()), "gain": float(gain)}

    def draw(self, count: int) -> tuple[Float[Tensor, "B 3 R R"], Float[Tensor, "B 3 2*R 2*R"]]:
        """Return parts made small, and the parts themselves; turned and mirrored by chance."""
        pairs = [self._pair() for _ in range(count)]
        small, large = (to_tensor(np.stack(side)) for side in zip(*pairs, strict=True))
        return small, large

    def _pair(self) -> tuple[Pixels, Pixels]:
        folder = self.folders[int(torch.multinomial(self.weights, 1))]
        picture = folder.pictures[int(torch.randint(len(folder.pictures), ()))]
        top, left = (int(torch.randint(n - self.side + 1, ())) for n in picture.shape[:2])
        part = picture[top : top + self.side, left : left + self.side]
        turns, mirrored = (int(torch.randint(n, ())) for n in (4, 2))
        part = np.rot90(part[:, ::-1] if mirrored else part, turns)
        small = halved(part, FILTERS[int(torch.randint(len(FILTERS), ()))])
        outer = FACTOR * MARGIN
        return small[MARGIN:-MARGIN, MARGIN:-MARGIN], part[outer:-outer, outer:-outer]

    def state(self) -> dict[str, Any]:
        """Return everything a resumed run needs."""
        return {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` returned."""
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])

    @torch.inference_mode()
    def sheet(self) -> Image.Image:
        """Return parts in columns: made small, enlarged by bicubic, by the network, as they were.

        The first row has the small ones with pixels as squares.
        """
        kept = torch.get_rng_state()
        torch.manual_seed(0)
        small, large = self.draw(SHOWN)
        torch.set_rng_state(kept)
        squares = torch.nn.functional.interpolate(small, scale_factor=FACTOR, mode="nearest")
        plain = torch.nn.functional.interpolate(
            small, scale_factor=FACTOR, mode="bicubic", align_corners=False
        )
        rows: Sequence[Tensor] = (squares, plain, self.average(small), large)
        return contact_sheet(to_pixels(torch.cat(list(rows))), SHOWN)

    def export(self, folder: Path) -> None:
        """Write the model folder."""
        told = {"id": folder.name, "family": "upscaling", "network": asdict(self.average.sizes)}
        save_network(self.average, folder, "weights.safetensors", told)
