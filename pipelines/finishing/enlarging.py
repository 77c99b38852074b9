"""Two or four times as many pixels a side, by a small network.

The network (`pipelines.networks.upscaling`) doubles a picture; four times is twice twice. Large
pictures are enlarged piece by piece, each with as much around it as its pixels depend on, so that
no piece shows. While a hand moves, Lanczos stands in for it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import ControlError, unfit
from pipelines.run import steady

if TYPE_CHECKING:
    from PIL.Image import Image

    from pipelines.networks.upscaling import Upscaler

__all__ = [
    "MAX_PIXELS",
    "UPSCALERS",
    "check_size",
    "doubled",
    "enlarged_by",
    "read_upscaler",
    "stood_in",
    "upscaler",
]

UPSCALERS = ("loupe",)
"""Networks by the folder of their model; one whose weights change gets another name."""
MAX_SIDE = 2048
MAX_PIXELS = MAX_SIDE**2
"""Largest result."""
PIECE = 256
"""Side of a piece before it is doubled, pixels."""
BLEED = 2.0
"""Radius of the blur that carries colours below transparent pixels."""
Floats = NDArray[np.float32]


def check_size(size: tuple[int, int], factor: int) -> None:
    """Refuse an enlargement beyond `MAX_PIXELS`.

    Raises:
        ControlError: ``too_many_pixels``.
    """
    width, height = (side * factor for side in size)
    if width * height > MAX_PIXELS:
        raise ControlError(
            "too_many_pixels",
            name="factor",
            value=f"{width} x {height} px",
            rule=f"over {MAX_SIDE} x {MAX_SIDE} px",
            remedy="choose a smaller size",
            details={"maximum": f"{MAX_SIDE} x {MAX_SIDE}"},
        )


def stood_in(picture: Image, factor: int) -> Image:
    """The picture enlarged by Lanczos."""
    from PIL.Image import Resampling

    size = (picture.width * factor, picture.height * factor)
    return picture.resize(size, Resampling.LANCZOS)


def enlarged_by(
    network: Upscaler, picture: Image, factor: int, *, wraps: bool, pause: Callable[[], object]
) -> Image:
    """The picture enlarged by a network; transparency by Lanczos.

    Args:
        network: Doubles pictures.
        picture: RGB or RGBA.
        factor: 2 or 4.
        wraps: Whether the picture goes on at the opposite edge.
        pause: Called before each piece; may raise to end the work.
    """
    from PIL import Image as pil  # noqa: N813 - the class hides the module

    values = _opaque(picture).astype(np.float32).transpose(2, 0, 1) / np.float32(127.5) - 1
    for _ in range(factor.bit_length() - 1):
        values = doubled(network, values, wraps=wraps, pause=pause)
    pixels = np.rint(np.clip(values.transpose(1, 2, 0) * 127.5 + 127.5, 0, 255))
    made = pil.fromarray(pixels.astype(np.uint8))
    if picture.mode == "RGBA":
        made.putalpha(stood_in(picture.getchannel("A"), factor))
    return made


def doubled(
    network: Upscaler, values: Floats, *, wraps: bool, pause: Callable[[], object]
) -> Floats:
    """A picture [3, H, W] in [-1, 1] as [3, 2 H, 2 W]; arguments as of `enlarged_by`."""
    import torch

    halo = network.sizes.halo
    around = np.pad(values, ((0, 0), (halo, halo), (halo, halo)), "wrap" if wraps else "edge")
    _, height, width = values.shape
    made = np.empty((3, 2 * height, 2 * width), np.float32)
    for top in range(0, height, PIECE):
        for left in range(0, width, PIECE):
            pause()
            rows, columns = min(PIECE, height - top), min(PIECE, width - left)
            piece = around[:, top : top + rows + 2 * halo, left : left + columns + 2 * halo]
            with torch.inference_mode(), steady():
                large = network(torch.from_numpy(piece.copy())[None])[0].numpy()
            inner = large[:, 2 * halo : 2 * (halo + rows), 2 * halo : 2 * (halo + columns)]
            made[:, 2 * top : 2 * (top + rows), 2 * left : 2 * (left + columns)] = inner
    return made


@cache
def upscaler(name: str) -> Upscaler:
    """The network of a bundled model.

    Raises:
        WeightsError: If it is missing or damaged.
    """
    from pipelines.catalog import BUNDLED

    return read_upscaler(BUNDLED / name)


def read_upscaler(folder: Path) -> Upscaler:
    """The network in a folder.

    Raises:
        WeightsError: If it is missing or damaged.
    """
    from pipelines.networks.network_files import load_network, read_config
    from pipelines.networks.upscaling import Upscaler, UpscalerSizes

    try:
        network = Upscaler(UpscalerSizes(**read_config(folder)["network"]))
        return load_network(network, folder / "weights.safetensors")
    except (ValueError, KeyError, TypeError) as error:
        raise unfit(folder.name, error) from error


def _opaque(picture: Image) -> NDArray[np.uint8]:
    """Colours [H, W, 3]; below transparent pixels those around, so that no edge shows."""
    if picture.mode != "RGBA":
        return np.asarray(picture.convert("RGB"))
    from PIL import Image as pil  # noqa: N813
    from PIL import ImageFilter

    rgba = np.asarray(picture).astype(np.float32) / 255
    alpha = rgba[..., 3:]
    layers = np.concatenate([rgba[..., :3] * alpha, alpha], axis=2)
    image = pil.fromarray(np.rint(layers * 255).astype(np.uint8), "RGBA")
    blurred = np.asarray(image.filter(ImageFilter.GaussianBlur(BLEED))).astype(np.float32) / 255
    spread = blurred[..., :3] / np.maximum(blurred[..., 3:], 1 / 255)
    seen = np.where(blurred[..., 3:] > 0, np.clip(spread, 0, 1), rgba[..., :3])
    return np.rint((alpha * rgba[..., :3] + (1 - alpha) * seen) * 255).astype(np.uint8)
