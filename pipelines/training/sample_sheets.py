"""The sheets of a model card: what it makes, uncurated, and what comes nearest to its training.

    python -m pipelines.training.sample_sheets assets/models/pomona --data DIR

``seeds.webp`` has seeds 0 to 63 at defaults, ``species.webp`` a row of eight seeds for every
species, in the order of the config, and ``nearest.webp`` those eight of 1,000 samples that are
nearest to a training picture (feature distance, flips included), each above that picture. Of a
variational autoencoder ``unseen.webp`` has test pictures, each above what is painted of it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.training import features, measures
from pipelines.training.sheets import contact_sheet

if TYPE_CHECKING:
    from pipelines.pipeline import Instrument
    from pipelines.training.data import Pictures

__all__ = ["COLUMNS", "SEEDS", "draw", "main", "nearest_pairs", "save", "write_unseen"]

Pixels = NDArray[np.uint8]
COLUMNS = 8
SEEDS = 64
SAMPLES = 1000
UNSEEN = 32
QUALITY = 85


def main(arguments: list[str] | None = None) -> None:
    """Write the sheets into the model's folder."""
    parser = argparse.ArgumentParser(prog="python -m pipelines.training.sample_sheets")
    parser.add_argument("model", type=Path)
    parser.add_argument("--data", type=Path, help="the pictures it was trained on")
    parser.add_argument("--cache", type=Path, help="folder that keeps the decoded pictures")
    given = parser.parse_args(arguments)

    from pipelines import catalog
    from pipelines.training.data import load_pictures

    instrument = catalog.load(given.model)
    save(draw(instrument, SEEDS), given.model / "seeds.webp", 2 * COLUMNS)
    species = getattr(instrument.pipeline, "species", ())
    if len(species) > 1:
        rows = [draw(instrument, COLUMNS, species=name) for name in species]
        save(np.concatenate(rows), given.model / "species.webp", COLUMNS)
    if given.data is not None:
        size = instrument.render(instrument.request()).data.size[0]  # type: ignore[union-attr]
        pictures = load_pictures(given.data, size, given.cache)
        train = pictures.split("train")
        write_unseen(instrument, pictures.split("test").pixels[:UNSEEN], given.model)
        pairs = nearest_pairs(draw(instrument, SAMPLES), train, COLUMNS)
        save(np.concatenate(pairs), given.model / "nearest.webp", COLUMNS)


def draw(instrument: Instrument, count: int, **controls: str) -> Pixels:
    """Pictures of seeds 0 to ``count`` - 1, shape [count, R, R, 3]."""
    requests = [instrument.request(seed=seed, **controls) for seed in range(count)]
    return np.stack([np.asarray(instrument.render(request).data) for request in requests])


def write_unseen(instrument: Instrument, shown: Pixels, folder: Path) -> None:
    """Write unseen pictures and what a variational autoencoder paints of them."""
    from pipelines.image.vae import VAE

    model = instrument.pipeline
    if isinstance(model, VAE) and len(shown):
        from pipelines.training.repainting import again

        rows = np.stack([shown, again(model, shown)], axis=1)  # pairs stand one above the other
        width = 2 * COLUMNS
        pairs = [rows[i : i + width].swapaxes(0, 1) for i in range(0, len(rows), width)]
        flat = np.concatenate([pair.reshape(-1, *shown.shape[1:]) for pair in pairs])
        save(flat, folder / "unseen.webp", width)


def save(pixels: Pixels, file: Path, columns: int) -> None:
    """Write pictures [N, R, R, 3] as one sheet."""
    contact_sheet(pixels, columns).save(file, quality=QUALITY)


def nearest_pairs(
    samples: Pixels,
    train: Pictures,
    count: int,
    embed: Callable[[Pixels], NDArray[np.float32]] | None = None,
) -> tuple[Pixels, Pixels]:
    """The samples nearest to a training picture, nearest first, and those pictures.

    Args:
        samples: RGB in 0..255, shape [N, R, R, 3].
        train: The training split, at the same size.
        count: How many pairs.
        embed: Pictures [N, R, R, 3] -> vectors [N, D] whose distance counts; those of our feature
            network if none are given, which knows fruit.
    """
    if embed is None:
        network = features.load()
        embed = lambda pixels: features.embed(network, pixels).vectors  # noqa: E731
    vectors = embed(samples)
    views = [train.pixels, np.ascontiguousarray(train.pixels[:, :, ::-1])]
    known = [embed(view) for view in views]
    nearest = np.minimum(*(measures.nearest_distances(vectors, one) for one in known))
    chosen = np.argsort(nearest)[:count]
    found = []
    for vector in vectors[chosen]:
        far = np.stack([np.linalg.norm(one - vector, axis=1) for one in known])
        view, index = np.unravel_index(int(far.argmin()), far.shape)
        found.append(views[view][index])
    return samples[chosen], np.stack(found)


if __name__ == "__main__":
    main()
