"""Verse learns: splits that share no poem, what is counted, a network that gets better."""

import copy
import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
import torch

from benchmarks.kneser_ney import KneserNey
from pipelines.catalog import Catalog
from pipelines.networks.verse_files import load_poet, read_tokens
from pipelines.training.__main__ import main
from pipelines.training.verse import VerseRecipe, VerseTraining, bits_per_character, neighbours
from pipelines.training.verse_data import SPECIAL, load_poems, sequences, vocabulary
from pipelines.training.verse_rhymes import groups, rhyming_share
from tests.tiny_verse import RHYMES, SIGNS, write_poems

SMALL = VerseRecipe(batch_tokens=300, width=32, hidden=48, num_layers=2, num_heads=2, ema=0.9)


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return write_poems(tmp_path_factory.mktemp("poems") / "poetry", 400)


def test_every_form_is_read_and_the_splits_are_fixed(data):
    poems = load_poems(data)
    assert len(poems) == 400
    assert set(Counter(poem.form.name for poem in poems).values()) == {100}
    splits = Counter(poem.split for poem in poems)
    assert 320 < splits["train"] < 390
    assert min(splits["validation"], splits["test"]) > 5
    assert [poem.split for poem in load_poems(data)] == [poem.split for poem in poems]


def test_poems_that_share_two_lines_are_in_one_split(tmp_path):
    """Pairs of the same poem with other endings; by chance so many would part."""
    pairs = []
    for number in range(60):
        a, b = SIGNS[number % 30], SIGNS[(number * 7 + 1) % 31]
        same = [f"{a}{b}白日依，{b}{a}黃河入。"]
        pairs += [{"p": [*same, f"山盡海{a}{b}，流欲窮{b}{a}。"]}]
        pairs += [{"p": [*same, f"千里目{b}{a}，更上一{a}{b}。"]}]
    (tmp_path / "tang.json").write_text(json.dumps(pairs), encoding="utf-8")
    of_head = {}
    for poem in load_poems(tmp_path):
        of_head.setdefault(poem.lines[:2], set()).add(poem.split)
    assert max(len(splits) for splits in of_head.values()) == 1
    assert len(set.union(*of_head.values())) > 1


def test_what_is_no_poem_is_left_out_or_refused(tmp_path):
    good = {"p": ["白日依山盡，黃河入海流。", "欲窮千里目，更上一層樓？"]}
    bad = [
        {"p": ["白日依山，黃河入海流。", "欲窮千里目，更上一層樓。"]},
        {"p": ["白日依山盡，黃河入海流。"]},
        {"p": ["白日依●盡，黃河入海流。", "欲窮千里目，更上一層樓。"]},
        {"p": []},
    ]
    place = tmp_path / "tang.json"
    place.write_text(json.dumps([*bad, good, good]), encoding="utf-8")
    (poem,) = load_poems(tmp_path)
    assert poem.lines == ("白日依山盡", "黃河入海流", "欲窮千里目", "更上一層樓")
    for text in ("{", json.dumps(bad), '[{"q": 1}]'):
        place.write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match=r"tang\.json"):
            load_poems(tmp_path)


def test_sequences_have_marks_and_unknown_characters(data):
    poems = load_poems(data)
    tokens = vocabulary(poems, least=10**6)
    assert tokens == list(SPECIAL)
    tokens = vocabulary(poems, least=2)
    rows = sequences(poems, tokens)["5x4"]
    assert rows.shape[1] == 1 + 4 * 6 + 1
    told = [tokens[i] for i in rows[0]]
    assert told[0] == "<5x4>"
    assert told[-1] == "</s>"
    assert [told[i] for i in (6, 12, 18, 24)] == ["，", "。", "，", "。"]
    assert tokens[len(SPECIAL)] in {s for poem in poems for line in poem.lines for s in line}


def test_rhymes_are_found_again(data):
    poems = load_poems(data)
    found = groups(poems)
    assert [set(x) for x in found] == [set(x) for x in sorted(RHYMES, key=len, reverse=True)]
    assert rhyming_share([poem.lines for poem in poems], found) == 1
    assert rhyming_share([("白白", "流流", "白白", "曉曉")], found) == 0


def test_neighbours_know_who_stands_alike(data):
    """Rhyme words of one group follow the same mark, so they end up close."""
    poems = load_poems(data)
    tokens = vocabulary(poems, least=1)
    found = neighbours(sequences(poems, tokens), len(tokens), 16)
    assert found.shape == (len(tokens), 16)
    assert torch.isfinite(found).all()
    assert float(found.std()) == pytest.approx(1, abs=0.01)
    torch.manual_seed(99)
    again = neighbours(sequences(poems, tokens), len(tokens), 16)
    assert torch.equal(found, again)


def test_it_learns_and_resumes(data, tmp_path):
    torch.manual_seed(0)
    run = VerseTraining(data, SMALL)
    before = bits_per_character(run.average, run.held)
    names = {name for name, one in run.model.named_parameters() if one.requires_grad}
    first = {name: run.model.get_parameter(name).clone() for name in names}
    for number in range(60):
        figures = run.step(number / 90)
    assert all(not torch.equal(first[n], run.model.get_parameter(n)) for n in names)
    after = bits_per_character(run.average, run.held)
    assert after < before - 0.15
    assert figures["loss"] > 0
    other = VerseTraining(data, SMALL)
    other.restore(copy.deepcopy(run.state()))
    states = []
    for one in (run, other):
        torch.manual_seed(5)
        one.step(0.9)
        states.append(one.model.state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_the_command_writes_a_model_that_plays(data, tmp_path):
    settings = ["batch_tokens=200", "width=32", "hidden=48", "num_layers=1", "num_heads=2"]
    given = ["verse", "--data", str(data), "--out", str(tmp_path / "poet"), "--max-steps", "3"]
    assert main([*given, *(part for one in settings for part in ("--set", one))]) == 0
    instrument = Catalog((tmp_path,)).load("poet")
    rows = instrument.render(instrument.request(form="5x8")).data.splitlines()
    assert [len(row) for row in rows] == [6] * 8
    sheet = next((tmp_path / "poet").glob("sheet-*.txt")).read_text(encoding="utf-8")
    assert len(sheet.split("\n\n")) == 12
    on = tmp_path / "further"
    given = ["verse", "--data", str(data), "--out", str(on), "--start", str(tmp_path / "poet")]
    assert main([*given, "--max-steps", "1"]) == 0
    assert read_tokens(on) == read_tokens(tmp_path / "poet")
    assert load_poet(on).sizes == load_poet(tmp_path / "poet").sizes
    assert main(["verse", "--data", str(tmp_path), "--out", str(on)]) == 2


def test_the_baseline_is_a_distribution_and_learns():
    drawn = torch.Generator().manual_seed(0)
    steps = torch.tensor([[0, 8, 1, 1], [1, 0, 8, 1], [8, 1, 0, 1], [1, 1, 8, 0]]).float()
    sequences = []
    for _ in range(200):
        row = [0]
        for _ in range(12):
            row.append(int(torch.multinomial(steps[row[-1]], 1, generator=drawn)))
        sequences.append(row)
    model = KneserNey(sequences[:150], 4, order=3)
    for context in ((), (0,), (0, 1), (1, 3, 2)):
        assert sum(model.probability(context, k) for k in range(4)) == pytest.approx(1)
    bits = [bit for row in sequences[150:] for bit in model.bits(row)]
    share = steps / steps.sum(1, keepdim=True)
    best = [-share[a, b].log2().item() for x in sequences[150:] for a, b in pairwise(x)]
    assert sum(best) / len(best) < sum(bits) / len(bits) < sum(best) / len(best) + 0.1
