"""Translations of many pictures, and the sheets of a translator's card.

    python -m pipelines.training.star_gan_sheets DIR --data DIR

``translations.webp`` has a row for each of some test pictures: the picture, then what it becomes
in every domain, in the order of the config, all by seed 0 at defaults; ``styles.webp`` a test
picture above each of eight references, and below what it becomes in their domain and style;
``strength.webp`` the way from a picture to its translation; ``nearest.webp`` those eight of 500
translations that are nearest to a training picture, each above that picture.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.training.sample_sheets import nearest_pairs
from pipelines.training.sheets import contact_sheet, to_pixels, to_tensor

if TYPE_CHECKING:
    from torch import Tensor

    from pipelines.image.star_gan import StarGAN
    from pipelines.image.star_gan_files import Parts
    from pipelines.training.data import Pictures

__all__ = ["main", "translate"]

Pixels = NDArray[np.uint8]
Labels = NDArray[np.int64]
BATCH = 16
ROWS, STYLES, NEAREST, SHARES = 10, 8, 500, 8
QUALITY = 85


def translate(
    model: StarGAN,
    sources: Pixels,
    labels: Labels,
    seeds: NDArray[np.int64] | None = None,
    references: Pixels | None = None,
    strength: float = 1.0,
) -> Pixels:
    """What pictures become, in batches.

    Args:
        model: The translator.
        sources: RGB in 0..255, shape [N, R, R, 3].
        labels: Domain that each becomes, shape [N].
        seeds: Whose style it takes on; seed 0 for all without any.
        references: Pictures whose style it takes on instead, shape [N, R, R, 3].
        strength: See the control.
    """
    import torch

    parts, painter = model.parts, model.network("painter").module
    chosen = np.zeros(len(labels), np.int64) if seeds is None else seeds
    made = []
    for start in range(0, len(sources), BATCH):
        part = slice(start, start + BATCH)
        if references is None:
            pairs = zip(chosen[part], labels[part], strict=True)
            styles = [model.style_of(int(seed), int(label)) for seed, label in pairs]
        else:
            with torch.inference_mode():
                latents = parts.autoencoder.encoder(to_tensor(references[part])).numpy()
            found = zip(latents, labels[part], strict=True)
            styles = [parts.style(x[None], int(label)) for x, label in found]
        s = torch.from_numpy(np.stack(styles))
        with torch.inference_mode():
            x, own, rest = _read(parts, to_tensor(sources[part]), s, whole=strength < 1)
            share = torch.full((len(x), 1, 1, 1), strength)
            made.append(to_pixels(painter(x, s, own, rest, share)))
    return np.concatenate(made)


def _read(parts: Parts, pictures: Tensor, s: Tensor, *, whole: bool) -> tuple[Tensor, ...]:
    """Latents, own styles and what these lose; the last two count for little changes alone."""
    import torch

    if whole:
        read = [parts.read_picture(picture[None]) for picture in pictures]
        names = ("x", "own", "rest")
        found = [np.concatenate([getattr(one, name) for one in read]) for name in names]
        return tuple(torch.from_numpy(one) for one in found)
    x = parts.autoencoder.encoder(pictures)
    return x, s[:, 0], torch.zeros_like(x)


def main(arguments: list[str] | None = None) -> None:
    """Write the sheets into the model's folder."""
    parser = argparse.ArgumentParser(prog="python -m pipelines.training.star_gan_sheets")
    parser.add_argument("model", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="the pictures it learned from")
    parser.add_argument("--cache", type=Path, help="folder that keeps the decoded pictures")
    given = parser.parse_args(arguments)

    from pipelines import catalog
    from pipelines.image.star_gan import StarGAN
    from pipelines.training.data import load_pictures
    from pipelines.training.star_gan_pairs import only

    model = catalog.load(given.model).pipeline
    if not isinstance(model, StarGAN):
        raise ValueError(f"model={given.model} is no translator; give one")
    pictures = only(load_pictures(given.data, model.parts.side, given.cache), model.species)
    test = pictures.split("test")
    sheets = {
        "translations": (_translations(model, _spread(test, ROWS)), len(model.species) + 1),
        "styles": (_styles(model, test), STYLES),
        "strength": (_strengths(model, _spread(test, 4)), SHARES),
        "nearest": (_nearest(model, test, pictures.split("train")), STYLES),
    }
    for name, (pixels, columns) in sheets.items():
        contact_sheet(pixels, columns).save(given.model / f"{name}.webp", quality=QUALITY)


def _spread(pictures: Pictures, count: int) -> Pixels:
    """The first pictures of each domain in turn, uncurated."""
    kinds = len(pictures.classes)
    found: list[int] = []
    for turn in range(-(-count // kinds)):
        members = (np.flatnonzero(pictures.labels == kind) for kind in range(kinds))
        found += [int(one[turn]) for one in members if len(one) > turn]
    return pictures.pixels[found[:count]]


def _translations(model: StarGAN, sources: Pixels) -> Pixels:
    kinds = len(model.species)
    labels = np.tile(np.arange(kinds), len(sources))
    made = translate(model, np.repeat(sources, kinds, axis=0), labels)
    rows = made.reshape(len(sources), kinds, *made.shape[1:])
    return np.concatenate([sources[:, None], rows], axis=1).reshape(-1, *made.shape[1:])


def _styles(model: StarGAN, test: Pictures) -> Pixels:
    """Sources, references of every domain, and the translations, a row each."""
    kinds = len(model.species)
    order = [np.flatnonzero(test.labels == i % kinds)[1 + i // kinds] for i in range(STYLES)]
    references = test.pixels[order]
    source = test.pixels[np.flatnonzero(test.labels == 0)[2]]
    sources = np.repeat(source[None], STYLES, axis=0)
    made = translate(model, sources, test.labels[order], references=references)
    return np.concatenate([sources, references, made])


def _strengths(model: StarGAN, sources: Pixels) -> Pixels:
    labels = (np.arange(len(sources)) + 2) % len(model.species)
    shares = np.linspace(0, 1, SHARES)
    made = [translate(model, sources, labels, strength=float(share)) for share in shares]
    return np.stack(made, axis=1).reshape(-1, *sources.shape[1:])


def _nearest(model: StarGAN, test: Pictures, train: Pictures) -> Pixels:
    index = np.arange(NEAREST)
    sources = test.pixels[index % len(test.names)]
    made = translate(model, sources, (index * 3 + 1) % len(model.species), index)
    return np.concatenate(nearest_pairs(made, train, STYLES))


if __name__ == "__main__":
    main()
