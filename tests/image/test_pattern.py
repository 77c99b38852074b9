"""Patterns as an instrument: tiles without a seam, of any size, after an artist's swatch."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image

from pipelines import catalog
from pipelines.catalog import Catalog
from pipelines.errors import RequestError, WeightsError
from pipelines.explore import blend
from pipelines.image.pattern_loom import BLOCK, turned
from pipelines.image.pattern_weaving import CELL, canvases, weave
from pipelines.inverting import eye_of
from tests.tiny import tiny_pattern_folder


def pixels(artifact):
    return np.asarray(artifact.data).astype(int)


def swatch(colour=(200, 60, 40)):
    """Spots of a colour on black, no two places alike, as PNG."""
    spots = np.random.default_rng(0).random((32, 32, 1)) < 0.4
    file = io.BytesIO()
    Image.fromarray((spots * np.array(colour)).astype(np.uint8)).resize((128, 128)).save(
        file, "PNG"
    )
    return file.getvalue()


def steps_across(picture):
    """Mean difference of each column to the one before it, the first to the last; [W]."""
    return np.abs(picture - np.roll(picture, 1, axis=1)).mean(axis=(0, 2))


@pytest.fixture(scope="module")
def trellis():
    return catalog.load("trellis")


def test_the_seam_is_no_rougher_than_the_inside(trellis):
    ratios = []
    for seed in range(6):
        request = trellis.request(seed=seed, repeat="1", resolution="256")
        tile = pixels(trellis.render(request))
        for way in (tile, tile.transpose(1, 0, 2)):
            steps = steps_across(way)
            ratios.append(steps[0] / np.median(steps))
            assert steps[0] <= steps[1:].max()
    assert np.mean(ratios) < 1.2


def test_a_large_tile_of_the_bundled_designs_has_no_seam_either(trellis):
    made = pixels(trellis.render(trellis.request(seed=4, repeat="1", resolution="512")))
    for way in (made, made.transpose(1, 0, 2)):
        steps = steps_across(way)
        assert steps[0] < 1.4 * np.median(steps)


def test_rolling_the_field_rolls_the_tile(tiny_pattern):
    """Nothing knows where it is: what is woven moves along, by 16 pixels a place."""
    loom = tiny_pattern.pipeline.loom
    levels = canvases(loom.designs[:2], loom.sizes.field_channels)
    torch.manual_seed(0)
    field, lean = torch.randn(4, 8, 6), 2 * torch.randn(8, 6)
    with torch.inference_mode():
        woven = [
            weave(levels, field.roll(by, (1, 2)), lean.roll(by, (0, 1)))[None]
            for by in ((0, 0), (1, 2))
        ]
        still, moved = (loom.painter(one, torch.full((1, 5), 0.5)) for one in woven)
    assert still.shape == (1, 3, 8 * CELL, 6 * CELL)
    assert torch.equal(woven[1], woven[0].roll((4, 8), (2, 3)))
    assert torch.allclose(moved, still.roll((CELL, 2 * CELL), (2, 3)), atol=1e-4)
    assert not torch.allclose(moved, still, atol=1e-2)


def test_most_latents_are_a_designs_own_and_so_are_most_pairs(trellis):
    """What is woven continues what it was cut from, to the bit."""
    loom = trellis.pipeline.loom
    design = loom.designs[16][:, :64, :48]
    torch.manual_seed(1)
    woven = weave(canvases([design], 8), torch.randn(8, 8, 8), torch.zeros(8, 8))
    pairs = torch.cat([woven, woven.roll(-1, 2)])
    own = torch.cat([design[:, :, :-1], design[:, :, 1:]])
    for made, real in ((woven, design), (pairs, own)):
        apart = torch.cdist(made.flatten(1).T, real.flatten(1).T).amin(dim=1)
        assert (apart < 0.1).float().mean() > 0.5


def test_each_place_is_of_the_design_it_leans_to(tiny_pattern):
    light, dark = torch.full((6, 48, 48), 1.0), torch.full((6, 48, 48), -1.0)
    torch.manual_seed(0)
    levels = canvases([one + 0.1 * torch.randn(6, 48, 48) for one in (light, dark)], 4)
    lean = torch.ones(8, 8) * 5
    lean[:, 4:] = -5
    woven = weave(levels, torch.randn(4, 8, 8), lean).mean(dim=0)
    assert woven[:, 4:12].min() > 0.5
    assert woven[:, 20:28].max() < -0.5


def test_a_picture_of_2048_pixels_is_the_tile_as_often_as_it_says(tiny_pattern):
    large = tiny_pattern.render(tiny_pattern.request(seed=3, resolution="2048", repeat="8"))
    tile = tiny_pattern.render(tiny_pattern.request(seed=3, resolution="256", repeat="1"))
    assert large.data.size == (2048, 2048)
    assert np.array_equal(pixels(large), np.tile(pixels(tile), (8, 8, 1)))


def test_a_larger_tile_is_more_pattern_and_still_tiles(tiny_pattern):
    large = pixels(
        tiny_pattern.render(tiny_pattern.request(seed=3, resolution="1024", repeat="1"))
    )
    assert large.shape == (1024, 1024, 3)
    parts = large.reshape(4, 256, 4, 256, 3).swapaxes(1, 2).reshape(16, 256, 256, 3)
    for i in range(1, 16):
        assert np.abs(parts[i] - parts[0]).mean() > 1, "a copy of the first"
    for way in (large, large.transpose(1, 0, 2)):
        steps = steps_across(way)
        assert steps[0] <= steps[1:].max()
    fine = np.abs(np.diff(large, axis=1)).mean()
    small = pixels(tiny_pattern.render(tiny_pattern.request(seed=3, resolution="256", repeat="1")))
    assert 0.5 < fine / np.abs(np.diff(small, axis=1)).mean() < 2, "upscaled"


def test_blocks_of_a_field_are_the_first_one_turned():
    index, sign = turned(8, 3 * BLOCK)
    own = np.arange(8 * BLOCK * BLOCK)
    assert np.array_equal(index[:, :BLOCK, :BLOCK].flatten(), own)
    assert (sign[:, :BLOCK, :BLOCK] == 1).all()
    blocks = index.reshape(8, 3, BLOCK, 3, BLOCK).transpose(1, 3, 0, 2, 4).reshape(9, -1)
    for block in blocks:
        assert np.array_equal(np.sort(block), own)
    assert len({block.tobytes() for block in blocks}) == 9
    assert (sign == -1).any()
    smaller, _ = turned(8, 4)
    assert np.array_equal(smaller, index[:, :4, :4])


def test_one_pattern_grows_into_the_other(tiny_pattern):
    """On the way between two designs there are steps at which the tile is partly of each."""
    a, b = (tiny_pattern.request(seed=seed, truncation_psi=0.0) for seed in (1, 2))
    place = tiny_pattern.pipeline.place
    assert place(a)[-1].argmax() != place(b)[-1].argmax()
    leans = []
    for i in range(21):
        between = place(blend(tiny_pattern, a, b, i / 20))
        chosen, lean = tiny_pattern.pipeline.loom._lean(between, 16)
        first = int(place(a)[-1].argmax()) == chosen[0]
        leans.append(float(((lean >= 0) == first).float().mean()))
    assert leans[0] == 1
    assert leans[-1] == 0
    assert leans == sorted(leans, reverse=True)
    assert any(0.2 < share < 0.8 for share in leans)


def test_a_colour_leaves_the_weave_and_zero_leaves_the_colour(tiny_pattern):
    painter = tiny_pattern.pipeline.loom.painter
    torch.manual_seed(0)
    latents = torch.randn(1, 6, 8, 8)
    with torch.inference_mode():
        plain = painter.lapped(latents)
        same = painter(latents, torch.zeros(1, 5))
        lighter = painter(latents, torch.tensor([[1.0, 0, 0, 0, 0]]))
        grey = painter(latents, torch.tensor([[0.0, 0, -20, 0, 0]]))
        round_ = painter(latents, torch.tensor([[0.0, 0, 0, 0, 2 * torch.pi / 0.3]]))
    assert torch.allclose(same, plain, atol=1e-5)
    assert torch.allclose(lighter - plain, torch.full_like(plain, 0.12), atol=1e-3)
    assert (grey.amax(dim=1) - grey.amin(dim=1)).max() < 1e-2
    assert torch.allclose(round_, plain, atol=1e-3)


def test_the_loom_forgets_and_weaves_the_same_again(tiny_pattern):
    request = tiny_pattern.request(seed=5)
    first = tiny_pattern.render(request).fingerprint
    for seed in range(20, 30):
        tiny_pattern.render(tiny_pattern.request(seed=seed, scale=0.25 * (seed % 3)))
    loom = tiny_pattern.pipeline.loom
    assert len(loom._woven) == len(loom._canvases) == 6
    assert tiny_pattern.render(request).fingerprint == first


def test_truncation_goes_to_one_design_in_its_own_colours(tiny_pattern):
    place = tiny_pattern.pipeline.place
    for seed in range(6):
        whole, typical = (place(tiny_pattern.request(seed=seed, truncation_psi=p)) for p in (1, 0))
        assert np.array_equal(typical[:-1], whole[:-1]), "motifs stay where they are"
        assert np.count_nonzero(typical[-1]) == 1
        assert typical[-1].argmax() == whole[-1, :3].argmax()
    designs = {place(tiny_pattern.request(seed=s))[-1, :3].argmax() for s in range(12)}
    assert designs == {0, 1, 2}


def test_a_swatch_is_woven_from_and_the_seed_is_the_layout(tiny_pattern):
    made = {}
    for name, colour in (("red", (220, 40, 40)), ("blue", (40, 60, 220))):
        for seed in (1, 2):
            request = tiny_pattern.request(seed=seed, truncation_psi=0.0)
            attached = tiny_pattern.attach(request, swatch=swatch(colour))
            made[name, seed] = pixels(tiny_pattern.render(attached))
    plain = pixels(tiny_pattern.render(tiny_pattern.request(seed=1, truncation_psi=0.0)))
    assert np.abs(made["red", 1] - plain).mean() > 1
    assert np.abs(made["red", 1] - made["blue", 1]).mean() > 1
    assert np.abs(made["red", 1] - made["red", 2]).max() > 2
    seen = eye_of(tiny_pattern).see(Image.open(io.BytesIO(swatch())))
    assert seen.size == (256, 256)


def test_baking_keeps_a_pattern_after_a_swatch(tiny_pattern):
    request = tiny_pattern.request(
        seed=3, truncation_psi=0.6, lightness=1.0, scale=0.5, repeat="4"
    )
    request = tiny_pattern.attach(request, swatch=swatch())
    baked = tiny_pattern.pipeline.bake(request, tiny_pattern.pipeline.place(request))
    assert tiny_pattern.render(baked).fingerprint == tiny_pattern.render(request).fingerprint


def test_what_is_no_picture_is_refused(tiny_pattern):
    request = tiny_pattern.attach(tiny_pattern.request(seed=1), swatch=b"not a picture")
    with pytest.raises(RequestError) as refused:
        tiny_pattern.render(request)
    assert refused.value.code == "bad_attachment"
    assert refused.value.name == "inputs.swatch"


@pytest.mark.parametrize("file", ["weights.safetensors", "directions.safetensors", "config.json"])
def test_damaged_files_are_refused(tmp_path, file):
    folder = tiny_pattern_folder(tmp_path)
    (folder / file).write_bytes(b"{")
    with pytest.raises(WeightsError):
        Catalog((tmp_path,)).load("tiny-pattern")
