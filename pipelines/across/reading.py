"""What a work says of itself, whatever its medium, in numbers that another medium can take.

An attribute counts by how far it is from what is usual,

    z = clip((attribute - mean) / spread, -Z, Z),

with mean and spread of what its own model makes, where there is an atlas of it, else of the
bundled models of the medium. The mode of a tune counts by its brightness (minor, dorian,
mixolydian, major), its tempo by `TEMPO`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipelines.atlas import measured
from pipelines.scores import is_score, tempo_of

if TYPE_CHECKING:
    from pipelines.artifact import Artifact
    from pipelines.atlas import Atlas

__all__ = ["FARTHEST", "MODES", "TEMPO", "Reading", "reading_of"]

FARTHEST = 2.5
"""Z, the largest distance from what is usual that counts."""
MODES = ("minor", "dorian", "mixolydian", "major")
"""From the darkest to the brightest."""
BRIGHTNESS: Mapping[str, float] = dict(zip(MODES, (-1.15, -0.32, 0.32, 1.15), strict=True))
"""Median of each quarter of the normal distribution."""
TEMPO = (110.0, 24.0)
"""Quarter notes a minute: what is usual, and one standard deviation."""
USUAL: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "picture": {
        "warmth": (0.83, 0.13),
        "lightness": (58.0, 13.5),
        "saturation": (39.9, 13.7),
        "size": (0.32, 0.13),
        "roundness": (0.6, 0.2),
        "detail": (0.37, 0.1),
        "position": (0.01, 0.16),
        "contrast": (19.3, 5.8),
        "hue_spread": (0.054, 0.058),
        "symmetry": (0.83, 0.12),
        "paper": (12.8, 4.2),
    },
    "verse": {
        "warmth": (0.03, 0.057),
        "lightness": (0.029, 0.055),
        "mood": (0.01, 0.05),
        "landscape": (0.118, 0.073),
        "people": (0.044, 0.043),
        "repetition": (0.079, 0.053),
    },
    "music": {
        "density": (6.0, 2.2),
        "pitch": (73.0, 4.5),
        "range": (3.4, 1.2),
        "syncopation": (0.05, 0.19),
        "leaps": (2.4, 0.8),
        "calm": (0.62, 0.17),
    },
    "drums": {
        "density": (16.1, 5.1),
        "syncopation": (2.4, 2.5),
        "backbeat": (0.44, 0.44),
        "hats": (6.3, 4.5),
        "kick": (3.4, 1.7),
        "ghosts": (2.3, 2.9),
    },
}
"""Mean and standard deviation by medium and attribute, over the bundled models."""


@dataclass(frozen=True)
class Reading:
    """What a work says.

    Attributes:
        medium: Of the work.
        values: z by quality, -2.5 to 2.5.
        words: Of a poem, else empty.
        beats: Quarter notes a minute of what sounds, else None.
    """

    medium: str
    values: Mapping[str, float] = field(default_factory=dict)
    words: str = ""
    beats: float | None = None


def reading_of(work: Artifact, atlas: Atlas | None = None) -> Reading:
    """What a work says of itself.

    Args:
        work: Of any medium, rendered.
        atlas: Of its model, if there is one.
    """
    values, beats = _standard(work, atlas), None
    if is_score(work.data):
        mean, spread = TEMPO
        beats = tempo_of(work.data)
        values["tempo"] = _clipped((beats - mean) / spread)
        if work.medium == "music":
            mode = str(work.request.controls.get("mode", "major"))
            values["mode"] = BRIGHTNESS.get(mode, 0.0)
    words = work.data if isinstance(work.data, str) else ""
    return Reading(work.medium, values, words, beats)


def _standard(work: Artifact, atlas: Atlas | None) -> dict[str, float]:
    told = measured(work)
    if atlas is not None:
        z = dict(zip(atlas.names, atlas.standard(told).tolist(), strict=True))
    else:
        usual = USUAL.get(work.medium, {})
        z = {
            name: (told[name] - usual[name][0]) / usual[name][1] for name in told if name in usual
        }
    return {name: _clipped(value) for name, value in z.items() if math.isfinite(value)}


def _clipped(z: float) -> float:
    return min(max(z, -FARTHEST), FARTHEST)
