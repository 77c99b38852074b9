"""Captions that say what is there, on painted discs."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from pipelines.training.captions import (
    COLOURS,
    Facts,
    bare,
    caption,
    colour_word,
    describe,
    look,
)
from pipelines.training.data import WATERCOLOUR_TABLE, load_pictures
from tests.training.sheets_of_discs import FLESH, GREEN, PAPER, RED, YELLOW, sheet

WHOLE, HALF = (34, 4, 94, 60), (36, 68, 92, 122)


@pytest.mark.parametrize(
    ("discs", "told"),
    [
        ([(WHOLE, RED)], {"colour": "red", "parts": "whole", "form": "round"}),
        ([(WHOLE, RED), (HALF, FLESH)], {"colour": "red", "parts": "both"}),
        ([((34, 8, 94, 66), YELLOW), ((34, 62, 94, 120), YELLOW)], {"parts": "both"}),
        ([((40, 4, 84, 120), YELLOW)], {"colour": "yellow", "parts": "whole", "form": "long"}),
        ([((4, 30, 124, 104), GREEN)], {"colour": "green", "form": "flat", "size": "large"}),
        ([(HALF, (245, 225, 150))], {"parts": "half"}),
        ([(WHOLE, RED), (HALF, GREEN)], {"leaves": True}),
        ([((x, 50, x + 30, 80), RED) for x in (4, 49, 94)], {"parts": "several", "form": ""}),
        ([], {"colour": "", "parts": "several", "size": "small"}),
    ],
)
def test_facts_are_what_is_painted(discs, told):
    (facts,) = look(sheet(*discs)[None])
    assert {name: getattr(facts, name) for name in told} == told


def test_every_colour_word_is_listed():
    grid = [
        (light, a, b)
        for light in (20, 40, 60, 80)
        for a in range(-60, 70, 10)
        for b in range(-60, 70, 10)
    ]
    assert {colour_word(*one) for one in grid} == {*COLOURS, ""}


FACTS = Facts(
    "peach", "elberta", "orange", "round", "both", "large", "light", "vivid", "cream paper"
)


def test_captions_are_many_true_and_sometimes_empty():
    source = np.random.default_rng(0)
    made = [caption(FACTS, source) for _ in range(400)]
    assert len(set(made)) > 200
    assert 0.05 < made.count("") / len(made) < 0.16
    for word in (
        "peach",
        "elberta",
        "orange",
        "round",
        "large",
        "light",
        "vivid",
        "cream",
        "half",
    ):
        share = sum(word in one.split() for one in made) / len(made)
        assert 0.2 < share < 0.8, word
    assert not any("several" in one or "  " in one for one in made)
    many = {caption(Facts("cherry", parts="several"), source) for _ in range(99)}
    assert any("cherries" in one for one in many)
    assert not any("cherry" in one for one in many)


def test_the_table_names_cultivars(tmp_path):
    Image.new("RGB", (64, 96), PAPER).save(tmp_path / "image-1.jpg")
    rows = 'fruit,subjects\nVitis,Vitis\nMalus domestica: Ben Davis 2,"Malus domestica , apples"\n'
    (tmp_path / WATERCOLOUR_TABLE).write_text(rows)
    (facts,) = describe(load_pictures(tmp_path, 128), tmp_path)
    assert (facts.kind, facts.cultivar) == ("apple", "ben davis")


def test_a_bare_name_has_its_article_and_its_plural():
    assert {"an orange", "oranges", "orange"} < set(bare("orange"))
    assert {"a cherry", "cherries", "a painting of a cherry"} < set(bare("cherry"))
    assert {"a fruit", "fruits"} < set(bare("other"))


def test_articles_suit_what_follows():
    source = np.random.default_rng(1)
    made = [caption(Facts("apple", colour="orange"), source) for _ in range(200)]
    assert any(one.startswith("an ") for one in made)
    assert not any("a orange" in one or "a apple" in one for one in made)
