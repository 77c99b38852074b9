"""Training of sprites: the data as it lies in folders, what is measured of it, and steps."""

from __future__ import annotations

import copy
import dataclasses

import numpy as np
import pytest
import torch
from PIL import Image

from pipelines.catalog import Catalog
from pipelines.image.sprite_pixels import to_rgba
from pipelines.networks.sprites import CHANGES, SPREAD, SpriteField, SpriteSizes, parts
from pipelines.training.__main__ import main
from pipelines.training.sprite_data import (
    STONE_SOUP,
    load_sprites,
    measured,
    normal_scores,
    premultiplied,
)
from pipelines.training.sprites import SpriteRecipe, SpriteTraining, changed
from tests.tiny import CARD

SMALL = SpriteRecipe(batch_size=4, channels=(16, 32))


def disc(radius: int, colour: tuple[int, int, int], side: int = 32, x: int = 16) -> Image.Image:
    rows, columns = np.mgrid[:side, :side]
    inside = (rows - 16) ** 2 + (columns - x) ** 2 < radius**2
    pixels = np.zeros((side, side, 4), np.uint8)
    pixels[inside] = (*colour, 255)
    return Image.fromarray(pixels, "RGBA")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Discs of two kinds, thirty of each."""
    root = tmp_path_factory.mktemp("discs")
    for kind, colour in (("coin", (230, 190, 40)), ("gem", (40, 60, 220))):
        (root / kind).mkdir()
        for i in range(30):
            disc(5 + i % 9, colour, x=12 + i % 8).save(root / kind / f"{i}.png")
    return root


def test_folders_are_kinds_and_only_what_fits_is_read(tmp_path):
    for name, side in (("a/one", 32), ("b/half", 16), ("b/twice", 64), ("b/odd", 40)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGBA", (side, side), (200, 10, 10, 255)).save(tmp_path / f"{name}.png")
    Image.new("RGBA", (32, 48), (1, 2, 3, 255)).save(tmp_path / "b" / "tall.png")
    Image.new("RGBA", (32, 32)).save(tmp_path / "b" / "empty.png")
    found = load_sprites(tmp_path)
    assert found.names == ("a/one.png", "b/half.png", "b/twice.png")
    assert found.kinds == ("a", "b")
    assert found.labels.tolist() == [0, 1, 1]
    assert (found.pixels == np.array([200, 10, 10, 255])).all()
    with pytest.raises(ValueError, match="no square sprite"):
        load_sprites(tmp_path / "a", 24)


def test_coverage_is_all_or_nothing_and_nothing_has_no_colour(tmp_path):
    pixels = np.full((32, 32, 4), 90, np.uint8)
    pixels[..., 3] = np.arange(32)[None] * 8
    Image.fromarray(pixels, "RGBA").save(tmp_path / "fog.png")
    (found,) = load_sprites(tmp_path).pixels
    assert set(np.unique(found[..., 3])) == {0, 255}
    assert np.array_equal(found[0, :, 3] > 0, np.arange(32) * 8 >= 64)
    assert not found[found[..., 3] == 0].any()


def test_the_tiles_of_stone_soup_have_kinds_of_their_own(tmp_path):
    inside = ("mon", "mon/unique", "mon/tentacles", "item/weapon/ranged", "item/potion")
    for name in inside:
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
        disc(8, (9, 200, 9)).save(tmp_path / name / "tile.png")
    disc(4, (9, 200, 9)).save(tmp_path / "item/potion" / "i-curing.png")
    found = load_sprites(tmp_path)
    assert dict(zip(found.names, (found.kinds[i] for i in found.labels), strict=True)) == {
        "item/potion/tile.png": "potion",
        "item/weapon/ranged/tile.png": "weapon",
        "mon/tile.png": "folk",
        "mon/unique/tile.png": "folk",
    }
    assert list(found.kinds) == [kind for kind in STONE_SOUP if kind in found.kinds]


def test_pictures_come_back_from_what_the_network_sees(folder):
    found = load_sprites(folder)
    seen = premultiplied(found.pixels)
    assert seen.shape == (60, 4, 32, 32)
    assert not seen[:, :3][np.broadcast_to(seen[:, 3:] < 0, seen[:, :3].shape)].any()
    again = np.stack([to_rgba(one) for one in seen])
    assert np.array_equal(again, found.pixels)


def test_what_is_measured():
    plain = np.stack([np.asarray(disc(r, (200, 10, 10))) for r in (4, 8)])
    size, symmetry, detail = measured(plain).T
    assert size[0] < size[1] < 0.25
    assert np.allclose(detail, 0, atol=1e-6)
    aside = measured(np.asarray(disc(6, (200, 10, 10), x=8))[None])
    assert symmetry.min() > 0.8
    assert aside[0, 1] < 0.1
    rough = plain.copy()
    rough[:, ::2, :, :3] //= 4
    assert (measured(rough)[:, 2] > 0.05).all()


def test_scores_are_normal_within_each_kind_and_keep_the_order():
    source = np.random.default_rng(0)
    values = source.exponential(size=(400, 3)).astype(np.float32)
    labels = np.repeat([0, 1], 200)
    values[labels == 1] *= 50
    scores = normal_scores(values, labels)
    for label in (0, 1):
        own = scores[labels == label]
        assert np.allclose(own.mean(axis=0), 0, atol=1e-5)
        assert np.allclose(own.std(axis=0), 1, atol=0.02)
        assert np.array_equal(own.argsort(axis=0), values[labels == label].argsort(axis=0))


def test_the_network_is_told_what_was_changed():
    torch.manual_seed(0)
    x = torch.from_numpy(premultiplied(np.asarray(disc(5, (230, 40, 40), x=9))[None]))
    many = x.expand(200, 4, 32, 32).clone()
    moved, told = changed(many, 1.0, 2)
    assert told.shape == (200, len(CHANGES))
    mirrored, cosine, sine, right, down = told.T
    assert 60 < mirrored.sum() < 140
    columns = torch.arange(32.0)
    for i in range(20):
        cover = moved[i, 3] > 0
        middle = (cover * columns).sum() / cover.sum()
        start = 9.0 if not mirrored[i] else 31.0 - 9.0
        assert abs(middle - start - 2 * right[i]) < 0.2
        height = (cover * columns[:, None]).sum() / cover.sum()
        assert abs(height - 16 - 2 * down[i]) < 0.2
        angle = torch.atan2(moved[i, 2][cover].mean(), moved[i, 1][cover].mean())
        before = torch.atan2(x[0, 2].sum(), x[0, 1].sum())
        turned = torch.atan2(sine[i], cosine[i] + 1)
        assert abs(torch.sin(angle - before - turned)) < 0.01
        outside = ~cover
        assert not moved[i, :3][:, outside].any()
        assert (moved[i, 3][outside] == -1).all()
    same, none = changed(many.clone(), 0.0, 2)
    left = none[:, 0] == 0
    assert torch.equal(same[left], many[left])
    assert not none[left].any()


def test_the_best_linear_guess_is_taken_off():
    """Of Gaussian pictures of deviation s nothing is left to say but what d measures."""
    torch.manual_seed(0)
    x, noise = SPREAD * torch.randn(200_000), torch.randn(200_000)
    for moment in (0.1, 0.5, 0.9):
        guess, left, size = parts(torch.tensor([moment]))
        at = (1 - moment) * x + moment * noise
        rest = (noise - x) - guess * at
        assert abs(float(at.std() / size) - 1) < 0.01
        assert abs(float(rest.std() / left) - 1) < 0.01
        assert abs(float((rest * at).mean())) < 0.01


def test_gradients_reach_every_parameter_and_meta_works():
    field = SpriteField(SpriteSizes(3, channels=(16, 32)))
    x, t, told = torch.randn(2, 4, 32, 32), torch.rand(2), torch.randn(2, 6)
    field(x, t, torch.cat([told, torch.randn(2, len(CHANGES))], dim=1)).square().mean().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in field.parameters())
    meta = SpriteField(SpriteSizes(3, channels=(16, 32))).to("meta")
    assert meta(x.to("meta"), t.to("meta"), told.to("meta")).shape == x.shape


def test_it_learns_resumes_and_is_played(folder, tmp_path):
    torch.manual_seed(0)
    training = SpriteTraining(load_sprites(folder), SMALL)
    first = np.mean([training.step(0.1)["loss"] for _ in range(5)])
    for _ in range(60):
        last = training.step(0.1)["loss"]
    assert last < 0.75 * first
    kept, source = copy.deepcopy(training.state()), torch.get_rng_state()
    ahead = training.step(0.5)["loss"]
    other = SpriteTraining(load_sprites(folder), SMALL)
    other.restore(kept)
    torch.set_rng_state(source)
    assert other.step(0.5)["loss"] == ahead
    assert training.sheet().width >= 64
    training.export(tmp_path / "mine")
    (tmp_path / "mine" / "card.md").write_text(CARD, encoding="utf-8")
    mine = Catalog((tmp_path,)).load("mine")
    assert mine.pipeline.species == ("coin", "gem")
    assert mine.render(mine.request(seed=1)).data.size == (32, 32)


def test_guidance_is_folded_into_the_answer_to_kinds(folder, tmp_path):
    """What the folded field aims at is the guided answer of the one it starts from."""
    torch.manual_seed(0)
    sprites = load_sprites(folder)
    training = SpriteTraining(sprites, SMALL)
    training.average.embed[0].weight[:, :2].mul_(30)  # as trained: a kind is heard
    training.average.unet.conv_out.weight.mul_(10)
    training.export(tmp_path)
    folding = SpriteTraining(sprites, dataclasses.replace(SMALL, fold=3.0), tmp_path)
    x, t = torch.randn(2, 4, 32, 32), torch.rand(2)
    told = torch.cat([torch.eye(2), torch.randn(2, 3 + len(CHANGES))], dim=1)
    silent = torch.cat([torch.zeros(2, 2), told[:, 2:]], dim=1)
    guide = folding.guide
    with torch.no_grad():
        aim = folding._guided(guide, x, t, told)
        without, given = guide(x, t, silent), guide(x, t, told)
        assert torch.allclose(aim, 3 * given - 2 * without, rtol=1e-3, atol=1e-3)
        assert torch.allclose(folding._guided(guide, x, t, silent), without, atol=1e-3)
    kept = copy.deepcopy(guide.state_dict())
    silenced = dataclasses.replace(SMALL, fold=3.0, empty=1.0)
    assert SpriteTraining(sprites, silenced, tmp_path).step(0.5)["loss"] < 1e-6, "its own answer"
    assert folding.step(0.5)["loss"] > 1e-3
    assert all(torch.equal(x, kept[name]) for name, x in guide.state_dict().items())
    for recipe, start in ((dataclasses.replace(SMALL, fold=2.0), None), (SMALL, tmp_path)):
        few = dataclasses.replace(sprites, kinds=("coin", "ring"))
        with pytest.raises(ValueError, match=r"--start|other kinds"):
            SpriteTraining(few, recipe, start)


def test_the_command_trains_on_a_folder(folder, tmp_path):
    arguments = ["sprites", "--data", str(folder), "--out", str(tmp_path), "--max-steps", "2"]
    assert main([*arguments, "--set", "channels=16,32", "--set", "batch_size=4"]) == 0
    assert {"config.json", "weights.safetensors"} <= {p.name for p in tmp_path.iterdir()}
