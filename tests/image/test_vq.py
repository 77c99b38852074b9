"""Pictures from codes: what is kept, how codes are drawn, what is refused."""

from __future__ import annotations

import io
import json
import shutil

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from pipelines.catalog import Catalog
from pipelines.errors import RequestError, WeightsError
from pipelines.image.vq_keeping import kept_of
from pipelines.image.vq_sampling import Chances, choose, ordered, write
from pipelines.pipeline import Instrument

SIDE = 64
CELLS = 8


def pixels(artifact) -> np.ndarray:
    return np.asarray(artifact.data).astype(int)


def png(image: Image.Image) -> bytes:
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


def brush(box: tuple[int, int, int, int]) -> bytes:
    made = Image.new("L", (SIDE, SIDE), 0)
    ImageDraw.Draw(made).rectangle(box, fill=255)
    return png(made)


@pytest.fixture(scope="module")
def sheet() -> bytes:
    made = Image.new("RGB", (SIDE, SIDE), (244, 236, 216))
    ImageDraw.Draw(made).ellipse((10, 20, 50, 60), fill=(160, 30, 20))
    return png(made)


@pytest.fixture(scope="module")
def before(sheet) -> np.ndarray:
    with Image.open(io.BytesIO(sheet)) as opened:
        return np.asarray(opened).astype(int)


def completed(model: Instrument, seed: int = 6, **files: bytes):
    return model.attach(model.request(seed=seed), **files)


def test_kept_cells_keep_every_pixel(tiny_codes: Instrument, sheet, before):
    mask = brush((20, 33, 42, 46))  # touches cells of rows 4 and 5, columns 2 to 5
    for picture in tiny_codes.stream(completed(tiny_codes, picture=sheet, mask=mask)):
        apart = np.abs(pixels(picture) - before).max(axis=2)
        inside = np.zeros((SIDE, SIDE), dtype=bool)
        inside[32:48, 16:48] = True
        assert apart[~inside].max() == 0
        assert apart[36:44, 20:44].mean() > 3


def test_without_a_brush_the_upper_half_stays(tiny_codes: Instrument, sheet, before):
    made = pixels(tiny_codes.render(completed(tiny_codes, picture=sheet)))
    assert np.array_equal(made[: SIDE // 2], before[: SIDE // 2])
    assert np.abs(made - before)[SIDE // 2 + 4 :].mean() > 3


def test_other_seeds_complete_it_otherwise(tiny_codes: Instrument, sheet):
    made = [tiny_codes.render(completed(tiny_codes, seed, picture=sheet)) for seed in range(4)]
    assert len({one.fingerprint for one in made}) == 4


def test_what_is_kept_below_changes_what_is_drawn_above(tiny_codes: Instrument, sheet):
    other = Image.new("RGB", (SIDE, SIDE), (20, 60, 30))
    with Image.open(io.BytesIO(sheet)) as opened:
        other.paste(opened.crop((0, 0, SIDE, 32)), (0, 0))
    mask = brush((0, 0, SIDE, 31))
    parts = tiny_codes.pipeline.parts
    attached = [{"picture": one, "mask": mask} for one in (sheet, png(other))]
    kept = [kept_of(one, parts) for one in attached]
    assert not torch.equal(kept[0].codes[0, 32:], kept[1].codes[0, 32:])
    drawn = [pixels(tiny_codes.render(completed(tiny_codes, **one))) for one in attached]
    assert np.abs(drawn[0] - drawn[1])[:24].max() > 3


def test_it_grows_from_above_and_the_whole_comes_last(tiny_codes: Instrument):
    request = tiny_codes.request(seed=6)
    grown = [pixels(one) for one in tiny_codes.stream(request)]
    assert len(grown) == CELLS // 2
    assert np.array_equal(grown[-1], pixels(tiny_codes.render(request)))
    apart = [np.abs(one - grown[-1]).mean() for one in grown]
    assert sorted(apart, reverse=True) == apart
    drafts = list(tiny_codes.stream(request, quality="draft"))
    assert len(drafts) == CELLS // 4
    assert np.abs(pixels(drafts[-1]) - grown[-1]).mean() <= 1
    (alone,) = tiny_codes.stream(request, previews=False)
    assert np.array_equal(pixels(alone), grown[-1])


def test_rows_that_are_kept_are_no_previews(tiny_codes: Instrument, sheet):
    mask = brush((0, 56, SIDE, SIDE))
    assert len(list(tiny_codes.stream(completed(tiny_codes, picture=sheet, mask=mask)))) == 1


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("bad_attachment", {"mask": brush((0, 0, 30, 30))}),
        ("bad_attachment", {"picture": b"no picture"}),
        ("bad_attachment", {"picture": b"\x89PNG\r\n\x1a\n", "mask": brush((0, 0, 30, 30))}),
        ("nothing_brushed", {"picture": None, "mask": png(Image.new("L", (SIDE, SIDE), 0))}),
        ("all_brushed", {"picture": None, "mask": png(Image.new("L", (9, 9), 255))}),
    ],
)
def test_what_can_not_be_completed_is_refused(tiny_codes: Instrument, sheet, code, names):
    files = {name: sheet if data is None else data for name, data in names.items()}
    with pytest.raises(RequestError) as caught:
        tiny_codes.render(completed(tiny_codes, **files))
    assert caught.value.code == code


def test_no_temperature_leaves_nothing_to_chance(tiny_codes: Instrument):
    cold = {"temperature": 0.0, "species": "pear"}
    one, two = (tiny_codes.render(tiny_codes.request(seed=s, **cold)) for s in (1, 2))
    assert one.fingerprint == two.fingerprint
    greedy = tiny_codes.render(tiny_codes.request(seed=3, top_k=1, species="pear"))
    assert greedy.fingerprint == one.fingerprint
    warm = tiny_codes.render(tiny_codes.request(seed=1, species="pear"))
    assert warm.fingerprint != one.fingerprint


def test_the_species_is_heard(tiny_codes: Instrument):
    made = {tiny_codes.render(tiny_codes.request(seed=5, species=s)).fingerprint
            for s in tiny_codes.pipeline.species}  # fmt: skip
    assert len(made) == 3
    drawn = tiny_codes.pipeline.resolve(tiny_codes.request(seed=5))["species"]
    free, named = (
        tiny_codes.render(tiny_codes.request(seed=5, species=s)) for s in ("any", drawn)
    )
    assert free.fingerprint == named.fingerprint


ORDER = np.arange(6)
LOGITS = np.log(np.array([0.1, 0.3, 0.05, 0.25, 0.2, 0.1]))


def shares(chances: Chances, order: np.ndarray = ORDER, count: int = 2000) -> np.ndarray:
    drawn = [choose(LOGITS, (i + 0.5) / count, chances, order) for i in range(count)]
    return np.bincount(drawn, minlength=6) / count


def test_codes_are_drawn_as_often_as_they_are_likely():
    likely = np.exp(LOGITS)
    for order in (ORDER, ORDER[::-1]):
        np.testing.assert_allclose(shares(Chances(), order), likely, atol=1e-3)
    sharp = likely**2 / (likely**2).sum()
    np.testing.assert_allclose(shares(Chances(temperature=0.5)), sharp, atol=1e-3)
    np.testing.assert_allclose(
        shares(Chances(top_k=3)), np.array([0, 0.3, 0, 0.25, 0.2, 0]) / 0.75, atol=1e-3
    )
    np.testing.assert_allclose(
        shares(Chances(top_p=0.5)), np.array([0, 0.3, 0, 0.25, 0, 0]) / 0.55, atol=1e-3
    )
    assert shares(Chances(top_k=1))[1] == shares(Chances(temperature=0.0))[1] == 1
    assert shares(Chances(top_p=0.05))[1] == 1


def test_the_ends_of_the_normal_distribution_draw_the_ends_of_the_line():
    order = np.array([3, 1, 0, 2, 5, 4])
    assert choose(LOGITS, 0.0, Chances(), order) == 3
    assert choose(LOGITS, 1.0, Chances(), order) == 4


def test_neighbours_on_the_line_look_alike():
    vectors = np.random.default_rng(0).standard_normal((200, 4)).astype(np.float32)
    vectors[:, 2] *= 6
    found = vectors[ordered(vectors)][:, 2]
    assert np.abs(np.diff(found)).mean() < 0.5
    assert np.array_equal(ordered(vectors), ordered(vectors.copy()))


def test_several_maps_at_once_are_those_of_each_alone(tiny_codes: Instrument):
    prior = tiny_codes.pipeline.parts.prior
    noise = np.random.default_rng(0).standard_normal((3, 64)).astype(np.float32)
    labels, start = torch.tensor([0, 1, 2]), torch.zeros(3, 64, dtype=torch.long)
    kept = torch.zeros(64, dtype=torch.bool)

    def written(rows: slice) -> torch.Tensor:
        *_, last = write(
            prior, start[rows], kept, noise=noise[rows], labels=labels[rows], chances=Chances()
        )
        return last

    together = written(slice(0, 3))
    assert all(torch.equal(together[i : i + 1], written(slice(i, i + 1))) for i in range(3))


def test_a_folder_that_is_not_whole_is_refused(vq_root, tmp_path):
    for name in ("weights.safetensors", "prior.safetensors"):
        folder = shutil.copytree(vq_root / "tiny-vq", tmp_path / name[:5])
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[: len(data) // 2])
        with pytest.raises(WeightsError):
            Catalog((tmp_path,)).load(folder)
        (folder / name).unlink()
        with pytest.raises(WeightsError):
            Catalog((tmp_path,)).load(folder)
    folder = shutil.copytree(vq_root / "tiny-vq", tmp_path / "other")
    config = json.loads((folder / "config.json").read_text())
    for wrong in ({"species": ["apple"]}, {"prior": config["prior"] | {"num_codes": 31}}):
        (folder / "config.json").write_text(json.dumps(config | wrong))
        with pytest.raises(WeightsError):
            Catalog((tmp_path,)).load(folder)
