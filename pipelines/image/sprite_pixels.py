"""From what the network of sprites paints to pixels: colours, hard edges, a palette.

Steps of `COLOURS` act in OKLab, over what is covered and so for any sprite alike:

    L' = m + e^(0.3 contrast) (L - m) + 0.06 lightness,        m the mean of L
    (a', b') = e^(0.4 saturation) R(hue / 2) (a, b) + 0.035 warmth (cos 45, sin 45)
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from pipelines.image.oklab import to_srgb
from pipelines.image.palettes import Palette
from pipelines.networks.sprites import CHROMA

__all__ = ["COLOURS", "to_lab", "to_rgba"]

Floats = NDArray[np.float32]
COLOURS = ("lightness", "contrast", "saturation", "warmth", "hue")
"""What the last numbers of a style do, in order."""
_LIGHTER, _CONTRAST, _SATURATED, _TURNED = 0.06, 0.3, 0.4, 0.5
_WARMER = 0.035 / math.sqrt(2)
COVERED = 0.5
"""Least alpha that is painted."""


def to_lab(x: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """OKLab [R, R, 3] and coverage [R, R] of a premultiplied picture [4, R, R]."""
    alpha = (x[3] + 1) / 2
    colour = np.moveaxis(x[:3], 0, -1) / alpha.clip(COVERED, 1)[..., None]
    lab = colour / np.array([2, CHROMA, CHROMA], np.float32)
    lab[..., 0] += 0.5
    return lab.astype(np.float32), alpha >= COVERED


def coloured(lab: Floats, steps: Floats) -> Floats:
    """Colours [M, 3] after steps of `COLOURS`; all at 0 leaves them as they are."""
    if not steps.any() or not len(lab):
        return lab
    lighter, contrast, saturated, warmer, turned = (float(step) for step in steps)
    light, a, b = lab.astype(np.float64).T
    middle = light.mean()
    light = middle + math.exp(_CONTRAST * contrast) * (light - middle) + _LIGHTER * lighter
    gain, angle = math.exp(_SATURATED * saturated), _TURNED * turned
    cosine, sine = gain * math.cos(angle), gain * math.sin(angle)
    moved = cosine * a - sine * b + _WARMER * warmer, sine * a + cosine * b + _WARMER * warmer
    return np.stack([light.clip(0, 1), *moved], axis=1).astype(np.float32)


def to_rgba(
    x: Floats, steps: Floats | None = None, palette: Palette | None = None
) -> NDArray[np.uint8]:
    """8-bit RGBA [R, R, 4] of a premultiplied picture [4, R, R]; alpha is 0 or 255.

    Args:
        x: The picture.
        steps: Of `COLOURS`.
        palette: Colours that are left; all of them without one.
    """
    lab, covered = to_lab(x)
    rgba = np.zeros((*covered.shape, 4), np.uint8)
    colours = lab[covered]
    if steps is not None:
        colours = coloured(colours, steps)
    if palette is not None:
        colours = palette.applied(colours, np.argwhere(covered))
    rgba[covered, :3] = to_srgb(colours)
    rgba[covered, 3] = 255
    return rgba
