"""The card and the sheets of a model that an artist trained: what is measured, nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipelines.training import measures, sample_sheets
from pipelines.training.cards import replace_section

if TYPE_CHECKING:
    from pipelines.pipeline import Instrument
    from pipelines.training.data import Pictures
    from pipelines.training.own_model import Wish
    from pipelines.training.own_pictures import Checked
    from pipelines.training.own_searching import Search

__all__ = ["begin", "figures_of", "finish"]

Pixels = NDArray[np.uint8]
MOST, LEAST = 128, 8
"""Pictures in each set whose patches are compared, at most and at least."""
SAMPLES = 256
"""Samples among which copies are looked for."""
LAST = 200
"""Place among the models: behind those that Duet ships."""
SMALL = 16
"""Side at which pixels are compared: the feature network knows fruit alone."""
_ENGLISH = """Made from {pictures}{credit}, with Duet.

- **Class**: {family}, {size}.
- **Trained on**: {kinds}{left_out}.
- **How**: `python -m pipelines.training.own PICTURES --makes {makes} --minutes {minutes:g}
  --seed {seed}{options}`, on one core.{found}

![Seeds 0 to 63](seeds.webp)
"""
_CHINESE = """用 {count} 幅图画训练而成{left_out_zh}。

![种子 0 至 63](seeds.webp)
"""


def begin(folder: Path, checked: Checked, wish: Wish, found: Search | None = None) -> None:
    """Write what is known of a model before anything of it is measured.

    Args:
        folder: The model.
        checked: What it was trained on.
        wish: What was asked for, with the settings that were found.
        found: How they were found, if a search was asked for.
    """
    count, left = len(checked.files), len(checked.damaged) + len(checked.duplicates)
    kinds = ", ".join(f"{number} {kind}" for kind, number in checked.kinds.items())
    pictures = f"{count} picture{'s' * (count != 1)}"
    told = {
        "count": count,
        "pictures": pictures,
        "credit": f" by {wish.credit}" if wish.credit else "",
        "family": wish.kind.family,
        "size": f"{wish.kind.size} x {wish.kind.size} px" if wish.kind.size else "any size",
        "kinds": kinds if len(checked.kinds) > 1 else pictures,
        "left_out": f"; {left} damaged, too small, or there twice, left out" if left else "",
        "left_out_zh": f"，另有 {left} 幅因损坏、过小或重复而未用" if left else "",
        "makes": wish.makes,
        "minutes": wish.time,
        "seed": wish.seed,
        "options": _options(wish),
        "found": _found(wish, found) if found else "",
    }
    english, chinese = _ENGLISH.format(**told), _CHINESE.format(**told)
    text = f"{_front(wish)}\n<!-- zh -->\n{chinese}\n<!-- en -->\n{english}"
    (folder / "card.md").write_text(text, encoding="utf-8")


def _options(wish: Wish) -> str:
    """What else was asked for, as the command has it."""
    start = [f" --start {Path(wish.start).name}"] if wish.start else []
    return "".join([*start, *(f" --set {setting}" for setting in wish.settings)])


def _found(wish: Wish, found: Search) -> str:
    """How good settings were looked for."""
    usual = "astray" if found.usual is None else f"{found.usual:.2f}"
    return (
        f"\n- **Settings**: `--find {wish.find:g}` looked for them in {found.runs} short runs on "
        f"training pictures\n  alone; `swd_ratio` {found.score:.2f} on others of these, with the "
        f"usual ones {usual}."
    )


def finish(folder: Path, seen: Pictures | None) -> None:
    """Paint the sheets of a model and measure it; its card tells of both.

    Args:
        folder: The model, its sliders measured.
        seen: The pictures as the training saw them, kept-out ones included; None of a pattern.
    """
    from pipelines import catalog

    instrument = catalog.load(folder)
    count = sample_sheets.SEEDS if seen is None else SAMPLES
    samples = sample_sheets.draw(instrument, count)
    shown = samples[: sample_sheets.SEEDS]
    sample_sheets.save(shown, folder / "seeds.webp", 2 * sample_sheets.COLUMNS)
    if seen is None:
        return
    found = figures_of(instrument, samples, seen)
    if found:
        replace_section(folder / "card.md", "Quality", _table(found))
    _sheets(instrument, samples, seen, folder)
    replace_section(folder / "card.md", "Copies", _COPIES)


_COPIES = """The eight of 256 samples that are nearest to a training picture (in pixels, flips
included), each above that picture.

![Nearest training pictures](nearest.webp)"""


def figures_of(
    instrument: Instrument, samples: Pixels, pictures: Pictures, most: int = MOST
) -> dict[str, tuple[float, str]]:
    """What can be said of pictures that it was not trained on: value and unit by name.

    ``swd_ratio`` is the distance of samples to them beside that of as many training pictures;
    ``psnr`` and ``ssim`` are of a variational autoencoder that paints them again. Empty where too
    few were kept out. At most ``most`` pictures of each set are compared.
    """
    from pipelines.image.vae import VAE
    from pipelines.training.repainting import again

    train, test = pictures.split("train").pixels, pictures.split("test").pixels
    count = min(len(train), len(test), most)
    found: dict[str, tuple[float, str]] = {}
    if count < LEAST:
        return found
    far = measures.sliced_wasserstein(samples[:count], test[:count])["mean"]
    near = measures.sliced_wasserstein(train[:count], test[:count])["mean"]
    found["swd_ratio"] = (far / near, f"x training pictures, {count} of each")
    if isinstance(instrument.pipeline, VAE):
        fidelity = measures.fidelity(again(instrument.pipeline, test[:count]), test[:count])
        found["psnr"] = (fidelity["psnr"], "dB, unseen pictures painted again")
        found["ssim"] = (fidelity["ssim"], "of 1, the same")
    return found


def _sheets(instrument: Instrument, samples: Pixels, pictures: Pictures, folder: Path) -> None:
    train, unseen = pictures.split("train"), pictures.split("test").pixels
    sample_sheets.write_unseen(instrument, unseen[: 2 * sample_sheets.COLUMNS], folder)
    pairs = sample_sheets.nearest_pairs(samples, train, sample_sheets.COLUMNS, _small)
    sample_sheets.save(np.concatenate(pairs), folder / "nearest.webp", sample_sheets.COLUMNS)


def _small(pixels: Pixels) -> NDArray[np.float32]:
    """Pictures [N, R, R, 3] as vectors of small pictures, whatever R is."""
    side = pixels.shape[1] // SMALL
    blocks = pixels.reshape(len(pixels), SMALL, side, SMALL, side, 3).astype(np.float32)
    small: NDArray[np.float32] = blocks.mean(axis=(2, 4)).reshape(len(pixels), -1)
    return small


def _front(wish: Wish) -> str:
    import yaml

    head = {
        "title": {"en": wish.name, "zh": wish.name},
        "medium": "picture",
        "license": wish.licence,
        "credit": wish.credit,
        "version": "1",
        "order": LAST,
    }
    return f"---\n{yaml.safe_dump(head, allow_unicode=True, sort_keys=False)}---\n"


def _table(found: dict[str, tuple[float, str]]) -> str:
    rows = [f"| {name} | {value:.3f} | {unit} |" for name, (value, unit) in found.items()]
    return "\n".join(["| figure | value | unit |", "|---|---|---|", *rows])
