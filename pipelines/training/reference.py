"""What quality is measured against, in a file small enough to ship.

The pictures kept out of training stay where they are; what a measurement needs of them fits in
two megabytes: the sorted projections of their patches (in bins), the features of the training
pictures (in bytes), and the figures that real pictures reach among themselves. With it anyone can
repeat `benchmarks.quality` without the data.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipelines.training import features, measures

if TYPE_CHECKING:
    from pipelines.networks.features import FeatureNetwork
    from pipelines.training.data import Pictures

__all__ = ["COUNT", "QUICK_COUNT", "Reference", "build", "crops", "hashed_order"]

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
COUNT = 700
"""Pictures in each set whose patches are compared."""
QUICK_COUNT = 128
NUM_BINS = 192
CROP = 0.9


@dataclass(frozen=True)
class Reference:
    """The kept-out pictures in numbers.

    Attributes:
        patches: Their patch quantiles by level, from 700 pictures.
        real: Sliced Wasserstein distance of training pictures to them, by count and level.
        library: Features of every training picture, shape [M, D].
        figures: ``diversity`` of the kept-out pictures, ``copies`` (first percentile of their
            distance to the library), ``accuracy`` of the judge on them.
        features_sha256: Of the feature network all this was measured with.
    """

    patches: dict[int, Floats]
    real: dict[int, dict[str, float]]
    library: Floats
    figures: dict[str, float] = field(default_factory=dict)
    features_sha256: str = ""

    def save(self, file: Path) -> None:
        """Write one compressed file without any pickled object."""
        scale = np.abs(self.library).max(axis=0) / 127
        words = {
            "real": {str(count): levels for count, levels in self.real.items()},
            "figures": self.figures,
            "features_sha256": self.features_sha256,
        }
        arrays: dict[str, Any] = {
            "library": np.rint(self.library / scale).astype(np.int8),
            "scale": scale.astype(np.float32),
            "words": np.frombuffer(json.dumps(words).encode(), dtype=np.uint8),
        }
        for side, value in self.patches.items():
            arrays[f"patches_{side}"] = value.astype(np.float16)
        np.savez_compressed(file, **arrays)

    @classmethod
    def load(cls, file: Path) -> Reference:
        """Read what `save` wrote."""
        with np.load(file, allow_pickle=False) as stored:
            words = json.loads(stored["words"].tobytes().decode())
            patches = {
                int(name.removeprefix("patches_")): stored[name].astype(np.float32)
                for name in stored.files
                if name.startswith("patches_")
            }
            library = stored["library"].astype(np.float32) * stored["scale"]
        real = {int(count): levels for count, levels in words["real"].items()}
        return cls(patches, real, library, words["figures"], words["features_sha256"])

    def nearest(self, network: FeatureNetwork, pixels: Pixels) -> Floats:
        """Feature distance to the nearest training picture, either way round, shape [N]."""
        ways = [features.embed(network, way).vectors for way in (pixels, pixels[:, :, ::-1])]
        found = [measures.nearest_distances(vectors, self.library) for vectors in ways]
        nearest: Floats = np.minimum(*found)
        return nearest


def hashed_order(names: tuple[str, ...]) -> NDArray[np.int64]:
    """An order of pictures that is as good as random and never changes."""
    return np.argsort([hashlib.sha256(name.encode()).hexdigest() for name in names])


def crops(pixels: Pixels) -> list[Pixels]:
    """The pictures, five small crops of each (corners and middle, 90 %), and all mirrored."""
    from PIL import Image

    side = pixels.shape[1]
    part = round(CROP * side)
    room = side - part
    places = [(0, 0), (0, room), (room, 0), (room, room), (room // 2, room // 2)]
    found = [pixels]
    for top, left in places:
        cut = pixels[:, top : top + part, left : left + part]
        enlarged = [
            np.asarray(Image.fromarray(one).resize((side, side), Image.Resampling.BICUBIC))
            for one in cut
        ]
        found.append(np.stack(enlarged))
    return found + [np.ascontiguousarray(one[:, :, ::-1]) for one in found]


def build(
    pictures: Pictures, network: FeatureNetwork, say: Callable[[str], None] = print
) -> Reference:
    """Measure a data set once.

    Args:
        pictures: All of it; the split is by name.
        network: The feature network.
        say: Receives a line of progress at a time.
    """
    train, test = pictures.split("train"), pictures.split("test")
    chosen = hashed_order(train.names)[:COUNT]
    kept_out = test.pixels[hashed_order(test.names)[:COUNT]]
    patches = measures.patch_quantiles(kept_out, num_quantiles=NUM_BINS)
    real = {
        count: measures.quantile_distance(
            measures.patch_quantiles(train.pixels[chosen[:count]]), patches
        )
        for count in (QUICK_COUNT, COUNT)
    }
    say(f"real against real: {real}")
    library = features.embed(network, train.pixels).vectors
    found = features.embed(network, kept_out)
    figures = {
        "diversity": measures.diversity(found.vectors),
        "accuracy": features.accuracy(network, test),
    }
    digest = hashlib.sha256((features.FOLDER / "weights.safetensors").read_bytes()).hexdigest()
    reference = Reference(patches, real, library, figures, digest)
    own = float(np.percentile(reference.nearest(network, test.pixels), 1))
    return Reference(patches, real, library, {**figures, "copies": own}, digest)
