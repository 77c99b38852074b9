"""The networks of four voices: notes are hard, gradients pass, attributes are what they say."""

import numpy as np
import pytest
import torch

from pipelines.music.chorale_grid import RANGES
from pipelines.music.muse_roll import (
    LOWEST,
    NUM_PITCHES,
    NUM_VOICES,
    SILENT,
    STEPS,
    Rolls,
    rolls_of,
)
from pipelines.networks.muse_gan import Generator, MuseSizes, Reader, chosen, hard, one_hot
from pipelines.networks.muse_measures import ATTRIBUTES, habits, measure

SIZES = MuseSizes(shared=8, private=2, width=24, heads=2, blocks=2)


def some_rolls(count=3, seed=0):
    drawn_ = np.random.Generator(np.random.Philox(seed))
    rows = np.stack([drawn_.integers(low, high, (count, STEPS)) for low, high in RANGES], axis=1)
    rows[drawn_.random(rows.shape) < 0.7] = -1
    rows[drawn_.random(rows.shape) < 0.05] = -2
    return rolls_of(rows)


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
