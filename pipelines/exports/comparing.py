"""Is it the same work? A file's recipe rendered again, against what the file says and shows.

*Identical* needs the recorded fingerprint, and in a lossless file the same pixels too. *Same to
the eye* is a largest difference of 2/255. Anything else differs, by how much, and why.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipelines.artifact import Artifact, fingerprint
from pipelines.errors import ExportError
from pipelines.exports.documents import REFERENCE, environment
from pipelines.exports.reading import Opened
from pipelines.plates import picture_of
from pipelines.request import Request

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["SAME", "Verdict", "film_verdict", "verdict"]

SAME = 2
"""Largest difference, in 1/255, that no eye sees."""
INCOMPARABLE = 255
_BLOCK = 8
_REPAINTED = 48
"""No codec moves the mean of an 8 x 8 block this far, in 1/255; a brush does."""

Why = Literal[
    "",
    "pixels_changed",
    "size_changed",
    "fingerprint_changed",
    "no_fingerprint",
    "other_weights",
    "other_engine_or_cpu",
    "lossy_file",
    "no_pixels",
]


@dataclass(frozen=True)
class Verdict:
    """What replaying a file showed.

    Attributes:
        kind: ``unknown`` where only fingerprints could be compared, and they differ or are
            missing.
        max: Largest difference of a channel of a pixel, in 1/255.
        mean: Mean difference, in 1/255.
        why: The reason as a code, or empty. With ``identical``, ``lossy_file`` and ``no_pixels``
            say that the fingerprint alone was compared.
    """

    kind: Literal["identical", "same", "differs", "unknown"]
    max: int = 0
    mean: float = 0.0
    why: Why = ""


def verdict(opened: Opened, rendered: Artifact, *, original: Image | None = None) -> Verdict:
    """Compare a file with the reference render of its recipe.

    Args:
        opened: The file.
        rendered: Its recipe, rendered again with the reference engine.
        original: The kept picture in the library, which stands in for the pixels of a file that
            has none or is lossy.

    Raises:
        ExportError: ``not_reference``, if ``rendered`` is a fast frame.
    """
    if rendered.engine != REFERENCE:
        raise ExportError(
            "not_reference",
            name="engine",
            value=rendered.engine,
            rule=f"not {REFERENCE}",
            remedy="render it with quality reference",
        )
    if not isinstance(opened.recipe, Request):
        return Verdict("unknown", why="no_pixels")
    shown = picture_of(rendered)
    same_print = opened.fingerprint == rendered.fingerprint
    pixels = opened.image if opened.lossless else original
    if pixels is not None:
        return _measured(opened, rendered, (pixels, shown), same_print=same_print)
    if opened.image is None:
        return Verdict("identical" if same_print else "unknown", why=_blind(opened, rendered))
    if opened.image.size != shown.size:
        return Verdict("differs", INCOMPARABLE, float(INCOMPARABLE), "size_changed")
    largest, mean, blocks = _difference(opened.image, shown)
    if blocks > _REPAINTED:
        return Verdict("differs", largest, mean, "pixels_changed")
    kind: Literal["identical", "unknown"] = "identical" if same_print else "unknown"
    return Verdict(kind, largest, mean, _blind(opened, rendered))


def film_verdict(opened: Opened, fingerprint: str) -> Verdict:
    """Compare a film in a file with `pipelines.film.replay` of its timeline.

    Frames were scaled and compressed, so that only their fingerprints can be compared.
    """
    if opened.fingerprint == fingerprint:
        return Verdict("identical", why="lossy_file")
    elsewhere = opened.fingerprint is not None and _elsewhere(opened)
    return Verdict("unknown", why="other_engine_or_cpu" if elsewhere else "lossy_file")


def _measured(
    opened: Opened, rendered: Artifact, both: tuple[Image, Image], *, same_print: bool
) -> Verdict:
    """The verdict where there are exact pixels to compare: of the file, and as rendered again."""
    pixels, image = both
    if pixels.size != image.size:
        return Verdict("differs", INCOMPARABLE, float(INCOMPARABLE), "size_changed")
    largest, mean, _ = _difference(pixels, image)
    if largest == 0 and same_print:
        return Verdict("identical")
    if largest == 0:
        return Verdict(
            "same", why="fingerprint_changed" if opened.fingerprint else "no_fingerprint"
        )
    why = _reason(opened, rendered, untouched=fingerprint(pixels) == opened.fingerprint)
    if same_print:
        why = "pixels_changed"
    return Verdict("same" if largest <= SAME else "differs", largest, mean, why)


def _reason(opened: Opened, rendered: Artifact, *, untouched: bool) -> Why:
    """Why exact pixels and the render differ."""
    if _other_weights(opened, rendered):
        return "other_weights"
    if untouched or (opened.fingerprint and _elsewhere(opened)):
        return "other_engine_or_cpu"
    return "pixels_changed"


def _blind(opened: Opened, rendered: Artifact) -> Why:
    """Why there is no more to compare than the fingerprint, or why that differs."""
    if opened.fingerprint and opened.fingerprint != rendered.fingerprint:
        if _other_weights(opened, rendered):
            return "other_weights"
        if _elsewhere(opened):
            return "other_engine_or_cpu"
    return "no_pixels" if opened.image is None else "lossy_file"


def _other_weights(opened: Opened, rendered: Artifact) -> bool:
    recipe = opened.recipe
    return isinstance(recipe, Request) and recipe.weights != rendered.request.weights


def _elsewhere(opened: Opened) -> bool:
    """Whether the file was made by another engine, other versions or another CPU."""
    here: dict[str, Any] = environment(REFERENCE)
    told = opened.meta
    return any(told.get(key) != here[key] for key in ("engine", "versions", "cpu") if key in told)


def _difference(a: Image, b: Image) -> tuple[int, float, float]:
    """Largest and mean difference, and the largest of the means over 8 x 8 blocks."""
    mode = "RGBA" if "A" in a.mode + b.mode else "RGB"
    pixels: list[NDArray[np.int16]] = [
        np.asarray(image.convert(mode)).astype(np.int16) for image in (a, b)
    ]
    signed = pixels[0] - pixels[1]
    rows, columns = (-(-side // _BLOCK) * _BLOCK for side in signed.shape[:2])
    padded = np.zeros((rows, columns, signed.shape[2]), np.float32)
    padded[: signed.shape[0], : signed.shape[1]] = signed
    blocks = padded.reshape(rows // _BLOCK, _BLOCK, columns // _BLOCK, _BLOCK, -1).mean((1, 3))
    return int(np.abs(signed).max()), float(np.abs(signed).mean()), float(np.abs(blocks).max())
