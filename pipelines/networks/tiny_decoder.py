"""A small decoder that paints nearly what the decoder of a KL autoencoder paints.

It stands in for the large one while a hand moves and frames are slow (`pipelines.pace`), when a
picture now is worth more than the last touch of it; what is kept, compared or exported is always
painted by the large one. As the tiny autoencoders of Bohan
(https://github.com/madebyollin/taesd; diffusers' ``AutoencoderTiny``) it
has residual blocks of convolution and ReLU without norms, its input bent into a bounded range.
Unlike theirs each level has a width of its own, and the last convolution paints squares of P x P
pixels at once (Shi et al. 2016, https://arxiv.org/abs/1609.05158), because the finest levels cost
most; and each block is scaled and shifted by what its channels are on the whole sheet (FiLM, Perez
et al. 2018, https://arxiv.org/abs/1709.07871), because the group norms of the large decoder look
at the whole sheet too: without it colours are washed out.

Legend: N batch, K latent channels, r side of the latents, P side of a square, C channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from pipelines.networks.kl_decoder import EPSILON, Upsample
from pipelines.networks.network_files import (
    WEIGHTS,
    load_network,
    read_config,
    save_network,
    weights_of,
)

__all__ = [
    "FOLDER",
    "Normalised",
    "TinyDecoder",
    "TinySizes",
    "folded_tiny",
    "load_tiny",
    "save_tiny",
]

FOLDER = "tiny_decoder"
"""Where it lies in the folder of its autoencoder."""
BOUND = 3.0
"""Deviations within which latents are heard; a Gaussian leaves them once in four hundred."""


@dataclass(frozen=True)
class TinySizes:
    """Sizes of a tiny decoder.

    Attributes:
        latent_channels: Channels K of the latents.
        channels: Channels at r, 2r, 4r, ...
        blocks: Residual blocks at each of these.
        patch: Side P of the squares that are painted at once.
    """

    latent_channels: int = 4
    channels: tuple[int, ...] = (64, 48, 32)
    blocks: tuple[int, ...] = (4, 2, 2)
    patch: int = 2

    def __post_init__(self) -> None:
        """Check that the parts fit.

        Raises:
            ValueError: If there is not one number of blocks for each number of channels.
        """
        if not self.channels or len(self.channels) != len(self.blocks):
            raise ValueError(
                f"blocks={self.blocks} does not fit {len(self.channels)} channel counts; "
                "give one for each"
            )

    @property
    def scale(self) -> int:
        """How many times larger the picture is than the latents."""
        return self.patch << (len(self.channels) - 1)


class _Block(nn.Module):
    """Two 3 x 3 convolutions beside what they change, between them the sheet as a whole."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        self.sheet = nn.Sequential(
            nn.Linear(2 * width, width), nn.ReLU(), nn.Linear(width, 2 * width)
        )
        with torch.no_grad():
            self.second.weight.mul_(0.3)
            for parameter in self.sheet[2].parameters():
                parameter.zero_()

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean(dim=(2, 3))
        spread = ((x * x).mean(dim=(2, 3)) + EPSILON).sqrt()
        told = self.sheet(torch.cat([mean, spread], dim=1))[:, :, None, None]
        scale, shift = told.chunk(2, dim=1)
        hidden = functional.relu(self.first(x) * (1 + torch.tanh(scale)) + shift)
        out: Tensor = functional.relu(x + self.second(hidden))
        return out


class TinyDecoder(nn.Module):
    """Latents as the autoencoder's own decoder takes them -> picture in about [-1, 1].

    Attributes:
        digest: Tells its weights apart; empty for one that was not read from a file.

    Args:
        sizes: See `TinySizes`.
        mean: Mean of each latent channel, [K].
        scale: Standard deviation of each latent channel, [K].
    """

    mean: Float[Tensor, "1 K 1 1"]
    scale: Float[Tensor, "1 K 1 1"]

    def __init__(
        self,
        sizes: TinySizes,
        mean: Sequence[float] | None = None,
        scale: Sequence[float] | None = None,
    ) -> None:
        """Build for the sizes; latents of mean 0 and deviation 1 where nothing is said."""
        super().__init__()
        self.sizes = sizes
        self.digest = ""
        widths, count = sizes.channels, sizes.latent_channels
        told = ((mean, 0.0), (scale, 1.0))
        for name, (values, usual) in zip(("mean", "scale"), told, strict=True):
            found = torch.tensor(values if values is not None else [usual] * count)
            self.register_buffer(name, found.float().reshape(1, count, 1, 1))
        self.enter = nn.Conv2d(count, widths[0], 3, padding=1)
        self.levels = nn.ModuleList(
            nn.Sequential(*(_Block(width) for _ in range(blocks)))
            for width, blocks in zip(widths, sizes.blocks, strict=True)
        )
        self.narrows = nn.ModuleList(nn.Conv2d(i, o, 1) for i, o in pairwise(widths))
        self.ups = nn.ModuleList(Upsample(width) for width in widths[1:])
        self.leave = nn.Conv2d(widths[-1], 3 * sizes.patch**2, 3, padding=1)

    def forward(self, latents: Float[Tensor, "N K r r"]) -> Float[Tensor, "N 3 R R"]:
        """Decode; not clipped. R = r * `TinySizes.scale`."""
        return self.paint((latents - self.mean) / self.scale)

    def paint(self, latents: Float[Tensor, "N K r r"]) -> Float[Tensor, "N 3 R R"]:
        """Decode normalised latents, of mean 0 and deviation 1."""
        x = functional.relu(self.enter(torch.tanh(latents / BOUND) * BOUND))
        for index, level in enumerate(self.levels):
            if index:
                x = functional.relu(self.ups[index - 1](self.narrows[index - 1](x)))
            x = level(x)
        return functional.pixel_shuffle(self.leave(x), self.sizes.patch)


class Normalised(nn.Module):
    """The same of normalised latents, as families take it that work in those."""

    def __init__(self, tiny: TinyDecoder) -> None:
        """Take the decoder."""
        super().__init__()
        self.tiny = tiny

    def forward(self, latents: Float[Tensor, "N K r r"]) -> Float[Tensor, "N 3 R R"]:
        """See `TinyDecoder.paint`."""
        return self.tiny.paint(latents)


def save_tiny(decoder: TinyDecoder, folder: Path) -> None:
    """Write it into the folder of its autoencoder, in half precision."""
    config = {"network": asdict(decoder.sizes)}
    save_network(decoder, folder / FOLDER, WEIGHTS, config)


def load_tiny(folder: Path) -> TinyDecoder | None:
    """The tiny decoder of the autoencoder in ``folder``; None where there is none.

    Raises:
        ValueError: If it is damaged, its weights don't fit its configuration, or it does not fit
            the autoencoder.
    """
    place = folder / FOLDER
    if not place.is_dir():
        return None
    told = read_config(place)
    try:
        network = told["network"]
        lists = {name: tuple(network[name]) for name in ("channels", "blocks")}
        sizes = TinySizes(**(network | lists))
    except (KeyError, TypeError) as error:
        raise ValueError(f"{place / 'config.json'} has no sizes that fit: {error}") from error
    told = read_config(folder)
    scale = 2 ** (len(told.get("block_out_channels", ())) - 1)
    if (sizes.latent_channels, sizes.scale) != (told.get("latent_channels"), scale):
        raise ValueError(f"{place} is of another autoencoder; train it for {folder.name}")
    made = load_network(TinyDecoder(sizes), place / WEIGHTS)
    made.digest = weights_of([place / WEIGHTS]).base[:16]
    return made


def folded_tiny(folder: Path) -> TinyDecoder | None:
    """The same, for latents that the autoencoder's own convolutions normalise.

    See `pipelines.image.diffusion_files.folded_autoencoder`.

    Raises:
        ValueError: See `load_tiny`.
    """
    made = load_tiny(folder)
    if made is not None:
        made.mean.zero_()
        made.scale.fill_(1.0)
    return made
