"""Sprites as an instrument: hard edges, palettes, exact enlargement, and sheets with an atlas."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from pipelines import exports
from pipelines.artifact import Artifact
from pipelines.catalog import Catalog
from pipelines.errors import ExportError, WeightsError
from pipelines.explore import blend
from pipelines.image.oklab import to_oklab, to_srgb
from pipelines.image.palettes import BAYER, PALETTES, Palette, colours_of, reduced
from pipelines.image.pixels import enlarged, flat, is_pixel_art
from pipelines.image.sprite_pixels import COLOURS, to_rgba
from pipelines.image.sprite_sampling import condition, noise_of, sample
from pipelines.latents import normal
from pipelines.request import Request
from tests.tiny import tiny_sprites_folder


def rgba(artifact) -> np.ndarray:
    return np.asarray(artifact.data)


def colours(pixels: np.ndarray) -> set[tuple[int, ...]]:
    """Colours of what is covered."""
    return {tuple(one) for one in pixels[pixels[..., 3] > 0][:, :3].tolist()}


def test_edges_are_hard_and_what_is_clear_has_no_colour(tiny_sprites):
    pixels = rgba(tiny_sprites.render(tiny_sprites.request(seed=1)))
    assert pixels.shape == (32, 32, 4)
    assert set(np.unique(pixels[..., 3])) == {0, 255}
    assert not pixels[pixels[..., 3] == 0].any()


@pytest.mark.parametrize("name", [name for name in PALETTES if name != "as_is"])
def test_a_named_palette_leaves_its_own_colours_only(tiny_sprites, name):
    pixels = rgba(tiny_sprites.render(tiny_sprites.request(seed=1, palette=name, dither="strong")))
    own = {tuple(bytes.fromhex(one)) for one in PALETTES[name].split()}
    assert 1 < len(colours(pixels)) <= len(own)
    assert colours(pixels) <= own


@pytest.mark.parametrize("name", ["as_is", "arcade"])
def test_no_more_colours_than_were_asked_for(tiny_sprites, name):
    every = rgba(tiny_sprites.render(tiny_sprites.request(seed=1, palette=name)))
    for count in (4, 9):
        request = tiny_sprites.request(seed=1, palette=name, num_colours=count)
        few = rgba(tiny_sprites.render(request))
        assert len(colours(few)) <= count < len(colours(every))
        assert np.array_equal(few[..., 3], every[..., 3]), "the outline is no colour"


def test_the_colours_that_are_left_are_near_those_that_were():
    """Six clear groups come back as six means, and each colour goes to the nearest."""
    source = np.random.default_rng(0)
    means = source.uniform(-0.3, 0.6, (6, 3)).astype(np.float32)
    lab = means.repeat(40, axis=0) + source.normal(0, 0.005, (240, 3)).astype(np.float32)
    found = reduced(lab, 6)
    apart = np.linalg.norm(found[:, None] - means[None], axis=2)
    assert sorted(apart.argmin(axis=0).tolist()) == list(range(6))
    assert apart.min(axis=0).max() < 0.01
    painted = Palette(num_colours=6).applied(lab, np.zeros((240, 2), np.int64))
    assert np.linalg.norm(painted - lab, axis=1).max() < 0.04


def test_dithering_mixes_two_colours_in_the_share_of_the_one_between():
    dark, light = colours_of("ink")[1], colours_of("ink")[2]
    places = np.argwhere(np.ones((16, 16), bool))
    shares = []
    for t in (0.3, 0.5, 0.7):
        lab = np.tile((dark + t * (light - dark)).astype(np.float32), (256, 1))
        plain = Palette("ink").applied(lab, places)
        mixed = Palette("ink", dither=1.0).applied(lab, places)
        assert len(np.unique(plain, axis=0)) == 1
        assert len(np.unique(mixed, axis=0)) == 2
        shares.append(float((mixed[:, 0] > (dark[0] + light[0]) / 2).mean()))
    assert shares == sorted(shares)
    assert abs(shares[1] - 0.5) < 0.13
    assert sorted((16 * BAYER).astype(int).ravel().tolist()) == list(range(16))


def test_colours_come_back_through_oklab():
    cube = np.stack(np.meshgrid(*[np.arange(0, 256, 15)] * 3), -1).reshape(-1, 3).astype(np.uint8)
    assert np.array_equal(to_srgb(to_oklab(cube)), cube)
    red = to_oklab(np.array([255, 0, 0], np.uint8))
    assert np.allclose(red, [0.628, 0.2249, 0.1258], atol=1e-3)  # as the paper has it


def test_steps_of_colours_do_what_they_are_called(tiny_sprites):
    x = np.zeros((4, 8, 8), np.float32)
    x[:3] = normal(1, (3, 8, 8), "colours") * 0.1
    x[3] = 1.0
    plain = to_oklab(to_rgba(x)[..., :3])
    moved = {}
    for i, name in enumerate(COLOURS):
        steps = np.zeros(len(COLOURS), np.float32)
        steps[i] = 1.0
        moved[name] = to_oklab(to_rgba(x, steps)[..., :3])
    assert moved["lightness"][..., 0].mean() > plain[..., 0].mean() + 0.04
    assert moved["contrast"][..., 0].std() > 1.2 * plain[..., 0].std()
    chroma = {name: np.hypot(lab[..., 1], lab[..., 2]).mean() for name, lab in moved.items()}
    still = np.hypot(plain[..., 1], plain[..., 2]).mean()
    assert chroma["saturation"] > 1.3 * still
    assert abs(chroma["hue"] - still) < 0.05 * still
    assert (moved["warmth"] - plain)[..., 1:].mean() > 0.01


def test_a_larger_picture_is_the_same_one_in_squares(tiny_sprites):
    small = rgba(tiny_sprites.render(tiny_sprites.request(seed=3)))
    large = rgba(tiny_sprites.render(tiny_sprites.request(seed=3, resolution="512")))
    assert large.shape == (512, 512, 4)
    assert np.array_equal(large, small.repeat(16, axis=0).repeat(16, axis=1))


def test_coarse_layers_are_slow_waves_and_the_noise_is_noise():
    layers = normal(5, (8, 512), "layers")
    noise = noise_of(layers)
    assert noise.shape == (4, 32, 32)
    assert abs(float((noise**2).sum()) / float((layers**2).sum()) - 1) < 1e-4
    rough = []
    for i in range(8):
        alone = np.zeros_like(layers)
        alone[i] = layers[i]
        made = noise_of(alone)
        rough.append(float((np.diff(made, axis=2) ** 2).mean() / (made**2).mean()))
    assert rough == sorted(rough)
    assert rough[0] < 0.4
    assert rough[-1] > 2


def test_steps_follow_a_known_flow():
    """Of dx/dt = x + t, whose solution is known; halving the step divides the error by four."""

    def run(name, inputs):
        assert name == "field"
        return {"v": inputs["x"] + inputs["t"].reshape(-1, 1, 1, 1)}

    noise = np.full((4, 2, 2), 0.5, np.float32)
    exact = 2.5 * np.exp(-1) - 1  # x = 2.5 e^(t - 1) - t - 1
    errors = [
        float(np.abs(sample(run, noise, np.zeros(3, np.float32), n) - exact).max())
        for n in (8, 16)
    ]
    assert errors[0] < 0.02
    assert 3 < errors[0] / errors[1] < 5


def test_between_two_kinds_the_network_is_told_shares_of_both(tiny_sprites):
    a, b = (tiny_sprites.request(seed=1, species=kind) for kind in ("apple", "plum"))
    place = tiny_sprites.pipeline.place
    told = condition(place(blend(tiny_sprites, a, b, 0.5))[-1], 3, 6)
    assert np.allclose(told[:3], [0.5, 0, 0.5], atol=1e-3)
    assert np.array_equal(condition(place(a)[-1], 3, 6)[:3], [1, 0, 0])
    assert np.array_equal(condition(np.zeros(9, np.float32), 3, 6), np.zeros(6))
    far = np.array([3, -1, 1, 0.5, 0, 0, 0, 0, 0], np.float32)
    assert np.allclose(condition(far, 3, 6), [0.75, 0, 0.25, 0.5, 0, 0])


def test_truncation_keeps_the_kind_and_calms_the_rest(tiny_sprites):
    place = tiny_sprites.pipeline.place
    whole, typical = (place(tiny_sprites.request(seed=4, truncation_psi=p)) for p in (1.0, 0.0))
    assert np.array_equal(whole[-1, :3], typical[-1, :3])
    assert not typical[-1, 3:].any()
    assert np.allclose(typical[:-1], 0.6 * whole[:-1])


def test_a_sheet_shows_each_work_as_it_is_rendered_alone(tiny_sprites):
    """Pixel for pixel; and each frame's recipe paints it again."""
    works = [tiny_sprites.render(tiny_sprites.request(seed=seed)) for seed in range(5)]
    works.insert(0, tiny_sprites.render(tiny_sprites.request(seed=9, resolution="64")))
    made = exports.sheet(works, ["large", "plum-1", *["pear-2"] * 4])
    with zipfile.ZipFile(io.BytesIO(made.packed())) as files:
        assert files.namelist() == ["sheet.png", "sheet.json"]
        whole = np.asarray(Image.open(io.BytesIO(files.read("sheet.png"))))
        atlas = json.loads(files.read("sheet.json"))
    names = ["large", "plum-1", "pear-2", "pear-2-2", "pear-2-3", "pear-2-4"]
    assert list(atlas["frames"]) == names
    assert atlas["meta"]["image"] == "sheet.png"
    assert atlas["meta"]["size"] == {"w": whole.shape[1], "h": whole.shape[0]}
    boxes = []
    for work, told in zip(works, atlas["frames"].values(), strict=True):
        box = told["frame"]
        x, y, w, h = (box[key] for key in "xywh")
        assert np.array_equal(whole[y : y + h, x : x + w], rgba(work))
        assert told["sourceSize"] == {"w": w, "h": h}
        again = tiny_sprites.render(Request.from_dict(told["duet"]["request"]))
        assert again.fingerprint == work.fingerprint == told["duet"]["fingerprint"]
        opened = exports.open_bytes(json.dumps(told["duet"]).encode())
        assert opened.recipe == work.request
        boxes.append((x, y))
    assert len(set(boxes)) == len(boxes)
    assert made.packed() == exports.sheet(works, ["large", "plum-1", *["pear-2"] * 4]).packed()


def test_what_makes_no_sheet_is_refused(tiny_sprites):
    work = tiny_sprites.render(tiny_sprites.request(seed=1))
    for works in ([], [work] * 257):
        with pytest.raises(ExportError) as refused:
            exports.sheet(works, ["a"] * len(works))
        assert refused.value.code == "bad_sheet"
    with pytest.raises(ExportError) as refused:
        exports.sheet([Artifact("verse", "words", work.request)], ["a"])
    assert refused.value.code == "unknown_format"
    wide = Artifact("picture", Image.new("RGB", (9000, 8)), work.request)
    with pytest.raises(ExportError) as refused:
        exports.sheet([wide] * 2, ["a", "b"])
    assert refused.value.code == "bad_sheet"


def test_a_saved_sprite_opens_as_it_was(tiny_sprites, tmp_path):
    work = tiny_sprites.render(tiny_sprites.request(seed=6, palette="dusk"))
    for name in ("a.png", "a.webp"):
        opened = exports.open_bytes(work.save(tmp_path / name).read_bytes())
        assert np.array_equal(np.asarray(opened.image), rgba(work))
        again = tiny_sprites.render(opened.recipe)
        assert exports.verdict(opened, again).kind == "identical"


def test_what_can_be_seen_through_lies_on_the_mat():
    see_through = Image.fromarray(np.zeros((4, 4, 4), np.uint8), "RGBA")
    see_through.putpixel((1, 1), (10, 20, 30, 255))
    laid = flat(see_through)
    assert laid.mode == "RGB"
    assert laid.getpixel((0, 0)) == (248, 246, 241)
    assert laid.getpixel((1, 1)) == (10, 20, 30)
    plain = Image.new("RGB", (70, 20), (1, 2, 3))
    assert flat(plain).tobytes() == plain.tobytes()
    assert is_pixel_art(see_through)
    assert not is_pixel_art(plain)
    assert enlarged(see_through, 23).size == (20, 20)


@pytest.mark.parametrize("file", ["weights.safetensors", "directions.safetensors", "config.json"])
def test_damaged_files_are_refused(tmp_path, file):
    folder = tiny_sprites_folder(tmp_path)
    (folder / file).write_bytes(b"{")
    with pytest.raises(WeightsError):
        Catalog((tmp_path,)).load("tiny-sprites")


def test_a_configuration_of_another_model_is_refused(tmp_path):
    folder = tiny_sprites_folder(tmp_path)
    config = json.loads((folder / "config.json").read_text())
    for change in ({"species": ["apple"]}, {"correlation": [[1, 0], [0, 1]]}):
        (folder / "config.json").write_text(json.dumps(config | change))
        with pytest.raises(WeightsError):
            Catalog((tmp_path,)).load("tiny-sprites")
