"""Words are spelt as poets spelt them, however they are cut into pieces."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.verse.spelling import Spelling, words_in
from pipelines.verse.stanza_forms import lines_of

PIECES = ("<s>", "▁the", "▁th", "▁", "the", "e", "n", "▁Moon", "s", ",", "’", "-")
WORDS = ("the", "then", "moon", "moons", "o’er")


def after(spelling, *tokens):
    """Which pieces may follow."""
    numbers = [PIECES.index(one) for one in tokens]
    told = spelling.spelt(np.ones(len(PIECES), bool), numbers)
    return {piece for piece, yes in zip(PIECES, told, strict=True) if yes}


def test_pieces_only_spell_known_words():
    spelling = Spelling(WORDS, PIECES, "▁")
    assert after(spelling, "▁th") == {"e"}, "a word ends only where it is one"
    assert {"n", ",", "-", "▁Moon", "▁the", "<s>"} <= after(spelling, "▁th", "e")
    assert "s" not in after(spelling, "▁the")
    assert "s" in after(spelling, "▁the", ",", "▁Moon"), (
        "a mark begins anew; letters large or small"
    )
    assert after(spelling, "▁") >= {"the", "▁the"}
    assert "n" not in after(spelling, "▁")
    assert after(spelling, "▁Moon", "e") == set(PIECES), "what is spelt wrong already may go on"
    assert after(Spelling((), PIECES, "▁"), "▁th") == set(PIECES)


def free(instrument):
    """The same poet, spelling as it likes."""
    parts = replace(instrument.pipeline.parts, words=frozenset())
    return replace(instrument, pipeline=replace(instrument.pipeline, parts=parts))


def test_every_word_of_a_stanza_is_known(tiny_stanzas):
    parts = tiny_stanzas.pipeline.parts
    assert len(parts.words) > 20
    wild = free(tiny_stanzas)
    wrong = 0
    for seed in range(6):
        request = tiny_stanzas.request(seed=seed, form="octave", rhyme="couplets")
        for line in lines_of(tiny_stanzas.render(request).data):
            assert all(word in parts.words for word in words_in(line)), line
        told = wild.render(request).data
        wrong += sum(word not in parts.words for word in words_in(told))
    assert wrong > 20, "without, random pieces spell no words"


@pytest.mark.parametrize("acrostic", ["IT", "SAW"])
def test_an_acrostic_begins_known_words(tiny_stanzas, acrostic):
    text = tiny_stanzas.render(tiny_stanzas.request(seed=1, acrostic=acrostic)).data
    lines = lines_of(text)
    assert [line[0].upper() for line in lines[: len(acrostic)]] == list(acrostic)
    assert tiny_stanzas.pipeline.parts.spelling.known(text)


def test_only_known_words_are_offered(tiny_stanzas):
    work = tiny_stanzas.render(tiny_stanzas.request(seed=2))
    spelling = tiny_stanzas.pipeline.parts.spelling

    def unknown(instrument):
        told = [
            word
            for place in (0, 1)
            for word, _ in instrument.pipeline.words_at(work, 0, place, 24)
        ]
        assert told
        return [word for word in told if not spelling.known(word)]

    assert unknown(tiny_stanzas) == []
    assert unknown(free(tiny_stanzas)), "without the words there are some"
