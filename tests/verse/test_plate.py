"""A poem as a picture: printed, kept, dropped back, and whose words are whose."""

import io

import numpy as np
import pytest
from PIL import Image

from pipelines.exports import encode, open_bytes, verdict
from pipelines.film import render_film
from pipelines.plates import picture_of
from pipelines.timeline import Key, Timeline
from pipelines.verse import imagery
from pipelines.verse.plate import OWN, PAPER, plate, rows_plate
from pipelines.verse.wishes import own_words
from tests.page.files import flipped

POEM = ["白日依山盡", "黃河入海流", "欲窮千里目", "更上一層樓"]


def inked(image, columns=4):
    """Share of every column of the page, from the right, that is not paper."""
    dark = (np.asarray(image).astype(int) - PAPER).min(axis=2) < -60
    middle = dark[:, image.width // 10 : -image.width // 10]
    return [part.mean() for part in np.array_split(middle, columns, axis=1)][::-1]


def test_columns_run_from_the_right_and_every_line_has_ink():
    whole, begun = inked(plate(POEM)), inked(plate([*POEM[:1], "", "", ""]))
    assert min(whole) > 0.02
    assert begun[0] == pytest.approx(whole[0])
    assert max(begun[1:]) == 0


def test_the_font_has_every_character_that_is_written(tiny_poet):
    from fontTools.ttLib import TTFont

    from pipelines.verse.plate import FONT

    known = TTFont(FONT).getBestCmap()
    assert {ord(sign) for sign in tiny_poet.pipeline.parts.tokens if len(sign) == 1} <= set(known)
    assert {ord(sign) for sign in "爲為国國风風龍龙"} <= set(known)


def test_words_of_the_person_are_blue_and_only_they():
    own = own_words({"kept_lines": "白日[依山]盡/黃河入海流", "acrostic": "白"})
    assert own == [[True, False, True, True, False], [False] * 5]
    page = np.asarray(plate(POEM, own)).reshape(-1, 3)
    plain = np.asarray(plate(POEM)).reshape(-1, 3)
    blue = (page == OWN).all(axis=1)
    assert blue.sum() > 500
    assert not (plain == OWN).all(axis=1).any()
    assert own_words({"first_line": "白日依山盡。"})[0] == [True] * 5


LINES = [
    "To me the pleasant shore, and all the way;",
    "O wind, o’er hill and dale I heard thee cry.",
]


def test_on_a_small_plate_lines_are_turned_where_letters_would_be_too_small():
    def tall(image):
        """Pixels of the page that ink spans from top to bottom."""
        dark = (np.asarray(image).astype(int) - PAPER).min(axis=2) < -60
        return np.ptp(np.flatnonzero(dark.any(axis=1)))

    small, large = rows_plate(LINES, side=112), rows_plate(LINES, side=512)
    assert tall(large) < 0.15 * 512, "two rows"
    assert tall(small) > 0.3 * 112, "four or more"

    def blue(own):
        page = np.asarray(rows_plate(LINES, [[False] * 9, own], 112)).astype(int)
        return np.flatnonzero((page[..., 2] - page[..., 0] > 30).any(axis=1))

    whole, end = blue([True] * 10), blue([False] * 8 + [True] * 2)
    assert whole.min() > 0.45 * 112, "no row of the first line is the person's"
    assert np.ptp(whole) > 10, "all rows of the second are"
    assert whole.min() + 10 < end.min() <= end.max() == whole.max(), "its last words stand below"


def test_brackets_say_whose_words_they_are_and_change_no_word(tiny_poet):
    request = tiny_poet.request(seed=4, form="5x4", kept_lines="白日依山盡/黃河入海流")
    marked = tiny_poet.change(request, kept_lines="白日[依山]盡/[黃河入海流]")
    plain, mine = tiny_poet.render(request), tiny_poet.render(marked)
    assert plain.data == mine.data
    assert plain.fingerprint == mine.fingerprint
    assert picture_of(plain).tobytes() != picture_of(mine).tobytes()


def test_a_plate_that_is_dropped_back_is_the_poem(tiny_poet):
    poem = tiny_poet.render(tiny_poet.request(seed=9, form="5x8", first_line="黃河入海流"))
    data, mime = encode(poem, "png")
    assert mime == "image/png"
    opened = open_bytes(data)
    again = tiny_poet.render(opened.recipe)
    assert again.data == poem.data
    assert verdict(opened, again).kind == "identical"
    touched = verdict(open_bytes(flipped(data, 90)), again)
    assert (touched.kind, touched.max, touched.why) == ("differs", 90, "pixels_changed")
    other = tiny_poet.render(tiny_poet.change(opened.recipe, seed=10))
    assert verdict(opened, other).kind == "differs"


def test_markdown_keeps_the_lines_and_says_what_made_them(tiny_poet):
    poem = tiny_poet.render(tiny_poet.request(seed=2, form="5x4"))
    text = encode(poem, "md")[0].decode()
    body, _, foot = text.rpartition("\n\n")
    assert body.split("  \n") == poem.data.splitlines()
    assert foot == "*tiny-tang, seed 2*\n"


def test_a_morph_of_two_poems_is_a_film_of_plates(tiny_poet, tmp_path):
    first, second = (tiny_poet.request(seed=seed, form="5x4") for seed in (1, 2))
    timeline = Timeline((Key(first, 0.0), Key(second, 0.5)), seconds=1.0, fps=4, size=128)
    made = render_film(tiny_poet, timeline, tmp_path / "morph.webp", format="webp")
    with Image.open(io.BytesIO(made.path.read_bytes())) as film:
        assert film.size == (128, 128)
        assert film.n_frames >= 2


def test_poems_that_share_words_lie_near_and_a_copy_at_nothing():
    one, most, other = imagery.features(
        ["白日依山盡，黃河入海流。", "白日依山盡，黃河入江流。", "春眠不覺曉，處處聞啼鳥。"]
    )
    assert np.linalg.norm(one) == pytest.approx(1, abs=0.3)
    assert 0 < np.linalg.norm(one - most) < 0.6 < np.linalg.norm(one - other)
    assert np.array_equal(imagery.features(["流海入河黃。盡山依日白，"])[0].round(5), one.round(5))


def test_measures_of_a_poem_follow_its_words():
    glad = imagery.measured("春日花開喜，歌聲好酒歡。")
    sad = imagery.measured("秋夜孤猿淚，寒霜斷客愁。")
    for name in ("warmth", "lightness", "mood"):
        assert glad[name] > 0 > sad[name], name
    assert imagery.measured("山山水水山，人我君子兵。") == {
        "warmth": 0.0,
        "lightness": 0.0,
        "mood": 0.0,
        "landscape": 0.5,
        "people": 0.5,
        "repetition": pytest.approx(0.3),
    }
    assert set(imagery.measured("")) == set(imagery.ATTRIBUTES)
