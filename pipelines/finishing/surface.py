"""Sharpness, grain and paper.

Sharpening is Pillow's unsharp mask, x + k (x - blurred x). Grain and paper begin as white noise n
of the size of the picture, drawn from the seed of the recipe, and are shaped in the frequency
domain, so they wrap around: a picture that tiles still tiles. With f the frequency in cycles a
pixel, F the Fourier transform and | | scaling to a standard deviation of 1,

    grain   g = |F^-1 exp(-2 (pi f s)^2) F n|,    x' = x + 0.1 k (1/4 + 3 t (1 - t)) g

with s half the size of a grain and t the tone of the pixel in 0..1: strongest in the middle tones,
as in film, and the same on all channels. It is added to the values of sRGB as they are, which are
near enough to what is seen. Paper is a height map of fractal noise, lit from the upper left,

    h = F^-1 (f / (f + f_0)) (1 + (f / f_1)^2)^-1 F n,    y' = y (1 + 0.16 k (|d . grad h| - 1/2))

on linear light y, because light multiplies, and a little darker, so that white paper shows it
too; f_1 = 0.2 / s a pixel is the tooth of the sheet and f_0 = 1 / 32 keeps large shadows away.
Legend: H, W pixels.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipelines.finishing.colour import banded, from_linear, to_linear
from pipelines.latents import normal

__all__ = ["grained", "on_paper", "sharpened"]

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
GRAIN, SHADE = 0.1, 0.16
LARGEST_SHADOW = 1 / 32
TOOTH = 0.2
MOST = 3.0
"""Standard deviations beyond which a slope is cut off."""
_LUMA = np.array([0.299, 0.587, 0.114], np.float32) / 255


def sharpened(pixels: Pixels, *, sharpness: float, radius: float, wraps: bool) -> Pixels:
    """Pixels with crisper edges.

    Args:
        pixels: RGB in 0..255, shape [H, W, 3].
        sharpness: Half of k, 0..1.
        radius: Of the blur, pixels.
        wraps: Whether the picture goes on at the opposite edge.
    """
    from PIL import Image, ImageFilter

    edge = round(4 * radius) if wraps else 0
    wider = np.pad(pixels, ((edge, edge), (edge, edge), (0, 0)), "wrap")
    mask = ImageFilter.UnsharpMask(radius, round(200 * sharpness), 0)
    done = np.asarray(Image.fromarray(wider).filter(mask))
    return done[edge : done.shape[0] - edge, edge : done.shape[1] - edge]


def grained(pixels: Pixels, *, grain: float, grain_size: float, seed: int) -> Pixels:
    """Pixels with grain.

    Args:
        pixels: RGB in 0..255, shape [H, W, 3].
        grain: k, 0..1.
        grain_size: 2 s, pixels.
        seed: Which grain.
    """
    strength = np.float32(255 * GRAIN * grain)

    def change(band: Pixels, noise: Floats) -> Pixels:
        values = band.astype(np.float32)
        tone = values @ _LUMA
        added = strength * (0.25 + 3 * tone * (1 - tone)) * noise
        done: Pixels = np.rint(np.clip(values + added[..., None], 0, 255)).astype(np.uint8)
        return done

    return banded(change, pixels, _grain(seed, pixels.shape[0], pixels.shape[1], grain_size))


def on_paper(pixels: Pixels, *, texture: float, texture_size: float, seed: int) -> Pixels:
    """Pixels as if painted on rough paper.

    Args:
        pixels: RGB in 0..255, shape [H, W, 3].
        texture: k, 0..1.
        texture_size: s.
        seed: Which sheet.
    """
    depth = np.float32(SHADE * texture)

    def change(band: Pixels, slope: Floats) -> Pixels:
        return from_linear(to_linear(band) * (1 + depth * (slope - 0.5))[..., None])

    return banded(change, pixels, _paper(seed, pixels.shape[0], pixels.shape[1], texture_size))


@lru_cache(maxsize=4)
def _grain(seed: int, height: int, width: int, size: float) -> Floats:
    """The g of the module's docstring, shape [H, W]; held, as its strength changes more often."""
    rows, columns = _frequencies(height, width)
    return _shaped(
        normal(seed, (height, width), "finish grain"),
        np.exp(-2 * (np.pi * (size / 2)) ** 2 * (rows**2 + columns**2)),
    )


@lru_cache(maxsize=4)
def _paper(seed: int, height: int, width: int, size: float) -> Floats:
    """The slope of the sheet towards the light in standard deviations, shape [H, W]."""
    rows, columns = _frequencies(height, width)
    f = np.hypot(rows, columns)
    rough = f / (f + LARGEST_SHADOW) / (1 + (f * size / TOOTH) ** 2)
    lit = 1j * (rows + columns)  # the derivative along the diagonal
    slope = _shaped(normal(seed, (height, width), "finish paper"), rough * lit)
    return np.clip(slope, -MOST, MOST)


def _frequencies(height: int, width: int) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Cycles a pixel of the half spectrum, down and across, that broadcast to it."""
    return np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None]


def _shaped(noise: Floats, response: NDArray[np.inexact]) -> Floats:
    """Noise [H, W] through a filter that is given as its half spectrum, standardised."""
    made = np.fft.irfft2(np.fft.rfft2(noise.astype(np.float64)) * response, s=noise.shape)
    made -= made.mean()
    return (made / max(float(made.std()), 1e-9)).astype(np.float32)
