"""What a pipeline makes: the work itself with the recipe that made it."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from pipelines import scores
from pipelines.errors import PipelineError
from pipelines.request import Request

if TYPE_CHECKING:
    from PIL.Image import Image
    from symusic.core import ScoreTick

__all__ = ["Artifact", "Medium", "fingerprint"]

Medium = Literal["picture", "music", "drums", "verse"]


def fingerprint(data: Any) -> str:  # noqa: ANN401 - one per medium
    """sha256 of what is seen, read or heard: size and 8-bit pixels, NFC text, or a score's notes.

    >>> fingerprint("é") == fingerprint("e\u0301")
    True
    """
    if isinstance(data, str):
        return hashlib.sha256(unicodedata.normalize("NFC", data).encode()).hexdigest()
    if hasattr(data, "getbands"):
        head = f"{data.mode} {data.size[0]}x{data.size[1]}\n".encode()
        return hashlib.sha256(head + np.asarray(data).tobytes()).hexdigest()
    if scores.is_score(data):
        return scores.fingerprint(data)
    raise PipelineError("no_fingerprint", name=type(data).__name__, rule="not a known medium")


@dataclass(frozen=True)
class Artifact:
    """A work and its recipe.

    Attributes:
        medium: What kind of work.
        data: A PIL image, a text or a score.
        request: The recipe.
        engine: What ran the network: ``torch-cpu-f32`` is the reference.
        attached: Files that the recipe names, by sha256.
        bare: Of verse that was finished: the words before.
    """

    medium: Medium
    data: Image | str | ScoreTick
    request: Request
    engine: str = "torch-cpu-f32"
    attached: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    bare: str = ""

    @property
    def words(self) -> str:
        """Of verse: the words as they were written, before any finish."""
        return self.bare or str(self.data)

    @property
    def fingerprint(self) -> str:
        """See `fingerprint`; comparable only between reference renders."""
        return fingerprint(self.data)

    def save(self, path: str | Path) -> Path:
        """Write the work with its recipe inside; the suffix chooses the format.

        Raises:
            ExportError: For a suffix that this medium has no format for, or a full disk.
        """
        from pipelines.exports import save

        return save(self, Path(path))
