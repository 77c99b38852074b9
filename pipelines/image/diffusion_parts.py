"""The networks of a latent diffusion model as engines run them, and how its folder is read."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from torch import Tensor, nn

from pipelines.bounds import bounded
from pipelines.errors import ControlError
from pipelines.image.diffusion_files import GUIDANCE, UNKNOWN, load_trained
from pipelines.latents import LatentSpace
from pipelines.networks.kl_decoder import load_decoder
from pipelines.networks.network_files import weights_of
from pipelines.networks.tiny_decoder import load_tiny
from pipelines.pipeline import Network
from pipelines.recent import Recent
from pipelines.request import Weights
from pipelines.run import steady

if TYPE_CHECKING:
    from diffusers import AutoencoderKL, UNet2DConditionModel

__all__ = ["DRAFTER", "NETWORKS", "Encoder", "Parts", "Reader", "Velocity", "read"]

Array = NDArray[np.float32]
WEIGHTS = (
    "unet/diffusion_pytorch_model.safetensors",
    "vae/diffusion_pytorch_model.safetensors",
    "text_encoder/model.safetensors",
)
SHIFTS = "shifts.safetensors"
"""Directions of the bottleneck by control name, each [C]; a model without the file has none."""


class Velocity(nn.Module):
    """The U-Net with a shift of its bottleneck.

    The deepest features are h-space (Kwon et al. 2023, https://arxiv.org/abs/2210.10960): one
    vector added to them at every step changes one thing in the picture.
    """

    def __init__(self, unet: UNet2DConditionModel) -> None:
        super().__init__()
        self.unet = unet
        config: Any = unet.config
        levels = len(config.block_out_channels)
        # diffusers adds to the bottleneck only beside as many residuals as there are skips.
        self.num_skips = levels * (config.layers_per_block + 1)

    def forward(self, z: Tensor, t: Tensor, text: Tensor, shift: Tensor) -> Tensor:
        """Return v [N, C, R, R] of z [N, C, R, R], steps [N], text [N, W, D] and shift [N, H]."""
        nothing = torch.zeros((), dtype=z.dtype, device=z.device)
        v: Tensor = self.unet(
            z,
            t,
            text,
            down_block_additional_residuals=(nothing,) * self.num_skips,
            mid_block_additional_residual=shift[:, :, None, None],
            return_dict=False,
        )[0]
        return v


class Encoder(nn.Module):
    """Pictures [N, 3, 8R, 8R] in [-1, 1] -> the means of their latents [N, C, R, R]."""

    def __init__(self, autoencoder: AutoencoderKL) -> None:
        super().__init__()
        self.encoder = autoencoder.encoder
        self.quant_conv = autoencoder.quant_conv
        self.channels: int = autoencoder.config.latent_channels

    def forward(self, picture: Tensor) -> Tensor:
        """Encode."""
        moments: Tensor = self.quant_conv(self.encoder(picture))
        return moments[:, : self.channels]


REMEMBERED = 32
"""Texts whose vectors are remembered; a drag says the same words at every frame."""
FILLING = frozenset({"a", "an", "and", "in", "of", "on", "one", "the", "with"})
"""Words that say nothing by themselves."""
EXAMPLES = (
    *("apple", "pear", "peach", "plum", "cherry", "grape", "lemon", "orange"),
    *("red", "green", "yellow", "small", "large", "long", "half", "leaves"),
)


@dataclass(frozen=True)
class Reader:
    """Words to vectors, always in torch on the CPU: the text encoder is small.

    Attributes:
        tokenizer: Of whole words.
        encoder: The text half of CLIP.
    """

    tokenizer: Any
    encoder: nn.Module
    _heard: Recent[str, Array] = field(
        default_factory=lambda: Recent(REMEMBERED), repr=False, compare=False
    )

    def __call__(self, text: str) -> Array:
        """The text as the U-Net hears it, shape [1, W, D]; words that are unknown say nothing."""
        return self._heard.get(text, lambda: self._read(text)).copy()

    def _read(self, text: str) -> Array:
        ids = self.tokenizer(text, padding="max_length", truncation=True, return_tensors="pt")
        with torch.inference_mode(), steady():
            found: Array = self.encoder(ids["input_ids"])[0].numpy()
        return found

    def unknown(self, text: str) -> list[str]:
        """The words of ``text`` that the model has never read."""
        vocabulary = self.tokenizer.get_vocab()
        return [word for word in self._words(text) if word not in vocabulary]

    def heard(self, text: str) -> list[str]:
        """The words that say something; all of them where unknown ones are spelled."""
        vocabulary = self.tokenizer.get_vocab()
        told = [word for word in self._words(text) if word not in FILLING]
        if self.tokenizer.unk_token != UNKNOWN:
            return told
        return [word for word in told if word in vocabulary]

    def check(self, name: str, text: str) -> None:
        """Refuse a text of which the model knows nothing; `name` is its control.

        A tokenizer that spells what it does not know hears every word.

        Raises:
            ControlError: ``unknown_words``, with some that it knows.
        """
        if not text or self.tokenizer.unk_token != UNKNOWN:
            return
        vocabulary, told = self.tokenizer.get_vocab(), self._words(text)
        if not told or any(word in vocabulary and word not in FILLING for word in told):
            return
        known = ", ".join(word for word in EXAMPLES if word in vocabulary)
        raise ControlError(
            "unknown_words",
            name=name,
            value=text,
            rule="not something that the model has read",
            remedy=f"say {known}",
            details={"known": known},
        )

    def _words(self, text: str) -> list[str]:
        words: list[str] = self.tokenizer.backend_tokenizer.normalizer.normalize_str(text).split()
        return words


@dataclass(frozen=True)
class Parts:
    """What a model's folder holds; its networks are read when they are first asked for.

    Attributes:
        folder: The model's folder.
        weights: Digests of the weights.
        shifts: Directions of the bottleneck by control name, each [H].
        latent_space: The noise that sampling starts from, flattened, one layer.
        latent: Shape of a latent, (C, R, R).
        guidance_scale: What shows the model at its best; 1 where guidance is folded into it.
    """

    folder: Path
    weights: Weights
    shifts: dict[str, Array]
    latent_space: LatentSpace
    latent: tuple[int, int, int]
    guidance_scale: float = GUIDANCE
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    @cached_property
    def _read(self) -> tuple[dict[str, Network], Reader]:
        with self._lock:
            return _guarded(self.folder, lambda: _networks(self.folder))

    @property
    def networks(self) -> dict[str, Network]:
        """``velocity``, ``decoder`` and ``encoder``, and what stands in for the decoder.

        Raises:
            WeightsError: See `read`.
        """
        return self._read[0]

    @property
    def reader(self) -> Reader:
        """Reads prompts.

        Raises:
            WeightsError: See `read`.
        """
        return self._read[1]


NETWORKS = ("velocity", "decoder", "encoder")
DRAFTER = "drafter "
"""Begins the name of the network that decodes in drafts; its digest follows."""
Found = TypeVar("Found")


def read(folder: Path) -> Parts:
    """Read a model's folder; see `pipelines.image.diffusion_files`.

    Raises:
        WeightsError: If a file is missing, damaged, or does not fit the configuration.
    """
    return _guarded(folder, lambda: _parts(folder))


def _guarded(folder: Path, reading: Callable[[], Found]) -> Found:
    with bounded(folder, {}):
        return reading()


def _parts(folder: Path) -> Parts:
    from safetensors.numpy import load_file

    config = json.loads((folder / "unet" / "config.json").read_text(encoding="utf-8"))
    channels, side = int(config["in_channels"]), int(config["sample_size"])
    files = [folder / name for name in WEIGHTS]
    for file in files:
        with safe_open(file, "numpy"):  # refuses a file that is cut short
            pass
    shifts: dict[str, Array] = {}
    if (folder / SHIFTS).exists():
        files.append(folder / SHIFTS)
        shifts = {k: v.astype(np.float32) for k, v in load_file(folder / SHIFTS).items()}
    weights = weights_of(files)
    space = LatentSpace.of_noise((1, channels * side * side))
    told = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    scale = float(told.get("guidance_scale", GUIDANCE))
    return Parts(folder, weights, shifts, space, (channels, side, side), scale)


def _networks(folder: Path) -> tuple[dict[str, Network], Reader]:
    trained = load_trained(folder)
    unet, vae, text, tokenizer = trained.unet, trained.vae, trained.text_encoder, trained.tokenizer
    modules = (Velocity(unet), load_decoder(folder / "vae"), Encoder(vae))
    for module in (*modules, text):
        module.eval().requires_grad_(requires_grad=False)
    reader = Reader(tokenizer, text)
    config: Any = unet.config
    side, deep = int(config.sample_size), int(config.block_out_channels[-1])
    z = np.zeros((1, int(config.in_channels), side, side), np.float32)
    examples: tuple[dict[str, Array], ...] = (
        {
            "z": z,
            "t": np.zeros(1, np.float32),
            "text": reader(""),
            "shift": np.zeros((1, deep), np.float32),
        },
        {"z": z},
        {"picture": np.zeros((1, 3, 8 * side, 8 * side), np.float32)},
    )
    networks = {
        name: Network(module, example, (output,))
        for name, module, example, output in zip(
            NETWORKS, modules, examples, ("v", "picture", "z"), strict=True
        )
    }
    tiny = load_tiny(folder / "vae")
    if tiny is not None:
        networks[DRAFTER + tiny.digest] = Network(tiny, {"z": z}, ("picture",))
    return networks, reader
