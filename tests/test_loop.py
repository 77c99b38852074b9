"""The loop's benchmark on made-up works: who has a taste is served, who has none is not fooled."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from benchmarks.loop.artists import ARTISTS, CLASSES, look
from benchmarks.loop.learning import Report, interval
from benchmarks.loop.page import BEGIN, END, plot, tables, write
from benchmarks.loop.simulated import PICKS, Studio, Trial, answers, play
from studio.taste.belief import Belief, scales


@pytest.fixture(scope="module")
def studio() -> Studio:
    features = np.random.default_rng(0).standard_normal((2000, 12))
    return Studio(features, features, Belief.prior(scales(6, 12)))


def likes(studio: Studio, seed: int = 1) -> np.ndarray:
    return studio.measured @ np.random.default_rng(seed).standard_normal(12)


def test_picks_raise_the_share_of_what_is_liked(studio):
    told = np.stack([play(studio, likes(studio), Trial(), seed) for seed in range(4)])
    assert told.shape == (4, PICKS + 1)
    assert ((told >= 0) & (told <= 1)).all()
    assert told[:, -1].mean() > 0.4
    assert told[:, :5].mean() < 0.2, "nothing steers before five keeps"


def test_shuffled_picks_do_not(studio):
    told = [play(studio, likes(studio), Trial(shuffled=True), seed)[-1] for seed in range(12)]
    assert np.mean(told) < 0.17


def test_a_run_is_repeatable(studio):
    one, same, other = (play(studio, likes(studio), Trial(0.25), seed) for seed in (3, 3, 4))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_questions_teach_and_good_ones_sooner(studio):
    asked = {
        strategy: np.mean([answers(studio, likes(studio), strategy, 20, s) for s in range(3)], 0)
        for strategy in ("random", "prediction")
    }
    assert asked["random"][-1] > asked["random"][0]
    assert asked["prediction"][-5:].mean() > asked["random"][-5:].mean()


def test_artists_of_every_class_see_pictures_only(tiny):
    seen = look([tiny.render(tiny.request(seed=seed), quality="fast") for seed in range(6)])
    assert {artist.kind for artist in ARTISTS} == set(CLASSES)
    strangers = sum(artist.kind != "attributes" for artist in ARTISTS)
    assert strangers >= len(ARTISTS) / 2
    for artist in ARTISTS:
        told = artist.likes(seen)
        assert told.shape == (6,)
        assert np.isfinite(told).all(), artist.name


def test_the_page_gets_its_figures(tmp_path):
    report = Report(
        curves={("attributes", 0.0): np.linspace(0.1, 0.5, 16)},
        artists={ARTISTS[0].name: {"0": 0.5}},
        figures={"x": {"value": 0.5, "unit": "share", "met": False, "interval": [0.4, 0.6]}},
    )
    assert "**no**" in tables(report)
    assert plot(report).count("<polyline") == 1
    (tmp_path / "images").mkdir()
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    write(page, report)
    write(page, report)
    assert "old" not in page.read_text()
    assert page.read_text().count("| x | 0.5") == 1
    assert page.read_text().endswith("after\n")
    assert interval([0.5, 0.5]) == (0.5, 0.5)


def test_the_studio_starts_without_botorch():
    code = "import sys, studio.routes, studio.taste.minds; assert 'botorch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
