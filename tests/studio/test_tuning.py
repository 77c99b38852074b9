"""What a plan is made of, and what the library holds of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from pipelines.request import Weights
from pipelines.training.own_model import Wish
from studio.errors import TuningError
from studio.house import House, opened
from studio.library import Keep, Version
from studio.own import jobs as own
from studio.persons import LOCAL, Person
from studio.settings import Settings
from studio.tuning import turning, versions
from studio.tuning.choosing import Choice, choose
from tests.studio.serving import eventually
from tests.studio.works import png


@pytest.fixture
def house(tiny_root, tmp_path) -> Iterator[House]:
    settings = Settings(library=tmp_path / "library", models=(tiny_root,), device="cpu")
    made = opened(settings)
    yield made
    made.close()


def kept(house: House, count: int, **changes) -> list[str]:
    """Works in the library, their pictures standing in for renders that nobody looks at."""
    request = house.shelf.instrument("tiny").request()
    ids = []
    for seed in range(count):
        recipe = replace(request, seed=seed, **changes)
        work = house.library.keep(
            LOCAL,
            Keep(
                request=recipe.to_json(),
                medium="picture",
                model=recipe.pipeline,
                original=png(seed, 24),
                thumbnail=png(seed),
                weights=recipe.weights.base,
            ),
        )
        ids.append(work.id)
    return ids


def test_favourites_whose_model_is_gone_are_left_out_and_named(house):
    good = kept(house, 13)
    gone = kept(house, 2, weights=Weights("ab" * 32))
    gone += kept(house, 1, pipeline="orchard")
    plan, left = choose(house, LOCAL, Choice("tiny", [*good, *gone], "prior", 0.5, 0.5, {}))
    assert [one["error"]["code"] for one in left] == [
        "unknown_weights",
        "unknown_weights",
        "unknown_model",
    ]
    assert len(plan.favourites) + len(plan.held_out) == 13
    with pytest.raises(TuningError) as caught:
        choose(house, LOCAL, Choice("tiny", [*good[:5], *gone], "prior", 0.5, 0.5, {}))
    assert (caught.value.code, caught.value.details["known"]) == ("favourites_gone", "5")


def test_a_fifth_is_held_out_where_enough_remain(house):
    ids = kept(house, 20)
    plan, _ = choose(house, LOCAL, Choice("tiny", ids, "prior", 0.5, 0.5, {}))
    assert (len(plan.favourites), len(plan.held_out)) == (16, 4)
    assert not {one.id for one in plan.favourites} & {one.id for one in plan.held_out}
    again, _ = choose(house, LOCAL, Choice("tiny", ids, "prior", 0.5, 0.5, {}))
    other, _ = choose(house, LOCAL, Choice("tiny", ids, "prior", 0.6, 0.5, {}))
    assert again == plan
    assert other.seed != plan.seed
    few, _ = choose(house, LOCAL, Choice("tiny", ids[:13], "prior", 0.5, 0.5, {}))
    assert (len(few.favourites), len(few.held_out)) == (13, 0)


def test_versions_belong_to_persons_and_what_needs_them_is_found(house):
    anna, name = Person("6ad84ab5-4b86-4ed3-a0e5-2b7c1a7f6a10"), "cd" * 32
    base = house.shelf.instrument("tiny").pipeline.weights.base
    version = Version(id=name, model="tiny", parent=base)
    for person in (LOCAL, anna):
        house.library.add_version(person, version)
    assert house.library.dependants(base) == 1
    assert house.library.dependants(name) == 0
    kept(house, 1, weights=Weights(name))
    assert house.library.dependants(name) == 1
    with pytest.raises(TuningError) as caught:
        versions.remove(house, anna, name)
    assert caught.value.code == "version_needed"
    assert not house.library.remove_version(LOCAL, name), "anna has it too"
    assert house.library.remove_version(anna, name)
    assert house.library.versions(anna, "tiny") == ()


def test_a_job_that_was_running_is_put_back_in_line(house):
    ids = kept(house, 12)
    plan, _ = choose(house, LOCAL, Choice("tiny", ids, "prior", 0.5, 0.5, {"steps": 1}))
    job = house.library.add_job(LOCAL, "tiny", plan.to_dict() | {"device": "nowhere"})
    house.library.move_job(job, "running")
    house.tuning.close()  # no worker: only the line is looked at
    house.tuning.open()
    assert house.library.jobs(LOCAL)[0].state == "waiting"
    stopped = house.tuning.tell(job, "stop")
    assert (stopped.state, stopped.version) == ("stopped", None), "nothing was learnt yet"
    with pytest.raises(TuningError, match="over"):
        house.tuning.tell(job, "pause")


def test_a_worker_that_dies_every_time_gives_up_and_says_so(house):
    ids = kept(house, 12)
    plan, _ = choose(house, LOCAL, Choice("tiny", ids, "prior", 0.5, 0.5, {"steps": 1}))
    house.library.add_job(LOCAL, "tiny", replace(plan, cache="/dev/null/x").to_dict())
    house.tuning.open()
    thread = house.tuning._thread
    assert thread is not None
    for _ in range(3000):
        (job,) = house.library.jobs(LOCAL)
        if job.state == "failed":
            break
        thread.join(0.1)
    assert job.error is not None
    assert job.error["code"] == "training_broke"
    assert house.library.playing(LOCAL, "tiny") == ""


def test_the_making_of_a_model_makes_way_for_teaching_and_goes_on_after_it(house, monkeypatch):
    monkeypatch.setattr(own, "WORKER", "tests.studio.idle_worker")
    monkeypatch.setattr(turning, "TEACHER", "tests.studio.idle_worker")
    ids = kept(house, 12)
    plan = {"kind": "own", "wish": Wish("small", "Discs", id="discs").to_dict()}
    making = house.tuning.enter(LOCAL, "discs", plan, lambda folder: None)

    def runs(job, times: int) -> None:
        folder = house.tuning.folder(job.id)
        eventually(lambda: folder.progress().get("step") == times, 120)
        assert house.library.job(job.id).state == "running"

    runs(making, 1)
    teaching = house.tuning.start(LOCAL, Choice("tiny", ids, "prior", 0.5, 0.5, {}))
    runs(teaching, 1)
    assert house.library.job(making.id).state == "waiting"
    house.tuning.tell(teaching, "stop")
    runs(making, 2)
    house.tuning.tell(making, "drop")
    eventually(lambda: house.library.job(making.id).state == "stopped", 120)
