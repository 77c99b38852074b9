"""Couplets as an instrument: near z, kept lines, one's own lines, even morphs, what is refused."""

import shutil
from itertools import pairwise

import numpy as np
import pytest

from benchmarks.couplet import apart, morphs
from pipelines.abilities import Paced, Wordy
from pipelines.catalog import Catalog
from pipelines.errors import ControlError, WeightsError
from pipelines.explore import blend, breed, morph, nearby
from pipelines.networks.couplet_files import ENCODER, WORDS
from pipelines.plates import picture_of
from pipelines.verse.couplet_attributes import ATTRIBUTES, alike, measured, metre_of, told_apart
from pipelines.verse.couplet_page import Page
from pipelines.verse.couplet_tilt import quieted
from pipelines.verse.couplet_wishes import own_of
from pipelines.verse.couplet_words import MARKS, SPECIAL, Lexicon, Word, guessed, tokens_of
from pipelines.verse.couplet_writing import DANGLING, LEAST, WIDEST
from pipelines.verse.pacing import changed, evenly

OWN = "I saw the river by the sea, / And then the moon was bright"


def lines(instrument, **values):
    return str(instrument.render(instrument.request(**values)).data).split("\n")


def test_a_couplet_is_two_lines_of_learnt_words(tiny_couplets):
    known = {one.word for one in tiny_couplets.pipeline.lexicon.words} - set(SPECIAL)
    for seed in range(12):
        told = [tokens_of(line) for line in lines(tiny_couplets, seed=seed)]
        assert len(told) == 2
        for tokens in told:
            words = [one.casefold() for one in tokens if one not in MARKS]
            assert set(words) <= known
            assert len(words) >= LEAST
            assert words[-1] not in DANGLING
            assert sum(guessed(one).syllables for one in words) <= WIDEST + 3
            assert not any(a in MARKS and b in MARKS for a, b in pairwise(tokens))
            assert not set("“”()‘") & set(tokens)


def test_at_a_temperature_of_0_the_couplet_is_that_of_z(tiny_couplets):
    request = tiny_couplets.request(seed=4)
    z = tiny_couplets.pipeline.place(request)
    baked = tiny_couplets.pipeline.bake(tiny_couplets.request(seed=99), z)
    assert tiny_couplets.render(baked).data == tiny_couplets.render(request).data
    daring = {lines(tiny_couplets, seed=4, temperature=t)[0] for t in (0.0, 0.8, 1.5)}
    assert len(daring) > 1
    assert lines(tiny_couplets, seed=4, temperature=1.5) == lines(
        tiny_couplets, seed=4, temperature=1.5
    )


def test_a_line_that_is_kept_stays_and_the_other_is_written(tiny_couplets):
    mine = "And zephyrs o'er the sea"
    told = lines(tiny_couplets, seed=3, kept_lines=f"[{mine}]/")
    assert told[0] == "And zephyrs o'er the sea".replace("'", "’")
    assert len(told) == 2
    second = lines(tiny_couplets, seed=3, kept_lines=f"/{mine}")
    assert second[1] == told[0]
    assert second[0] == lines(tiny_couplets, seed=3)[0]


def test_a_couplet_of_ones_own_is_where_it_begins(tiny_couplets):
    vae = tiny_couplets.pipeline
    mean, deviation = vae.encode(own_of(OWN))
    request = tiny_couplets.request(seed=3, own_lines=OWN)
    away = (vae.locate(request) - mean) / deviation
    assert 0.3 < np.abs(away).mean() < 1.3
    still = tiny_couplets.request(seed=3, own_lines=OWN, truncation_psi=0)
    assert np.allclose(vae.place(still), mean, atol=1e-6)
    baked = vae.bake(request, vae.place(request))
    assert "own_lines" not in baked.controls
    assert tiny_couplets.render(baked).data == tiny_couplets.render(request).data


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"own_lines": "One line alone"}, "not_a_couplet"),
        ({"own_lines": "One/two/three"}, "not_a_couplet"),
        ({"own_lines": "白日依山盡/黃河入海流"}, "no_letters"),
        ({"own_lines": f"{'sea ' * 24}/I see"}, "line_too_long"),
        ({"kept_lines": "🌊 sea/"}, "no_letters"),
        ({"kept_lines": "a/b/c"}, "too_many_lines"),
    ],
)
def test_what_is_no_couplet_is_refused(tiny_couplets, values, code):
    with pytest.raises(ControlError) as caught:
        lines(tiny_couplets, **values)
    assert caught.value.code == code


def test_other_words_at_a_place_are_likely_and_fit(tiny_couplets):
    assert isinstance(tiny_couplets.pipeline, Wordy)
    work = tiny_couplets.render(tiny_couplets.request(seed=5))
    offers = tiny_couplets.pipeline.words_at(work, 1, 0, 6)
    assert len(offers) == 6
    assert all(word[0].isupper() for word, _ in offers)
    assert all(a >= b for (_, a), (_, b) in pairwise(offers))
    assert 0 < sum(share for _, share in offers) <= 1.0001
    with pytest.raises(ControlError, match="place"):
        tiny_couplets.pipeline.words_at(work, 2, 0, 6)


def test_travel_in_the_latent_space(tiny_couplets):
    a, b = (tiny_couplets.request(seed=seed) for seed in (1, 2))
    assert len({tiny_couplets.render(x).data for x in nearby(tiny_couplets, a, num=6)}) > 1
    assert len(breed(tiny_couplets, a, b, num=4)) == 4
    assert blend(tiny_couplets, a, b, 0.0) == a
    assert picture_of(tiny_couplets.render(a), 128).size == (128, 128)


def test_a_morph_has_even_steps_and_no_jump(tiny_couplets):
    assert isinstance(tiny_couplets.pipeline, Paced)
    a, b = (tiny_couplets.request(seed=seed) for seed in (1, 2))
    way = morph(tiny_couplets, a, b, num=16)
    assert (way[0], way[-1], len(way)) == (a, b, 16)
    found = morphs(tiny_couplets, 4)
    assert found["morph_nearer"]["value"] < 0.8
    assert found["morph_jumps"]["value"] == 0
    assert found["morph_different"]["value"] > 14
    texts = [str(tiny_couplets.render(one).data) for one in way]
    assert apart(texts[0], texts[-1]) > max(apart(x, y) for x, y in pairwise(texts))


def test_steps_of_a_text_are_even():
    texts = [["a"], ["a"], ["a", "b"], ["a", "b", "c"], ["x", "b", "c"], ["x", "y", "c"]]
    assert evenly(texts, 5) == [0, 2, 3, 4, 5]
    assert evenly(texts, 6) == [0, 1, 2, 3, 4, 5]
    assert evenly([["a"]] * 4, 3) == [0, 1, 3]
    assert changed(["sea"], []) == 3


def test_what_is_measured():
    sea, me = (Word(w, w, "2", r, 0, 1, 0.0) for w, r in (("sea", "IY"), ("me", "IY")))
    say = Word("say", "say", "2", "EY", 0, 1, 2.0)
    assert alike(sea, me) == 1.0
    assert alike(sea, sea) == alike(sea, say) == 0.0
    assert metre_of("01", 1) < metre_of("01", 0)
    found = measured([[sea, say], [me]])
    assert list(found) == list(ATTRIBUTES)
    assert (found["length"], found["rhyming"]) == (3, 0)
    assert measured([[], []])["metre"] == 0
    assert quieted(np.ones((2, 24), np.float32))[:, 0].max() < 1


def test_sliders_pull_at_what_they_say(tiny_couplets):
    writer = tiny_couplets.pipeline.writer
    tilt, lexicon = writer.tilt, tiny_couplets.pipeline.lexicon

    def asked(attribute: str, sign: float, page: Page) -> np.ndarray:
        z = np.zeros((1, 24), np.float32)
        z[0, ATTRIBUTES.index(attribute)] = sign
        logits = tilt.always(tilt.pull(z))[0].copy()
        tilt.add(logits, tilt.pull(z)[0], page)
        return logits

    turn = 2
    page = Page(syllables=8)
    assert asked("length", -1, page)[turn] > asked("length", 1, page)[turn]
    sea, me = (lexicon.numbers[one] for one in ("sea", "me"))
    second = Page(line=1, syllables=8, first=8, answer=sea, last=me)
    assert asked("rhyming", 1, second)[me] > asked("rhyming", -1, second)[me]
    assert asked("rhyming", 1, second)[3] > asked("rhyming", -1, second)[3]
    wind = lexicon.numbers["wind"]
    assert asked("landscape", 1, page)[wind] > asked("landscape", -1, page)[wind]
    thee = lexicon.numbers["thee"]
    assert asked("archaism", 1, page)[thee] > asked("archaism", -1, page)[thee]
    free = lexicon.numbers["free"]
    assert asked("mood", 1, page)[free] > asked("mood", -1, page)[free]
    told = told_apart(lexicon, tiny_couplets.pipeline.write(np.zeros((1, 24), np.float32))[0])
    assert all(told)


def test_a_lexicon_is_saved_as_it_is(tiny_couplets, tmp_path):
    lexicon = tiny_couplets.pipeline.lexicon
    lexicon.save(tmp_path / WORDS)
    assert Lexicon.load(tmp_path / WORDS) == lexicon
    read, _ = lexicon.read(("I saw the river,", "The moon o’er the sea"))
    assert lexicon.text(read) == "I saw the river,\nThe moon o’er the sea"


@pytest.mark.parametrize("file", [WORDS, ENCODER])
def test_a_folder_that_does_not_fit_is_refused(couplet_root, tmp_path, file):
    shutil.copytree(couplet_root / "tiny-couplet", tmp_path / "tiny-couplet")
    place = tmp_path / "tiny-couplet" / file
    whole = place.read_bytes()
    place.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(WeightsError):
        Catalog((tmp_path,)).load("tiny-couplet")
