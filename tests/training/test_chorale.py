"""Chorales learn: splits that share no tune, sequences that say all, a network that improves."""

import copy
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest
import torch

from pipelines.catalog import Catalog
from pipelines.music.chorale_grid import CONTINUE, RANGES, SILENCE, pitches_of, vocabulary
from pipelines.music.chorale_walk import Plan, Told
from pipelines.music.grid import transposition
from pipelines.training import chorale_corpus as corpus
from pipelines.training.__main__ import main
from pipelines.training.chorale import (
    ChoraleRecipe,
    ChoraleTraining,
    bits_per_token,
    components,
)
from pipelines.training.chorale_data import drawn, given, load_pieces, whole
from pipelines.training.chorale_reading import readings, told
from tests.tiny_music import write_chorales

SMALL = ChoraleRecipe(batch_tokens=500, width=32, hidden=48, num_layers=2, num_heads=2, ema=0.9)


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return write_chorales(tmp_path_factory.mktemp("chorales") / "bach")


@pytest.fixture(scope="module")
def pieces(data):
    return load_pieces(data)


@pytest.fixture
def chance():
    return np.random.Generator(np.random.Philox(0))


def names(reading):
    return [vocabulary().names[token] for token in reading.tokens]


def plan_of(piece):
    return Plan(piece.metre, piece.mode, transposition(piece.tonic), piece.bars, piece.bars)


def heard(rows):
    return np.array([pitches_of(row) for row in rows])


def test_chorales_of_a_work_or_on_a_tune_are_in_one_split(tmp_path):
    import json

    folder = write_chorales(tmp_path / "kin", 60)
    place = folder / corpus.CHORALES
    found = json.loads(place.read_text())["chorales"]
    for one in found[1::2]:  # every second one has the soprano of the one before, a tone higher
        before = found[found.index(one) - 1]
        one |= {key: before[key] for key in ("metre", "upbeat", "fermatas")}
        one["voices"] = [[p + 2 if p >= 0 else p for p in row] for row in before["voices"]]
        one["tonic"] = 9
    for one, other in zip(found[::4], found[2::4], strict=True):
        other["name"] = one["name"].replace(".1", ".5")
    place.write_text(json.dumps({"schema": 1, "chorales": found}))
    splits = [piece.split for piece in load_pieces(folder)]
    assert len(splits) == 60
    for start in range(0, 60, 4):
        assert len(set(splits[start : start + 4])) == 1, "by work and by tune"
    assert len(set(splits)) == 3
    assert [piece.split for piece in load_pieces(folder)] == splits


def test_bars_are_whole_and_the_upbeat_is_kept_apart(pieces):
    for piece in pieces:
        assert piece.rows.shape[1] % piece.bar == 0
        assert len(piece.fermatas) == piece.rows.shape[1] // 4
        assert piece.fermatas.any()
        full = whole(piece)
        assert full.bars == piece.bars - piece.upbeat
        assert (heard(full.rows) >= 0).all()
        if piece.upbeat:
            assert (heard(piece.rows)[:, : piece.bar - 4] == SILENCE).all()
            assert (heard(piece.rows)[:, piece.bar - 4 : piece.bar] >= 0).all()
    assert {piece.upbeat for piece in pieces} == {True, False}


def test_parts_stay_in_range_and_end_on_the_tonic(pieces, chance):
    keys, bars = Counter(), Counter()
    for _ in range(150):
        part, plan = drawn(pieces[int(chance.integers(len(pieces)))], chance)
        assert plan.bars == part.bars <= plan.left
        assert plan.shift == transposition(part.tonic)
        for row, (low, high) in zip(part.rows, RANGES, strict=True):
            sung = row[row >= 0]
            assert low <= sung.min()
            assert sung.max() <= high
        if plan.bars == plan.left:
            last = (heard(part.rows)[:, -1] - part.tonic) % 12
            assert last[3] == 0
            assert set(last) <= {0, 4, 7}
            end = int(np.flatnonzero(part.fermatas)[-1]) + 1
            assert (part.rows[:, 4 * end :] == CONTINUE).all(), "the chord is held"
        assert (part.rows[:, 0] != CONTINUE).all()
        keys[part.tonic] += 1
        bars[plan.bars] += 1
    assert len(keys) > 4
    assert len(bars) > 3


def test_a_sequence_tells_the_piece_and_only_what_is_drawn_counts(pieces):
    piece = whole(pieces[1])
    reading = told(piece, plan_of(piece))
    tokens, said = vocabulary(), names(reading)
    assert said[:4] == ["<begin>", "<major>", f"<{piece.metre}>", "<key-5>"]
    assert said.count("<bar-1>") == 1
    kinds = [tokens.kinds[token] for token in reading.tokens]
    assert [kind in ("note", "beat") for kind in kinds] == list(reading.drawn)
    for voice, row in enumerate(piece.rows):
        notes = [t for t in reading.tokens if tokens.voices[t] == voice]
        assert sum(tokens.lengths[t] for t in notes) == len(row)
        sung = [int(tokens.symbols[t]) + plan_of(piece).shift for t in notes]
        assert [p for p in sung if p > 20] == row[row >= 0].tolist()
    marks = [name.endswith("^>") for name in said if name.startswith("<beat")]
    assert marks == piece.fermatas.tolist()


def test_what_is_given_is_told_ahead_and_before_the_others(pieces):
    piece = whole(pieces[1])
    plan = plan_of(piece)
    known = np.zeros((4, plan.bars), dtype=bool)
    known[2, 1:3] = True
    reading = told(piece, plan, known)
    pitch = heard(piece.rows)[2] - plan.shift
    said = names(reading)
    beats = [i for i, name in enumerate(said) if name.startswith("<beat")] + [len(said)]
    for beat in range(len(beats) - 1):
        part = said[beats[beat] : beats[beat + 1]]
        looks = [name for name in part if name.startswith("<t")]
        assert [name[:2] for name in part if "+" in name] == ["<t"] * len(looks)
        ahead = [a for a in (1, 4) if plan.beats <= beat + a < 3 * plan.beats]
        assert looks == [f"<t{pitch[4 * (beat + a)]}+{a}>" for a in ahead]
        first = next(name for name in part if name[0] in "SATB")
        assert first[0] == ("T" if plan.beats <= beat < 3 * plan.beats else "S")
    tenor = [
        (name, count)
        for name, count in zip(said, reading.drawn, strict=True)
        if name.startswith("T")
    ]
    assert [name for name, _ in tenor] == [n for n in names(told(piece, plan)) if n[0] == "T"]
    assert 0 < sum(count for _, count in tenor) < len(tenor)
    everything = told(piece, plan, ~np.zeros_like(known))
    assert not [name for name in names(everything) if "+" in name[1:-2] and name[1] in "satb"]
    assert sum(everything.drawn) == len(piece.fermatas), "all that is left are fermatas"


def test_nothing_is_told_of_what_is_not_given():
    row = np.full(32, CONTINUE)
    row[0], row[16] = 64, 67
    rows = [row.copy() for _ in range(4)]
    given_ = [[False] * 4 + [True] * 4] + [[False] * 8] * 3
    one, other = Told(rows, given_), Told([np.where(row == 64, 60, row), *rows[1:]], given_)
    for beat in range(8):
        assert one.ahead(beat) == other.ahead(beat)
    assert one.ahead(3) != []


def test_bars_are_given_in_many_ways(chance):
    shares = [float(given(8, chance).mean()) for _ in range(300)]
    assert 0.1 < np.mean([share == 0 for share in shares]) < 0.4
    assert np.mean([share > 0.6 for share in shares]) > 0.15
    assert max(shares) < 1 or shares.count(1.0) < 30


def test_an_embedding_is_a_sum_of_what_tokens_share():
    table, numbers = components(), vocabulary().numbers
    assert torch.linalg.matrix_rank(table) == len(table), "every token has a part of its own"

    def shared(one, other):
        return int((table[numbers[one]] * table[numbers[other]]).sum())

    assert shared("S60:4", "A60:4") > shared("S60:4", "A62:4")
    assert shared("S60:4", "S72:4") > shared("S60:4", "S71:4")
    assert shared("S60:4", "<s60+1>") > shared("S60:4", "<beat1>")


def test_it_learns_and_resumes(data):
    torch.manual_seed(0)
    run = ChoraleTraining(data, SMALL)
    before = bits_per_token(run.average, run.held)
    first = {name: one.clone() for name, one in run.model.named_parameters()}
    for number in range(60):
        figures = run.step(number / 90)
    learnt = [n for n, one in run.model.named_parameters() if one.ndim > 1]
    assert all(not torch.equal(first[n], run.model.get_parameter(n)) for n in learnt)
    assert bits_per_token(run.average, run.held) < before - 1
    assert figures["loss"] > 0
    other = ChoraleTraining(data, SMALL)
    other.restore(copy.deepcopy(run.state()))
    states = []
    for one in (run, other):
        torch.manual_seed(5)
        one.step(0.9)
        states.append(one.model.state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_the_command_writes_a_model_that_plays(data, tmp_path):
    settings = ["batch_tokens=200", "width=32", "hidden=48", "num_layers=1", "num_heads=2"]
    given_ = ["chorale", "--data", str(data), "--out", str(tmp_path / "choir"), "--max-steps", "2"]
    assert main([*given_, *(part for one in settings for part in ("--set", one))]) == 0
    instrument = Catalog((tmp_path,)).load("choir")
    assert len(instrument.render(instrument.request(num_bars="4")).data.tracks) == 4
    assert next((tmp_path / "choir").glob("sheet-*.png")).stat().st_size > 1000
    on = tmp_path / "further"
    given_ = ["chorale", "--data", str(data), "--out", str(on), "--start", str(tmp_path / "choir")]
    assert main([*given_, "--max-steps", "1"]) == 0
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / corpus.CHORALES).write_text("{")
    assert main(["chorale", "--data", str(empty), "--out", str(on)]) == 2


def test_bits_are_those_of_the_network(data):
    torch.manual_seed(1)
    run = ChoraleTraining(data, SMALL)
    (reading, *_) = readings([piece for piece in run.train if not piece.upbeat])
    tokens = torch.tensor([reading.tokens])
    with torch.no_grad():
        chances = run.average(tokens[:, :-1])[0].log_softmax(1)
    nats = [
        -float(chances[i, token])
        for i, (token, counts) in enumerate(
            zip(reading.tokens[1:], reading.drawn[1:], strict=True)
        )
        if counts
    ]
    found = bits_per_token(run.average, [reading])
    assert found == pytest.approx(float(np.mean(nats)) / np.log(2), rel=1e-4)


def test_chorales_of_music21_are_read_as_they_stand(tmp_path):
    """Two real ones: rows, upbeat, keynote and fermatas beside what the score shows."""
    from music21 import corpus as scores

    found = defaultdict(dict)
    for name in ("bwv66.6", "bwv269"):
        chorale = corpus._chorale(name, scores.parse(name))
        found[name] = chorale
    first = found["bwv66.6"]
    assert (first.metre, first.tonic, first.mode, first.upbeat) == ("4/4", 6, "minor", 4)
    assert first.voices[0][:12] == (73, -1, 71, -1, 69, -1, -1, -1, 71, -1, -1, -1)
    assert first.voices[3][:8] == (57, -1, 56, -1, 54, -1, -1, -1)
    assert first.fermatas == (12, 28, 44, 76, 108, 140)
    assert len({len(row) for row in first.voices}) == 1
    assert first.work == "bwv66"
    second = found["bwv269"]
    assert (second.metre, second.tonic, second.mode) == ("3/4", 7, "major")
    assert second.fermatas == (40, 76, 112, 160, 208, 244)
