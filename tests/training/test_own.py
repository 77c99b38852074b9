"""A model from an artist's own pictures: what is looked at, left out, trained and told."""

from __future__ import annotations

import dataclasses
import functools
import io
import json
import math
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from pipelines import atlas
from pipelines.catalog import BUNDLED, Catalog
from pipelines.errors import TrainingError
from pipelines.networks.dcgan import load_generator
from pipelines.training import measures, own, own_card, own_hearing, own_making, own_pictures
from pipelines.training.data import load_pictures
from pipelines.training.own_card import figures_of
from pipelines.training.own_making import Watcher, make
from pipelines.training.own_model import KINDS, Wish, begins_with, name_of, refuse
from pipelines.training.sheets import to_pixels, to_tensor
from tests.training.discs import write_discs

FEW = ("pipelines.training.directions", "--seeds", "8", "--held-out", "8", "--refining", "0")
TINY = ("batch_size=8", "width=4", "z_dim=6")


@pytest.fixture(scope="module")
def discs(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("own")
    chance = np.random.default_rng(3)
    for i in range(160):
        sheet = Image.new("RGB", (64, 64), (244, 236, 216))
        left, top, side = chance.integers(2, 30, 3).tolist()
        colour = ((170, 30, 20), (230, 200, 60))[i % 2]
        ImageDraw.Draw(sheet).ellipse((left, top, left + side + 4, top + side + 4), fill=colour)
        saved(folder, f"{('red', 'yellow')[i % 2]}/{i}.png", sheet)
    return folder


@pytest.fixture
def quick(monkeypatch):
    """Fewer seeds and pictures, same code."""
    monkeypatch.setattr(own_hearing, "VALIDATED", 8)
    monkeypatch.setattr(own_card, "SAMPLES", 32)
    monkeypatch.setattr(atlas, "draw", functools.partial(atlas.draw, num=64))
    for word in ("small", "morphs"):
        kind = dataclasses.replace(KINDS[word], needed=60, sliders=FEW)
        monkeypatch.setitem(KINDS, word, kind)


def saved(folder: Path, name: str, image: Image.Image, **options) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    image.save(folder / name, **options)


def test_every_file_is_looked_at_and_what_is_of_no_use_is_named(tmp_path):
    plain = Image.effect_noise((80, 60), 90).convert("RGB")
    saved(tmp_path, "doors/a.png", plain)
    saved(tmp_path, "doors/again.png", plain)
    saved(tmp_path, "gates/cmyk.jpg", plain.rotate(90).convert("CMYK"))
    saved(
        tmp_path,
        "gates/deep.png",
        Image.fromarray(np.arange(6400, dtype=np.uint16).reshape(80, 80) * 9),
    )
    saved(
        tmp_path,
        "moving.gif",
        plain.convert("P"),
        save_all=True,
        append_images=[plain.convert("P")],
    )
    saved(tmp_path, "dot.png", Image.new("RGB", (1, 1)))
    (tmp_path / "notes.txt").write_text("not a picture")
    (tmp_path / ".hidden.png").write_bytes(b"nothing")
    whole = (tmp_path / "doors/a.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    counted: list[int] = []
    found = own_pictures.check(tmp_path, counted.append)
    assert found.files == ("doors/a.png", "gates/cmyk.jpg", "gates/deep.png", "moving.gif")
    assert set(found.damaged) == {"cut.png", "dot.png", "notes.txt"}
    assert found.duplicates == {"doors/again.png": "doors/a.png"}
    assert found.kinds == {"all": 1, "doors": 1, "gates": 2}
    assert (found.smallest, found.largest) == (60, 80)
    assert counted[-1] == 8
    for name in ("cut.png", "dot.png", "notes.txt", "doors/again.png"):
        assert name in str(found)
    assert json.loads(json.dumps(found.to_dict()))["count"] == 4


def test_pictures_are_gathered_upright_and_opaque(tmp_path):
    sideways = Image.new("RGB", (64, 40), (200, 0, 0))
    exif = sideways.getexif()
    exif[0x0112] = 6  # to be turned by a quarter
    saved(tmp_path / "in", "kind/turned.jpg", sideways, exif=exif)
    saved(tmp_path / "in", "kind/clear.png", Image.new("RGBA", (40, 40), (0, 0, 0, 0)))
    found = own_pictures.check(tmp_path / "in")
    files = sorted(own_pictures.gather(found, tmp_path / "out").rglob("*.png"))
    assert {file.parent.name for file in files} == {"kind"}
    images = [Image.fromarray(np.asarray(Image.open(io.BytesIO(f.read_bytes())))) for f in files]
    assert {image.mode for image in images} == {"RGB"}
    assert {image.size for image in images} == {(40, 64), (40, 40)}
    (clear,) = (image for image in images if image.size == (40, 40))
    assert clear.getpixel((5, 5)) == (255, 255, 255)
    assert own_pictures.check(tmp_path / "out").damaged == {}


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def test_a_zip_is_unpacked_and_a_hostile_one_is_refused(tmp_path):
    out = io.BytesIO()
    Image.effect_noise((64, 64), 90).save(out, "PNG")
    good = zipped(tmp_path / "good.zip", {"doors/a.png": out.getvalue(), "empty/": b""})
    folder = own_pictures.unpack(good, tmp_path / "good")
    assert own_pictures.check(folder).files == ("doors/a.png",)
    hostile = {
        "leads out": {"../evil.png": b"x"},
        "times its packed": {"bomb.png": bytes(3 << 20)},
    }
    for rule, files in hostile.items():
        target = tmp_path / "bad"
        with pytest.raises(TrainingError, match=rule) as told:
            own_pictures.unpack(zipped(tmp_path / "bad.zip", files), target)
        assert told.value.code == "bad_archive"
        assert not list(tmp_path.rglob("evil.png"))
        assert not list(target.rglob("*")) if target.exists() else True
    (tmp_path / "no.zip").write_bytes(b"PK nothing")
    with pytest.raises(TrainingError, match="not a whole zip"):
        own_pictures.unpack(tmp_path / "no.zip", tmp_path / "bad")


def test_three_pictures_are_enough_for_a_pattern_and_it_says_so(discs, tmp_path, capsys):
    write_discs(tmp_path, ["red", "yellow", "red"])
    with pytest.raises(TrainingError) as told:
        refuse(own_pictures.check(tmp_path), Wish("paintings", "discs"))
    assert told.value.code == "too_few_pictures"
    assert "197 more, or make patterns" in str(told.value)
    with pytest.raises(TrainingError, match="more than 27; choose 27") as told:
        refuse(own_pictures.check(discs), Wish("patterns", "discs"))
    assert told.value.code == "too_many_pictures"
    assert own.main([str(tmp_path), "--makes", "paintings", "--check"]) == 2
    assert own.main([str(tmp_path), "--makes", "patterns", "--check"]) == 0
    said = capsys.readouterr()
    assert "3 pictures (2 red, 1 yellow)" in said.out
    assert "197 more" in said.err


def test_one_command_makes_a_model_that_plays(discs, quick, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("DUET_LIBRARY", str(tmp_path))
    settings = [part for one in TINY for part in ("--set", one)]
    command = [str(discs), "--makes", "small", "--name", "Rote Scheiben", "--minutes", "0.03"]
    assert own.main([*command, "--credit", "me", "--licence", "cc0-1.0", *settings]) == 0
    folder = tmp_path / "models" / "rote-scheiben"
    assert "is ready to play" in capsys.readouterr().out
    assert not (folder / "training").exists()
    (card,) = Catalog((tmp_path / "models",)).available()
    assert (card.id, card.family, card.credit, card.licence) == (
        "rote-scheiben", "dcgan", "me", "cc0-1.0",
    )  # fmt: skip
    assert card.title == {"en": "Rote Scheiben", "zh": "Rote Scheiben"}
    for part in ("## Directions", "## Quality", "swd_ratio", "80 red, 80 yellow", "## Copies"):
        assert part in card.text, part
    model = Catalog((tmp_path / "models",)).load("rote-scheiben")
    assert model.render(model.request(seed=3)).data.size == (64, 64)
    assert model.latent_space.directions
    for name in ("atlas.npz", "seeds.webp", "nearest.webp"):
        assert (folder / name).exists()
    assert json.loads((folder / "config.json").read_text())["id"] == "rote-scheiben"
    assert own.main([*command, *settings]) == 2
    assert "a model already" in capsys.readouterr().err


def test_a_run_that_was_cut_short_goes_on(discs, quick, tmp_path, monkeypatch):
    checked, wish = own_pictures.check(discs), Wish("small", "discs", 0.05, settings=TINY)
    with pytest.raises(TrainingError, match="without a checkpoint"):
        make(checked, wish, tmp_path, resume=True)
    monkeypatch.setattr(own_making, "SAVE_EVERY", 0.01)

    def cut(_figures):
        if (tmp_path / "discs/training/checkpoint.pt").exists():
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(own_hearing, "finite", cut)
        with pytest.raises(KeyboardInterrupt):
            make(checked, wish, tmp_path)
    assert Catalog((tmp_path,)).available() == [], "what is not whole is not played"
    before = json.loads((tmp_path / "discs/training/training_log.json").read_text())
    stages: list[str] = []
    watcher = Watcher()
    watcher.stage = stages.append
    folder = make(checked, wish, tmp_path, resume=True, watcher=watcher)
    log = json.loads((folder / "training_log.json").read_text())
    assert log[: len(before)] == before
    assert log[-1]["step"] > before[-1]["step"] > 0
    assert stages == ["training", "sliders", "sheets"]


def test_numbers_that_are_none_end_the_run_and_keep_the_checkpoint(discs, quick, tmp_path):
    checked = own_pictures.check(discs)
    wish = Wish("small", "astray", 0.05, settings=(*TINY, "learning_rate=1e30"))
    with pytest.raises(TrainingError) as told:
        make(checked, wish, tmp_path)
    assert told.value.code == "own_astray"
    assert Catalog((tmp_path,)).available() == []
    own_hearing.finite({"loss": 1.0})
    with pytest.raises(TrainingError, match="loss"):
        own_hearing.finite({"loss": math.nan})


def test_it_begins_from_a_model_of_the_family_and_from_no_other(discs, tmp_path):
    """Masks know how discs are painted before anything is learnt of them."""
    wish = Wish("morphs", "discs", start=str(BUNDLED / "commedia"))
    likeness = {}
    for start in ("", wish.start):
        begun = dataclasses.replace(wish, start=start)
        training = own_making._training(discs, tmp_path / "decoded", begun)
        real = training.train.pixels[:8]
        with torch.inference_mode():
            again = training.average(training.average_encoder(to_tensor(real))[0])
        likeness[start] = measures.fidelity(to_pixels(again), real)["psnr"]
    assert likeness[wish.start] > likeness[""] + 3
    begins_with(wish, BUNDLED / "commedia")
    for makes, other in (("morphs", "espalier"), ("patterns", "trellis"), ("small", "nowhere")):
        with pytest.raises(TrainingError) as told:
            begins_with(Wish(makes, "discs"), BUNDLED / other)
        assert told.value.code == "cannot_begin"
    small = Wish("small", "discs", start=str(BUNDLED / "espalier"))
    assert own_making._settings(small) == ["z_dim=100", "width=32"]
    training = own_making._training(discs, tmp_path / "decoded", small)
    known = load_generator(BUNDLED / "espalier").state_dict()
    learnt = training.average.state_dict()
    assert all(torch.equal(learnt[name], value) for name, value in known.items())


def test_a_name_becomes_a_folder_and_nothing_else():
    assert name_of("../../etc/passwd") == "etc-passwd"
    with pytest.raises(TrainingError) as told:
        name_of("../..")
    assert told.value.code == "no_name"


def test_figures_are_of_pictures_that_were_kept_out(discs):
    """Training pictures as if they were samples are as near as training pictures are."""
    pictures = load_pictures(discs, 64)

    model = SimpleNamespace(pipeline=None)
    copies = pictures.split("train").pixels
    found = figures_of(model, copies, pictures)
    assert found["swd_ratio"][0] == pytest.approx(1.0, abs=1e-6)
    few = pictures._take(list(range(12)))
    assert figures_of(model, copies, few) == {}, "of so few kept-out pictures nothing can be said"
