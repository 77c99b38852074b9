"""Latent diffusion: what its folder, its sampler and its inputs promise."""

from __future__ import annotations

import io
import json
import shutil
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from pipelines.catalog import Catalog
from pipelines.errors import ControlError, RequestError, WeightsError
from pipelines.explore import blend, breed
from pipelines.image.autoencoder import LatentCodec, load_autoencoder
from pipelines.image.diffusion import DRAFT_STEPS
from pipelines.image.diffusion_files import GUIDANCE, build_tokenizer, folded_autoencoder
from pipelines.image.diffusion_sampling import SCHEDULERS
from pipelines.inverting import eye_of
from pipelines.latents import on_shell
from pipelines.pipeline import Instrument
from pipelines.request import Point
from pipelines.run import Arrays, Run

SIDE = 128
PROMPT = "a red apple, with half of a pear!"


def pixels(artifact) -> np.ndarray:
    return np.asarray(artifact.data).astype(int)


def png(image: Image.Image) -> bytes:
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


@pytest.fixture(scope="module")
def sheet() -> bytes:
    made = Image.new("RGB", (SIDE, 192), (244, 236, 216))
    ImageDraw.Draw(made).ellipse((30, 60, 100, 130), fill=(160, 30, 20))
    return png(made)


@pytest.fixture(scope="module")
def mask() -> bytes:
    made = Image.new("L", (SIDE, SIDE), 0)
    ImageDraw.Draw(made).rectangle((64, 0, SIDE, SIDE), fill=255)
    return png(made)


def plain_diffusers(kind: str, instrument: Instrument) -> Any:
    """A pipeline of diffusers over our folder, as its documentation loads it."""
    import diffusers

    loaded = getattr(diffusers, kind).from_pretrained(
        instrument.pipeline.parts.folder,
        safety_checker=None,
        local_files_only=True,
        dtype=torch.float32,
    )
    loaded.set_progress_bar_config(disable=True)
    return loaded


@pytest.mark.parametrize(("guidance_scale", "negative"), [(1.0, ""), (3.0, ""), (3.0, "green")])
def test_plain_diffusers_gives_the_same_picture(tiny_diffusion, guidance_scale, negative):
    plain = plain_diffusers("DiffusionPipeline", tiny_diffusion)
    chosen = {"num_inference_steps": 7, "guidance_scale": guidance_scale}
    words = {"prompt": PROMPT, "negative_prompt": negative}
    request = tiny_diffusion.request(seed=11, scheduler="ddim", **words, **chosen)
    noise = tiny_diffusion.pipeline.place(request).reshape(1, 4, 16, 16)
    image = plain(**words, **chosen, latents=torch.from_numpy(noise), output_type="pil").images[0]
    ours = pixels(tiny_diffusion.render(request))
    assert np.abs(ours - np.asarray(image).astype(int)).max() <= 1


class Counting:
    """A `Run` that counts what each network is given."""

    engine, draft, previews = "counting", False, False

    def __init__(self, run: Run) -> None:
        self.run = run
        self.batches: list[tuple[str, int]] = []

    def pause(self) -> None:
        self.run.pause()

    def __call__(self, network: str, inputs: Arrays) -> dict[str, np.ndarray]:
        self.batches.append((network, len(next(iter(inputs.values())))))
        return self.run(network, inputs)


@pytest.mark.parametrize(
    ("asked", "passes"),
    [
        ({"guidance_scale": 3.0}, 2),
        ({"guidance_scale": 1.0}, 1),
        ({"guidance_scale": 1.0, "negative_prompt": "green"}, 2),
        ({"guidance_scale": 3.0, "prompt": ""}, 1),
    ],
)
def test_guidance_takes_two_passes_only_where_it_says_anything(tiny_diffusion, asked, passes):
    recipe = tiny_diffusion.request(**({"prompt": PROMPT} | asked))
    run = Counting(tiny_diffusion.engines.run(tiny_diffusion.pipeline, "reference"))
    list(tiny_diffusion.pipeline.generate(tiny_diffusion.check(recipe), run, {}))
    steps = int(tiny_diffusion.values(recipe)["num_inference_steps"])
    assert run.batches == [("velocity", passes)] * steps + [("decoder", 1)]


def test_what_is_not_wanted_is_heard_without_guidance_too(tiny_diffusion: Instrument):
    plain, away = (
        tiny_diffusion.request(seed=4, prompt=PROMPT, guidance_scale=1.0, negative_prompt=words)
        for words in ("", "green")
    )
    assert np.abs(pixels(tiny_diffusion.render(plain)) - pixels(tiny_diffusion.render(away))).max()


def test_a_model_says_which_guidance_shows_it_best(tiny_diffusion: Instrument, tmp_path):
    assert scale_of(tiny_diffusion) == GUIDANCE
    shutil.copytree(tiny_diffusion.pipeline.parts.folder, tmp_path / "folded")
    config = tmp_path / "folded" / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"guidance_scale": 1.0}))
    assert scale_of(Catalog((tmp_path,)).load("folded")) == 1.0


def scale_of(instrument: Instrument) -> float:
    return instrument.values(instrument.request())["guidance_scale"]


def second_draw(seed: int) -> np.ndarray:
    """The noise that diffusers draws after it has drawn from what the encoder gives."""
    source = torch.Generator().manual_seed(seed)
    return [torch.randn(1, 4, 16, 16, generator=source) for _ in range(2)][1].numpy()


CHANGED = {"num_inference_steps": 10, "guidance_scale": 3.0, "strength": 0.55}


def changed_by_us(instrument: Instrument, noise: np.ndarray, **files: bytes) -> np.ndarray:
    request = instrument.request(scheduler="ddim", prompt=PROMPT, negative_prompt="", **CHANGED)
    placed = request.but(point=Point.of(noise.reshape(1, -1)))
    return pixels(instrument.render(instrument.attach(placed, **files)))


def test_plain_image_to_image_gives_the_same_picture(tiny_diffusion: Instrument, sheet: bytes):
    plain = plain_diffusers("AutoPipelineForImage2Image", tiny_diffusion)
    square = Image.open(io.BytesIO(sheet)).crop((0, 32, SIDE, 160))
    source = torch.Generator().manual_seed(3)
    theirs = plain(PROMPT, image=square, generator=source, **CHANGED).images[0]
    ours = changed_by_us(tiny_diffusion, second_draw(3), picture=sheet)
    assert np.abs(ours - np.asarray(theirs).astype(int)).max() <= 1


def test_plain_inpainting_gives_the_same_picture(tiny_diffusion: Instrument, sheet, mask):
    plain = plain_diffusers("AutoPipelineForInpainting", tiny_diffusion)
    square = Image.open(io.BytesIO(sheet)).crop((0, 32, SIDE, 160))
    brush = Image.open(io.BytesIO(mask))
    source = torch.Generator().manual_seed(3)
    theirs = plain(
        PROMPT,
        image=square,
        mask_image=brush,
        height=SIDE,
        width=SIDE,
        generator=source,
        **CHANGED,
    ).images[0]
    ours = changed_by_us(tiny_diffusion, second_draw(3), picture=sheet, mask=mask)
    inside = np.abs(ours - np.asarray(theirs).astype(int))[:, 70:]  # outside, ours keeps pixels
    assert inside.max() <= 1


def test_folding_keeps_what_the_autoencoder_does(tiny_root, tmp_path):
    folder = shutil.copytree(tiny_root / "tiny-kl", tmp_path / "kl")
    whole = load_autoencoder(folder)
    mean, deviation = [0.5, -1.0, 0.0, 2.0], [0.5, 2.0, 1.0, 3.0]
    whole.register_to_config(latents_mean=mean, latents_std=deviation)
    whole.save_pretrained(folder)
    codec, folded = LatentCodec(whole), folded_autoencoder(folder)
    picture = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.no_grad():
        drawn = folded.encode(picture).latent_dist.sample()
        z = codec.encode(picture)
        torch.testing.assert_close(drawn, z, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(
            folded.decode(z, return_dict=False)[0], codec.decode(z), atol=1e-4, rtol=1e-4
        )


def test_previews_come_on_the_way_and_the_result_last(tiny_diffusion: Instrument):
    request = tiny_diffusion.request(seed=2, num_inference_steps=12)
    shown = list(tiny_diffusion.stream(request))
    assert len(shown) == 5
    assert len({one.fingerprint for one in shown}) == 5
    assert shown[-1].fingerprint == tiny_diffusion.render(request).fingerprint
    apart = [np.abs(pixels(one) - pixels(shown[-1])).mean() for one in shown]
    assert apart[0] == max(apart)


def test_a_draft_is_the_same_work_in_few_steps(tiny_diffusion: Instrument):
    tiny_diffusion.engines.warm(tiny_diffusion.pipeline)
    request = tiny_diffusion.request(seed=5, prompt=PROMPT)
    (draft,) = tiny_diffusion.stream(request, quality="draft")
    few = tiny_diffusion.change(request, num_inference_steps=DRAFT_STEPS)
    assert draft.request == tiny_diffusion.check(request)
    assert (pixels(draft) == pixels(tiny_diffusion.render(few, quality="fast"))).all()
    assert np.abs(pixels(draft) - pixels(tiny_diffusion.render(request, quality="fast"))).max() > 0
    fewer = tiny_diffusion.change(request, num_inference_steps=2)
    drafted, whole = (tiny_diffusion.render(fewer, quality=way) for way in ("draft", "fast"))
    assert (pixels(drafted) == pixels(whole)).all()


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_more_steps_of_any_sampler_end_at_the_same_picture(tiny_diffusion, scheduler):
    few, many = (
        pixels(
            tiny_diffusion.render(
                tiny_diffusion.request(seed=4, scheduler=s, num_inference_steps=n)
            )
        )
        for s, n in ((scheduler, 25), ("ddim", 50))
    )
    assert np.abs(few - many).mean() < 2


def test_words_are_heard_and_unknown_words_say_the_same(tiny_diffusion: Instrument):
    def painted(prompt: str) -> np.ndarray:
        return pixels(tiny_diffusion.render(tiny_diffusion.request(seed=5, prompt=prompt)))

    assert np.abs(painted("a red apple") - painted("green pear")).max() > 2
    assert (painted("A Red, apple!") == painted("a red apple")).all()
    assert tiny_diffusion.pipeline.parts.reader.unknown("a Durian apple") == ["durian"]


def test_the_tokenizer_survives_saving(tmp_path):
    from transformers import PreTrainedTokenizerFast

    made = build_tokenizer(["red", "apple"], 6)
    made.save_pretrained(tmp_path)
    again = PreTrainedTokenizerFast.from_pretrained(tmp_path, local_files_only=True)
    for tokenizer in (made, again):
        ids = tokenizer("Red, durian apple apple apple", padding="max_length", truncation=True)
        assert ids["input_ids"] == [1, 4, 3, 5, 5, 2]
        assert tokenizer("", padding="max_length")["input_ids"] == [1, 2, 0, 0, 0, 0]


def test_strength_says_how_much_of_a_picture_stays(tiny_diffusion: Instrument, sheet: bytes):
    base = tiny_diffusion.attach(tiny_diffusion.request(seed=6), picture=sheet)
    made = [
        pixels(tiny_diffusion.render(tiny_diffusion.change(base, strength=strength)))
        for strength in (0.05, 0.5, 1.0)
    ]
    free = pixels(tiny_diffusion.render(tiny_diffusion.request(seed=6)))
    apart = [np.abs(one - made[0]).mean() for one in made]
    assert apart[0] < apart[1] < apart[2]
    assert np.abs(made[2] - free).mean() < 1


def test_outside_the_brush_nothing_changes(tiny_diffusion: Instrument, sheet, mask):
    base = tiny_diffusion.attach(tiny_diffusion.request(seed=6), picture=sheet, mask=mask)
    made = pixels(tiny_diffusion.render(tiny_diffusion.change(base, strength=1.0)))
    with Image.open(io.BytesIO(sheet)) as opened:
        before = np.asarray(opened.crop((0, 32, SIDE, 160))).astype(int)
    assert np.abs(made - before)[:, :56].max() <= 1
    assert np.abs(made - before)[:, 72:].mean() > 10


def test_a_mask_that_covers_nothing_is_refused(tiny_diffusion: Instrument, sheet: bytes):
    black = png(Image.new("L", (SIDE, SIDE), 0))
    request = tiny_diffusion.attach(tiny_diffusion.request(seed=6), picture=sheet, mask=black)
    with pytest.raises(RequestError, match="black all over") as caught:
        tiny_diffusion.render(request)
    assert caught.value.code == "nothing_brushed"


def test_a_mask_that_covers_everything_changes_everything(tiny_diffusion: Instrument, sheet):
    white = png(Image.new("L", (SIDE, SIDE), 255))
    base = tiny_diffusion.attach(tiny_diffusion.request(seed=6, strength=0.5), picture=sheet)
    covered = tiny_diffusion.attach(base, mask=white)
    whole, part = (pixels(tiny_diffusion.render(one)) for one in (base, covered))
    assert np.abs(whole - part).max() <= 1


def test_what_it_sees_of_a_picture_is_the_round_trip(tiny_diffusion: Instrument, sheet: bytes):
    eye = eye_of(tiny_diffusion)
    picture = Image.open(io.BytesIO(sheet)).crop((0, 32, SIDE, 160))
    seen = np.asarray(eye.see(picture)).astype(int)
    parts = tiny_diffusion.pipeline.parts
    vae = load_autoencoder(parts.folder / "vae")
    given = torch.from_numpy(np.asarray(picture.convert("RGB")).copy()).permute(2, 0, 1)[None]
    with torch.no_grad():
        code = vae.encode(given / 127.5 - 1).latent_dist.mean
        back = vae.decode(code, return_dict=False)[0][0].permute(1, 2, 0)
    assert np.abs(seen - (127.5 * (back.numpy() + 1)).round().clip(0, 255)).max() <= 1
    assert eye.side == SIDE
    assert all(0 <= one <= 1 for one in eye.paper)


@pytest.mark.parametrize(
    "files", [{"picture": b"no picture"}, {"mask": b""}, {"picture": b"\x89PNG\r\n\x1a\n"}]
)
def test_what_is_no_picture_is_refused(tiny_diffusion: Instrument, files):
    request = tiny_diffusion.attach(tiny_diffusion.request(seed=6), **files)
    with pytest.raises(RequestError) as caught:
        tiny_diffusion.render(request)
    assert caught.value.code == "bad_attachment"


@pytest.mark.parametrize("name", ["prompt", "negative_prompt"])
def test_words_of_which_none_is_known_are_refused_with_some_that_are(tiny_diffusion, name):
    with pytest.raises(ControlError, match=r"say apple, pear, .*red, green, half$") as refused:
        tiny_diffusion.render(tiny_diffusion.request(**{name: "a Zeppelin, with 3 of 梨"}))
    assert (refused.value.code, refused.value.name) == ("unknown_words", name)
    for good in ("", " ?!", "a zeppelin and an apple"):
        tiny_diffusion.render(tiny_diffusion.request(**{name: good}), quality="draft")


@pytest.mark.parametrize("prompt", ["two\nlines", "x" * 201, 7, None])
def test_prompts_are_one_short_line(tiny_diffusion: Instrument, prompt):
    with pytest.raises(ControlError):
        tiny_diffusion.request(prompt=prompt)


def test_noise_is_brought_back_to_the_shell():
    noise = np.random.default_rng(0).standard_normal((1, 1024)).astype(np.float32)
    assert on_shell(noise) is noise
    for factor in (0.2, 3.0):
        length = float(np.linalg.norm(on_shell(noise * np.float32(factor))))
        assert length == pytest.approx(32 * (0.9 if factor < 1 else 1.1), rel=1e-5)


def test_paths_and_children_stay_among_noise(tiny_diffusion: Instrument):
    a, b = tiny_diffusion.request(seed=1), tiny_diffusion.request(seed=2)
    places = [tiny_diffusion.pipeline.place(one) for one in (a, b)]
    middle = tiny_diffusion.pipeline.place(blend(tiny_diffusion, a, b, 0.5))
    assert np.linalg.norm(middle) == pytest.approx(np.linalg.norm(places[0]), rel=0.1)
    for child in breed(tiny_diffusion, a, b, num=4, mutation=0.0):
        latent = tiny_diffusion.pipeline.place(child.request)
        near, far = places if child.form == "a" else places[::-1]
        assert 0 < np.linalg.norm(latent - near) < np.linalg.norm(latent - far)


def test_a_folder_that_is_not_whole_is_refused(tiny_diffusion: Instrument, tmp_path):
    source = tiny_diffusion.pipeline.parts.folder
    for name in ("unet/diffusion_pytorch_model.safetensors", "text_encoder/model.safetensors"):
        folder = shutil.copytree(source, tmp_path / name[:4])
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[: len(data) // 2])
        with pytest.raises(WeightsError, match="damaged"):
            Catalog((tmp_path,)).load(folder)
    folder = shutil.copytree(source, tmp_path / "other")
    config = folder / "unet" / "config.json"
    config.write_text(config.read_text().replace('"layers_per_block": 1', '"layers_per_block": 2'))
    broken = Catalog((tmp_path,)).load(folder)
    with pytest.raises(WeightsError, match="damaged"):
        broken.render(broken.request())
