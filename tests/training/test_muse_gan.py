"""The GAN of four voices learns: windows, hard notes, what is measured, and both phases."""

import json

import numpy as np
import pytest
import torch

from pipelines import catalog
from pipelines.music.chorale_grid import pitches_of
from pipelines.music.muse_roll import (
    BARS,
    NUM_VOICES,
    SILENT,
    STEPS,
    Rolls,
    moved,
    rows_of,
)
from pipelines.networks.muse_gan import one_hot
from pipelines.networks.muse_measures import ATTRIBUTES
from pipelines.training import muse_gan_directions
from pipelines.training.__main__ import main
from pipelines.training.chorale_data import load_pieces, whole
from pipelines.training.melody_obedience import unlike
from pipelines.training.muse_gan import MuseTraining
from pipelines.training.muse_gan_data import load_windows
from pipelines.training.muse_gan_proof import (
    apart,
    classes,
    drawn,
    figures_of,
    harmony,
    lengths,
    reconstruction,
)
from pipelines.training.muse_gan_recipe import MuseRecipe
from tests.tiny_music import CONSORT, write_chorales

SMALL = MuseRecipe(
    batch_size=16, shared=8, private=2, width=32, heads=2, blocks=2, kl_target=20.0, ema=0.9
)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_chorales(tmp_path_factory.mktemp("chorales") / "bach")


def test_windows_are_four_bars_of_white_keys_and_keep_their_split(data):
    windows = load_windows(data)
    pieces = {one.name: one for one in load_pieces(data)}
    for split, found in windows.items():
        owners = [
            whole(one) for one in pieces.values() if one.split == split and one.metre == "4/4"
        ]
        assert len(found.modes) == sum(one.bars - BARS + 1 for one in owners)
        assert (classes(found.rolls)[[1, 3, 6, 8, 10]] == 0).all(), "G major is heard in C"
        first = owners[0]
        rows = rows_of(found.rolls)[0]
        heard = np.array([pitches_of(row) for row in first.rows])[:, :STEPS]
        told = np.array([pitches_of(row) for row in rows])
        assert (told[heard >= 0] == heard[heard >= 0] - moved(first.tonic, first.mode)).all()


def test_data_without_four_bars_is_refused(tmp_path):
    folder = write_chorales(tmp_path / "short", 10)
    place = folder / "chorales.json"
    told = json.loads(place.read_text())
    told["chorales"] = [one for one in told["chorales"] if one["metre"] == "3/4"]
    place.write_text(json.dumps(told))
    with pytest.raises(ValueError, match="no chorale of 4 bars"):
        load_windows(folder)


def test_distances_are_nothing_to_itself_and_see_what_differs(data):
    rolls = load_windows(data)["train"].rolls
    itself = figures_of(rolls, rolls)
    assert all(value == 0 for value in itself.values())
    up = Rolls((rolls.pitches + 1) % SILENT, rolls.begins)
    assert apart(classes(up), classes(rolls)) > 0.5
    often = Rolls(rolls.pitches, np.ones_like(rolls.begins))
    assert lengths(often)[0] == 1
    assert lengths(rolls)[3] > 0.9, "the chorales of tests walk in quarters"
    same = Rolls(np.repeat(rolls.pitches[:, :1], NUM_VOICES, axis=1), rolls.begins)
    assert harmony(same) < 1e-6 < harmony(rolls)


def test_a_number_that_does_not_vary_has_a_slope_all_the_same():
    seen = torch.zeros(5, 2, requires_grad=True)
    unlike(seen * 1.0, torch.randn(5, 2)).backward()
    assert torch.isfinite(seen.grad).all()


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    torch.manual_seed(0)
    run = MuseTraining(data, SMALL)
    figures = [run.step(0.1) for _ in range(120)]
    figures += [run.step(0.6) for _ in range(12)]
    out = tmp_path_factory.mktemp("consorts") / "consort"
    run.export(out)
    (out / "card.md").write_text(CONSORT, encoding="utf-8")
    return run, figures, out


def test_training_learns_in_both_phases(trained):
    run, figures, _ = trained
    nats = [one["nats"] for one in figures]
    assert np.mean(nats[110:120]) < 0.6 * np.mean(nats[:10])
    assert not any("judged" in one for one in figures[:120]), "first an autoencoder alone"
    late = figures[120:]
    assert all({"judged", "fooled", "rough"} <= set(one) for one in late)
    assert all(np.isfinite(list(one.values())).all() for one in figures)
    assert late[-1]["judged"] < late[0]["judged"], "the critic learns"
    assert run.judged == 12
    width, height = run.sheet().size
    assert min(width, height) > 300


def test_a_run_goes_on_where_it_was(trained, data):
    run, *_ = trained
    torch.manual_seed(1)
    fresh = MuseTraining(data, SMALL)
    fresh.restore(run.state())
    assert (fresh.taken, fresh.judged, fresh.kl_weight) == (run.taken, 12, run.kl_weight)
    found = [reconstruction(x.average_encoder, x.average, x.held) for x in (run, fresh)]
    assert found[0] == found[1]
    modes = np.zeros(4, np.int64)
    assert (drawn(run.average, modes).pitches == drawn(fresh.average, modes).pitches).all()


def test_what_the_critic_says_reaches_the_generator(trained):
    """Without the autoencoder's part, and with that of the critic alone, weights still move."""
    run, *_ = trained
    before = run.generator.unfolded.weight.detach().clone()
    real, modes = run.train.some(np.arange(8)), torch.zeros(8, dtype=torch.long)
    seen = one_hot(torch.from_numpy(real.rolls.pitches), torch.from_numpy(real.rolls.begins))
    told, figures = run._dreamt(seen, modes, torch.tensor(1.0), judged=True)
    slope = torch.autograd.grad(told["pushed"], run.generator.unfolded.weight)[0]
    assert slope.abs().sum() > 0
    assert figures["fooled"] > 0
    assert torch.equal(before, run.generator.unfolded.weight)


def test_a_trained_model_plays_and_its_directions_are_measured(trained):
    *_, out = trained
    found = muse_gan_directions.find(out, count=30, draws=200)
    assert [one.name for one in found] == list(ATTRIBUTES)
    told = json.loads((out / "directions.json").read_text())
    shown = [one["name"] for one in told["directions"]]
    left = [one["name"] for one in told["not_shipped"]]
    assert sorted(shown + left) == sorted(ATTRIBUTES)
    model = catalog.load(out)
    assert [c.name for c in model.controls if c.direction] == shown
    assert len(model.render(model.request(seed=3, mode="minor")).data.tracks) == NUM_VOICES


def test_directions_of_another_family_are_refused(groove_root):
    with pytest.raises(ValueError, match="no GAN of four voices"):
        muse_gan_directions.find(groove_root / "tiny-groove")


def test_the_command_line_trains(data, tmp_path):
    out = tmp_path / "consort"
    given = ["muse-gan", "--data", str(data), "--out", str(out), "--max-steps", "2"]
    small = ("batch_size=8", "width=16", "heads=2", "blocks=2", "shared=8", "private=2")
    for one in small:
        given += ["--set", one]
    assert main(given) == 0
    assert main([*given, "--resume"]) == 0
    (out / "card.md").write_text(CONSORT, encoding="utf-8")
    model = catalog.load(out)
    assert model.render(model.request(seed=1)).data.tracks[0].notes
