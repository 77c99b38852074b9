"""Turns of teaching: who gets one, what becomes of it, and that it may run in a fork."""

from __future__ import annotations

import multiprocessing
import sys
import types
from collections.abc import Iterator
from functools import partial

import pytest

from studio.house import House, opened
from studio.library import Job
from studio.persons import LOCAL, Person
from studio.settings import Settings, read
from studio.tuning import lending
from studio.tuning.choosing import Choice
from tests.studio.test_tuning import kept


@pytest.fixture
def house(tiny_root, tmp_path) -> Iterator[House]:
    settings = Settings(
        library=tmp_path / "library", models=(tiny_root,), device="cpu", turns=True
    )
    made = opened(settings)
    made.tuning.open()
    yield made
    made.close()


@pytest.fixture
def job(house) -> Job:
    choice = Choice("tiny", kept(house, 12), "prior", 0.5, 0.5, {"steps": 2})
    return house.tuning.start(LOCAL, choice)


def state(house: House) -> str:
    (job,) = house.library.jobs(LOCAL)
    return job.state


def test_nobody_but_a_page_goes_on_with_it(house, job):
    assert house.tuning._thread is None
    assert state(house) == "waiting"
    assert job.plan["device"] == "auto"


def test_a_turn_is_one_persons_own(house, job):
    seen = []
    other = Person("0b6f5b0e-7d5f-4c53-9b50-6a4a5f7e1c11")
    house.tuning.turn(other, lambda folder: seen.append(folder) or 0)
    assert seen == []
    assert state(house) == "waiting"

    def again(folder: str) -> int:
        """A second page of the same person asks meanwhile."""
        seen.append(folder)
        house.tuning.turn(LOCAL, again)
        return lending.turn(folder)

    house.tuning.turn(LOCAL, again)
    assert seen == [str(house.tuning.folder(job.id).root)]
    assert state(house) == "done"


def test_a_turn_that_is_refused_lets_it_rest_with_the_reason(house, job, monkeypatch):
    monkeypatch.setattr(lending, "SECONDS", 0.0)
    house.tuning.turn(LOCAL, lending.turn)
    assert state(house) == "waiting"

    def refused(folder: str) -> int:
        raise RuntimeError("You have exceeded your GPU quota.")

    house.tuning.turn(LOCAL, refused)
    (rests,) = house.library.jobs(LOCAL)
    assert (rests.state, rests.error["code"]) == ("paused", "no_turn")
    assert rests.error["value"] == "You have exceeded your GPU quota."
    house.tuning.turn(LOCAL, lending.turn)
    assert state(house) == "paused"
    house.tuning.tell(rests, "go")
    assert house.tuning.folder(job.id).progress()["step"] == 1
    house.tuning.turn(LOCAL, lending.turn)
    (done,) = house.library.jobs(LOCAL)
    assert (done.state, done.error) == ("done", None)


def test_a_pause_between_turns_holds(house, job, monkeypatch):
    monkeypatch.setattr(lending, "SECONDS", 0.0)
    house.tuning.turn(LOCAL, lending.turn)
    house.tuning.tell(job, "pause")
    house.tuning.turn(LOCAL, lending.turn)
    assert state(house) == "paused"
    assert house.tuning.folder(job.id).progress()["step"] == 1


def test_a_full_disk_lets_it_rest(house, job):
    house.tuning.turn(LOCAL, lambda folder: lending.DISK_FULL)
    (rests,) = house.library.jobs(LOCAL)
    assert (rests.state, rests.error["code"]) == ("paused", "disk_full")


def test_a_turn_runs_in_a_fork_of_a_server_that_plays(house, job):
    """As on a Space, whose functions run in a fork of the process that asks."""
    instrument = house.playing(LOCAL, "tiny")
    for seed in range(3):
        house.render(instrument.request(seed=seed), "fast")
    forking = multiprocessing.get_context("fork")

    def forked(folder: str) -> int:
        one = forking.Process(target=partial(lending.turn, folder))
        one.start()
        one.join(120)
        assert one.exitcode == 0
        return 0

    house.tuning.turn(LOCAL, forked)
    assert state(house) == "done"
    assert house.library.versions(LOCAL, "tiny")


def test_on_a_space_a_gpu_is_asked_for(monkeypatch):
    asked = []

    def gpu(duration: int):
        asked.append(duration)
        return partial

    monkeypatch.setitem(sys.modules, "spaces", types.SimpleNamespace(GPU=gpu))
    assert lending.lent() is lending.turn
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    assert lending.lent().func is lending.turn
    assert asked == [lending.LENT]


def test_zero_gpu_is_known_by_its_environment():
    found = read([], {"SPACE_ID": "x", "SPACES_ZERO_GPU": "true"})
    assert (found.way, found.turns, found.device) == ("launch", True, "cpu")
    found = read([], {"SPACE_ID": "x"})
    assert (found.way, found.turns, found.device) == ("mount", False, "auto")
