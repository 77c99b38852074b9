"""How characters are drawn: by their chances, near noise near poems."""

import numpy as np
import pytest

from pipelines.latents import normal
from pipelines.verse.drawing import Chances, choose, gumbel, penalised
from pipelines.verse.forms import FORMS
from pipelines.verse.wishes import Wishes
from pipelines.verse.writing import NOISE, PLACES, write

COUNT = 300


@pytest.fixture(scope="module")
def logits():
    return 2.0 * normal(0, (COUNT,), "logits of a test").astype(np.float64)


@pytest.fixture(scope="module")
def everything():
    return np.ones(COUNT, dtype=bool)


def test_the_noise_is_standard_gumbel():
    draws = np.concatenate([gumbel(normal(s, (NOISE,), "test"), 2000) for s in range(40)])
    assert draws.mean() == pytest.approx(0.5772, abs=0.03)
    assert draws.std() == pytest.approx(np.pi / np.sqrt(6), abs=0.04)


def test_characters_come_as_often_as_they_are_probable(logits, everything):
    p = np.exp(logits) / np.exp(logits).sum()
    drawn = [
        choose(logits, gumbel(normal(s, (NOISE,), "test"), COUNT), everything, Chances())
        for s in range(4000)
    ]
    share = np.bincount(drawn, minlength=COUNT) / len(drawn)
    assert np.abs(share - p).sum() / 2 < 0.1, "total variation; 0.077 is that of independent draws"
    surprise = -np.log(p[drawn]).mean()
    assert surprise == pytest.approx(-(p * np.log(p)).sum(), abs=0.15)


def test_every_limit_holds(logits, everything):
    ranked = np.argsort(-logits)
    p = np.exp(logits) / np.exp(logits).sum()
    nucleus = ranked[: 1 + np.searchsorted(np.cumsum(p[ranked]), 0.5)]
    rich = np.flatnonzero(p >= 0.3 * p.max())
    cases = [
        (Chances(temperature=0.0), ranked[:1]),
        (Chances(top_k=5), ranked[:5]),
        (Chances(top_p=0.5), nucleus),
        (Chances(min_p=0.3), rich),
        (Chances(min_p=1.0), ranked[:1]),
    ]
    noises = [gumbel(normal(s, (NOISE,), "limits"), COUNT) for s in range(200)]
    for chances, allowed in cases:
        seen = {choose(logits, noise, everything, chances) for noise in noises}
        assert seen <= set(allowed.tolist()), chances
        assert len(seen) == 1 or len(seen) > len(allowed) / 3, chances
    some = np.zeros(COUNT, dtype=bool)
    some[[7, 9]] = True
    assert {choose(logits, noise, some, Chances()) for noise in noises} == {7, 9}


def test_hot_draws_are_wilder(logits, everything):
    def surprise(temperature):
        chances = Chances(temperature=temperature)
        noises = (gumbel(normal(s, (NOISE,), "heat"), COUNT) for s in range(300))
        return -np.mean([logits[choose(logits, one, everything, chances)] for one in noises])

    assert surprise(0.0) < surprise(0.5) < surprise(1.0) < surprise(1.5)


def test_the_penalty_lowers_what_was_written():
    logits = np.array([2.0, -2.0, 1.0])
    assert penalised(logits, [0, 1, 0], 2.0).tolist() == [1.0, -4.0, 1.0]
    assert penalised(logits, [], 2.0) is logits
    assert logits.tolist() == [2.0, -2.0, 1.0]


def poem(parts, form, noise, **more):
    empty = ("",) * form.length
    wishes = Wishes(form, (empty,) * form.lines, **more)
    *_, lines = write(parts, wishes, noise.reshape(PLACES, NOISE), Chances())
    return lines


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_form_and_rhyme_hold(tiny_poet, form):
    parts = tiny_poet.pipeline.parts
    for seed in range(5):
        lines = poem(parts, form, normal(seed, (PLACES * NOISE,), "verse"))
        assert [len(line) for line in lines] == [form.length] * form.lines
        ends = [line[-1] for line in lines[1::2]]
        groups = {int(parts.rhymes[parts.number(sign)]) for sign in ends}
        assert len(groups) == 1
        assert groups != {-1}
        assert len(set(ends)) == len(ends), "no rhyme word twice"


def test_without_rhyme_any_character_may_end(tiny_poet):
    parts, form = tiny_poet.pipeline.parts, FORMS["7x8"]
    several = 0
    for seed in range(8):
        lines = poem(parts, form, normal(seed, (PLACES * NOISE,), "verse"), rhyme=False)
        groups = {int(parts.rhymes[parts.number(line[-1])]) for line in lines[1::2]}
        several += len(groups) > 1
    assert several >= 2


def test_near_noise_is_a_near_poem(tiny_poet):
    parts, form = tiny_poet.pipeline.parts, FORMS["7x8"]

    def apart(step):
        found = []
        for seed in range(6):
            a, b = (normal(seed, (PLACES * NOISE,), name) for name in ("one", "two"))
            near = np.cos(step) * a + np.sin(step) * b
            pairs = zip(
                "".join(poem(parts, form, a)), "".join(poem(parts, form, near)), strict=True
            )
            found.append(np.mean([x != y for x, y in pairs]))
        return np.mean(found)

    close, middle, far = apart(0.05), apart(0.5), apart(1.5)
    assert close < middle < far
    assert close < 0.5 * far
