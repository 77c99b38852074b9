"""The sheets of a card of a model that paints from codes, drawn in batches.

    python -m pipelines.training.vq_sheets FOLDER --data DIR

``seeds.webp`` has seeds 0 to 63 at defaults; ``unseen.webp`` pictures of the test split above what
comes back of their codes; ``completions.webp`` such pictures with a part covered, four completions
and the picture, a column each; ``nearest.webp`` those eight of 500 samples that are nearest to a
training picture, each above that picture. ``atlas.npz`` is that of `pipelines.training.indexing`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipelines.image.vq_sampling import Chances, write
from pipelines.latents import on_shell
from pipelines.training.sheets import contact_sheet, to_pixels

if TYPE_CHECKING:
    from pipelines.atlas import Atlas
    from pipelines.image.vq import VQ
    from pipelines.image.vq_files import Parts
    from pipelines.pipeline import Instrument
    from pipelines.request import Request

__all__ = ["codes_of", "draw", "main", "paint"]

Pixels = NDArray[np.uint8]
BATCH = 32
SEEDS, SAMPLES, COLUMNS = 64, 500, 8
COMPLETED, WAYS = 8, 4
COVER = 128
"""Grey of what is covered."""
QUALITY = 85


def draw(instrument: Instrument, seeds: Sequence[int]) -> tuple[Pixels, NDArray[np.int64]]:
    """Pictures [N, R, R, 3] of seeds at defaults, and their classes [N]."""
    codes, labels = codes_of(instrument, seeds)
    return paint(instrument.pipeline.parts, codes), labels  # type: ignore[attr-defined]


def codes_of(instrument: Instrument, seeds: Sequence[int]) -> tuple[Tensor, NDArray[np.int64]]:
    """Codes [N, L] of seeds at defaults, and their classes [N]."""
    pipeline: VQ = instrument.pipeline  # type: ignore[assignment]
    parts, known = pipeline.parts, list(pipeline.species)
    species = [pipeline.resolve(instrument.request(seed=seed)) for seed in seeds]
    labels = np.array([known.index(str(one["species"])) if one else 0 for one in species])
    asked = instrument.values(instrument.request())
    chances = Chances(float(asked["temperature"]), int(asked["top_k"]), float(asked["top_p"]))
    nowhere = torch.zeros(parts.prior.sizes.length, dtype=torch.bool)
    made = []
    for start in range(0, len(seeds), BATCH):
        some = seeds[start : start + BATCH]
        noise = [on_shell(pipeline.place(instrument.request(seed=seed))) for seed in some]
        *_, codes = write(
            parts.prior,
            torch.zeros(len(some), len(nowhere), dtype=torch.long),
            nowhere,
            noise=np.concatenate(noise),
            labels=torch.from_numpy(labels[start : start + BATCH]),
            chances=chances,
        )
        made.append(codes)
    return torch.cat(made), labels


def paint(parts: Parts, codes: Tensor) -> Pixels:
    """Pictures [N, R, R, 3] of codes [N, L]."""
    with torch.inference_mode():
        vectors = [parts.vectors(codes[i : i + 8]) for i in range(0, len(codes), 8)]
        pictures = [parts.vq.decoder(torch.from_numpy(one)) for one in vectors]
    return to_pixels(torch.cat(pictures))


def main(arguments: list[str] | None = None) -> None:
    """Write the sheets into the model's folder."""
    parser = argparse.ArgumentParser(prog="python -m pipelines.training.vq_sheets")
    parser.add_argument("model", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="the pictures it learned from")
    parser.add_argument("--cache", type=Path, help="folder that keeps the decoded pictures")
    given = parser.parse_args(arguments)

    from pipelines import catalog
    from pipelines.training.data import load_pictures
    from pipelines.training.reference import hashed_order
    from pipelines.training.sample_sheets import nearest_pairs

    instrument = catalog.load(given.model)
    parts: Parts = instrument.pipeline.parts  # type: ignore[attr-defined]
    pictures = load_pictures(given.data, 8 * parts.prior.sizes.side, given.cache)
    test = pictures.split("test")
    unseen = test.pixels[hashed_order(test.names)[: 3 * COLUMNS]]
    again = np.concatenate([paint(parts, parts.encode(_planes(one[None]))) for one in unseen])
    rows = [x[i : i + 12] for i in (0, 12) for x in (unseen, again)]
    _save(np.concatenate(rows), given.model / "unseen.webp", 12)
    columns = [_completed(instrument, one, i) for i, one in enumerate(unseen[:COMPLETED])]
    _save(np.stack(columns, axis=1).reshape(-1, *unseen.shape[1:]),
          given.model / "completions.webp", COMPLETED)  # fmt: skip
    drawn, _ = draw(instrument, range(SAMPLES))
    _save(drawn[:SEEDS], given.model / "seeds.webp", 2 * COLUMNS)
    pairs = nearest_pairs(drawn, pictures.split("train"), COLUMNS)
    _save(np.concatenate(pairs), given.model / "nearest.webp", COLUMNS)
    _index(instrument).save(given.model / "atlas.npz")


def _index(instrument: Instrument) -> Atlas:
    """The atlas, whose works are drawn in batches and not one by one."""
    from PIL import Image

    from pipelines import atlas
    from pipelines.artifact import Artifact

    seeds = range(atlas.FIRST_SEED, atlas.FIRST_SEED + atlas.NUM_WORKS)
    drawn, _ = draw(instrument, seeds)

    def render(request: Request) -> Artifact:
        picture = Image.fromarray(drawn[request.seed - atlas.FIRST_SEED])
        return Artifact("picture", picture, request, "torch-cpu-f32")

    return atlas.draw(instrument, len(seeds), render=render)


def _planes(pixels: Pixels) -> NDArray[np.float32]:
    planes: NDArray[np.float32] = pixels.transpose(0, 3, 1, 2).astype(np.float32) / 127.5 - 1
    return np.ascontiguousarray(planes)


def _completed(instrument: Instrument, picture: Pixels, index: int) -> Pixels:
    """The picture with a part covered, completions of four seeds, and the picture."""
    import io

    from PIL import Image

    size = len(picture)
    brush = np.zeros((size, size), np.uint8)
    half, third = size // 2, size // 8 * 2
    where = (np.s_[half:], np.s_[:half], np.s_[:, half:], np.s_[third:-third, third:-third])
    brush[where[index % len(where)]] = 255
    files = {}
    for name, array in (("picture", picture), ("mask", brush)):
        data = io.BytesIO()
        Image.fromarray(array).save(data, "PNG")
        files[name] = data.getvalue()
    made = [np.where(brush[:, :, None] > 0, np.uint8(COVER), picture)]
    for seed in range(WAYS):
        request = instrument.attach(instrument.request(seed=seed), **files)
        made.append(np.asarray(instrument.render(request).data))
    return np.stack([*made, picture])


def _save(pixels: Pixels, file: Path, columns: int) -> None:
    contact_sheet(pixels, columns).save(file, quality=QUALITY)


if __name__ == "__main__":
    main()
