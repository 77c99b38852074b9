"""Training of the translator between domains, and what it begins with."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pipelines.catalog import Catalog
from pipelines.image.autoencoder import (
    LatentCodec,
    load_autoencoder,
)
from pipelines.networks.discriminator import DiscriminatorSizes, StyleEncoder
from pipelines.networks.star_gan import COARSE, load_star_gan
from pipelines.networks.style_gan2 import Generator, GeneratorSizes, save_generator
from pipelines.training.__main__ import main, with_settings
from pipelines.training.data import load_pictures
from pipelines.training.latents import latents_of
from pipelines.training.parallel import Workers
from pipelines.training.star_gan import StarGanRecipe, StarGanTraining
from pipelines.training.star_gan_pairs import Painter, commonest, only, shifted
from pipelines.training.star_gan_sheets import translate
from tests.training.discs import write_autoencoder, write_discs

KINDS = ("apple", "lemon", "pear")
SMALL = ("num_domains=2", "batch_size=2", "reading_batch=4", "fresh=2", "num_sources=3", "shift=1",
         "duel_weight=0.3")  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("discs")
    write_discs(made, ["apple", "lemon"] * 6 + ["apple", "pear"])
    return made


@pytest.fixture(scope="module")
def autoencoder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("kl")
    write_autoencoder(made)
    return made


@pytest.fixture(scope="module")
def painter(tmp_path_factory) -> Path:
    """A style-based GAN of three kinds whose latents have 8 x 8 cells."""
    torch.manual_seed(0)
    made = tmp_path_factory.mktemp("painter")
    sizes = GeneratorSizes(6, 6, 3, 8, 4, channels=(8, 8), num_mapping_layers=2)
    generator = Generator(sizes)
    generator.w_mean.normal_()
    with torch.no_grad():  # as trained
        generator.mapping.embedding.bias.normal_()
    body = DiscriminatorSizes(4, 3, channels=(8, 8), features=12)
    config = {"species": ["pear", "lemon", "apple"], "encoder": {**vars(body)}}
    save_generator(generator, made, config, extra={"encoder": StyleEncoder(body, 6)})
    return made


def training(folder: Path, autoencoder: Path, painter: Path, *settings: str) -> StarGanTraining:
    torch.manual_seed(0)
    recipe = with_settings(StarGanRecipe(), [*SMALL, *settings])
    pictures = load_pictures(folder, 64)
    return StarGanTraining(pictures, recipe, autoencoder=autoencoder, painter=painter)


def test_the_command_trains_resumes_and_exports(folder, autoencoder, painter, tmp_path, star_root):
    root = tmp_path / "models"
    where = ["star-gan", "--data", str(folder), "--size", "64", "--minutes", "9"]
    where += ["--autoencoder", str(autoencoder), "--painter", str(painter), "--max-steps", "2"]
    given = [part for one in SMALL for part in ("--set", one)]
    out = ["--out", str(root / "made"), "--cache", str(tmp_path)]
    assert main([*where, *given, *out, "--set", "reading_share=0.5"]) == 0
    assert main([*where, *given, *out, "--set", "reading_share=0", "--resume"]) == 0
    first, second = json.loads((root / "made/training_log.json").read_text())
    assert {"place", "style"} == set(first) - {"step", "minutes"}
    assert {"judge", "duel", "told", "back", "pair"} <= set(second)
    (root / autoencoder.name).symlink_to(autoencoder)
    model = Catalog((root,)).load("made")
    assert model.render(model.request(species="lemon")).data.size == (64, 64)
    assert model.pipeline.species == ("apple", "lemon")
    again = ["--out", str(root / "on"), "--start", str(root / "made"), "--set", "reading_share=0"]
    assert main([*where, *given, *again]) == 0


def test_it_begins_as_the_gan_and_looks_at_no_source_yet(folder, autoencoder, painter):
    run = training(folder, autoencoder, painter)
    z, label = torch.randn(4, 6), torch.tensor([0, 1, 0, 1])
    known = torch.tensor([2, 1, 2, 1])
    translator, generator = run.model.translator, run.painter.generator
    with torch.inference_mode():
        s = run.model.mapping.one(z, label)
        torch.testing.assert_close(s, generator.mapping.one(z, known))
        read = translator.read(torch.randn(4, 4, 8, 8))
        w = s[:, None].repeat(1, generator.num_ws, 1)
        w[:, :COARSE] = translator.arranged(read[0], s)[:, None]
        torch.testing.assert_close(translator.paint(read, s), generator.synthesis(w))


def test_one_arrangement_in_two_domains_shares_its_z(painter):
    one = Painter(painter, ("apple", "lemon"))
    z, colours = torch.randn(2, 1, 6).unbind()
    apple, lemon = (one.picture(z, colours, torch.tensor([i])) for i in (0, 1))
    assert not torch.allclose(apple, lemon)
    assert not torch.allclose(apple, one.picture(colours, colours, torch.tensor([0])))
    x, coarse, fine, label = one.paint(3)
    torch.testing.assert_close(one.picture(coarse, fine, label), x)
    torch.manual_seed(0)
    pictures = one.draw(50, 4)[0]
    assert len({tuple(x.flatten().tolist()) for x in pictures}) <= 4
    few = Painter(painter, ("apple", "lemon"), kept=6)
    assert [len(few.draw(9, 4)[0]), len(few.draw(9, 4)[0]), len(few.bank[0])] == [9, 9, 6]
    with pytest.raises(ValueError, match="doesn't know quince"):
        Painter(painter, ("apple", "quince"))


def test_reading_learns_and_leaves_the_painting_alone(folder, autoencoder, painter):
    run = training(folder, autoencoder, painter, "reading_share=1", "reading_rate=0.01")
    before = {k: v.clone() for k, v in run.model.translator.synthesis.state_dict().items()}
    figures = [run.step(0.1) for _ in range(60)]
    assert np.mean([f["style"] for f in figures[-8:]]) < np.mean([f["style"] for f in figures[:8]])
    assert all(torch.equal(before[k], v)
               for k, v in run.model.translator.synthesis.state_dict().items())  # fmt: skip


def test_playing_teaches_planes_and_judge(folder, autoencoder, painter):
    run = training(
        folder,
        autoencoder,
        painter,
        "reading_share=0.5",
        "diversity_weight=0.2",
        "penalty_every=2",
    )
    judge = {k: v.clone() for k, v in run.judge.state_dict().items()}
    figures = [run.step(0.9) for _ in range(2)]
    assert run.model.translator.planes[0].weight.abs().max() > 0
    assert any(not torch.equal(judge[k], v) for k, v in run.judge.state_dict().items())
    assert all(np.isfinite(list(f.values())).all() for f in figures)
    assert "penalty" in figures[1]
    assert "varied" in figures[0]


def test_without_a_duel_nobody_judges(folder, autoencoder, painter):
    run = training(folder, autoencoder, painter, "reading_share=0.5", "duel_weight=0")
    judge = {k: v.clone() for k, v in run.judge.state_dict().items()}
    assert {"judge", "duel"}.isdisjoint(run.step(0.9))
    assert all(torch.equal(judge[k], v) for k, v in run.judge.state_dict().items())


def test_sheets_show_what_pictures_become(star_root):
    model = Catalog((star_root,)).load("tiny-star")
    sources = np.stack([np.asarray(Image.effect_noise((128, 128), 40 + i).convert("RGB"))
                        for i in range(3)])  # fmt: skip
    labels, seeds = np.array([0, 1, 2]), np.array([4, 5, 6])
    for strength in (1.0, 0.4):
        made = translate(model.pipeline, sources, labels, seeds, strength=strength)
        for i, (label, seed) in enumerate(zip(labels, seeds, strict=True)):
            data = io.BytesIO()
            Image.fromarray(sources[i]).save(data, "PNG")
            request = model.request(
                seed=int(seed), species=model.pipeline.species[label], strength=strength
            )
            alone = model.render(model.attach(request, picture=data.getvalue())).data
            assert np.abs(np.asarray(alone).astype(int) - made[i]).max() <= 2
    worn = translate(model.pipeline, sources, labels, references=sources[::-1])
    assert np.abs(worn.astype(int) - made).mean() > 1


def test_a_run_goes_on_where_it_stopped(folder, autoencoder, painter):
    run, other = (training(folder, autoencoder, painter) for _ in range(2))
    run.step(0.1)
    run.step(0.9)
    other.restore(run.state())
    assert other.taken == 2
    for name in ("model", "average", "judge"):
        ours, theirs = (getattr(one, name).state_dict() for one in (run, other))
        assert all(torch.equal(ours[k], theirs[k]) for k in ours)


def test_sheets_have_a_column_for_every_domain(folder, autoencoder, painter):
    run = training(folder, autoencoder, painter)
    assert run.sheet().size == (64 * 4, 64 * 10)


def test_domains_are_the_commonest_and_latents_are_kept(folder, autoencoder, tmp_path):
    pictures = load_pictures(folder, 64)
    assert commonest(pictures, 2) == ("apple", "lemon")
    chosen = only(pictures, ("lemon", "apple"))
    assert [chosen.classes[i] for i in chosen.labels] == [n.split("/")[0] for n in chosen.names]
    assert not any(name.startswith("pear") for name in chosen.names)
    codec = LatentCodec(load_autoencoder(autoencoder))
    first = latents_of(codec, chosen, workers=Workers(), cache=tmp_path)
    again = latents_of(codec, chosen, workers=Workers(), cache=tmp_path)
    assert torch.equal(first.latents, again.latents)
    assert len(list(tmp_path.glob("latents-*.npy"))) == 1


def test_pairs_are_shifted_together():
    torch.manual_seed(1)
    x = torch.arange(64.0).view(1, 1, 8, 8)
    a, b = shifted(x, x + 100, 2)
    assert torch.equal(a + 100, b)
    assert torch.equal(shifted(x, x, 0)[0], x)


def test_a_folder_that_is_damaged_is_refused(star_root, tmp_path):
    with pytest.raises(ValueError, match="fetch it again"):
        load_star_gan(tmp_path)
    config = json.loads((star_root / "tiny-star" / "config.json").read_text())
    config["network"]["body"]["channels"] = [8, 16]
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match="does not fit"):
        load_star_gan(tmp_path)
