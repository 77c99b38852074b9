"""What events say: comparisons, their weights, switches, and what was taken back."""

from __future__ import annotations

import json

import pytest

from pipelines.request import Request, Weights
from studio.library import Event, Library
from studio.persons import LOCAL
from studio.taste.signals import (
    SIGNALS,
    Comparison,
    comparisons,
    mentioned,
    name_of,
    signals_of,
    standing,
)

ALL = dict.fromkeys(SIGNALS, True)


def request(seed: int) -> Request:
    return Request("pomona", Weights("ab" * 32), seed=seed)


def recipe(seed: int) -> str:
    return request(seed).to_json()


def name(seed: int) -> str:
    return request(seed).sha256


def heard(kind: str, seed: int | None = None, shown: tuple[int, ...] = (), **more) -> Event:
    payload = more.pop("payload", {})
    text = None if seed is None else recipe(seed)
    return Event(kind, request=text, shown=tuple(map(name, shown)), payload=payload, **more)


def test_a_keep_is_over_what_stood_beside_it_and_was_not_kept():
    events = [heard("keep", 1, (1, 2, 3)), heard("keep", 2, (1, 2, 3))]
    found = comparisons(events, ALL)
    assert found == [
        Comparison(name(1), (name(3),), 1.0, "keep"),
        Comparison(name(2), (name(3),), 1.0, "keep"),
    ]


def test_a_keep_that_was_not_picked_from_the_board_is_over_the_average_as_well():
    beside, alone = comparisons([heard("keep", 1, (2, 3))], ALL)
    assert beside == Comparison(name(1), (name(2), name(3)), 1.0, "keep")
    assert alone == Comparison(name(1), (), 0.5, "keep")
    assert comparisons([heard("keep", 1)], ALL) == [alone]


def test_a_heart_that_was_taken_back_says_nothing():
    assert comparisons([heard("keep", 1, (2,)), heard("unkeep", 1)], ALL) == []


def test_what_was_undone_says_nothing():
    skip, other = heard("skip", 1, id="a"), heard("skip", 2, id="b")
    back = heard("retract", payload={"event": "a"})
    assert comparisons([skip, other, back], ALL) == comparisons([other], ALL) != []
    assert [one.id for one in standing([skip, other, back])] == ["b"]


def test_a_pair_is_over_the_other_and_cannot_say_is_nothing():
    sides = {"left": request(1).to_dict(), "right": request(2).to_dict()}
    for answer, better, worse in (("left", 1, 2), ("right", 2, 1)):
        (found,) = comparisons([heard("pair", 1, payload={**sides, "answer": answer})], ALL)
        assert (found.better, found.worse) == (name(better), (name(worse),))
    assert comparisons([heard("pair", payload={**sides, "answer": "neither"})], ALL) == []
    assert comparisons([heard("pair", payload={"answer": "left"})], ALL) == []


def test_not_this_is_under_each_work_beside_it():
    found = comparisons([heard("skip", 1, (1, 2, 3))], ALL)
    assert {one.better for one in found} == {name(2), name(3)}
    assert {one.worse for one in found} == {(name(1),)}
    assert comparisons([heard("skip", 1)], ALL) == [Comparison("", (name(1),), 0.5, "skip")]


def test_only_the_last_rating_of_a_work_counts():
    events = [
        heard("rating", 1, payload={"rating": 1}, work_id="a", id="1"),
        heard("rating", 1, payload={"rating": 5}, work_id="a", id="2"),
        heard("rating", 2, payload={"rating": 2}, work_id="b", id="3"),
    ]
    found = comparisons(events, ALL)
    assert found[0] == Comparison(name(1), (), 1.0, "rating")
    assert Comparison("", (name(2),), 0.5, "rating") in found
    assert Comparison(name(1), (name(2),), 0.375, "rating") in found


def test_an_edit_prefers_what_came_after():
    event = heard("edit", 2, payload={"before": request(1).to_dict()})
    assert comparisons([event], ALL) == [Comparison(name(2), (name(1),), 0.5, "edit")]
    assert len(mentioned(event)) == 2


@pytest.mark.parametrize("kind", SIGNALS)
def test_each_signal_can_be_switched_off(kind):
    payload = {
        "left": request(1).to_dict(),
        "right": request(2).to_dict(),
        "before": request(2).to_dict(),
        "answer": "left",
        "rating": 5,
    }
    event = heard(kind, 1, (2,), payload=payload)
    assert comparisons([event], ALL)
    assert comparisons([event], ALL | {kind: False}) == []


def test_undo_is_off_unless_switched_on():
    assert [name for name, used in signals_of(None).items() if not used] == ["undo"]
    assert signals_of({"undo": True, "strange": 1})["undo"] is True


def test_names_are_those_that_the_page_sends():
    assert name_of(recipe(3)) == name(3) == name_of(name(3))
    assert name_of(json.dumps(request(3).to_dict())) == name(3)
    assert len(name_of("{not a recipe")) == 64


def test_what_was_shown_outlives_a_restart(tmp_path):
    from studio.library import Tile

    tile = Tile(recipe(5), {"warmth": 0.25}, "ab" * 32, b"\0\0\x80?")
    with Library(tmp_path) as library:
        library.remember_tiles(LOCAL, [tile, Tile(recipe(6))])
        library.record(LOCAL, heard("keep", 6, (5, 6)))
    with Library(tmp_path) as library:
        (event,) = library.events(LOCAL)
        found = library.tiles(LOCAL, event.shown)
        assert found[name(5)] == tile
        assert set(found) == {name(5), name(6)}
        library.remember_tiles(LOCAL, [Tile(recipe(5), {"warmth": 9.0})])
        assert library.tiles(LOCAL, [name(5)])[name(5)] == tile, "what is known stays"
