"""The training works that a work is nearest to, from what ships beside the weights.

``reference.npz`` holds the features of every training picture (the ones that copies are judged by,
see `pipelines.training.reference`), ``works.npz`` a small picture of each in the same order. A
model without both simply has no answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.image.pixels import flat

if TYPE_CHECKING:
    from pipelines.artifact import Artifact
    from pipelines.networks.features import FeatureNetwork

__all__ = ["FILE", "Neighbours", "Work", "pack", "unpack"]

FILE = "works.npz"
REFERENCE = "reference.npz"


@dataclass(frozen=True)
class Work:
    """A training work.

    Attributes:
        index: Its place in the training split.
        image: A small picture, WebP.
        distance: In features, to the work that was asked about.
    """

    index: int
    image: bytes
    distance: float


def pack(file: Path, images: list[bytes]) -> None:
    """Write pictures into one file without any pickled object."""
    ends = np.cumsum([len(image) for image in images]).astype(np.uint32)
    np.savez(file, ends=ends, bytes=np.frombuffer(b"".join(images), np.uint8))


def unpack(file: Path) -> list[bytes]:
    """Read what `pack` wrote.

    Raises:
        OSError: If it cannot be read.
        ValueError: If it is something else.
    """
    with np.load(file, allow_pickle=False) as stored:
        ends, whole = stored["ends"].astype(int), stored["bytes"].tobytes()
    return [whole[start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True)]


@dataclass(frozen=True)
class Neighbours:
    """Every training work of a model.

    Attributes:
        network: Turns pictures into features.
        library: Features, shape [M, D].
        images: Small pictures, M of them.
    """

    network: FeatureNetwork
    library: NDArray[np.float32]
    images: list[bytes]

    @classmethod
    def load(cls, folder: Path) -> Neighbours | None:
        """Those of the model in ``folder``; None if they are not shipped with it."""
        from pipelines.training import features
        from pipelines.training.reference import Reference

        if not (folder / FILE).is_file() or not (folder / REFERENCE).is_file():
            return None
        library = Reference.load(folder / REFERENCE).library
        images = unpack(folder / FILE)
        if len(images) != len(library):
            return None
        return cls(features.load(), library, images)

    def of(self, artifact: Artifact, num: int = 3) -> list[Work]:
        """The ``num`` nearest to a picture, nearest first; none for anything else."""
        from PIL import Image

        from pipelines.run import steady
        from pipelines.training import features

        if not isinstance(artifact.data, Image.Image):
            return []
        pixels = np.asarray(flat(artifact.data))[None]
        with steady():
            vector = features.embed(self.network, pixels).vectors[0]
        distances = np.linalg.norm(self.library - vector, axis=1)
        order = np.argsort(distances, kind="stable")[:num]
        return [Work(int(i), self.images[i], float(distances[i])) for i in order]
