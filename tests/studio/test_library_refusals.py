"""What is someone else's, lies outside or could not be given back is refused, by name."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.errors import LibraryError
from studio.library import Event, Library, Parent
from studio.persons import LOCAL, Person
from tests.studio.works import keep_of, recipe, refused

ANNA, BO = Person("anna"), Person("bo")


def test_nobody_sees_or_changes_what_is_someone_elses(library: Library) -> None:
    work = library.keep(ANNA, keep_of(1))
    mine = library.keep(BO, keep_of(1))
    assert mine.id != work.id
    assert library.works(BO).works == (mine,)
    assert library.kept(LOCAL, recipe(1)) is None
    calls = [
        lambda: library.work(BO, work.id),
        lambda: library.content(BO, work.id, "original"),
        lambda: library.content(BO, work.id, "thumbnail"),
        lambda: library.rate(BO, work.id, 5),
        lambda: library.note(BO, work.id, "mine"),
        lambda: library.delete(BO, work.id),
        lambda: library.restore(BO, work.id),
        lambda: library.purge(BO, work.id),
        lambda: library.parents(BO, work.id),
        lambda: library.children(BO, work.id),
        lambda: library.record(BO, Event("open", work_id=work.id)),
        lambda: library.keep(BO, keep_of(2, parents=(Parent("edit", work.id),))),
    ]
    for call in calls:
        with refused("no_such_work"):
            call()
    assert library.work(ANNA, work.id) == work
    assert library.count(BO) == 1


@pytest.mark.parametrize(
    "work_id",
    [
        "",
        "..",
        "../duet.db",
        "/etc/passwd",
        "%2e%2e/secret",
        "secret",
        "a\0b",
        "\ud800",
        "1" * 9999,
        "01a202f3-3285-7547-a321-8c71b3ee6702",
        "' OR 1=1 --",
        None,
        7,
    ],
)
def test_no_id_leads_out_of_the_library(library: Library, work_id: str) -> None:
    library.keep(LOCAL, keep_of(1))
    for which in ("original", "thumbnail"):
        with refused("no_such_work"):
            library.content(LOCAL, work_id, which)
    with refused("bad_work"):
        library.content(LOCAL, library.works(LOCAL).works[0].id, "../../secret")


@settings(deadline=None, max_examples=60)
@given(
    name=st.sampled_from(["label", "subject", "words", "medium", "model", "fingerprint"]),
    value=st.one_of(
        st.none(), st.integers(), st.just("\ud800"), st.just("a\0"), st.just("x" * 20_000)
    ),
)
def test_what_could_not_be_given_back_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(LibraryError) as caught:
        keep_of(1, **{name: value})
    assert caught.value.name == name
    assert caught.value.code in {"bad_work", "too_long"}


@pytest.mark.parametrize(
    "changes",
    [
        {"request": "not json"},
        {"request": "[" * 100_000},
        {"request": "[1]"},
        {"request": b"{}"},
        {"request": '{"a":"' + "x" * (5 << 20) + '"}'},
        {"timeline": "7"},
        {"original": b""},
        {"thumbnail": "text"},
        {"shown": ["a"]},
        {"shown": ("a",) * 1001},
    ],
)
def test_a_broken_work_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(LibraryError):
        keep_of(1, **changes)


def test_broken_feedback_and_sessions_are_refused(library: Library) -> None:
    work = library.keep(LOCAL, keep_of(1))
    endless: dict[str, object] = {}
    endless["self"] = endless
    calls = [
        lambda: Event("like"),
        lambda: Event("skip", payload={"nan": float("nan")}),
        lambda: Event("skip", payload=endless),
        lambda: Parent("clone", work.id),
        lambda: Parent("edit"),
        lambda: Parent("edit", work.id, request="{}"),
        lambda: Parent("edit", work.id, side={"x": object()}),
        lambda: library.save_session(LOCAL, {"a": b"bytes"}),
        lambda: library.save_session(LOCAL, {"a": "x" * (5 << 20)}),
        lambda: library.save_session(LOCAL, []),
        lambda: library.rate(LOCAL, work.id, 0),
        lambda: library.rate(LOCAL, work.id, 6),
        lambda: library.rate(LOCAL, work.id, True),
        lambda: library.rate(LOCAL, work.id, 2.5),
        lambda: library.note(LOCAL, work.id, "x" * 10_001),
        lambda: library.delete(LOCAL, work.id, kind="skip"),
    ]
    for call in calls:
        with pytest.raises(LibraryError):
            call()
    assert library.work(LOCAL, work.id) == work
    assert library.load_session(LOCAL) is None
