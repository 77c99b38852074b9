"""The GAN of four voices learns: windows, hard notes, what is measured, and both phases."""

import json

import numpy as np
import pytest
import torch

from pipelines import catalog
from pipelines.music.chorale_grid import RANGES, pitches_of
from pipelines.music.muse_roll import (
    BARS,
    LOWEST,
    NUM_PITCHES,
    NUM_VOICES,
    SILENT,
    STEPS,
    Rolls,
    moved,
    rolls_of,
    rows_of,
)
from pipelines.networks.muse_gan import Generator, MuseSizes, Reader, chosen, hard, one_hot
from pipelines.networks.muse_measures import ATTRIBUTES, habits, measure
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

SIZES = MuseSizes(shared=8, private=2, width=24, heads=2, blocks=2)
SMALL = MuseRecipe(
    batch_size=16, shared=8, private=2, width=32, heads=2, blocks=2, kl_target=20.0, ema=0.9
)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_chorales(tmp_path_factory.mktemp("chorales") / "bach")


def some_rolls(count=3, seed=0):
    drawn_ = np.random.Generator(np.random.Philox(seed))
    rows = np.stack([drawn_.integers(low, high, (count, STEPS)) for low, high in RANGES], axis=1)
    rows[drawn_.random(rows.shape) < 0.7] = -1
    rows[drawn_.random(rows.shape) < 0.05] = -2
    return rolls_of(rows)


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


def test_sure_logits_are_chosen_as_they_are():
    rolls = some_rolls()
    sounds, begins = one_hot(torch.from_numpy(rolls.pitches), torch.from_numpy(rolls.begins))
    pitches, starts = chosen(20 * sounds, 20 * begins - 10)
    assert (pitches.numpy() == rolls.pitches).all()
    assert (starts.numpy() == rolls.begins).all()


def test_a_note_has_one_pitch_that_most_of_it_wants():
    logits = torch.zeros(1, NUM_VOICES, STEPS, NUM_PITCHES)
    logits[..., 10] = 1.0
    logits[:, :, 1, 20] = 2.5  # one sixteenth of four wants another
    begins = torch.full((1, NUM_VOICES, STEPS), -5.0)
    begins[..., ::4] = 5.0
    pitches, _ = chosen(logits, begins)
    assert (pitches == 10).all()
    logits[:, :, 2:4, 20] = 2.5
    assert (chosen(logits, begins)[0][..., :4] == 20).all()


def test_hard_notes_pass_gradients_as_if_they_were_soft():
    torch.manual_seed(0)
    logits = torch.randn(2, NUM_VOICES, STEPS, NUM_PITCHES, requires_grad=True)
    begins = torch.randn(2, NUM_VOICES, STEPS, requires_grad=True)
    sounds, starts = hard(logits, begins)
    for made in (sounds, starts):
        near = made.detach().round()
        assert torch.allclose(made, near, atol=1e-5)
        assert set(near.unique().tolist()) == {0.0, 1.0}
    weight = torch.randn_like(logits)
    (slope,) = torch.autograd.grad((sounds * weight).sum(), logits, retain_graph=True)
    (soft,) = torch.autograd.grad((logits.softmax(dim=3) * weight).sum(), logits)
    assert torch.allclose(slope, soft, atol=1e-5)
    (slope,) = torch.autograd.grad(starts.sum(), begins)
    assert torch.allclose(slope, begins.sigmoid() * (1 - begins.sigmoid()), atol=1e-5)


def test_what_is_measured_of_a_chord_is_what_it_is():
    pitches = np.full((2, NUM_VOICES, STEPS), 0)
    pitches[0] = (np.array([72, 67, 64, 48]) - LOWEST)[:, None]  # C major
    pitches[1] = (np.array([71, 65, 62, 43]) - LOWEST)[:, None]  # a dominant seventh
    pitches[1, 0, 32:] = 74 - LOWEST
    begins = np.zeros(pitches.shape, bool)
    begins[..., ::16] = True
    found = measure(Rolls(pitches, begins))
    assert found["density"].tolist() == pytest.approx([1.0, 1.0])
    assert found["pitch"][0] == pytest.approx((72 + 67 + 64 + 48) / 4)
    assert found["tension"][0] == 0
    # f-g and (half of the time) b-f are sharp; d-f, d-g, d-b and g-b are not
    assert found["tension"][1] == pytest.approx((1 + 0.5) / 6)
    assert found["spacing"].tolist() == pytest.approx([24, (28 + 31) / 2])
    assert found["leaps"].tolist() == pytest.approx([0, 3 / 12])


def test_silence_is_no_interval_and_no_note():
    rolls = some_rolls(2)
    silent = Rolls(np.full_like(rolls.pitches, SILENT), rolls.begins)
    found = measure(silent)
    assert all((found[name] == 0).all() for name in ATTRIBUTES)
    seen = one_hot(torch.from_numpy(silent.pitches), torch.from_numpy(silent.begins))
    assert habits(*seen)[:, :-64].abs().sum() == 0


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


def test_gradients_reach_every_weight_and_the_mode_is_heard():
    torch.manual_seed(0)
    generator, encoder = Generator(SIZES), Reader(SIZES, 2 * SIZES.z_dim)
    rolls = some_rolls(4)
    modes = torch.tensor([0, 1, 0, 1])
    seen = one_hot(torch.from_numpy(rolls.pitches), torch.from_numpy(rolls.begins))
    mean, spread = encoder(*seen, modes).chunk(2, dim=1)
    pitches, begins = generator(mean + spread, modes)
    (pitches.softmax(dim=3).square().sum() + begins.square().mean()).backward()
    for network in (encoder, generator):
        for name, weight in network.named_parameters():
            assert weight.grad is not None, name
            assert weight.grad.abs().sum() > 0, name
    one, other = (generator(mean, torch.full((4,), mode))[0] for mode in (0, 1))
    assert not torch.equal(one, other)


def test_on_the_meta_device_every_shape_fits():
    with torch.device("meta"):
        generator, critic = Generator(SIZES), Reader(SIZES, 1)
        pitches, begins = generator(torch.zeros(2, SIZES.z_dim), torch.zeros(2).long())
        assert pitches.shape == (2, NUM_VOICES, STEPS, NUM_PITCHES)
        assert critic(pitches, begins, torch.zeros(2).long()).shape == (2, 1)


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
