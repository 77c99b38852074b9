"""StarGAN v2 on latents: a picture painted again as one of another domain.

    s = F(u, y)  or  s = E(reference, y),    translation = G(x, s)

u is noise, y the domain, s a style; G never hears of domains but through s (Choi et al. 2020,
https://arxiv.org/abs/1912.01865). Where the paper has AdaIN, styles modulate the weights of
convolutions, which is the same without its droplets (Karras 2020,
https://arxiv.org/abs/1912.04958), so that G can start from a style-based generator:

    f, p = body(x),    c = arrange(f, s),    G(x, s) = synthesis(c, c, s, ..., s; p)

The coarse layers paint in c, which says how things are arranged, the others in s; the planes p of
the source, at R / 2 and below, are added to the features of the same size. As in the paper they
are normalised picture by picture, so that they carry places and not colours. E reads s off f.
Legend: N batch, C latent channels, R resolution, S width of a style, U of the noise, F of f.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from pipelines.networks.discriminator import Body, DiscriminatorSizes
from pipelines.networks.layers import EqualConv, EqualLinear, activate, upsample
from pipelines.networks.network_files import load_network, read_config, save_network
from pipelines.networks.style_gan2 import GeneratorSizes, Mapping, Synthesis

__all__ = ["COARSE", "StarGan", "StarGanSizes", "Translator", "load_star_gan", "save_star_gan"]

WEIGHTS = "weights.safetensors"
COARSE = 2
"""Layers that paint the arrangement."""


@dataclass(frozen=True)
class StarGanSizes:
    """Sizes of the networks.

    Attributes:
        generator: Of the synthesis and the mapping; its classes are the domains.
        body: Of the body that reads pictures.
    """

    generator: GeneratorSizes
    body: DiscriminatorSizes

    def __post_init__(self) -> None:
        """Check that the parts fit.

        Raises:
            ValueError: If they work at different resolutions or on different latents.
        """
        ours = (self.generator.resolution, self.generator.out_channels)
        if ours != (self.body.resolution, self.body.in_channels):
            raise ValueError(f"generator of {ours} does not fit a body of {self.body}")


class Translator(nn.Module):
    """The network G.

    Args:
        sizes: See there.
    """

    def __init__(self, sizes: StarGanSizes) -> None:
        super().__init__()
        style, features = sizes.generator.w_dim, sizes.body.features
        self.body = Body(sizes.body)
        self.arrange = nn.ModuleList(
            EqualLinear(i, o)
            for i, o in ((features + style, features), (features, features), (features, style))
        )
        self.synthesis = Synthesis(sizes.generator)
        widths = zip(sizes.body.channels[:0:-1], sizes.generator.channels, strict=False)
        self.planes = nn.ModuleList(EqualConv(i, o, 1) for i, o in widths)
        with torch.no_grad():  # a generator that it starts from paints as before
            for key, value in self.planes.named_parameters():
                if key.endswith("weight"):
                    value.zero_()

    def read(self, x: Float[Tensor, "N C R R"]) -> tuple[Float[Tensor, "N F"], list[Tensor]]:
        """Return the features of pictures, and their planes at 4, 8, ..., R / 2."""
        body, planes = self.body, []
        x = activate(body.enter(x))
        for block in body.blocks:
            x = block(x)
            planes.append(_levelled(x))
        x = activate(body.mix(functional.pad(x, (0, 0, 0, 0, 0, 1))))
        return activate(body.leave(x.flatten(1))), planes[::-1]

    def arranged(
        self, features: Float[Tensor, "N F"], s: Float[Tensor, "N S"]
    ) -> Float[Tensor, "N S"]:
        """Return the style of the coarse layers: the source's arrangement, in the new domain."""
        first, second, last = self.arrange
        out: Tensor = last(activate(second(activate(first(torch.cat([features, s], dim=1))))))
        return out

    def paint(
        self, read: tuple[Tensor, list[Tensor]], s: Float[Tensor, "N S"]
    ) -> Float[Tensor, "N C R R"]:
        """Return the latents of what was read, in the style s."""
        features, planes = read
        coarse = self.arranged(features, s)
        blocks: Any = self.synthesis.blocks
        x = blocks[0].constant.expand(s.shape[0], -1, -1, -1)
        picture: Tensor | None = None
        layer = 0
        for index, block in enumerate(blocks):
            if block.enlarge is not None:
                x = block.enlarge(x, coarse if layer < COARSE else s)
                layer += 1
            if index < len(planes):
                x = x + self.planes[index](planes[index])
            x = block.refine(x, coarse if layer < COARSE else s)
            layer += 1
            step = block.to_rgb(x, coarse if layer < COARSE else s) + block.bias[:, None, None]
            picture = step if picture is None else upsample(picture) + step
        if picture is None:
            raise ValueError("a generator needs at least one resolution")
        return picture

    def forward(
        self, x: Float[Tensor, "N C R R"], s: Float[Tensor, "N S"]
    ) -> Float[Tensor, "N C R R"]:
        """Return the latents of x in the style s."""
        return self.paint(self.read(x), s)


def _levelled(x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N C H W"]:
    """Every plane of every picture with a mean of 0 and a deviation of about 1."""
    x = x - x.mean(dim=(2, 3), keepdim=True)
    return x * torch.rsqrt(x.square().mean(dim=(2, 3), keepdim=True) + 0.1)


class StarGan(nn.Module):
    """Translator, mapping network and reader of styles.

    Attributes:
        s_mean: Mean style of every domain, the centre of truncation, shape [domains, S].
    """

    s_mean: Tensor

    def __init__(self, sizes: StarGanSizes) -> None:
        super().__init__()
        made = sizes.generator
        self.sizes = sizes
        self.translator = Translator(sizes)
        self.mapping = Mapping(made)
        self.heads = EqualLinear(sizes.body.features, made.num_classes * made.w_dim)
        self.register_buffer("s_mean", torch.zeros(made.num_classes, made.w_dim))

    def styles(
        self, features: Float[Tensor, "N F"], label: Int[Tensor, " N"]
    ) -> Float[Tensor, "N S"]:
        """Return the network E: the styles of pictures of the domains ``label``."""
        every = self.heads(features).unflatten(1, tuple(self.s_mean.shape))
        return every[torch.arange(len(label), device=label.device), label]  # type: ignore[no-any-return]

    @torch.no_grad()
    def measure(self, draws: int = 1024) -> None:
        """Set the mean styles."""
        for label in range(len(self.s_mean)):
            source = torch.Generator().manual_seed(label)
            u = torch.randn(draws, self.sizes.generator.z_dim, generator=source)
            self.s_mean[label] = self.mapping.one(u, torch.full((draws,), label)).mean(dim=0)


def save_star_gan(model: StarGan, folder: Path, config: dict[str, Any]) -> None:
    """Write the weights in half precision, and ``config`` with the sizes."""
    save_network(model, folder, WEIGHTS, config | {"network": asdict(model.sizes)})


def load_star_gan(folder: Path) -> StarGan:
    """Load the networks, in float32 and ready for inference.

    Raises:
        ValueError: If a file is missing or broken, or the weights don't match the config.
    """
    config = read_config(folder)
    kinds = {"generator": GeneratorSizes, "body": DiscriminatorSizes}
    try:
        given = {name: config["network"][name] for name in kinds}
        parts: dict[str, Any] = {
            name: kind(**(given[name] | {"channels": tuple(given[name]["channels"])}))
            for name, kind in kinds.items()
        }
        model = StarGan(StarGanSizes(**parts))
    except (KeyError, TypeError) as error:
        raise ValueError(f"model={folder} has no translator in its config: {error}") from error
    return load_network(model, folder / WEIGHTS)
