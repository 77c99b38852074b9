from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.library import Library
from studio.library.search import searchable
from studio.persons import LOCAL, Person
from tests.studio.works import keep_of, refused

LABELS = [
    "Yellow Pear 18204",
    "Apple, 50% ripe",
    "plum_tree",
    "plumXtree",
    "Äpfel STRASSE",
    "红 苹果 夜雨",
    "back\\slash",
    "Ｆｕｌｌ width",
]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with Library(tmp_path_factory.mktemp("shelf")) as library:
        for number, label in enumerate(LABELS):
            medium = "text" if number == 5 else "image"
            work = library.keep(
                LOCAL, keep_of(number, label=label, words="", subject="", medium=medium)
            )
            library.rate(LOCAL, work.id, number % 5 + 1)
        library.keep(Person("bo"), keep_of(0, label="Yellow Pear of Bo"))
        yield library


def labels(library: Library, query: str) -> list[str]:
    found = [work.label for work in library.works(LOCAL, query).works]
    assert library.count(LOCAL, query) == len(found)
    return found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("yellow", [0]),
        ("PEAR yel", [0]),
        ("pear apple", []),
        ("50%", [1]),
        ("%", [1]),
        ("plum_", [2]),
        ("_", [2]),
        ("\\", [6]),
        ("äpfel", [4]),
        ("strasse", [4]),
        ("Straße", [4]),
        ("苹果", [5]),
        ("雨 红", [5]),
        ("full", [7]),
        ("text", [5]),
        ("'; DROP TABLE works; --", []),
        ("  \t\n ", list(range(8))),
        ("pomona image plum", [2, 3]),
    ],
)
def test_search_finds_words_in_any_order_and_case(
    shelf: Library, query: str, found: list[int]
) -> None:
    assert labels(shelf, query) == [LABELS[number] for number in reversed(found)]


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_every_piece_of_a_label_finds_it(shelf: Library, data: st.DataObject) -> None:
    label = data.draw(st.sampled_from(LABELS))
    word = data.draw(st.sampled_from(label.split()))
    start = data.draw(st.integers(0, len(word) - 1))
    piece = word[start : data.draw(st.integers(start + 1, len(word)))]
    for written in (piece, piece.upper(), f" {piece.lower()} "):
        assert label in labels(shelf, written)


@settings(deadline=None, max_examples=60)
@given(query=st.text(max_size=40).filter(lambda text: "\0" not in text))
def test_any_text_can_be_searched(shelf: Library, query: str) -> None:
    words = searchable(query).split()
    expected = [
        label
        for label in LABELS
        if all(word in searchable(label, "image text pomona work") for word in words)
    ]
    assert set(labels(shelf, query)) <= set(expected)


def test_filters_agree_with_everything_given(shelf: Library) -> None:
    month = f"{datetime.now(UTC):%Y-%m}"
    assert shelf.count(LOCAL, medium="text") == 1
    assert shelf.count(LOCAL, medium="image", model="pomona", month=month, kind="work") == 7
    assert shelf.count(LOCAL, month="1999-12") == 0
    assert shelf.count(LOCAL, model="nobody") == 0
    assert [work.rating for work in shelf.works(LOCAL, rating=4).works] == [5, 4]
    assert shelf.facets(LOCAL) == {
        "medium": {"image": 7, "text": 1},
        "model": {"pomona": 8},
        "month": {month: 8},
    }


@pytest.mark.parametrize("limit", [1, 3, 7, 8, 9, 1000])
def test_pages_give_every_work_once_newest_first(shelf: Library, limit: int) -> None:
    seen: list[str] = []
    cursor = None
    while True:
        page = shelf.works(LOCAL, cursor=cursor, limit=limit)
        seen += [work.label for work in page.works]
        cursor = page.cursor
        if cursor is None:
            break
        assert len(page.works) == limit
    assert seen == LABELS[::-1]


def test_a_page_stands_still_while_works_are_kept(tmp_path: Path) -> None:
    with Library(tmp_path) as library:
        for number in range(4):
            library.keep(LOCAL, keep_of(number))
        first = library.works(LOCAL, limit=2)
        library.keep(LOCAL, keep_of(9))
        library.delete(LOCAL, first.works[1].id)
        second = library.works(LOCAL, cursor=first.cursor, limit=2)
        assert [work.label for work in second.works] == ["Pear 1", "Pear 0"]


def test_senseless_filters_are_refused(shelf: Library) -> None:
    for cursor in ("", "last", "../..", 7):
        with refused("bad_cursor"):
            shelf.works(LOCAL, cursor=cursor)
    for wrong in (
        {"month": "2025-13"},
        {"month": "now"},
        {"month": 202511},
        {"rating": 0},
        {"rating": "5"},
        {"kind": "song"},
        {"medium": 7},
        {"model": "\0"},
        {"limit": 0},
        {"limit": 1001},
        {"limit": True},
    ):
        with refused("bad_work"):
            shelf.works(LOCAL, **wrong)
    with refused("too_long"):
        shelf.count(LOCAL, "x" * 501)
