"""Training of the small decoder that paints drafts, taught by the large one (distillation).

    loss = |t(h) - d(h)| + pyramid L1(t(h), d(h))

d is the decoder of a KL autoencoder, which stays as it is, t the tiny one, and h latents: two
thirds are drawn by a style-based generator as artists do, at any truncation and with two styles
mixed, the others are pictures' own with some noise. What d paints of them is painted once, before
the first step (Hinton et al. 2015, https://arxiv.org/abs/1503.02531).
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor, nn
from tqdm import tqdm

from pipelines.compiling import compile_openvino, fast_precision
from pipelines.image.autoencoder import LatentCodec, load_autoencoder
from pipelines.networks.kl_decoder import load_decoder
from pipelines.networks.style_gan2 import Generator, load_generator
from pipelines.networks.tiny_decoder import TinyDecoder, TinySizes, save_tiny
from pipelines.run import Network
from pipelines.training import losses
from pipelines.training.loop import states_of, take_back, update_average
from pipelines.training.muon import Muon
from pipelines.training.precision import computing_in
from pipelines.training.sheets import contact_sheet, to_pixels, to_tensor

if TYPE_CHECKING:
    from pipelines.training.data import Pictures

__all__ = ["TinyRecipe", "TinyTraining", "nearness"]

HELD = 256
"""Pairs that are kept out."""
PART = 32
"""Latents that are painted at once."""
NAMES = ("model", "average", "optimiser")


@dataclass(frozen=True)
class TinyRecipe:
    """Settings of one training run.

    Attributes:
        pairs: Latents that the large decoder paints before the first step.
        drawn_share: Share of them that the generator draws.
        latent_noise: Largest deviation of the noise on pictures' latents, as a share of theirs.
        batch_size: Pairs a step.
        learning_rate: Of Muon, at the start; it falls along a cosine.
        ema: Decay of the averaged weights, which are what is exported.
        precision: What convolutions compute in.
        channels: See `TinySizes`, as the next.
        blocks: Residual blocks of each level.
    """

    pairs: int = 12_000
    drawn_share: float = 0.67
    latent_noise: float = 0.3
    batch_size: int = 12
    learning_rate: float = 5e-3
    ema: float = 0.998
    precision: str = "bfloat16"
    channels: tuple[int, ...] = (64, 48, 32)
    blocks: tuple[int, ...] = (4, 2, 2)


class TinyTraining:
    """One run; see :class:`pipelines.training.loop.Trainable`.

    Args:
        pictures: Those of the training split are encoded.
        recipe: Settings.
        autoencoder: Folder of the autoencoder whose decoder teaches.
        painter: Folder of the style-based generator that works in its latents.

    Raises:
        ValueError: If a folder can't be read, or the generator works in other latents.
    """

    def __init__(
        self, pictures: Pictures, recipe: TinyRecipe, autoencoder: Path, painter: Path
    ) -> None:
        self.recipe = recipe
        teacher = load_autoencoder(autoencoder)
        config: Any = teacher.config
        codec = LatentCodec(teacher)
        generator = load_generator(painter)
        if generator.sizes.out_channels != config.latent_channels:
            raise ValueError(
                f"painter={painter} has {generator.sizes.out_channels} channels; "
                f"{config.latent_channels} are needed"
            )
        train = pictures.split("train")
        count = recipe.pairs + HELD
        drawn = _drawn(generator, train.frequencies(), round(recipe.drawn_share * count))
        latents = torch.cat([drawn, _encoded(codec, train, recipe, count - len(drawn))])
        latents = latents[torch.randperm(count)]
        targets = _painted(autoencoder, codec, latents)
        self.held = latents[:HELD], targets[:HELD]
        self.pairs = latents[HELD:], targets[HELD:]
        sizes = TinySizes(config.latent_channels, recipe.channels, recipe.blocks)
        self.model = TinyDecoder(sizes, config.latents_mean, config.latents_std)
        if sizes.scale * latents.shape[-1] != targets.shape[2]:
            raise ValueError(
                f"channels={recipe.channels} enlarge {sizes.scale} times; "
                f"give as many as make {targets.shape[2]} px of {latents.shape[-1]}"
            )
        self.average = copy.deepcopy(self.model).requires_grad_(requires_grad=False).eval()
        self.optimiser = Muon(self.model.parameters(), recipe.learning_rate)
        self.taken = 0

    def step(self, progress: float) -> dict[str, float]:
        """Take one step; the rate rises quickly and falls along a cosine."""
        recipe = self.recipe
        self.taken += 1
        fall = 0.505 + 0.495 * float(np.cos(np.pi * progress))
        for group in self.optimiser.param_groups:
            group["lr"] = recipe.learning_rate * fall * min(1.0, self.taken / 100)
        index = torch.randint(0, len(self.pairs[0]), (recipe.batch_size,))
        latents, wanted = (part[index] for part in self.pairs)
        with computing_in(recipe.precision):
            made = self.model(self._raw(latents)).float()
        real = to_tensor(wanted.numpy())
        near = (made - real).abs().mean()
        bands = losses.pyramid_l1(*(losses.laplacian_pyramid(x, 4) for x in (made, real)))
        self.optimiser.zero_grad(set_to_none=True)
        (near + bands).backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        update_average(self.average, self.model, min(recipe.ema, 1 - 1 / (1 + self.taken)))
        figures = {"l1": near.item(), "bands": bands.item()}
        if self.taken % 500 == 0:
            figures["held_psnr"] = nearness(self.average, self._raw(self.held[0]), self.held[1])
        return figures

    def _raw(self, latents: Tensor) -> Tensor:
        """Latents as decoders take them, of normalised ones."""
        return latents.float() * self.model.scale + self.model.mean

    def state(self) -> dict[str, Any]:
        """Return everything a resumed run needs, but for the pairs, which follow from the seed."""
        return states_of(self, NAMES) | {"taken": self.taken}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what :meth:`state` returned."""
        take_back(self, state, NAMES)
        self.taken = int(state["taken"])

    def sheet(self) -> Image.Image:
        """Return what the large decoder paints of kept-out latents, above the tiny one's."""
        with torch.inference_mode():
            made = to_pixels(self.average(self._raw(self.held[0][:24])))
        real = self.held[1][:24].numpy()
        return contact_sheet(np.concatenate([real[:12], made[:12], real[12:], made[12:]]), 12)

    def export(self, folder: Path) -> None:
        """Write the decoder into the folder of the autoencoder, or where it may be taken from."""
        save_tiny(self.average, folder)


def nearness(
    decoder: TinyDecoder, latents: Float[Tensor, "N K r r"], wanted: UInt8[Tensor, "N R R 3"]
) -> float:
    """Peak signal-to-noise ratio of what it paints, dB, over all pictures."""
    with torch.inference_mode():
        parts = [to_pixels(decoder(part)) for part in torch.split(latents, PART)]
    apart = np.concatenate(parts).astype(np.float32) - wanted.numpy()
    return float(10 * np.log10(255**2 / np.square(apart).mean()))


def _drawn(generator: Generator, frequencies: list[float], count: int) -> Float[Tensor, "N K r r"]:
    """Latents of a generator at any truncation, a third with the fine styles of another one."""
    if generator.sizes.num_classes == len(frequencies):
        label = torch.multinomial(torch.tensor(frequencies), count, replacement=True)
    else:
        label = torch.randint(0, generator.sizes.num_classes, (count,))
    parts = []
    with torch.inference_mode():
        for kinds in torch.split(label, PART):
            w = generator.mapping(torch.randn(len(kinds), generator.z_dim), kinds)
            w[: len(w) // 3, int(torch.randint(1, generator.num_ws, ())) :] = w[-1, -1]
            mean = generator.w_mean[kinds][:, None]
            w = mean + (w - mean) * (0.3 + 1.1 * torch.rand(len(w), 1, 1))
            parts.append(generator.synthesis(w).half())
    return torch.cat(parts).clone()


def _encoded(
    codec: LatentCodec, pictures: Pictures, recipe: TinyRecipe, count: int
) -> Float[Tensor, "N K r r"]:
    """Latents of pictures, half of them mirrored, half of them with noise."""
    chosen = torch.randint(0, len(pictures.pixels), (count,)).numpy()
    parts: list[Tensor] = []
    with torch.inference_mode():
        for index in np.array_split(chosen, max(1, count // PART)):
            real = to_tensor(pictures.pixels[index])
            latents = codec.encode(real.flip(3) if len(parts) % 2 else real)
            amount = recipe.latent_noise * (2 * torch.rand(len(real), 1, 1, 1) - 1).relu()
            parts.append((latents + amount * torch.randn_like(latents)).half())
    return torch.cat(parts).clone()


def _painted(
    autoencoder: Path, codec: LatentCodec, latents: Float[Tensor, "N K r r"]
) -> UInt8[Tensor, "N R R 3"]:
    """What the large decoder paints, by the fastest engine: it is thousands of pictures."""
    example = {"latents": latents[:1].float().numpy()}
    network = Network(load_decoder(autoencoder).eval(), example, ("picture",))
    paint = compile_openvino(network, None, fast_precision())
    parts = []
    for part in tqdm(torch.split(latents, PART), desc="painting"):
        raw = part.float() * codec.latents_std + codec.latents_mean
        parts.append(to_pixels(torch.from_numpy(paint({"latents": raw.numpy()})["picture"])))
    return torch.from_numpy(np.concatenate(parts))
