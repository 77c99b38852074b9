"""Polish: each bound, the person's words, and that polishing twice is polishing once."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import ControlError
from pipelines.exports import open_bytes
from pipelines.request import Step
from pipelines.verse.plate import INK, OWN, plate_of
from pipelines.verse.polish import SHORTER, Polish, polished
from pipelines.verse.polish_words import places, places_of
from pipelines.verse.stanza_wishes import own_words

ALL = Polish(spelling=True, punctuation=True, line_length=True)
MARKS = Polish(punctuation=True)
SPELLING = Polish(spelling=True)
LENGTH = Polish(line_length=True)
KNOWN = frozenset(
    ["river", "here", "her", "over", "o’er", "bright", "and", "the", "moon", "never"]
) | {"ne’er", "’tis"}
MENDED = {"spelling": "mended", "punctuation": "mended", "line_length": "mended"}


@pytest.mark.parametrize(
    ("poem", "told"),
    [
        ("the moon is high", "The moon is high."),
        ("The moon,\nAnd thou;", "The moon,\nAnd thou."),
        ("“’tis late", "“’Tis late.”"),
        ("O moon , come !", "O moon, come!"),
        ("O moon,, come!! now.. or;, so?!", "O moon, come! now. Or; so?!"),
        ("Wait.... then", "Wait… then."),
        ("I said \"go\" to 'em--and 'left'", "I said “go” to ’em—and ‘left’."),
        ("He came ” and (went", "He came and went."),
        ("(He came) and “went”.", "(He came) and “went”."),
        (", and so it ends.", "And so it ends."),
        ("The sea  lies still", "The sea lies still."),
        ("He wept. then slept", "He wept. Then slept."),
        ("Dear Mr. fox, hello!", "Dear Mr. fox, hello!"),
        ("Hope is the thing—", "Hope is the thing—"),
        ("O’er th’ hill, ’neath heav’n.", "O’er th’ hill, ’neath heav’n."),
        ("\n\nAll is well\n", "\n\nAll is well.\n"),
    ],
)
def test_marks_and_capitals_are_put_right(poem, told):
    assert polished(poem, MARKS) == told


@pytest.mark.parametrize(
    ("poem", "told"),
    [
        ("and i said i’ll go", "and I said I’ll go"),
        ("the rivr and the brihgt moon,", "the river and the bright moon,"),
        ("a heer and a herr", "a heer and a herr"),  # here or her: more than one
        ("the Rivr, the riv’r, a rvi", "the Rivr, the riv’r, a rvi"),
        ("the rivver-bed", "the rivver-bed"),
        ("i’ the river", "i’ the river"),
    ],
)  # fmt: skip
def test_only_a_word_with_one_near_spelling_is_corrected(poem, told):
    assert polished(poem, SPELLING, known=KNOWN) == told


def test_a_line_that_is_longer_than_its_like_is_shortened_as_far_as_they():
    long = "It is the moon that never sleeps on over me"
    short = "The moon is on the sea"
    both = f"{long}\n{short}"
    assert polished(both, LENGTH) == f"’Tis the moon that ne’er sleeps on o’er me\n{short}"
    near = "The moon is over and ever on\nThe moon is on and on the sea"  # one too many
    assert polished(near, LENGTH) == near.replace("over", "o’er")
    assert polished(f"{long}\n{long}", LENGTH) == f"{long}\n{long}"
    assert polished("\n".join([long, short, long, short]), LENGTH).count("’") == 0  # its like
    assert polished(both, LENGTH, known=KNOWN - {"ne’er"}).count("’") == 2
    end = "And I shall walk the road for ever and never"
    assert polished(f"{end}\n{short}", LENGTH).endswith(f"for e’er and never\n{short}")


def test_a_poem_that_still_grows_gets_no_mark_at_its_end():
    assert polished("“the moon", MARKS, whole=False) == "“The moon"


def test_words_of_the_person_stay():
    kept = "[the] moon ,/[over] and [over] i [go ,,]/and so it [end]"
    poem = "the moon ,\nover and over i go ,,\nand so it end"
    own = own_words({"kept_lines": kept})
    told = polished(poem, ALL, own=own, bare=poem, known=KNOWN)
    assert told == "the moon,\nover and over I go ,,\nAnd so it end"
    assert polished(told, ALL, own=own, bare=poem, known=KNOWN) == told
    everything = [[True] * len(line.split(" ")) for line in poem.split("\n")]
    assert polished(poem, ALL, own=everything, known=KNOWN) == poem


def test_space_of_other_kinds_is_no_word():
    once = polished("?\rA", ALL, known=KNOWN)
    assert once == "A."
    assert polished(once, ALL, bare="?\rA", known=KNOWN) == once


SIGNS = (",", "”", "“", "—", "--", "...", ";?", "’")
WORDS = ("i", "over", "it is", "never", "the", "rivr", "moon", "É", "3rd", "o’er", "e.", "😀")
BOTH = ("“a", "(b", "c)", "d,,", "'tis", '"x"', "...and", ",so", "love.”")
words = st.sampled_from((*SIGNS, *WORDS, *BOTH))
texts = st.lists(st.lists(words, max_size=7).map(" ".join), max_size=6).map("\n".join)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(texts | st.text(max_size=60), st.sampled_from([ALL, MARKS, SPELLING, LENGTH]), st.data())
def test_polishing_twice_is_polishing_once_and_no_word_is_lost(poem, asked, data):
    own = [
        [data.draw(st.booleans()) and any(map(str.isalnum, word)) for word in line.split(" ")]
        for line in _full(poem)
    ]  # of marks that stand alone it can't be told which of several was whose
    once = polished(poem, asked, own=own, known=KNOWN)
    assert polished(once, asked, own=own, bare=poem, known=KNOWN) == once
    assert len(once.split("\n")) == len(poem.split("\n"))
    for before, after, mine in zip(
        _full(poem), _full(once), [*own, *[[]] * len(poem)], strict=False
    ):
        stood = places(before, after)
        was, now = before.split(" "), after.split(" ")
        assert stood == sorted(set(stood))
        assert stood[0] == 0
        for word, place in zip(now, stood, strict=True):
            if place < len(mine) and mine[place]:
                assert word == was[place]


def _full(poem):
    return [line.strip() for line in poem.split("\n") if line.strip()]


@pytest.mark.parametrize("text", ["", "\n", "   ", "白日依山盡，\n黃河入海流。", "12 34 ,,"])
def test_what_is_not_english_stays(text):
    assert polished(text, ALL) == text


def test_ten_thousand_letters_and_pictures_end_soon_and_are_kept():
    many = "the moon , " * 900 + "\n" + "x" * 10_000 + "\n😀 , and 👩‍🚀!! i go"
    told = polished(many, ALL, known=KNOWN)
    assert told.split("\n")[0].count(" ,") == 0
    assert told.split("\n")[1] == "X" + "x" * 9_999
    assert told.split("\n")[2] == "😀, and 👩‍🚀! I go."
    assert polished(told, ALL, bare=many, known=KNOWN) == told


def test_every_short_form_is_shorter_and_is_found_where_it_stood():
    for word, short in SHORTER.items():
        line = f"But {word} there ,"
        after = f"But {short} there,"
        stood = [0, 1, 1 + len(word.split())]
        assert places_of(line, after) == [stood]


def test_a_recipe_says_it_and_is_replayed_identical(tiny_stanzas, tmp_path):
    kept = "over , [i go] and/the moon ,,"
    plain = tiny_stanzas.request(seed=3, form="quatrain", kept_lines=kept)
    request = plain.but(steps=(Step("polish", MENDED),))
    made = tiny_stanzas.render(request)
    lines = made.data.split("\n")
    assert lines[0].endswith(", i go and")
    assert lines[1] == "The moon,"
    assert made.data[-1] in ".!?…—”"
    assert made.bare == tiny_stanzas.render(plain).data != made.data
    path = made.save(tmp_path / "poem.txt")
    assert path.read_text("utf-8").rstrip("\n") == made.data
    recipe = open_bytes((tmp_path / "poem.json").read_bytes()).recipe
    assert recipe.steps == (Step("polish", MENDED),)
    again = tiny_stanzas.render(recipe)
    assert again.fingerprint == made.fingerprint
    assert again.bare == made.bare
    twice = tiny_stanzas.render(plain.but(steps=(*request.steps, *request.steps)))
    assert twice.data == made.data
    assert tiny_stanzas.render(request.but(steps=())).data == made.bare


def test_a_poem_is_polished_line_by_line_as_it_grows(tiny_stanzas):
    plain = tiny_stanzas.request(seed=3, form="quatrain", kept_lines="the moon/the moon//")
    made = list(tiny_stanzas.stream(plain.but(steps=(Step("polish", MENDED),))))
    assert len(made) > 1
    assert made[0].data.split("\n")[0] == "The moon"
    assert not any(one.data.endswith("moon.") for one in made[:-1])
    assert made[-1].data[-1] in ".!?…—”"


def test_every_part_may_be_off_and_other_values_are_refused(tiny_stanzas):
    plain = tiny_stanzas.request(seed=3, form="couplet", kept_lines="the moon ,/i come")
    asked = plain.but(steps=(Step("polish", {"spelling": "mended"}),))
    assert tiny_stanzas.render(asked).data == "the moon ,\nI come"
    assert tiny_stanzas.render(plain.but(steps=(Step("polish"),))).data == "the moon ,\ni come"
    with pytest.raises(ControlError):
        tiny_stanzas.render(plain.but(steps=(Step("polish", {"spelling": "yes"}),)))


def test_on_the_plate_the_persons_words_are_blue_where_they_now_stand(tiny_stanzas):
    kept = "the moon , [over]/"
    request = tiny_stanzas.request(form="couplet", kept_lines=kept)
    bare, text = "the moon , over\nthe sea", "The moon, over\nThe sea."

    def blue(text: str, bare: str = "") -> bool:
        pixels = plate_of(text, request, 512, bare).get_flattened_data()
        assert INK in set(pixels)
        return OWN in set(pixels)

    assert blue(text, bare)
    assert not blue(text)  # counted in the words that stand there, it would be none of them
    assert blue(bare)
