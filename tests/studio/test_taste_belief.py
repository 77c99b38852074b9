"""What is learnt from choices: properties of the belief, of choosing, and of likings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.taste.belief import Belief, Choice, scales, update
from studio.taste.choosing import ask, information, left, marked, pick, prediction

NUM, ATTRIBUTES = 20, 6


def prior() -> Belief:
    return Belief.prior(scales(ATTRIBUTES, NUM))


def told(seed: int, num: int, beside: int = 11) -> tuple[np.ndarray, list[Choice]]:
    """A hidden taste and what it chose."""
    chance = np.random.default_rng(seed)
    hidden = chance.standard_normal(NUM)
    choices = []
    for _ in range(num):
        works = chance.standard_normal((beside + 1, NUM))
        best = int(np.argmax(works @ hidden))
        choices.append(Choice(works[best] - np.delete(works, best, axis=0)))
    return hidden, choices


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), num=st.integers(0, 30), beside=st.integers(1, 12))
def test_a_belief_is_finite_and_a_covariance(seed, num, beside):
    belief = update(prior(), told(seed, num, beside)[1])
    assert np.isfinite(belief.mean).all()
    assert np.isfinite(belief.evidence)
    assert np.linalg.eigvalsh(belief.cov).min() > 0
    assert np.diag(belief.cov).sum() <= np.diag(prior().cov).sum() + 1e-6


def test_choices_point_to_the_hidden_taste():
    hidden, choices = told(1, 60)
    belief = update(prior(), choices)
    cosine = belief.mean @ hidden / np.linalg.norm(belief.mean) / np.linalg.norm(hidden)
    assert cosine > 0.85


def test_nothing_heard_is_the_prior_and_contradictions_cancel():
    start = prior()
    assert update(start, []) is start
    apart = np.ones((1, NUM))
    both = update(prior(), [Choice(apart), Choice(-apart)])
    assert np.abs(both.mean).max() < 1e-6


def test_a_start_changes_nothing_but_the_time():
    _, choices = told(2, 20)
    cold = update(prior(), choices)
    warm = update(prior(), choices, start=cold.mean + 0.1)
    assert np.abs(cold.mean - warm.mean).max() < 0.02


def test_a_choice_of_no_weight_teaches_nothing():
    _, choices = told(3, 5)
    without = update(prior(), choices)
    with_it = update(prior(), [*choices, Choice(np.full((3, NUM), 5.0), 0.0)])
    assert np.allclose(without.mean, with_it.mean, atol=1e-6)


def test_a_slip_of_the_hand_is_forgiven():
    hidden, choices = told(4, 40)
    slip = Choice(-20 * hidden[None] / np.linalg.norm(hidden))
    calm, slipped = update(prior(), choices), update(prior(), [*choices, slip])
    assert calm.mean @ slipped.mean > 0.95 * np.linalg.norm(calm.mean) ** 2


def test_scores_are_surer_where_more_was_heard():
    belief = update(prior(), told(5, 40)[1])
    features = np.random.default_rng(0).standard_normal((30, NUM))
    assert (belief.score(features)[1] < prior().score(features)[1]).all()
    assert np.allclose(belief.samples(3, np.random.default_rng(0), 0.0), belief.mean)


def test_marked_tiles_follow_the_count_of_keeps():
    counts = [marked(keeps) for keeps in range(40)]
    assert counts == sorted(counts)
    assert counts[4:6] == [0, 4]
    assert counts[15:] == [9] * 25


def test_picks_are_the_best_and_never_twice():
    draws = np.array([[1.0, 3.0, 2.0], [0.0, 9.0, 1.0], [5.0, 1.0, 1.0], [1.0, 1.0, 1.0]])
    assert pick(draws) == [1, 2, 0]
    assert pick(draws[:2], taken=[1]) == [2, 0] or pick(draws[:2], taken=[1])[0] == 2


def test_information_is_greatest_where_the_answer_is_open():
    assert information(np.zeros(1), np.ones(1) * 2) > information(np.ones(1) * 4, np.ones(1) * 2)
    assert information(np.zeros(1), np.zeros(1)) == pytest.approx(0, abs=1e-9)


def test_a_question_foretells_most_about_pairs_that_are_like_it():
    belief = prior()
    foretold = np.zeros((3, NUM))
    foretold[:, 0] = 1
    asked = np.zeros((2, NUM))
    asked[0, 0], asked[1, 1] = 1, 5  # the same direction; farther apart in another
    alike, far = prediction(belief, asked, foretold)
    assert alike > 0
    assert far == pytest.approx(0, abs=1e-9)
    mean, spread = belief.score(asked)
    assert np.argmax(information(mean, spread)) == 1


@pytest.mark.parametrize("strategy", ["prediction", "information", "best", "random"])
def test_a_question_is_about_two_works(strategy):
    features = np.random.default_rng(1).standard_normal((40, NUM))
    for seed in range(20):
        chance = np.random.default_rng(seed)
        one, other, gained = ask(prior(), features, chance, strategy)
        assert one != other
        assert gained > 0


def test_questions_end_when_answers_stop_helping():
    hidden, _ = told(6, 0)
    belief, choices = prior(), []
    chance = np.random.default_rng(6)
    before = None
    for _ in range(120):
        features = chance.standard_normal((60, NUM))
        one, other, gained = ask(belief, features, chance, "prediction")
        if before is None:
            before = left(gained)
        better = 1 if (features[one] - features[other]) @ hidden > 0 else -1
        choices.append(Choice(better * (features[one] - features[other])[None]))
        belief = update(prior(), choices, start=belief.mean)
    assert before > 0
    assert left(gained) == 0
