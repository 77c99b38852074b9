"""Good settings are looked for in short runs: which are tried, how they are told apart."""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import time
from pathlib import Path

import pytest
from PIL import Image

from pipelines import atlas
from pipelines.errors import TrainingError
from pipelines.training import own_card, own_hearing, own_making, own_pictures, own_searching
from pipelines.training.data import load_pictures, split_of
from pipelines.training.own_files import SEARCH
from pipelines.training.own_making import Watcher, make
from pipelines.training.own_model import KINDS, Wish, refuse
from pipelines.training.own_searching import MOST_RUNS, RUNS, Search, search
from pipelines.training.own_settings import usual
from tests.studio.own_pictures import discs

BEST = 1.5e-3
"""The learning rate that the planted score likes; the recipe's own is eight times smaller."""
FIND = 0.02
"""Minutes: 0.12 s a run."""


class Planted:
    """A training whose score follows from its settings alone."""

    def __init__(self, settings: dict[str, str]) -> None:
        self.settings = settings

    def step(self, progress: float) -> dict[str, float]:
        time.sleep(0.002)
        rate = float(self.settings["learning_rate"])
        return {"loss": math.nan if self.settings.get("width") == "128" else rate}

    def state(self) -> dict[str, float]:
        return {}

    def restore(self, state: dict[str, float]) -> None:
        """Nothing to take back."""

    def sheet(self) -> Image.Image:
        return Image.new("RGB", (8, 8))

    def export(self, folder: Path) -> None:
        (folder / "config.json").write_text(json.dumps(self.settings))


class Seer(Watcher):
    """Remembers what it is told, and leaves after some runs."""

    def __init__(self, leave_after: int = 999) -> None:
        self.told: list[Search] = []
        self.leave_after = leave_after

    def searching(self, found: Search) -> None:
        self.told.append(found)

    def ending(self) -> own_making.Ending:
        return "leave" if self.told and self.told[-1].runs >= self.leave_after else ""


@pytest.fixture
def folder(tmp_path) -> Path:
    for name, data in discs(140).items():
        (tmp_path / "brought" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "brought" / name).write_bytes(data)
    return tmp_path / "brought"


@pytest.fixture
def tried(monkeypatch) -> list[dict[str, str]]:
    """Settings of every run, in order."""
    runs: list[dict[str, str]] = []

    def score(work: Path, pictures: object) -> dict[str, float]:
        settings = json.loads((work / "config.json").read_text())
        far = abs(math.log(float(settings["learning_rate"]) / BEST))
        return {"swd_ratio": 1 + far}

    monkeypatch.setattr(own_searching, "figures", score)
    return runs


def planted(runs: list[dict[str, str]]) -> own_searching.Build:
    def build(pictures: Path, decoded: Path, wish: Wish) -> Planted:
        runs.append(dict(one.split("=") for one in wish.settings))
        return Planted(runs[-1])

    return build


def looked(folder: Path, work: Path, runs: list[dict[str, str]], wish: Wish, seer: Watcher):
    return search(planted(runs), wish, folder, load_pictures(folder, 64), work, seer)


WISH = Wish("small", "discs", 0.03, find=FIND)


def test_the_recipes_own_come_first_and_better_ones_are_found(folder, tried, tmp_path):
    seer = Seer()
    found = looked(folder, tmp_path / "work", tried, WISH, seer)
    own = {name: float(value) for name, value in tried[0].items()}
    assert own == usual("small")
    assert found.usual == pytest.approx(1 + math.log(BEST / own["learning_rate"]), abs=1e-3)
    assert found.score < 0.7 * found.usual
    best = dict(one.split("=") for one in found.settings)
    assert float(best["learning_rate"]) > 2 * own["learning_rate"]
    assert best in tried
    assert RUNS / 2 <= found.runs == len(tried) <= MOST_RUNS
    assert found.seconds > 0.9 * FIND * 60
    assert [one.runs for one in seer.told] == list(range(found.runs + 1))
    left = sorted(one.name for one in (tmp_path / "work" / SEARCH).iterdir())
    assert left == [own_searching.FOUND, own_searching.TRIED]
    assert looked(folder, tmp_path / "work", tried, WISH, Seer()) == found
    assert len(tried) == found.runs, "what was found is looked for once"


def test_a_run_that_is_behind_ends_early(folder, tried, tmp_path, monkeypatch):
    looks: list[float] = []
    planted_score = own_searching.figures
    monkeypatch.setattr(
        own_searching,
        "figures",
        lambda work, pictures: (looks.append(len(tried)), planted_score(work, pictures))[1],
    )
    looked(folder, tmp_path / "work", tried, dataclasses.replace(WISH, find=0.05), Seer())
    far = [abs(math.log(float(one["learning_rate"]) / BEST)) for one in tried]
    worst = max(range(3, len(tried)), key=lambda i: far[i])
    assert looks.count(worst + 1) < looks.count(1)


def test_settings_that_are_named_or_those_of_a_beginning_stay(folder, tried, tmp_path):
    wish = dataclasses.replace(WISH, settings=("batch_size=8",), start="somewhere")
    looked(folder, tmp_path / "work", tried, wish, Seer(3))
    assert len(tried) == 4
    assert {one["batch_size"] for one in tried} == {"8"}
    assert all(set(one) == {"batch_size", "learning_rate"} for one in tried)


def test_a_search_that_was_left_goes_on(folder, tried, tmp_path):
    assert looked(folder, tmp_path / "work", tried, WISH, Seer(3)) is None
    assert len(tried) == 4, "three runs, and one that was left"
    seer = Seer()
    found = looked(folder, tmp_path / "work", tried, WISH, seer)
    assert seer.told[0].runs == 4
    assert found.runs == len(tried)
    assert found.usual is not None
    assert {name: float(value) for name, value in tried[4].items()} != usual("small")


def test_a_run_that_goes_astray_is_not_chosen(folder, tried, tmp_path):
    found = looked(folder, tmp_path / "work", tried, WISH, Seer())
    assert "width=128" not in found.settings
    assert any(one["width"] == "128" for one in tried)
    wish = dataclasses.replace(WISH, settings=("width=128",))
    with pytest.raises(TrainingError) as told:
        looked(folder, tmp_path / "astray", tried, wish, Seer())
    assert told.value.code == "own_astray"


def test_what_the_card_is_measured_on_is_looked_at_by_no_run(folder, tried, tmp_path):
    seen: list[set[str]] = []

    def build(pictures: Path, decoded: Path, wish: Wish) -> Planted:
        names = {str(one.relative_to(pictures)) for one in pictures.rglob("*.png")}
        seen.append({name.replace("again-", "") for name in names})
        assert {split_of(name) for name in names} == {"train", "test", "validation"}
        return planted(tried)(pictures, decoded, wish)

    pictures = load_pictures(folder, 64)
    search(build, WISH, folder, pictures, tmp_path / "work", Seer(1))
    assert seen[0] == set(pictures.split("train").names)
    assert not seen[0] & {*pictures.split("test").names, *pictures.split("validation").names}


def test_too_few_pictures_or_none_kept_aside_are_refused(folder):
    checked = own_pictures.check(folder)
    morphs = dataclasses.replace(WISH, makes="morphs")
    refuse(checked, morphs)
    for wish, count in ((morphs, 119), (dataclasses.replace(WISH, makes="patterns"), 20)):
        few = dataclasses.replace(checked, files=checked.files[:count])
        with pytest.raises(TrainingError) as told:
            refuse(few, wish)
        assert told.value.code == "cannot_find"


def test_the_model_has_what_was_found_and_its_card_says_how(folder, tmp_path, monkeypatch):
    """Nothing planted: real networks, scored on real pictures."""
    few = ("pipelines.training.directions", "--seeds", "8", "--held-out", "8", "--refining", "0")
    kind = dataclasses.replace(KINDS["small"], needed=60, sliders=few)
    monkeypatch.setitem(KINDS, "small", kind)
    monkeypatch.setattr(own_hearing, "VALIDATED", 8)
    monkeypatch.setattr(own_card, "SAMPLES", 32)
    monkeypatch.setattr(atlas, "draw", functools.partial(atlas.draw, num=64))
    stages: list[str] = []
    settings = ("batch_size=8", "width=4", "z_dim=6")
    wish = dataclasses.replace(WISH, settings=settings, find=0.05)
    assert make(own_pictures.check(folder), wish, tmp_path, watcher=Seer(0)) is None
    seer = Seer()
    seer.stage = stages.append
    made = make(own_pictures.check(folder), wish, tmp_path, resume=True, watcher=seer)
    assert stages == ["searching", "training", "sliders", "sheets"]
    (rate,) = seer.told[-1].settings
    card = (made / "card.md").read_text()
    assert f"--set {rate}" in card
    assert f"`--find 0.05` looked for them in {seer.told[-1].runs} short runs" in card
    assert not (made / "training").exists()
