"""English verse learns: splits that share no stanza, rhymes that are found, a better network."""

import copy
import random

import pytest
import torch

from pipelines.catalog import Catalog
from pipelines.networks.stanza_files import read_tokenizer
from pipelines.training.__main__ import main
from pipelines.training.english_training import bits_per_character
from pipelines.training.stanza import StanzaRecipe, StanzaTraining
from pipelines.training.stanza_data import (
    STRETCH,
    Stanza,
    load_stanzas,
    pieces_of,
    sequences,
    text_of,
)
from pipelines.training.stanza_rhymes import learnt, rhyming_share
from pipelines.verse.endings import Rhymes, tail
from tests.tiny_stanza import ENDS, write_stanzas

SMALL = StanzaRecipe(
    batch_tokens=300,
    width=32,
    hidden=48,
    num_layers=2,
    num_heads=2,
    num_tokens=160,
    ema=0.9,
    merge_dropout=0.0,
)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_stanzas(tmp_path_factory.mktemp("stanzas") / "poetry", 1200)


def test_a_stretch_is_in_one_split_and_the_splits_are_fixed(data):
    stanzas = load_stanzas(data)
    assert {one.split for one in stanzas} == {"train", "validation", "test"}
    assert [one.split for one in load_stanzas(data)] == [one.split for one in stanzas]
    for start in range(0, len(stanzas) - STRETCH + 1, STRETCH):
        assert len({one.split for one in stanzas[start : start + STRETCH]}) == 1


def test_stanzas_that_share_two_lines_are_in_one_split(tmp_path):
    """Two collections with the same stanzas, other marks, the first ones far from the second."""
    sevens = [
        "\n".join(
            f"Line {'abcdefghijklmnopq'[n % 17]} {'rstuvwxyz'[n % 9]} {word} here"
            for word in (f"{chr(97 + n // 26)}{chr(97 + n % 26)}", "again" + chr(97 + n % 26) * 3)
        )
        for n in range(600)
    ]
    again = [stanza.replace("here", "here,") + "\nand more." for stanza in sevens]
    text = "\n\n".join([*sevens, *again])
    (tmp_path / "english_stanzas.txt").write_text(text, encoding="utf-8")
    stanzas = load_stanzas(tmp_path)
    assert len(stanzas) == 1200
    for one, other in zip(stanzas[:600], stanzas[600:], strict=True):
        assert one.split == other.split


def test_what_is_no_english_is_left_out_and_long_ones_are_cut(tmp_path):
    place = tmp_path / "english_stanzas.txt"
    long = "\n".join(f"And then the {word}" for word in "abcdefghijklmnopqrst")
    text = f"白日依山盡\n\nκαλὸς here\n\n***\n\n  I  don't know\n\n{long}\n\n{long}\n"
    place.write_text(text, encoding="utf-8")
    stanzas = load_stanzas(tmp_path)
    assert [len(one.lines) for one in stanzas] == [1, 14, 6]
    assert stanzas[0].lines == ("I don’t know",)
    for bad in ("白日", ""):
        place.write_text(bad, encoding="utf-8")
        with pytest.raises(ValueError, match="no stanza"):
            load_stanzas(tmp_path)
    with pytest.raises(ValueError, match=r"english_stanzas\.txt"):
        load_stanzas(tmp_path / "nowhere")


def test_rhymes_are_found_again(tmp_path):
    stanzas = load_stanzas(write_stanzas(tmp_path, 150))
    rhymes = learnt(stanzas)
    for words in ENDS:
        tails = {tail(word) for word in words}
        found = {one for pair in rhymes.pairs for one in pair if set(pair) <= tails}
        assert len(tails) == 1 or found, words
    mixed = [(a, b) for a in ENDS[0] for b in ENDS[2] if rhymes.hold(a, b)]
    assert not mixed
    assert rhyming_share([one.lines for one in stanzas], rhymes) > 0.8
    assert rhyming_share([("the sea", "the night")], rhymes) == 0


def test_what_stands_together_by_chance_is_no_rhyme():
    drawn = random.Random(0)
    couplets = []
    for _ in range(600):
        one, other = drawn.sample(ENDS, 2)
        lines = (f"the {drawn.choice(one)}", f"the {drawn.choice(other)}")
        couplets.append(Stanza(lines, "train"))
    assert learnt(couplets).pairs == frozenset()


def test_a_stanza_reads_as_form_and_marks(data):
    stanzas = load_stanzas(data)
    lines = ["I saw the night,", "She sang of day,", "And the light", "O the way"]
    told = text_of(lines, Rhymes())
    assert told.startswith("<4><line>I saw the night,<line>She")
    assert told.endswith("<line2>And the light<line2>O the way</s>")
    tokenizer = pieces_of(stanzas, 160)
    assert tokenizer.encode(told).tokens[:2] == ["<4>", "<line>"]
    plain = sequences(stanzas, tokenizer, Rhymes())
    other = sequences(stanzas, tokenizer, Rhymes(), dropout=0.3)
    counts = [sum(int((rows != 0).sum()) for rows in one.values()) for one in (plain, other)]
    assert counts[1] > 1.1 * counts[0], "words are cut into more pieces"
    assert tokenizer.model.dropout is None


def test_it_learns_and_resumes(data):
    torch.manual_seed(0)
    run = StanzaTraining(data, SMALL)
    before = bits_per_character(run.average, run.held, run.letters)
    for number in range(60):
        figures = run.step(number / 90)
    assert bits_per_character(run.average, run.held, run.letters) < before - 0.5
    assert figures["loss"] > 0
    other = StanzaTraining(data, SMALL)
    other.restore(copy.deepcopy(run.state()))
    states = []
    for one in (run, other):
        one.left = 0
        torch.manual_seed(5)
        one.step(0.9)
        states.append(one.model.state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_the_command_writes_a_model_that_plays(data, tmp_path):
    settings = ["batch_tokens=200", "width=32", "hidden=48", "num_layers=1", "num_heads=2"]
    settings += ["num_tokens=160"]
    given = ["stanza", "--data", str(data), "--out", str(tmp_path / "poet"), "--max-steps", "3"]
    assert main([*given, *(part for one in settings for part in ("--set", one))]) == 0
    instrument = Catalog((tmp_path,)).load("poet")
    assert len(instrument.render(instrument.request(form="octave")).data.splitlines()) == 8
    sheet = next((tmp_path / "poet").glob("sheet-*.txt")).read_text(encoding="utf-8")
    assert len(sheet.split("\n\n")) >= 5
    on = tmp_path / "further"
    given = ["stanza", "--data", str(data), "--out", str(on), "--start", str(tmp_path / "poet")]
    assert main([*given, "--max-steps", "1"]) == 0
    vocabularies = [read_tokenizer(one).get_vocab() for one in (on, tmp_path / "poet")]
    assert vocabularies[0] == vocabularies[1]
    assert main(["stanza", "--data", str(tmp_path), "--out", str(on)]) == 2
