"""OKLab, a colour space in which equal distances look about equal.

(Ottosson 2020, https://bottosson.github.io/posts/oklab/.)

    lms = (M1 rgb)^(1/3),    Lab = M2 lms        rgb linear

L is 0 for black and 1 for white; a (green to red) and b (blue to yellow) lie within about 0.3.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["CONES", "OKLAB", "to_oklab", "to_srgb"]

Floats = NDArray[np.float32]
CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
"""M1 and M2."""
_BACK1, _BACK2 = np.linalg.inv(CONES), np.linalg.inv(OKLAB)
_KNEE = 0.04045


def to_oklab(rgb: NDArray[np.uint8]) -> Floats:
    """Lab of 8-bit sRGB, shape [..., 3].

    >>> to_oklab(np.array([255, 255, 255], np.uint8)).round(3).tolist()
    [1.0, 0.0, 0.0]
    """
    s = rgb.astype(np.float64) / 255
    linear = np.where(s > _KNEE, ((s + 0.055) / 1.055) ** 2.4, s / 12.92)
    lab: Floats = (np.cbrt(linear @ CONES.T) @ OKLAB.T).astype(np.float32) + np.float32(0)
    return lab


def to_srgb(lab: Floats) -> NDArray[np.uint8]:
    """8-bit sRGB of Lab, shape [..., 3]; what no screen shows is clipped.

    >>> to_srgb(to_oklab(np.array([200, 30, 7], np.uint8))).tolist()
    [200, 30, 7]
    """
    linear = ((lab.astype(np.float64) @ _BACK2.T) ** 3 @ _BACK1.T).clip(0, 1)
    s = np.where(linear > _KNEE / 12.92, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear)
    pixels: NDArray[np.uint8] = np.rint(s * 255).astype(np.uint8)
    return pixels
