"""Melodies on the grid, what is measured of them, and how they are drawn."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.music.attributes import ATTRIBUTES, measure
from pipelines.music.grid import (
    FIRST,
    HIGHEST,
    HOLD,
    LOWEST,
    METRES,
    NUM_TOKENS,
    REST,
    SCALES,
    Note,
    notes_of,
    scale_tokens,
    token_of,
    tokens_of,
)
from pipelines.music.melody_writing import Plan, Player
from pipelines.networks.melody import Decoder, Encoder, MelodySizes, Shape, heard

SIZES = MelodySizes(z_dim=12, quarter=16, width=16, memory=12, embedding=6, reading=8)
SHAPES = [Shape(metre, bars) for metre in range(3) for bars in (2, 4)]


@given(st.lists(st.integers(0, NUM_TOKENS - 1), min_size=1, max_size=64))
@settings(max_examples=60, deadline=None)
def test_notes_and_tokens_are_each_others_inverse(row):
    notes = notes_of(row)
    assert notes_of(tokens_of(notes, len(row))) == notes
    assert all(a.step + a.length <= b.step for a, b in pairwise(notes))


def test_out_of_reach_means_another_octave():
    for pitch in range(128):
        inside = LOWEST + token_of(pitch) - FIRST
        assert LOWEST <= inside <= HIGHEST
        assert (inside - pitch) % 12 == 0
    assert tokens_of([Note(0, 4, 60), Note(8, 4, 62)], 10).tolist()[4] == REST


def test_every_metre_counts_its_bars():
    for name, metre in METRES.items():
        beats, unit = map(int, name.split("/"))
        assert metre.steps == beats * 16 // unit
        assert metre.strengths[0] == max(metre.strengths) > max(metre.strengths[1:])


@pytest.mark.parametrize("mode", SCALES)
def test_a_scale_has_seven_notes_in_every_octave(mode):
    allowed = scale_tokens(mode)
    assert allowed[HOLD]
    assert allowed[REST]
    assert allowed[FIRST : FIRST + 12].sum() == 7
    assert allowed[token_of(60)]


def melody(*pitches, length=2):
    row = np.full(32, HOLD)
    row[: length * len(pitches) : length] = [token_of(p) for p in pitches]
    row[length * len(pitches)] = REST
    return row


def test_attributes_say_what_is_heard():
    calm = melody(60, 62, 64, 65, 67, 69, 71, 72)
    wild = melody(60, 72, 60, 72, 60, 72, 60, 72)
    low = melody(*(p - 12 for p in (60, 62, 64, 65, 67, 69, 71, 72)))
    slow = melody(60, 64, 67, 72, length=4)
    off = np.full(32, HOLD)
    off[[0, 3, 7, 11, 14]] = token_of(60)
    on = np.full(32, HOLD)
    on[[0, 4, 8, 12, 16]] = token_of(60)
    gap = melody(60, 62, 64, 65)
    gap[8:12] = [REST, HOLD, token_of(67), HOLD]
    found = measure(np.stack([calm, wild, low, slow, off, on, gap]), "4/4")
    assert list(found) == list(ATTRIBUTES)
    assert found["density"].tolist() == [4, 4, 4, 2, 2.5, 2.5, 2.5]
    assert found["pitch"][0] == pytest.approx(np.mean([60, 62, 64, 65, 67, 69, 71, 72]))
    assert found["pitch"][2] == pytest.approx(found["pitch"][0] - 12)
    assert found["range"][1] == pytest.approx(6.0)
    assert found["leaps"][[0, 1]].tolist() == pytest.approx([12 / 7, 12])
    assert found["calm"][[0, 1]].tolist() == [1, 0]
    assert found["leaps"][6] == pytest.approx(7 / 4), "over a rest as well"
    assert found["syncopation"][4] > 1
    assert found["syncopation"][[0, 5]].tolist() == [0, 0]
    silence = measure(np.full((1, 32), REST), "4/4")
    assert all(np.isfinite(values).all() for values in silence.values())
    assert silence["density"].tolist() == [0]


@pytest.fixture(scope="module")
def halves():
    torch.manual_seed(0)
    encoder, decoder = Encoder(SIZES).eval(), Decoder(SIZES).eval()
    with torch.no_grad():
        for weight in decoder.parameters():
            weight.mul_(3)
    return encoder.requires_grad_(False), decoder.requires_grad_(False)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_what_numpy_writes_is_what_torch_finds_likeliest(halves, shape):
    _, decoder = halves
    z, modes = torch.randn(5, SIZES.z_dim), torch.tensor([0, 1, 0, 1, 0])
    tokens = Player.of(decoder).write(Plan.of(decoder, z, shape, modes))
    assert tokens.shape == (5, shape.steps)
    logits = decoder(z, torch.from_numpy(tokens), shape, modes)
    logits[:, 0, HOLD] = -1e9
    assert (logits.argmax(dim=2).numpy() == tokens).mean() > 0.999
    assert len(np.unique(tokens)) > 3


def test_what_is_drawn_has_the_chances_of_the_network(halves):
    _, decoder = halves
    shape, modes = SHAPES[0], torch.zeros(1, dtype=torch.long)
    z = torch.randn(1, SIZES.z_dim)
    begin = torch.zeros(1, shape.steps, dtype=torch.long)
    count = 4000
    many = Plan.of(decoder, z.expand(count, -1), shape, modes.expand(count))
    drawn = np.random.Generator(np.random.Philox(0))
    noise = drawn.gumbel(size=(count, shape.steps, NUM_TOKENS)).astype(np.float32)
    player = Player.of(decoder)
    first = player.write(many, None, noise, 1.0)[:, 0]
    logits = decoder(z, begin, shape, modes)[0, 0]
    logits[HOLD] = -1e9
    share = np.bincount(first, minlength=NUM_TOKENS) / count
    assert np.abs(share - logits.softmax(0).numpy()).sum() / 2 < 0.05
    few = many.some(slice(50))
    cold = player.write(few, None, noise[:50], 0.01)
    assert (cold == player.write(few)).mean() > 0.95


def test_the_player_hears_the_note_begun_last():
    tokens = torch.tensor([[5, HOLD, REST, HOLD, 9, HOLD]])
    assert heard(tokens).tolist() == [[NUM_TOKENS, 5, 5, 5, 5, 9]]


def test_every_weight_learns():
    encoder, decoder = Encoder(SIZES), Decoder(SIZES)
    for shape in SHAPES:
        tokens = torch.randint(0, NUM_TOKENS, (64, shape.steps))
        modes = torch.randint(0, 2, (64,))
        mean, log_variance = encoder(tokens, shape, modes)
        decoder(mean + log_variance.exp(), tokens, shape, modes, 0.3).square().mean().backward()
    for half in (encoder, decoder):
        for name, weight in half.named_parameters():
            assert weight.grad is not None, name
            assert weight.grad.abs().sum() > 0, name
