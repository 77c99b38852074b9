from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from studio.library import Event, Library, Parent
from studio.library.ids import Ids, is_id
from studio.persons import LOCAL, Person
from tests.studio.works import keep_of, png, recipe, refused

ANNA, BO = Person("anna"), Person("bo")


def test_a_kept_work_is_there_after_reopening(tmp_path: Path) -> None:
    root = tmp_path / "a %20 ? 'quoted' 库"
    before = datetime.now(UTC)
    with Library(root) as library:
        kept = library.keep(LOCAL, keep_of(7, weights="ab" * 32))
    with Library(root) as library:
        work = library.work(LOCAL, kept.id)
        assert work == kept
        assert work.request == recipe(7)
        assert before - timedelta(seconds=1) < work.created_at <= datetime.now(UTC)
        path, mime = library.content(LOCAL, kept.id, "original")
        assert (path.read_bytes(), mime) == (png(7, 24), "image/png")
        assert path.is_relative_to(root / "files")
        assert path.name == kept.original_sha256
        assert library.content(LOCAL, kept.id, "thumbnail")[0].read_bytes() == png(7)
        assert library.problems() == []


def test_keeping_the_same_recipe_again_gives_the_same_work(library: Library) -> None:
    first = library.keep(LOCAL, keep_of(1))
    again = library.keep(LOCAL, keep_of(1, original=b"rendered elsewhere"))
    assert again == first
    library.delete(LOCAL, first.id)
    assert library.kept(LOCAL, recipe(1)) is None
    assert library.keep(LOCAL, keep_of(1)) == first
    assert library.kept(LOCAL, recipe(1)) == first
    assert library.count(LOCAL) == 1
    assert [event.kind for event in library.events(LOCAL)] == ["keep", "keep", "delete", "keep"]
    assert library.sweep() == 1  # the render that was not needed


def test_a_film_is_named_by_its_timeline(library: Library) -> None:
    parents = tuple(Parent("film", library.keep(LOCAL, keep_of(n)).id) for n in (1, 2))
    timeline = json.dumps({"keys": [1, 2], "loop": True})
    film = library.keep(
        LOCAL, keep_of(1, timeline=timeline, original_mime="video/mp4", parents=parents)
    )
    assert (film.kind, film.timeline) == ("film", timeline)
    assert library.kept(LOCAL, timeline) == film
    assert library.count(LOCAL) == 3
    assert library.works(LOCAL, kind="film").works == (film,)
    assert [kin.role for kin in library.parents(LOCAL, film.id)] == ["film", "film"]


def test_lineage_knows_what_each_parent_gave(library: Library) -> None:
    form, colour = (library.keep(LOCAL, keep_of(n)) for n in (1, 2))
    child = library.keep(
        LOCAL,
        keep_of(
            3,
            parents=(
                Parent("breed", form.id, side={"gave": "form"}),
                Parent("breed", colour.id, side={"gave": "colour", "layers": [4, 5]}),
                Parent("variation", request=recipe(99)),
            ),
        ),
    )
    parents = library.parents(LOCAL, child.id)
    assert [kin.work for kin in parents] == [form, colour, None]
    assert parents[1].side == {"gave": "colour", "layers": [4, 5]}
    assert parents[2].request == recipe(99)
    assert [kin.work for kin in library.children(LOCAL, form.id)] == [child]
    library.delete(LOCAL, form.id)
    assert library.parents(LOCAL, child.id)[0].work is not None
    library.purge(LOCAL, form.id)
    assert library.parents(LOCAL, child.id)[0].work is None
    library.delete(LOCAL, child.id)
    assert library.children(LOCAL, colour.id) == ()
    library.purge(LOCAL, child.id)
    assert library.problems() == []


def test_rating_note_delete_and_restore_are_written_as_feedback(library: Library) -> None:
    work = library.keep(LOCAL, keep_of(1, shown=("a" * 64, "b" * 64)))
    assert library.rate(LOCAL, work.id, 4).rating == 4
    assert library.rate(LOCAL, work.id, None).rating is None
    assert library.note(LOCAL, work.id, "für Ada 送给她").note == "für Ada 送给她"
    assert library.works(LOCAL, "FÜR 送给").works[0].id == work.id
    gone = library.delete(LOCAL, work.id, kind="unkeep")
    assert gone.deleted_at is not None
    assert library.works(LOCAL).works == ()
    assert library.works(LOCAL, deleted=True).works == (gone,)
    assert library.delete(LOCAL, work.id) == gone  # nothing happens twice
    assert library.restore(LOCAL, work.id).deleted_at is None
    events = library.events(LOCAL)
    assert [event.kind for event in events] == [
        "keep",
        "rating",
        "rating",
        "note",
        "unkeep",
        "restore",
    ]
    assert events[0].shown == ("a" * 64, "b" * 64)
    assert events[1].payload == {"rating": 4, "before": None}
    assert {event.work_id for event in events} == {work.id}
    assert {event.request for event in events} == {work.request}


def test_events_only_grow_and_come_back_in_order(library: Library) -> None:
    skip = Event("skip", request=recipe(5), shown=(recipe(6), "c" * 64), payload={"ms": 310.5})
    kept = library.record(LOCAL, skip)
    assert kept == replace(skip, id=kept.id, at=kept.at)
    another = library.record(LOCAL, Event("another"))
    assert library.events(LOCAL) == (kept, another)
    assert library.events(LOCAL, after=kept.id) == (another,)
    assert library.events(LOCAL, kinds=["skip"], limit=5) == (kept,)
    assert library.events(BO) == ()


def test_purging_spares_a_file_that_another_work_has(library: Library) -> None:
    one = library.keep(LOCAL, keep_of(1))
    same_picture = library.keep(ANNA, replace(keep_of(2), original=png(1, 24)))
    with refused("bad_work"):
        library.purge(LOCAL, one.id)
    library.delete(LOCAL, one.id)
    thumbnail, _ = library.content(LOCAL, one.id, "thumbnail")
    library.purge(LOCAL, one.id)
    assert not thumbnail.exists()
    assert library.content(ANNA, same_picture.id, "original")[0].read_bytes() == png(1, 24)
    assert library.problems() == []
    assert library.sweep() == 0


def test_a_session_comes_back_after_a_restart(tmp_path: Path) -> None:
    with Library(tmp_path) as library:
        assert library.load_session(LOCAL) is None
        library.save_session(LOCAL, {"point": {"seed": 1}, "hints": ["heart"]})
        library.save_session(LOCAL, {"point": {"seed": 2}, "hints": ["heart", "近"]})
        library.save_session(BO, {"medium": "music"})
    with Library(tmp_path) as library:
        assert library.load_session(LOCAL) == {"point": {"seed": 2}, "hints": ["heart", "近"]}
        assert library.load_session(BO) == {"medium": "music"}


def test_a_file_that_was_taken_away_is_named_and_kept_again(library: Library) -> None:
    work = library.keep(LOCAL, keep_of(1))
    path, _ = library.content(LOCAL, work.id, "original")
    path.unlink()
    path.symlink_to("/etc/hostname")
    with refused("file_missing"):
        library.content(LOCAL, work.id, "original")
    path.unlink()
    path.write_bytes(b"bit rot")
    assert len(library.problems()) == 1
    library.keep(LOCAL, keep_of(1))
    assert library.problems() == []


def test_many_threads_at_once(library: Library) -> None:
    def play(number: int) -> str:
        person = Person(f"person {number % 4}")
        work = library.keep(person, keep_of(number // 8, label=f"{number}"))
        library.save_session(person, {"last": number})
        library.rate(person, work.id, 1 + number % 5)
        library.works(person)
        library.delete(person, work.id)  # maybe while another thread keeps or rates it
        library.keep(person, keep_of(number // 8))
        return work.id

    with ThreadPoolExecutor(16) as pool:
        ids = list(pool.map(play, range(64)))
    persons = [Person(f"person {number}") for number in range(4)]
    assert len(set(ids)) == sum(library.count(person) for person in persons) == 4 * 8
    assert sum(len(library.events(person, kinds=["keep"])) for person in persons) == 128
    assert library.problems() == []


def test_purging_while_others_keep_the_same_files(library: Library) -> None:
    def cycle(number: int) -> None:
        person = Person(f"p{number}")
        for _ in range(5):
            work = library.keep(person, keep_of(1))
            assert library.content(person, work.id, "original")[0].read_bytes() == png(1, 24)
            library.delete(person, work.id)
            library.purge(person, work.id)
        library.keep(person, keep_of(1))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(cycle, range(4)))
    assert library.problems() == []


def test_ids_grow_also_within_a_millisecond_and_after_the_clock_was_set_back() -> None:
    ids = Ids()
    made = [ids.new() for _ in range(10_000)]
    assert made == sorted(set(made))
    assert all(map(is_id, made))
    future = Ids("f0000000-0000-7fff-bfff-ffffffffffff")
    assert future.new() > "f0000000-0000-7fff-bfff-ffffffffffff"
