"""The residual discriminator of StyleGAN2, and the encoder that shares its body.

    D(x, c) = <h(x), e(c)> / sqrt(dim),    (mean, log variance of z) = linear(h(x))

(Karras 2020, https://arxiv.org/abs/1912.04958; class projection by Miyato and Koyama 2018,
https://arxiv.org/abs/1802.05637.) The body ends at 4 x 4. As encoder of a generator it gives a
variational autoencoder, from whose body the discriminator starts its training, and later the
first guess when a photograph is brought into the latent space.
Legend: N batch, C input channels, R resolution, F features.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from pipelines.networks.layers import (
    EqualConv,
    EqualLinear,
    MinibatchDeviation,
    activate,
    normalise,
)


@dataclass(frozen=True)
class DiscriminatorSizes:
    """Sizes of a discriminator or encoder.

    Attributes:
        in_channels: Channels of the input.
        num_classes: Classes; 1 for an unconditional discriminator.
        channels: Feature channels at R, R/2, ..., 4.
        features: Width F of the last layer.
    """

    in_channels: int = 4
    num_classes: int = 1
    channels: tuple[int, ...] = (64, 128, 256)
    features: int = 256

    @property
    def resolution(self) -> int:
        """Side R of the input, in pixels."""
        return 4 << (len(self.channels) - 1)


class ResidualDown(nn.Module):
    """Two convolutions beside a 1 x 1 one, both halving the size."""

    def __init__(self, inputs: int, outputs: int) -> None:
        """Build from channels in to channels out."""
        super().__init__()
        self.first = EqualConv(inputs, inputs, 3)
        self.second = EqualConv(inputs, outputs, 3, down=True)
        self.skip = EqualConv(inputs, outputs, 1, down=True, bias=False)

    def forward(self, x: Float[Tensor, "N I H W"]) -> Float[Tensor, "N O h w"]:
        """Return the features at half the size."""
        inner = activate(self.second(activate(self.first(x))))
        total: Tensor = inner + self.skip(x)
        return total / math.sqrt(2)


class Body(nn.Module):
    """From pictures or latents to F features, through residual blocks down to 4 x 4."""

    def __init__(self, sizes: DiscriminatorSizes) -> None:
        """Build for the sizes."""
        super().__init__()
        widths = sizes.channels
        self.enter = EqualConv(sizes.in_channels, widths[0], 1)
        self.blocks = nn.Sequential(*(ResidualDown(i, o) for i, o in pairwise(widths)))
        self.deviation = MinibatchDeviation()
        self.mix = EqualConv(widths[-1] + 1, widths[-1], 3)
        self.leave = EqualLinear(widths[-1] * 16, sizes.features)

    def forward(self, x: Float[Tensor, "N C R R"], *, compare: bool) -> Float[Tensor, "N F"]:
        """Return features; ``compare`` adds the deviation within the batch, else zeros."""
        x = self.blocks(activate(self.enter(x)))
        x = self.deviation(x) if compare else functional.pad(x, (0, 0, 0, 0, 0, 1))
        x = activate(self.mix(x))
        features: Tensor = activate(self.leave(x.flatten(1)))
        return features


class Discriminator(nn.Module):
    """Tell real from generated, given the class."""

    def __init__(self, sizes: DiscriminatorSizes) -> None:
        """Build for the sizes."""
        super().__init__()
        self.sizes = sizes
        self.body = Body(sizes)
        conditional = sizes.num_classes > 1
        self.embedding = EqualLinear(sizes.num_classes, sizes.features) if conditional else None
        self.judge = EqualLinear(sizes.features, sizes.features if conditional else 1)

    def forward(
        self, x: Float[Tensor, "N C R R"], label: Int[Tensor, " N"]
    ) -> Float[Tensor, " N"]:
        """Return one logit per picture, larger for real."""
        out = self.judge(self.body(x, compare=True))
        if self.embedding is None:
            flat: Tensor = out[:, 0]
            return flat
        chosen = functional.one_hot(label, self.sizes.num_classes).to(x.dtype)
        logits: Tensor = (out * normalise(self.embedding(chosen))).sum(dim=1)
        return logits / math.sqrt(self.sizes.features)


class StyleEncoder(nn.Module):
    """Map a picture or latent to the Gaussian of the z that paints it."""

    def __init__(self, sizes: DiscriminatorSizes, z_dim: int) -> None:
        """Build for the sizes and the width of z."""
        super().__init__()
        self.sizes = sizes
        self.body = Body(sizes)
        self.gaussian = EqualLinear(sizes.features, 2 * z_dim)

    def forward(
        self, x: Float[Tensor, "N C R R"]
    ) -> tuple[Float[Tensor, "N Z"], Float[Tensor, "N Z"]]:
        """Return mean and log variance of z."""
        mean, log_variance = self.gaussian(self.body(x, compare=False)).chunk(2, dim=1)
        return mean, log_variance.clamp(-12.0, 6.0)


def load_encoder(folder: Path) -> StyleEncoder:
    """Load the style encoder of a generator's folder, in float32.

    Raises:
        ValueError: If a file is missing or broken, or the weights don't match the config.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        sizes = config["encoder"] | {"channels": tuple(config["encoder"]["channels"])}
        encoder = StyleEncoder(DiscriminatorSizes(**sizes), config["network"]["z_dim"])
        weights = load_file(folder / "weights.safetensors")
        encoder.load_state_dict(
            {
                name.removeprefix("encoder."): value.float()
                for name, value in weights.items()
                if name.startswith("encoder.")
            }
        )
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"model={folder}: its encoder can't be read: {error}") from error
    return encoder


def draw(mean: Float[Tensor, "N Z"], log_variance: Float[Tensor, "N Z"]) -> Float[Tensor, "N Z"]:
    """Draw z = mean + deviation * noise."""
    return mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
