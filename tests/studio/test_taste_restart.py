"""A taste after a restart is the taste before it, to the bit: nothing that it hangs on is lost."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pipelines.request import Request
from studio import bodies, keeping
from studio.calls import Call
from studio.house import House
from studio.persons import LOCAL
from studio.routes_profiles import forget
from studio.routes_shape import tile
from studio.routes_works import changed, deleted, recorded
from studio.taste import seen as seen_module
from tests.atlases import PAINTED, with_atlas
from tests.loops import run
from tests.studio.boxes import house_of
from tests.tiny import tiny_folder
from tests.tiny_music import tiny_melody_folder

FRESH = 20


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    with_atlas(tiny_folder, PAINTED)(folder)
    with_atlas(tiny_melody_folder, 48)(folder)
    return folder


Open = Callable[[], House]


@pytest.fixture
def start(root: Path, tmp_path: Path) -> Iterator[Open]:
    """Start the server on the same library; what ran before is ended first."""
    running: list[Any] = []

    def started() -> House:
        while running:
            running.pop().__exit__(None, None, None)
        running.append(house_of(root, tmp_path / "library"))
        return running[-1].__enter__()

    yield started
    running.pop().__exit__(None, None, None)


def board(house: House, first: int, model: str = "tiny", num: int = 6) -> list[Request]:
    """Tiles on screen."""
    instrument = house.shelf.instrument(model)
    told = [tile(house, instrument.request(seed=first + index)) for index in range(num)]
    return [Request.from_dict(one["request"]) for one in told]


def names(tiles: list[Request]) -> list[str]:
    return [one.sha256 for one in tiles]


def call(house: House, **path: str) -> Any:
    return SimpleNamespace(house=house, person=LOCAL, path=path)


def keep(house: House, request: Request, shown: list[str] | None = None) -> str:
    body = bodies.KeepWork(request=request.to_dict(), shown=shown or [])
    return keeping.keep(house, LOCAL, body).id


def tell(house: House, kind: str, request: Request | None = None, **more: Any) -> str:
    about = None if request is None else request.to_dict()
    return recorded(call(house), bodies.Feedback(kind=kind, request=about, **more))


def believed(house: House, model: str = "tiny") -> tuple[list[float], list[float], float]:
    """Utility and doubt of fresh works, and the share of tiles that follow the taste."""
    lens, mind = house.minds.lenses.of(model), house.minds.mind(LOCAL)
    instrument = house.shelf.instrument(model)
    features = lens.of([instrument.request(seed=90_000 + seed) for seed in range(FRESH)])
    mean, spread = mind.belief(lens).score(features)
    return mean.tolist(), spread.tolist(), mind.steering(lens)


def live(house: House, *, tunes: bool = True) -> None:
    """Everything that can be said of a work, with and without what was beside it."""
    tiles = board(house, 0)
    keep(house, tiles[2], names(tiles))
    believed(house)  # as the page does: what is heard is believed at once
    rated = keep(house, board(house, 20)[0])
    changed(call(house, id=rated), bodies.Patch(rating=5))
    believed(house)
    tiles = board(house, 40)
    tell(house, "skip", tiles[0], shown=names(tiles))
    tell(house, "skip", tiles[1])
    left, right = board(house, 60, num=2)
    answer = {"left": left.to_dict(), "right": right.to_dict(), "answer": "right"}
    tell(house, "pair", right, payload=answer, shown=names([left, right]))
    believed(house)
    unsaid = tell(house, "pair", left, payload=answer | {"answer": "left"})
    tell(house, "retract", payload={"event": unsaid})
    before, after = board(house, 80, num=2)
    tell(house, "edit", after, payload={"before": before.to_dict()}, shown=names(tiles))
    tell(house, "another", before, shown=names(tiles))
    tiles = board(house, 100)
    low = keep(house, tiles[5], names(tiles))
    changed(call(house, id=low), bodies.Patch(rating=2))
    gone = keep(house, tiles[1], names(tiles))
    deleted(call(house, id=gone), "unkeep")
    if tunes:
        heard = board(house, 0, "tiny-melody")
        keep(house, heard[3], names(heard))
    for seed in range(200, 208):
        tiles = board(house, seed * 10)
        keep(house, tiles[seed % 6], names(tiles))
        believed(house), believed(house, "tiny-melody")


@pytest.mark.parametrize("tunes", [False, True])
def test_a_restarted_mind_is_the_one_before_to_the_bit(start, tunes):
    house = start()
    live(house, tunes=tunes)
    before = [believed(house, model) for model in ("tiny", "tiny-melody")]
    events = house.library.events(LOCAL)
    tiles = house.library.tiles(LOCAL)
    again = start()
    assert again.library.events(LOCAL) == events
    assert again.library.tiles(LOCAL) == tiles
    after = [believed(again, model) for model in ("tiny", "tiny-melody")]
    assert before[0][2] > 0
    assert after == before
    again.minds.drop(LOCAL)
    assert [believed(again, model) for model in ("tiny", "tiny-melody")] == before


def test_every_event_says_what_it_was_shown_beside_and_all_of_it_is_known(start):
    house = start()
    live(house)
    events, tiles = house.library.events(LOCAL), house.library.tiles(LOCAL)
    beside = [event for event in events if event.shown]
    assert {event.kind for event in beside} == {"keep", "skip", "pair", "edit", "another"}
    for event in beside:
        assert all(tiles[name].attributes for name in event.shown)
        assert all(tiles[name].features for name in event.shown)
    kept = {event.request for event in events if event.kind == "rating"}
    assert kept <= {one.request for one in tiles.values()}


def test_what_an_open_page_shows_is_known_after_a_restart(start, root, tmp_path):
    """The page stays open while the server starts again, and names its tiles by their sha256."""

    def spoken(house: House, tiles: list[Request]) -> None:
        keep(house, tiles[2], names(tiles))
        tell(house, "skip", tiles[4], shown=names(tiles))

    house = start()
    tiles = board(house, 0)
    house = start()
    spoken(house, tiles)
    known = house.library.tiles(LOCAL)
    assert set(names(tiles)) <= set(known)
    with house_of(root, tmp_path / "never restarted") as steady:
        spoken(steady, board(steady, 0))
        assert steady.library.tiles(LOCAL) == known
        assert believed(steady) == believed(house)


def test_what_is_shown_may_be_told_as_recipes_and_is_stored_by_name(start):
    """A page over plain http has no sha256."""
    house = start()
    tiles = board(house, 0)
    texts = [json.dumps(one.to_dict(), indent=1) for one in tiles]
    keep(house, tiles[0], texts)
    tell(house, "skip", tiles[1], shown=texts)
    assert [list(one.shown) for one in house.library.events(LOCAL)] == [names(tiles)] * 2
    assert set(house.library.tiles(LOCAL)) == set(names(tiles))


def test_the_list_of_what_was_seen_stays_small_and_bears_damage(start, monkeypatch, tmp_path):
    monkeypatch.setattr(seen_module, "ROOM", 3_000)
    house = start()
    tiles = board(house, 0, num=12)
    cache = tmp_path / "library" / "cache"
    sizes = [file.stat().st_size for file in cache.glob("seen.*")]
    assert len(sizes) == 2
    assert sum(sizes) < 4 * 3_000
    house = start()
    assert house.minds.seen.get(tiles[-1].sha256) is not None
    start().minds.close()
    with (cache / "seen.jsonl").open("ab") as file:
        file.write(b'{"request": "{cut off\n[1]\n\xff\n{"request": 1, "attributes": {"a": "b"}}\n')
    again = start().minds.seen.get(tiles[-1].sha256)
    assert again is not None
    assert all(math.isfinite(value) for value in again.attributes.values())


def test_what_was_seen_is_forgotten_on_the_disk_too(start, tmp_path):
    house = start()
    tiles = board(house, 0)
    files = tmp_path / "library" / "cache"
    assert list(files.glob("seen.*"))
    http: Any = SimpleNamespace(state=SimpleNamespace(person=LOCAL))
    run(forget(Call(house, http)))
    assert not list(files.glob("seen.*"))
    assert house.minds.seen.get(tiles[0].sha256) is None
    more = board(house, 40)
    assert start().minds.seen.get(more[0].sha256) is not None


def test_an_atlas_that_comes_late_is_heard_when_it_comes(start, monkeypatch):
    house = start()
    tunes = board(house, 0, "tiny-melody")
    lenses, mind = house.minds.lenses, house.minds.mind(LOCAL)
    lens, found = lenses.of("tiny"), lenses.of
    monkeypatch.setattr(lenses, "of", lambda model: None if model != "tiny" else found(model))
    keep(house, tunes[0], names(tunes))
    assert not np.any(mind.belief(lens).mean)
    monkeypatch.undo()
    late = mind.belief(lens).mean
    assert np.any(late)
    house.minds.drop(LOCAL)
    assert np.array_equal(house.minds.mind(LOCAL).belief(lens).mean, late)
