"""Colour and contrast, in OKLab.

OKLab (Ottosson 2020, https://bottosson.github.io/posts/oklab/) is made of the cube roots of cone
responses, so that equal steps look about equal and hue stays put when chroma changes. With
(L, a, b) of a pixel, L in 0..1,

    lightness l    L' = L^(2^-l): black and white stay
    hue h          (a, b) turned by h degrees
    saturation s   (a, b)' = (1 + s) (a, b): -1 is grey
    warmth w       (a, b)' = (a, b) + w (0.04, 0.06) L: towards amber or blue, black stays
    contrast c     L' = m (L / m)^g below m, mirrored above it, with g = 2^c and m = 0.57

m is the L of a card that reflects 18 % of the light, which photographers call middle grey. What
leaves the gamut of sRGB is drawn towards the grey of its own luminance until it is inside, in
linear light, so that neither luminance nor hue jumps.
Legend: H, W pixels.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.image.oklab import CONES, OKLAB

__all__ = [
    "adjusted",
    "banded",
    "contrasted",
    "from_linear",
    "from_oklab",
    "to_linear",
    "to_oklab",
]

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
_TO_CONES, _TO_OKLAB = (m.T.astype(np.float32) for m in (CONES, OKLAB))
_FROM_OKLAB, _FROM_CONES = (np.linalg.inv(m).T.astype(np.float32) for m in (OKLAB, CONES))
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
_AMBER = (0.04, 0.06)
MIDDLE = 0.57
TINY = np.float32(1e-6)
BAND = 1 << 13
"""Pixels that are worked on at once, few enough for a processor's cache."""


@cache
def _decoded() -> Floats:
    """Linear light of the 256 values of sRGB."""
    code = np.arange(256) / 255.0
    linear = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004
    return linear.astype(np.float32)


def banded(change: Callable[..., Pixels], *arrays: NDArray[Any]) -> Pixels:
    """What ``change`` makes of arrays [H, W, ...], a band of rows at a time."""
    height, width = arrays[0].shape[:2]
    rows = max(1, BAND // width)
    made = [change(*(one[top : top + rows] for one in arrays)) for top in range(0, height, rows)]
    return np.concatenate(made)


def to_linear(pixels: Pixels) -> Floats:
    """Linear light in 0..1 of sRGB in 0..255, any shape."""
    light: Floats = _decoded()[pixels]
    return light


def from_linear(light: Floats) -> Pixels:
    """The sRGB in 0..255 of linear light; what lies outside 0..1 is cut off."""
    light = np.clip(light, 0.0, 1.0)
    code = np.where(
        light <= 0.0031308,  # noqa: PLR2004 - the knee of sRGB
        light * np.float32(12.92),
        np.float32(1.055) * np.power(light, np.float32(1 / 2.4)) - np.float32(0.055),
    )
    pixels: Pixels = np.rint(code * 255).astype(np.uint8)
    return pixels


def to_oklab(pixels: Pixels) -> Floats:
    """OKLab of sRGB in 0..255, shape [H, W, 3]."""
    flat = np.cbrt(to_linear(pixels).reshape(-1, 3) @ _TO_CONES) @ _TO_OKLAB
    lab: Floats = flat.reshape(pixels.shape)
    return lab


def from_oklab(lab: Floats) -> Pixels:
    """The sRGB in 0..255 of OKLab [H, W, 3], brought into the gamut; see the module."""
    roots = lab.reshape(-1, 3) @ _FROM_OKLAB
    light: Floats = (roots * roots * roots) @ _FROM_CONES
    return from_linear(_inside(light)).reshape(lab.shape)


def _inside(light: Floats) -> Floats:
    """Linear light [N, 3] drawn towards its grey until every channel is in 0..1."""
    grey = np.clip(light @ _LUMINANCE, 0.0, 1.0)
    most, least = light.max(axis=-1), light.min(axis=-1)
    if most.max() <= 1.0 and least.min() >= 0.0:
        return light
    share = np.ones_like(grey)
    np.divide(1 - grey, most - grey, out=share, where=most > 1 + TINY)
    lower = np.ones_like(grey)
    np.divide(grey, grey - least, out=lower, where=least < -TINY)
    share = np.clip(np.minimum(share, lower), 0.0, 1.0)[..., None]
    inside: Floats = grey[..., None] + share * (light - grey[..., None])
    return inside


def adjusted(
    pixels: Pixels, *, warmth: float, saturation: float, hue: float, lightness: float
) -> Pixels:
    """Pixels with other colours; see the module.

    Args:
        pixels: RGB in 0..255, shape [H, W, 3].
        warmth: w, -1..1.
        saturation: s, -1..1.
        hue: h, degrees.
        lightness: l, -1..1.
    """
    lab = to_oklab(pixels)
    if lightness:
        lab[..., 0] = np.power(np.clip(lab[..., 0], 0.0, None), np.float32(2.0**-lightness))
    if hue:
        c, s = math.cos(math.radians(hue)), math.sin(math.radians(hue))
        lab[..., 1:] = lab[..., 1:] @ np.array([[c, s], [-s, c]], np.float32)
    if saturation:
        lab[..., 1:] *= np.float32(1 + saturation)
    if warmth:
        lab[..., 1:] += lab[..., :1] * (np.float32(warmth) * np.array(_AMBER, np.float32))
    return from_oklab(lab)


def contrasted(pixels: Pixels, *, contrast: float) -> Pixels:
    """Pixels [H, W, 3] with lights and darks further apart, or nearer; ``contrast`` -1..1 is c."""
    lab = to_oklab(pixels)
    light, power = np.clip(lab[..., 0], 0.0, 1.0), np.float32(2.0**contrast)
    middle = np.float32(MIDDLE)
    below = middle * np.power(light / middle, power)
    above = 1 - (1 - middle) * np.power((1 - light) / (1 - middle), power)
    lab[..., 0] = np.where(light < middle, below, above)
    return from_oklab(lab)
