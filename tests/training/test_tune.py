"""Dance tunes learn: splits that share no tune, readings that say all, a network that improves."""

import copy
import json
from collections import Counter

import numpy as np
import pytest
import torch

from pipelines.catalog import Catalog
from pipelines.music.tune_grid import LOOKS, MOST_BARS, NUM_EVENTS, bars_of, symbol_of
from pipelines.networks.tune import STATES, TuneLSTM, TuneSizes
from pipelines.training.__main__ import main
from pipelines.training.melody_corpus import HOLD as HELD
from pipelines.training.melody_corpus import TUNES, dance_of
from pipelines.training.tune import TuneRecipe, TuneTraining, bits_per_event, components, padded
from pipelines.training.tune_data import drawn, load_tunes, parts, read
from tests.tiny_music import write_tunes

SMALL = TuneRecipe(batch_size=8, width=16, memory=24, ema=0.9)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_tunes(tmp_path_factory.mktemp("tunes") / "fiddle")


@pytest.fixture
def chance():
    return np.random.Generator(np.random.Philox(0))


def with_tunes(folder, tunes):
    folder.mkdir(parents=True)
    (folder / TUNES).write_text(json.dumps({"schema": 1, "tunes": tunes}))
    return load_tunes(folder)


def a_tune(bars, **more):
    return {"title": "A", "metre": "4/4", "tonic": 2, "mode": "major", "bars": bars} | more


def test_a_tune_and_its_transposition_are_in_one_split(data, tmp_path):
    told = json.loads((data / TUNES).read_text())["tunes"]
    moved = [
        one
        | {
            "title": f"{one['title']} again",
            "tonic": (one["tonic"] + 5) % 12,
            "bars": [bar and [p + 5 if p >= 0 else p for p in bar] for bar in one["bars"]],
        }
        for one in told
    ]
    tunes = with_tunes(tmp_path / "twice", [*told, *moved])
    octaves = set()
    assert Counter(one.split for one in tunes)["train"] > len(told)
    for one, other in zip(tunes[: len(told)], tunes[len(told) :], strict=True):
        assert one.split == other.split
        apart = bars_of(other.runs[0]) - bars_of(one.runs[0])
        assert set(apart.tolist()) <= {0, 12}, "in C both are the same, in an octave or another"
        octaves.add(apart.max())
    assert octaves == {12}


def test_two_quarters_are_heard_in_twice_the_lengths(tmp_path):
    bar = [62, HELD, 66, 69, HELD, HELD, HELD, HELD]
    (tune,) = with_tunes(tmp_path / "polka", [a_tune([bar] * 8, metre="2/4")])
    assert tune.metre == "4/4"
    assert [symbol_of(one)[1] for one in tune.runs[0][0]] == [4, 2, 10]


def test_a_last_bar_that_ends_early_is_the_close(tmp_path):
    bar, close = [62, *[HELD] * 15], [74, *[HELD] * 15]
    (tune,) = with_tunes(tmp_path / "close", [a_tune([None, *[bar] * 7], close=close)])
    assert [len(run) for run in tune.runs] == [8]
    (part,) = parts([tune])
    assert part.closes
    assert bars_of(part.bars)[-16] - bars_of(part.bars)[0] == 12


@pytest.mark.parametrize(
    ("rhythm", "title", "number", "dance"),
    [
        ("slipjig", "", 0, "slip jig"),
        ("double jig", "", 0, "jig"),
        ("REEL", "Hornpipe of the glen", 0, "reel"),
        ("", "Picnic -- Reel.", 0, "reel"),
        ("", "The Jigger", 0, ""),
        ("", "", 700, ""),
        ("", "", 701, "jig"),
        ("", "", 1400, "reel"),
        ("", "", 1800, ""),
    ],
)
def test_dances_are_told_from_what_the_source_says(rhythm, title, number, dance):
    assert dance_of(rhythm, title, number) == dance


def test_a_reading_says_place_bar_and_what_is_left(data, chance):
    tune = next(one for one in load_tunes(data) if one.metre == "6/8")
    (part,) = parts([tune])
    plain = read(part)
    told = dict(zip(STATES, plain.told.T, strict=True))
    assert told["left"].tolist() == [len(part.bars) - bar for bar in told["bar"]]
    assert (told["next"] == 0).all(), "nothing is told ahead"
    assert sum(symbol_of(int(one))[1] for one in plain.events) == 12 * len(part.bars)
    first = told["bar"].tolist().index(2)
    begins = told["bar"].tolist().index(1)
    assert plain.looks[first, 0] == plain.events[begins]
    assert plain.looks.shape[1] == len(LOOKS)
    heard = [read(part, chance).told[:, STATES.index("next")] for _ in range(30)]
    some = [one for one in heard if one.any()]
    assert 0 < len(some) < 30, "of some parts some bars are told ahead"
    for row in some:
        for at in np.flatnonzero(row):
            after = int(np.flatnonzero(told["bar"] == told["bar"][at] + 1)[0])
            assert row[at] == symbol_of(int(plain.events[after]))[0] + 1


def test_parts_begin_where_dances_do(data, chance):
    for tune in load_tunes(data):
        run = tune.runs[0]
        part = drawn(tune, chance)
        assert len(part.bars) <= MOST_BARS
        assert any(run[at : at + len(part.bars)] == part.bars for at in range(0, len(run), 8))


def test_events_share_what_they_have_in_common():
    table = components()
    c_long, c_short, d_long = (table[one] for one in (14 * 16 + 3, 14 * 16 + 1, 16 * 16 + 3))
    assert c_long @ c_short >= 2, "pitch and class"
    assert c_long @ d_long >= 2, "length"
    assert torch.linalg.matrix_rank(table[:NUM_EVENTS]) == NUM_EVENTS


def test_it_learns_and_goes_on_where_it_was(data):
    torch.manual_seed(0)
    run = TuneTraining(data, SMALL)
    before = bits_per_event(run.average, run.held)
    for step in range(60):
        run.step(step / 100)
    assert bits_per_event(run.average, run.held) < before - 1
    kept, after = copy.deepcopy(run.state()), []
    other = TuneTraining(data, SMALL)
    other.restore(kept)
    assert torch.equal(other.model.events.weight, run.model.events.weight)
    for one in (run, other):
        torch.manual_seed(1)
        after.append([one.step(0.7)["loss"] for _ in range(2)])
    assert after[0] == after[1]
    assert run.sheet().width > 16 * 16


def test_gradients_reach_every_parameter(data):
    torch.manual_seed(0)
    run = TuneTraining(data, SMALL)
    run.step(0.5)
    missing = [name for name, one in run.model.named_parameters() if one.grad is None]
    assert missing == []
    still = [name for name, one in run.model.named_parameters() if not one.grad.any()]
    assert still == []


def test_forward_on_meta_makes_no_tensor_elsewhere(data):
    tunes = load_tunes(data)
    batch = [one.to("meta") for one in padded([read(one) for one in parts(tunes)[:2]])]
    model = TuneLSTM(TuneSizes(16, 24, 2)).to("meta")
    assert model(*batch[:3], 0.3).shape[:2] == batch[0].shape


def test_a_trained_folder_is_played(data, tmp_path):
    out = tmp_path / "ours"
    given = ["tune", "--data", str(data), "--out", str(out), "--max-steps", "2"]
    small = ("batch_size=4", "width=16", "memory=24")
    assert not main([*given, *(part for one in small for part in ("--set", one))])
    player = Catalog((tmp_path,)).load("ours")
    score = player.render(player.request(seed=1, num_bars="8")).data
    assert len(score.tracks[0].notes) >= 8
    start = ["--start", str(out), "--out", str(tmp_path / "next")]
    again = ["tune", "--data", str(data), "--max-steps", "1", *start]
    assert not main([*again, *(part for one in small for part in ("--set", one))])
    assert (tmp_path / "next" / "weights.safetensors").is_file()
