"""A sheet of works: kept ones as their files have them, seeds of a recipe as they are rendered."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from tests.studio.speaking import keep, refused


def opened(answer) -> tuple[np.ndarray, dict]:
    assert answer.headers["content-type"] == "application/zip"
    assert 'filename="duet-sheet.zip"' in answer.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as files:
        picture = np.asarray(Image.open(io.BytesIO(files.read("sheet.png"))).convert("RGB"))
        return picture, json.loads(files.read("sheet.json"))


def part(sheet: np.ndarray, told: dict) -> np.ndarray:
    box = told["frame"]
    return sheet[box["y"] : box["y"] + box["h"], box["x"] : box["x"] + box["w"]]


def test_kept_works_are_as_their_files_have_them(browser, recipe):
    works = [keep(browser, {**recipe, "seed": seed}) for seed in (3, 4)]
    answer = browser.post("/studio/sheet", json={"works": [one["id"] for one in works]})
    sheet, atlas = opened(answer)
    for work, told in zip(works, atlas["frames"].values(), strict=True):
        original = browser.get(f"/studio/works/{work['id']}/original").content
        alone = np.asarray(Image.open(io.BytesIO(original)).convert("RGB"))
        assert np.array_equal(part(sheet, told), alone)
        assert told["duet"]["request"] == work["request"]


def test_seeds_are_counted_from_the_recipes_own(browser, recipe):
    answer = browser.post(
        "/studio/sheet", json={"request": recipe | {"seed": 2**32 - 2}, "num": 3}
    )
    sheet, atlas = opened(answer)
    told = list(atlas["frames"].values())
    assert [one["duet"]["request"]["seed"] for one in told] == [2**32 - 2, 2**32 - 1, 0]
    alone = browser.post(
        "/studio/export", json={"request": told[1]["duet"]["request"], "format": "png"}
    )
    picture = np.asarray(Image.open(io.BytesIO(alone.content)).convert("RGB"))
    assert np.array_equal(part(sheet, told[1]), picture)


@pytest.mark.parametrize(
    "body", [{}, {"works": ["a"], "request": {}}, {"works": [], "num": 4}, {"num": 0}]
)
def test_what_says_nothing_or_too_much_is_refused(browser, body):
    assert refused(browser.post("/studio/sheet", json=body))["code"] == "bad_body"


def test_another_persons_work_is_not_there(browser):
    answer = browser.post(
        "/studio/sheet", json={"works": ["00000000-0000-7000-8000-000000000000"]}
    )
    assert refused(answer, 404)["code"] == "no_such_work"
