"""English verse as an instrument: forms, wishes, kept lines, rhymes, what is refused.

Of both kinds: pieces of words by a Transformer, letters by an LSTM.
"""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

from pipelines.catalog import Catalog
from pipelines.errors import ControlError, WeightsError
from pipelines.explore import morph, nearby
from pipelines.exports import encode, open_bytes
from pipelines.networks.verse_files import TOKENIZER
from pipelines.plates import picture_of
from pipelines.verse import english_imagery, imagery
from pipelines.verse.endings import Rhymes, last_word, tail
from pipelines.verse.plate import OWN, rows_plate
from pipelines.verse.spelling import words_in
from pipelines.verse.stanza_files import SPACE, TABLES
from pipelines.verse.stanza_forms import (
    FORMS,
    SCHEMES,
    WIDEST,
    letters_of,
    lines_of,
    scheme,
)
from pipelines.verse.stanza_wishes import own_words
from pipelines.verse.wishes import kept_text

FIRST = "I saw the river by the sea,"


@pytest.fixture(params=["tiny_stanzas", "tiny_letters"])
def poet(request):
    return request.getfixturevalue(request.param)


def lines(instrument, request):
    return lines_of(instrument.render(request).data)


@pytest.mark.parametrize("form", FORMS)
def test_a_stanza_has_its_lines_and_each_has_a_word(poet, form):
    for seed in range(3):
        found = lines(poet, poet.request(seed=seed, form=form))
        assert len(found) == FORMS[form].lines
        assert all(letters_of(line) for line in found)
        parts = poet.pipeline.parts
        assert all(len(parts.pieces(line)) <= 2 * parts.longest for line in found)
        assert max(map(len, found)) <= WIDEST


def test_the_same_seed_writes_the_same_and_grows_line_by_line(poet):
    request = poet.request(seed=2, form="octave", rhyme="alternate")
    grown = []
    last = poet.render(request, show=lambda one: grown.append(one.data))
    assert [len(lines_of(text)) for text in grown] == list(range(1, 8))
    assert all(last.data.startswith(text) for text in grown)
    assert poet.render(request).fingerprint == last.fingerprint


def test_the_first_line_and_the_acrostic_are_heard(poet):
    request = poet.request(seed=1, first_line=FIRST, acrostic="ia st")
    found = lines(poet, request)
    assert found[0] == FIRST
    assert [letters_of(line)[0].casefold() for line in found] == list("iast")
    free = lines(poet, poet.request(seed=1))
    assert free[0] != FIRST


def test_kept_lines_stay_while_the_others_are_drawn_again(poet):
    before = lines(poet, poet.request(seed=4))
    kept = kept_text(before, [True, False, True, False])
    for seed in (5, 6, 7):
        after = lines(poet, poet.request(seed=seed, kept_lines=kept))
        assert [after[0], after[2]] == [before[0], before[2]]
        assert after[1] != before[1]
        assert after[3] != before[3]


def test_every_line_may_be_as_long_as_a_line_can_be(poet):
    """Rare letters are one token each: the longest stanza still fits the network."""
    kept = "/".join(["xq" * 40] * 13)
    request = poet.request(form="sonnet", kept_lines=kept)
    found = lines(poet, request)
    assert found[:13] == ["xq" * 40] * 13
    assert letters_of(found[13])


def test_straight_quotes_and_wide_spaces_are_those_of_books(poet):
    request = poet.request(first_line="  The moon   o'er the\u00a0sea ")
    assert lines(poet, request)[0] == "The moon o’er the sea"


def test_travel_reaches_stanzas_and_keeps_what_is_kept(poet):
    a, b = poet.request(seed=1), poet.request(seed=2)
    way = [poet.render(one).data for one in morph(poet, a, b, num=3)]
    assert (way[0], way[-1]) == (poet.render(a).data, poet.render(b).data)
    kept = poet.change(a, kept_lines=FIRST)
    for one in nearby(poet, kept, num=2):
        assert lines(poet, one)[0] == FIRST


REFUSED = [
    ({"first_line": "🙂🙂🙂"}, "no_letters", "first_line"),
    ({"first_line": "白日依山盡"}, "no_letters", "first_line"),
    ({"first_line": "?!"}, "no_letters", "first_line"),
    ({"first_line": "the sea " * 12}, "line_too_long", "first_line"),
    ({"kept_lines": "/" + "xq" * 41}, "line_too_long", "kept_lines"),
    ({"acrostic": "7"}, "no_letters", "acrostic"),
    ({"acrostic": "Q"}, "begins_no_line", "acrostic"),
    ({"acrostic": "IASTI"}, "acrostic_length", "acrostic"),
    ({"kept_lines": "////The sea"}, "too_many_lines", "kept_lines"),
    ({"first_line": "The sea", "kept_lines": "The moon"}, "at_odds", "first_line"),
    ({"first_line": "The sea", "acrostic": "A"}, "at_odds", "acrostic"),
]


@pytest.mark.parametrize(("values", "code", "name"), REFUSED, ids=lambda one: str(one)[:40])
def test_what_cannot_be_written_is_refused(poet, values, code, name):
    with pytest.raises(ControlError) as caught:
        poet.render(poet.request(**values))
    error = caught.value
    assert (error.code, error.name) == (code, name)
    assert error.value
    assert error.rule
    assert error.remedy


def test_a_first_line_of_ten_thousand_characters_is_refused_at_once(poet):
    with pytest.raises(ControlError, match="longer than") as caught:
        poet.request(first_line="a" * 10_000)
    assert len(str(caught.value)) < 400


def test_schemes_are_what_they_say():
    assert scheme("couplets", 4) == (0, 1, 0, 1)
    assert scheme("ballad", 8) == (0, 0, 0, 2, 0, 0, 0, 2)
    assert scheme("alternate", 14)[-2:] == (0, 1)
    assert all(len(scheme(name, 6)) == 6 for name in SCHEMES)


@pytest.mark.parametrize("name", SCHEMES)
def test_lines_rhyme_as_asked(poet, name):
    rhymes = poet.pipeline.parts.rhymes
    for seed in range(3):
        request = poet.request(seed=seed, form="sestet", rhyme=name, first_line=FIRST)
        words = [last_word(line) for line in lines(poet, request)]
        for i, back in enumerate(scheme(name, 6)):
            known = {word for word, _ in poet.pipeline.parts.rhyming(words[i - back])}
            if back and known - set(words[:i]):
                assert rhymes.hold(words[i], words[i - back]), (seed, i, words)
    free = [lines(poet, poet.request(seed=seed)) for seed in range(6)]
    assert not all(rhymes.hold(last_word(one[0]), last_word(one[1])) for one in free)


def test_words_rhyme_by_their_spelling_and_by_what_poets_rhymed():
    rhymes = Rhymes.of([("ite", "ight")])
    assert rhymes.hold("white", "night")
    assert rhymes.hold("night", "light")
    assert not rhymes.hold("night", "night")
    assert not rhymes.hold("night", "day")
    assert rhymes.back(["day", "night", "away", "white", "sea"]) == [0, 0, 2, 2, 0]
    assert last_word("“O wingèd strife”—") == "strife"
    assert tail("loved") == "ovd"


def test_words_are_as_likely_as_the_network_says(tiny_stanzas):
    """A word of one piece: its piece, and then no piece that goes on."""
    poet, pipeline = tiny_stanzas, tiny_stanzas.pipeline
    parts = pipeline.parts
    kept = "/".join([FIRST, "And then the moon", "The old wind", "O give the rose"])
    poem = poet.render(poet.request(kept_lines=kept))
    found = dict(pipeline.words_at(poem, 1, 1, 6))
    assert list(found.values()) == sorted(found.values(), reverse=True)
    told = torch.tensor([[*parts.prefix([FIRST], 4), parts.marks[0], *parts.pieces("And")]])
    p = parts.poet(told)[0, -1].double().softmax(0).detach().numpy()
    starts = parts.heads & parts.lettered
    for word, share in found.items():
        (*_, last) = pieces = parts.pieces(word)
        if len(pieces) > 1:
            continue
        more = torch.cat([told, torch.tensor([[last]])], dim=1)
        after = parts.poet(more)[0, -1].double().softmax(0).detach().numpy()
        goes_on = [i for i in np.flatnonzero(parts.insides) if parts.tokens[i][0] not in ",."]
        wanted = p[last] / p[starts].sum() * (1 - after[goes_on].sum())
        assert share == pytest.approx(wanted, rel=1e-3)


def test_marks_beside_a_word_stay(poet):
    poem = poet.render(poet.request(first_line=FIRST))
    for word, _ in poet.pipeline.words_at(poem, 0, 6, 5):
        assert word.endswith(",")
        assert " " not in word


@pytest.mark.parametrize("place", [(4, 0), (0, 99), (-1, 0)])
def test_a_place_outside_the_stanza_is_refused(poet, place):
    poem = poet.render(poet.request(seed=6))
    with pytest.raises(ControlError) as caught:
        poet.pipeline.words_at(poem, *place, 3)
    assert caught.value.code == "no_such_place"


def test_words_of_the_person_are_blue_and_only_they(poet):
    own = own_words({"kept_lines": "/And [what a] wave", "acrostic": "I"})
    assert own == [[True], [False, True, True, False]]
    page = np.asarray(rows_plate(["I see", "And what a wave"], own)).reshape(-1, 3)
    plain = np.asarray(rows_plate(["I see", "And what a wave"])).reshape(-1, 3)
    assert (page == OWN).all(axis=1).sum() > 50
    assert not (plain == OWN).all(axis=1).any()
    request = poet.request(kept_lines="The [old] wind")
    plainly = poet.change(request, kept_lines="The old wind")
    mine, theirs = poet.render(request), poet.render(plainly)
    assert mine.fingerprint == theirs.fingerprint
    assert picture_of(mine).tobytes() != picture_of(theirs).tobytes()


def test_the_longest_lines_stay_on_the_plate():
    page = np.asarray(rows_plate(["W" * 80] * 14).convert("L"))
    assert page.shape == (512, 512)
    for edge in (page[:40], page[-40:], page[:, :40], page[:, -40:]):
        assert edge.min() == edge.max()
    assert page.min() < 140


def test_a_plate_that_is_dropped_back_is_the_stanza(poet):
    poem = poet.render(poet.request(seed=9, form="sestet", first_line=FIRST))
    opened = open_bytes(encode(poem, "png")[0])
    assert poet.render(opened.recipe).data == poem.data
    assert encode(poem, "txt")[0].decode() == poem.data + "\n"


def test_measures_follow_the_words_and_are_named_as_those_of_tang_verse():
    glad = english_imagery.measured("The summer sun is bright with joy,\nwith laughter and song.")
    sad = english_imagery.measured("The winter night is dark with grief,\nwith snow and tears.")
    for name in ("warmth", "lightness", "mood"):
        assert glad[name] > 0 > sad[name], name
    assert list(glad) == list(imagery.ATTRIBUTES)
    assert english_imagery.measured("river river")["repetition"] == 0.5
    one, most, other = english_imagery.features(
        ["The river and the mountain bird", "The river and a mountain bird", "A soldier wept"]
    )
    assert np.linalg.norm(one - most) < 0.1 < np.linalg.norm(one - other)


BROKEN = [
    (model, name)
    for model, weights in (("stanza", "model.safetensors"), ("char-rnn", "weights.safetensors"))
    for name in (weights, TOKENIZER, TABLES, "config.json")
]


@pytest.mark.parametrize(("model", "name"), BROKEN)
def test_a_folder_that_is_not_whole_is_refused(stanza_root, char_rnn_root, tmp_path, model, name):
    root = stanza_root if model == "stanza" else char_rnn_root
    shutil.copytree(root / f"tiny-{model}", tmp_path / "broken")
    (tmp_path / "broken" / name).write_text("{")
    with pytest.raises(WeightsError):
        Catalog((tmp_path,)).load("broken")


def test_a_network_of_other_pieces_is_refused(stanza_root, tmp_path):
    folder = shutil.copytree(stanza_root / "tiny-stanza", tmp_path / "other")
    told = json.loads((folder / TOKENIZER).read_text(encoding="utf-8"))
    told["added_tokens"].append(told["added_tokens"][0] | {"id": 9999, "content": "<more>"})
    (folder / TOKENIZER).write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(WeightsError, match="damaged or not of its configuration"):
        Catalog((tmp_path,)).load("other")


def test_a_word_letter_by_letter_is_as_likely_as_all_its_letters_and_an_end(tiny_letters):
    pipeline = tiny_letters.pipeline
    parts = pipeline.parts
    kept = "/".join([FIRST, "And then the moon", "The old wind", "O give the rose"])
    poem = tiny_letters.render(tiny_letters.request(kept_lines=kept))
    found = pipeline.words_at(poem, 1, 1, 4)
    assert len(found) == 4
    assert all(parts.spelling.known(word) for word, _ in found)
    told = [*parts.prefix([FIRST], 4), parts.marks[0], *parts.pieces("And"), parts.number(SPACE)]
    for word, share in found:
        letters = parts.pieces(word)[1:]
        p = parts.poet(torch.tensor([[*told, *letters]]))[0].double().softmax(-1).detach().numpy()
        first = p[len(told) - 1]
        wanted = first[letters[0]] / first[parts.going_on & parts.lettered].sum()
        for place, letter in enumerate(letters[1:], len(told)):
            wanted *= p[place, letter]
        wanted *= 1 - p[-1, parts.going_on].sum()
        assert share == pytest.approx(wanted, rel=1e-3)


def test_no_word_twice_says_less_again(poet):
    def again(penalty: float) -> float:
        shares = []
        for seed in range(24):
            freely = {"temperature": 1.0, "repetition_penalty": penalty}
            request = poet.request(seed=seed, form="couplet", **freely)
            words = words_in(poet.render(request).data)
            shares.append(1 - len(set(words)) / len(words))
        return float(np.mean(shares))

    assert again(2.0) < 0.9 * again(1.0)


class Overheard:
    """A decoder, and every token that it read."""

    def __init__(self, decoder):
        self.decoder, self.read = decoder, []

    def begin(self, added=None):
        return self.decoder.begin(added)

    def extend(self, memory, tokens):
        self.read += tokens
        return self.decoder.extend(memory, tokens)


def test_every_line_begins_as_the_network_has_read_lines_to_begin(tiny_letters):
    """With a space, whatever letter is asked for."""
    parts = tiny_letters.pipeline.parts
    heard = Overheard(parts.decoder)
    overheard = replace(tiny_letters.pipeline, parts=replace(parts, decoder=heard))
    poet = replace(tiny_letters, pipeline=overheard)
    text = poet.render(poet.request(seed=1, acrostic="iast")).data
    assert "".join(letters_of(one)[0] for one in lines_of(text)).casefold() == "iast"
    after = [heard.read[i + 1] for i, one in enumerate(heard.read) if one in parts.marks]
    assert after == [parts.number(SPACE)] * 4
