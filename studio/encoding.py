"""A rendered picture as bytes: fast for frames, small for tiles, exact for results."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

from studio.errors import StudioError

if TYPE_CHECKING:
    from PIL.Image import Image

    from pipelines.artifact import Artifact

__all__ = ["data_uri", "image_of", "jpeg", "lossless", "png", "thumbnail", "webp"]


def image_of(artifact: Artifact) -> Image:
    """The picture that was rendered.

    Raises:
        StudioError: ``no_picture`` for a work of another medium.
    """
    if isinstance(artifact.data, str):
        raise StudioError("no_picture", name="work", rule="not a picture", remedy="")
    return artifact.data


def jpeg(image: Image) -> bytes:
    """A frame: quality 90 without chroma subsampling; a third of a millisecond at 128 px."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=90, subsampling=0)
    return buffer.getvalue()


def webp(image: Image) -> bytes:
    """A tile: small and sharp."""
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=92, method=1)
    return buffer.getvalue()


def lossless(image: Image) -> bytes:
    """WebP with exactly these pixels."""
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", lossless=True, quality=20, method=1, exact=True)
    return buffer.getvalue()


def png(image: Image) -> bytes:
    """PNG with exactly these pixels, compressed lightly."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def thumbnail(image: Image, side: int = 176) -> bytes:
    """WebP whose longer side is ``side``; small pictures are enlarged, for sharp screens."""
    from PIL import Image as pil  # noqa: N813 - the class hides the module

    scale = side / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return webp(image.convert("RGB").resize(size, pil.Resampling.LANCZOS))


def data_uri(data: bytes, mime: str = "image/webp") -> str:
    """Bytes that a page can show without asking again."""
    return f"data:{mime};base64,{base64.b64encode(data).decode('ascii')}"
