"""A taste in words: corrections and mutes are exact, and profiles say what the taste says."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.atlas import fit
from studio.errors import StudioError
from studio.taste.belief import Belief, scales
from studio.taste.lens import Lens
from studio.taste.likings import TOP, adjusted, covariance, liked, likings
from studio.taste.profiles import blended, digest, document, read

NAMES = ("warmth", "size", "detail")


def atlas(seed: int = 0):
    chance = np.random.default_rng(seed)
    latents = chance.standard_normal((120, 10)).astype(np.float32)
    values = latents[:, :3] @ chance.standard_normal((3, 3))
    return fit(latents, values, NAMES, medium="picture", weights="ab" * 32)


ATLAS = atlas()
COV = covariance(ATLAS)


def belief(seed: int) -> Belief:
    prior = Belief.prior(scales(len(NAMES), ATLAS.num_features))
    return Belief(prior.samples(1, np.random.default_rng(seed))[0], prior.cov / 9)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 999),
    index=st.integers(0, 2),
    target=st.floats(-1.7, 1.7),
)
def test_a_correction_is_what_was_said(seed, index, target):
    moved = adjusted(belief(seed), COV, index, target)
    assert liked(moved.mean[None], COV, 3)[0, index] == pytest.approx(target, abs=1e-3)


def test_a_correction_counts_before_anything_was_heard():
    prior = Belief.prior(scales(len(NAMES), ATLAS.num_features))
    moved = adjusted(prior, COV, 1, 1.0)
    assert moved.mean[1] > 0
    assert np.abs(liked(moved.mean[None], COV, 3)).max() <= TOP
    assert not adjusted(prior, COV, 1, 0.0).mean.any(), "muting nothing is nothing"


def test_words_follow_the_evidence():
    mean = np.zeros(ATLAS.num_features)
    mean[0] = 2.0
    sure = likings(Belief(mean, np.eye(len(mean)) * 1e-3), COV, NAMES)
    assert sure[0].state == "sure"
    assert sure[0].mean > 1
    unsure = likings(Belief.prior(np.ones(len(mean))), COV, NAMES)
    assert {one.state for one in unsure} == {"unknown"}


class _Instrument:
    card = None


LENS = Lens(_Instrument, ATLAS)


def test_a_profile_goes_round_unchanged():
    told = document("spring", 7, LENS, belief(1))
    again = read(json.dumps(told).encode())
    assert again == told
    assert digest(again) == digest(told)
    assert len(json.dumps(told)) < 10_000


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"schema": 2}, "profile_schema"),
        ({"schema": True}, "profile_schema"),
        ({"duet": "recipe"}, "bad_profile"),
        ({"name": ""}, "bad_profile"),
        ({"heard": -1}, "bad_profile"),
        ({"attributes": []}, "bad_profile"),
        ({"attributes": {"warmth": [0.1]}}, "bad_profile"),
        ({"attributes": {"warmth": [0.1, -1]}}, "bad_profile"),
        ({"attributes": {"warmth": [0.1, float("nan")]}}, "bad_profile"),
        ({"models": {"ab": {}}}, "bad_profile"),
        ({"models": {"ab": {"atlas": "x", "place": [[1], []]}}}, "bad_profile"),
    ],
)
def test_what_is_no_profile_is_refused(change, code):
    told = document("spring", 7, LENS, belief(1)) | change
    with pytest.raises(StudioError) as caught:
        read(json.dumps(told).encode())
    assert caught.value.code == code
    assert caught.value.remedy


def test_shares_blend():
    mine, other = belief(1), document("other", 3, LENS, belief(2))
    assert blended(mine, LENS, []) is mine
    whole = blended(mine, LENS, [(other, 1.0)])
    theirs = belief(2).mean
    cosine = whole.mean @ theirs / np.linalg.norm(whole.mean) / np.linalg.norm(theirs)
    assert cosine > 0.999
    half = blended(mine, LENS, [(other, 0.5)])
    assert half.mean @ mine.mean > 0
    stranger = other | {"models": {}}
    told = blended(Belief.prior(np.ones(len(mine.mean))), LENS, [(stranger, 1.0)])
    assert not told.mean[len(NAMES) :].any(), "a place speaks only of its own model"
