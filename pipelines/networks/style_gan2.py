"""StyleGAN2: z -> w -> picture or latents.

    w = f(z / rms(z), class),    x_0 = constant,    x_l = act(conv(x_l-1; style A_l w) + b_l n_l)
    y = sum over resolutions of up(toRGB(x; w))

f is the mapping network, A_l an affine map, conv the modulated and demodulated convolution, n_l
noise of one channel and b_l its learned strength (Karras 2020, https://arxiv.org/abs/1912.04958;
classes as in Karras et al. 2020, https://arxiv.org/abs/2006.06676). Whether y is a picture
(3 channels, say 128 px) or the latents of an autoencoder (4 channels, 16 px) is only a matter of
sizes. Legend: N batch, R resolution, L = num_ws = 2 log2(R) - 2 layers.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from pipelines.networks.layers import EqualLinear, ModulatedConv, activate, normalise, upsample
from pipelines.networks.residual import Residual


@dataclass(frozen=True)
class GeneratorSizes:
    """Sizes of a generator.

    Attributes:
        z_dim: Width of z.
        w_dim: Width of w.
        num_classes: Classes; 1 for an unconditional generator.
        resolution: Side R of the output, a power of two from 8.
        out_channels: Channels of the output: 3 for pictures, 4 for latents.
        channels: Feature channels at 4, 8, ..., R.
        num_mapping_layers: Layers of the mapping network.
        mapping_rate: Learning rate multiplier of the mapping network.
        residual: Hidden width of the taught map on w; 0 for a model that was taught none.
    """

    z_dim: int = 128
    w_dim: int = 128
    num_classes: int = 1
    resolution: int = 16
    out_channels: int = 4
    channels: tuple[int, ...] = (256, 256, 128)
    num_mapping_layers: int = 4
    mapping_rate: float = 0.01
    residual: int = 0

    def __post_init__(self) -> None:
        """Check that the parts fit.

        Raises:
            ValueError: If the resolution and the channels don't match.
        """
        if self.resolution != 4 << (len(self.channels) - 1) or len(self.channels) < 2:  # noqa: PLR2004
            raise ValueError(
                f"resolution={self.resolution} does not fit {len(self.channels)} channel counts; "
                "give one for each of 4, 8, ..., resolution"
            )

    @property
    def num_ws(self) -> int:
        """Number of w that one picture takes: two per resolution."""
        return 2 * len(self.channels)


class Mapping(nn.Module):
    """Map z and a class to w; the deeper layers learn at ``mapping_rate``."""

    w_mean: Float[Tensor, "K W_dim"]

    def __init__(self, sizes: GeneratorSizes) -> None:
        """Build for the sizes."""
        super().__init__()
        self.num_ws = sizes.num_ws
        self.num_classes = sizes.num_classes
        conditional = sizes.num_classes > 1
        self.embedding = EqualLinear(sizes.num_classes, sizes.z_dim) if conditional else None
        widths = [sizes.z_dim * (2 if conditional else 1)]
        widths += [sizes.w_dim] * sizes.num_mapping_layers
        self.layers = nn.ModuleList(
            EqualLinear(i, o, rate=sizes.mapping_rate) for i, o in pairwise(widths)
        )
        self.residual = Residual(sizes.w_dim, sizes.residual) if sizes.residual else None

    def one(self, z: Float[Tensor, "N Z"], label: Int[Tensor, " N"]) -> Float[Tensor, "N W_dim"]:
        """Return one w per z, not yet repeated for every layer."""
        w = self.plain(z, label)
        return w if self.residual is None else w + self.residual(w)

    def plain(self, z: Float[Tensor, "N Z"], label: Int[Tensor, " N"]) -> Float[Tensor, "N W_dim"]:
        """Return w as it is without a taught map."""
        x = normalise(z)
        if self.embedding is not None:
            chosen = functional.one_hot(label, self.num_classes).to(z.dtype)
            x = torch.cat([x, normalise(self.embedding(chosen))], dim=1)
        for layer in self.layers:
            x = activate(layer(x))
        return x

    def forward(
        self, z: Float[Tensor, "N Z"], label: Int[Tensor, " N"]
    ) -> Float[Tensor, "N L W_dim"]:
        """Return w, the same for every layer."""
        return self.one(z, label)[:, None].repeat(1, self.num_ws, 1)


class StyledConv(nn.Module):
    """One modulated 3 x 3 convolution with noise, bias and activation."""

    noise_const: Float[Tensor, "R R"]

    def __init__(
        self, channels: tuple[int, int], w_dim: int, resolution: int, *, up: bool = False
    ) -> None:
        """Build; ``resolution`` is that of the output."""
        super().__init__()
        self.conv = ModulatedConv(channels, w_dim, 3, up=up)
        self.noise_strength = nn.Parameter(torch.zeros(()))
        self.bias = nn.Parameter(torch.zeros(channels[1]))
        self.register_buffer("noise_const", torch.randn(resolution, resolution))

    def forward(
        self,
        x: Float[Tensor, "N I H W"],
        w: Float[Tensor, "N W_dim"],
        noise: Float[Tensor, "M 1 R R"] | None = None,
    ) -> Float[Tensor, "N O R R"]:
        """Return the features; without ``noise``, random noise in training, else the constant."""
        x = self.conv(x, w)
        if noise is None and self.training:
            noise = torch.randn_like(x[:, :1])
        drawn = self.noise_const if noise is None else noise
        return activate(x + drawn * self.noise_strength + self.bias[:, None, None])


class SynthesisBlock(nn.Module):
    """One resolution: one (at 4 px) or two styled convolutions, and the step to the output."""

    def __init__(self, inputs: int, outputs: int, resolution: int, sizes: GeneratorSizes) -> None:
        """Build; ``inputs`` is 0 for the first block, which starts from a learned constant."""
        super().__init__()
        self.constant = None if inputs else nn.Parameter(torch.randn(outputs, 4, 4))
        self.enlarge = (
            StyledConv((inputs, outputs), sizes.w_dim, resolution, up=True) if inputs else None
        )
        self.refine = StyledConv((outputs, outputs), sizes.w_dim, resolution)
        self.to_rgb = ModulatedConv(
            (outputs, sizes.out_channels), sizes.w_dim, 1, demodulate=False
        )
        self.bias = nn.Parameter(torch.zeros(sizes.out_channels))


class Synthesis(nn.Module):
    """Paint w: one block per resolution, the outputs summed through upsampled skips."""

    def __init__(self, sizes: GeneratorSizes) -> None:
        """Build for the sizes."""
        super().__init__()
        widths = (0, *sizes.channels)
        self.blocks = nn.ModuleList(
            SynthesisBlock(widths[i], widths[i + 1], 4 << i, sizes)
            for i in range(len(sizes.channels))
        )

    def forward(
        self, w: Float[Tensor, "N L W_dim"], noise: Sequence[Tensor] | None = None
    ) -> Float[Tensor, "N C R R"]:
        """Return pictures or latents.

        Args:
            w: One style per layer, coarse to fine: constant's convolution, then two per
                resolution; the last one only for the last step to the output.
            noise: One [N or 1, 1, r, r] tensor per styled convolution (L - 1 of them), coarse to
                fine; by default the constant noise, in training random noise.
        """
        drawn = iter(noise) if noise is not None else None
        x = self.blocks[0].constant.expand(w.shape[0], -1, -1, -1)  # type: ignore[operator]
        picture: Tensor | None = None
        layer = 0
        for module in self.blocks:
            block: Any = module
            for conv in (block.enlarge, block.refine):
                if conv is not None:
                    x = conv(x, w[:, layer], next(drawn) if drawn else None)
                    layer += 1
            step = block.to_rgb(x, w[:, layer]) + block.bias[:, None, None]
            picture = step if picture is None else upsample(picture) + step
        if picture is None:
            raise ValueError("a generator needs at least one resolution")
        return picture


class Generator(nn.Module):
    """Mapping and synthesis, with the tracked means of w.

    Attributes:
        w_mean: Mean w of every class, the centre of truncation, shape [num_classes, w_dim].
        w_mean_all: Mean w over all classes as they were drawn, shape [w_dim].
    """

    w_mean: Float[Tensor, "K W_dim"]
    w_mean_all: Float[Tensor, " W_dim"]

    def __init__(self, sizes: GeneratorSizes) -> None:
        """Build for the sizes."""
        super().__init__()
        self.sizes = sizes
        self.mapping = Mapping(sizes)
        self.synthesis = Synthesis(sizes)
        self.register_buffer("w_mean", torch.zeros(sizes.num_classes, sizes.w_dim))
        self.register_buffer("w_mean_all", torch.zeros(sizes.w_dim))

    @property
    def z_dim(self) -> int:
        """Width of z."""
        return self.sizes.z_dim

    @property
    def w_dim(self) -> int:
        """Width of w."""
        return self.sizes.w_dim

    @property
    def num_ws(self) -> int:
        """Number of w that one picture takes."""
        return self.sizes.num_ws

    def forward(
        self, z: Float[Tensor, "N Z"], label: Int[Tensor, " N"]
    ) -> Float[Tensor, "N C R R"]:
        """Return what z and the class give, without truncation."""
        picture: Tensor = self.synthesis(self.mapping(z, label))
        return picture

    @torch.no_grad()
    def track(self, w: Float[Tensor, "N W_dim"], label: Int[Tensor, " N"], decay: float) -> None:
        """Move the mean w of every class that was drawn towards its new mean."""
        chosen = functional.one_hot(label, self.sizes.num_classes).to(w.dtype)
        counts = chosen.sum(dim=0)[:, None]
        means = chosen.T @ w / counts.clamp(min=1)
        self.w_mean.copy_(torch.where(counts > 0, self.w_mean.lerp(means, 1 - decay), self.w_mean))
        self.w_mean_all.lerp_(w.mean(dim=0), 1 - decay)


def save_generator(
    generator: Generator,
    folder: Path,
    config: dict[str, Any],
    *,
    extra: dict[str, nn.Module] | None = None,
) -> None:
    """Write ``weights.safetensors`` and ``config.json`` (``config`` plus the sizes).

    The weights of ``extra`` networks go into the same file, each under its name.
    """
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    tensors = dict(generator.state_dict())
    for name, module in (extra or {}).items():
        tensors |= {f"{name}.{key}": value for key, value in module.state_dict().items()}
    kept = {key: value.detach().half().contiguous() for key, value in tensors.items()}
    save_file(kept, folder / "weights.safetensors")
    whole = config | {"network": asdict(generator.sizes)}
    (folder / "config.json").write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")


def load_generator(folder: Path) -> Generator:
    """Load a generator, in float32 and ready for inference.

    Raises:
        ValueError: If a file is missing or broken, or the weights don't match the config.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        network = json.loads((folder / "config.json").read_text(encoding="utf-8"))["network"]
        sizes = GeneratorSizes(**(network | {"channels": tuple(network["channels"])}))
        weights = load_file(folder / "weights.safetensors")
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"model={folder} can't be read: {error}; fetch it again") from error
    generator = Generator(sizes)
    kept = {k: v.float() for k, v in weights.items() if not k.startswith("encoder.")}
    try:
        generator.load_state_dict(kept)
    except RuntimeError as error:
        raise ValueError(f"model={folder}: weights don't match config.json: {error}") from error
    return generator.eval().requires_grad_(requires_grad=False)
