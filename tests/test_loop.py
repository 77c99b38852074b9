"""The loop's benchmark on made-up works: who has a taste is served, who has none is not fooled."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.loop.artists import ARTISTS, CLASSES, look
from benchmarks.loop.learning import Report, interval
from benchmarks.loop.page import BEGIN, END, LOOP, TEACHINGS, write, write_teachings
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


def written(tmp_path, mark, write, figures) -> str:
    """A page after two writings, without what stood there."""
    (tmp_path / "images").mkdir()
    page, ends = tmp_path / "page.md", (BEGIN.format(*mark), END.format(mark[0]))
    page.write_text("before\n{}\nold\n{}\nafter\n".format(*ends))
    write(page, figures)
    once = page.read_text()
    write(page, figures)
    assert page.read_text() == once
    assert "old" not in once
    assert once.startswith("before\n")
    assert once.endswith("after\n")
    return once


def words(picture: Path) -> set[str]:
    """What a plot says: matplotlib writes the text of every label beside its outlines."""
    return {one.strip() for one in re.findall("<!-- (.*?) -->", picture.read_text())}


def test_the_page_gets_its_figures(tmp_path):
    curve = np.stack([np.linspace(0.1, 0.5, 16) + by for by in (0, -0.02, 0.02)])
    report = Report(
        curves={("attributes", 0.0): curve, ("strange", 0.25): curve},
        artists={ARTISTS[0].name: {"0": 0.5, "random questions": 34, "prediction questions": 20}},
        figures={"x": {"value": 0.5, "unit": "share", "met": False, "interval": [0.4, 0.6]}},
    )
    page = written(tmp_path, LOOP, write, report)
    assert page.count("| x | 0.5 | share |  | **no** | 0.4 to 0.6;  |") == 1
    assert "| warm and large | attributes | 0.5 |  |  | 34 | 20 |" in page
    assert re.findall(r"\((images/.*)\)", page) == [
        "images/page.svg",
        "images/page-questions.svg",
    ]
    assert {"25% of picks wrong", "strange", "picks", "the bare model"} <= words(
        tmp_path / "images/page.svg"
    )
    assert "warm and large  (attributes)" in words(tmp_path / "images/page-questions.svg")


def test_the_page_gets_its_teachings(tmp_path):
    won = {"value": 0.85, "unit": "", "aim": ">= 0.75", "met": True, "low": 0.78, "high": 0.93}
    figures = {
        "prior: win, measures": won,
        "few-shot: win, measures": {**won, "value": 0.7, "met": False},
        "prior: seconds, cpu": {"value": 9.6, "unit": "s", "aim": "<= 60", "met": True},
    }
    page = written(tmp_path, TEACHINGS, write_teachings, figures)
    row = "| win, measures | 0.85 (0.78 to 0.93) | 0.7 (0.78 to 0.93) **missed** | >= 0.75 |"
    assert row in page
    assert "| seconds, cpu | 9.6 |  | <= 60 |" in page
    assert {"measures", "few-shot"} <= words(tmp_path / "images/page-teachings.svg")


def test_a_page_without_a_place_is_left_as_it_is(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("nothing here\n")
    with pytest.raises(ValueError, match="no place for teachings"):
        write_teachings(page, {})
    assert page.read_text() == "nothing here\n"


def test_intervals_of_one_value_are_that_value():
    assert interval([0.5, 0.5]) == (0.5, 0.5)


def test_the_studio_starts_without_botorch():
    code = "import sys, studio.routes, studio.taste.minds; assert 'botorch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
