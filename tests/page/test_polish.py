"""Polish and versions of a poem on the page: put on, taken back, kept, found again, branched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.page.conftest import PHONE, WIDE
from tests.page.files import drop, saved
from tests.page.test_access import serious
from tests.page.test_language import english_left
from tests.page.test_verse import another, line, poem, write
from tests.studio.serving import Served, serving

BEGINS = "and then the moon ,, and the river"
PLAIN = "kept => window.duet.change({...window.duet.get().request, controls: {kept_lines: kept}})"
SIZES = pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])


@pytest.fixture(scope="module")
def server(stanza_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    library = tmp_path_factory.mktemp("polish page") / "library"
    everyone = ("--host", "0.0.0.0")  # noqa: S104 - several persons, told apart by cookie
    with serving(library, stanza_root, *everyone, "--device", "cpu") as running:
        yield running


def rough(page, lines: str = f"{BEGINS}///") -> list[str]:
    """A poem with lines that want a polish, none of them the person's."""
    page.evaluate(PLAIN, lines)
    return poem(page)


def press(page, name: str) -> None:
    page.locator("#manuscript").hover(position={"x": 6, "y": 30})
    page.locator(".poem-tools").get_by_role("button", name=name).click()


def keep(page) -> str:
    """Keep what is on the page; the id of the work."""
    poem(page)
    page.locator("#favourite").click()
    expect(page.locator("#favourite")).to_have_attribute("aria-pressed", "true")
    return page.evaluate("window.duet.keptWork().id")


def versions(page) -> list[tuple[str, list[str], list[str]]]:
    """Of every version: what is said of it, its lines, and what is marked in them."""
    press(page, "Versions")
    expect(page.locator("#poem-versions [aria-current]")).to_have_count(1)
    return told(page)


def told(page) -> list[tuple[str, list[str], list[str]]]:
    poems = "() => [...document.querySelectorAll('.poem-version > :is(button, div)')]"
    full = "one.querySelectorAll('.poem-version-line').length === 4"
    page.wait_for_function(f"() => ({poems})().every((one) => {full})")
    said = "one.querySelector('small').textContent"
    script = f"[{said}, texts(one, '.poem-version-line'), texts(one, 'mark')]"
    texts = "(one, which) => [...one.querySelectorAll(which)].map((node) => node.textContent)"
    rows = page.evaluate(
        f"() => {{ const texts = {texts}; return ({poems})().map((one) => {script}); }}"
    )
    return [tuple(row) for row in rows]


@SIZES
def test_a_polish_is_put_on_taken_back_kept_and_found_identical(open_page, size):
    page = open_page(size=size)
    before = rough(page)
    assert before[0] == BEGINS
    press(page, "Polish")
    expect(page.locator("#hint")).to_contain_text("Changed words are underlined")
    after = poem(page)
    assert after[0] == "And then the moon, and the river"
    assert after[3][-1] in ".!?…—”"
    changed = page.locator("#manuscript .mended")
    assert changed.all_text_contents()[:2] == ["And", "moon,"]
    expect(changed.nth(1)).to_have_attribute("title", "Was: moon ,,")
    count = changed.count()
    on = page.locator(".poem-tools").get_by_role("button", name="Polish")
    expect(on).to_have_text(f"Polish · {count}")
    expect(on).to_have_attribute("aria-pressed", "true")
    page.locator("#tool-undo").click()
    assert poem(page) == before
    expect(changed).to_have_count(0)
    page.locator("#tool-redo").click()
    assert poem(page) == after
    keep(page)
    page.reload()
    page.wait_for_selector("html[data-duet=ready]")
    assert poem(page) == after
    assert changed.count() == count
    data = saved(page)
    press(page, "Polish")  # off
    assert poem(page) == before
    assert page.evaluate("duet.get().request.steps") == []
    drop(page, data)
    expect(page.locator("#hint")).to_contain_text("Identical to the file")
    assert poem(page) == after


def test_words_that_are_written_stay_and_what_was_joined_is_found(page):
    rough(page)
    press(page, "Polish")
    poem(page)
    mine = "And then the moon, i saw the river"
    write(page, 1, mine)
    assert poem(page)[0] == mine
    assert page.locator("#manuscript .own").all_text_contents() == ["i", "saw"]
    assert page.evaluate("duet.get().request.controls.kept_lines").split("/")[0] == (
        "and then the moon ,, [i saw] the river"
    )
    press(page, "Polish")
    assert poem(page)[0] == "and then the moon ,, i saw the river"
    press(page, "Polish")
    poem(page)
    page.wait_for_timeout(600)  # a recipe that is noted later takes the words away
    line(page, 1).locator(".words > span").nth(4).hover()
    offers = page.locator(".word-others [role=option]")
    expect(offers.first).to_be_visible()
    assert page.locator(".word-others").get_attribute("aria-label") == "Instead of i"


def test_line_length_is_asked_for_in_the_fold(page):
    rough(page, "over the river and over the moon and the sea/the moon and the sea//")
    assert page.locator("#manuscript .mended").count() == 0
    page.locator("#finish").click()
    page.locator("[name=finish-line_length][value=mended]").check(force=True)
    poem(page)
    values = page.evaluate("duet.get().request.steps[0].values")
    assert values == {"spelling": "written", "punctuation": "written", "line_length": "mended"}
    expect(page.locator(".poem-tools").get_by_role("button", name="Polish")).to_have_attribute(
        "aria-pressed", "true"
    )
    page.locator("#tool-undo").click()
    assert page.evaluate("duet.get().request.steps") == []


@SIZES
def test_versions_are_a_tree_that_is_opened_and_continued(open_page, size):
    page = open_page(size=size)
    first = poem(page)
    press(page, "Versions")
    expect(page.locator(".poem-versions-told")).to_contain_text("No version is kept yet")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Versions")).to_be_focused()
    root = keep(page)
    write(page, 2, "And then the moon o’er the sea")
    write(page, 3, "And I was by the river")  # two steps, of which none between is kept
    second = keep(page)
    write(page, 4, "O give the moon to me")
    third = keep(page)
    found = versions(page)
    assert [one[1][0] for one in found] == [first[0]] * 3
    assert found[0][0].endswith("where it begins")
    assert found[0][2] == []
    assert found[1][1][1] == "And then the moon o’er the sea"
    assert found[1][2] != []
    assert found[2][1][3] == "O give the moon to me"
    assert all(mark in found[2][1][3] for mark in found[2][2])
    assert found[2][0].startswith("on the page")
    expect(page.locator(f"#poem-versions [data-id='{third}']")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator(f"#poem-versions [data-id='{second}']")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#poem-versions")).to_be_hidden()
    assert poem(page) == found[1][1]
    write(page, 1, "The old bird that loved the day")
    now = versions(page)
    assert [one[0].split(" · ")[0] for one in now].count("on the page, not kept") == 1
    page.keyboard.press("Escape")
    branch = keep(page)
    tree = versions(page)
    assert len(tree) == 4
    branches = page.locator(".poem-branch > ol > li > button")
    assert {one.get_attribute("data-id") for one in branches.all()} == {third, branch}
    assert page.locator(f".poem-version:has(> [data-id='{root}'])").count() == 1
    kin = page.evaluate(
        "id => fetch(`/studio/works/${id}/family`).then((one) => one.json())", branch
    )
    assert [one["work"]["id"] for one in kin["parents"]] == [second]
    page.locator(f"#poem-versions [data-id='{root}']").click()
    assert poem(page) == first
    page.reload()
    page.wait_for_selector("html[data-duet=ready]")
    poem(page)
    assert [one[1] for one in versions(page)] == [one[1] for one in tree]


def test_another_poem_is_no_version_and_a_deleted_one_hands_its_own_on(page):
    poem(page)
    root = keep(page)
    write(page, 2, "And then the moon o’er the sea")
    middle = keep(page)
    write(page, 3, "And I was by the river")
    last = keep(page)
    assert page.request.delete(f"{page.url.split('#')[0]}studio/works/{middle}").ok
    found = versions(page)
    ids = page.locator("#poem-versions .poem-version > button")
    assert [one.get_attribute("data-id") for one in ids.all()] == [root, last]
    assert len(found) == 2
    page.keyboard.press("Escape")
    press(page, "Lift all stones")
    another(page)
    poem(page)
    keep(page)
    assert len(versions(page)) == 1


@SIZES
def test_both_are_clean_for_readers_and_in_chinese(open_page, size):
    page = open_page(size=size, locale="zh-CN")
    page.evaluate(PLAIN, f"{BEGINS}///")
    poem(page)
    press(page, "润色")
    poem(page)
    keep(page)
    write(page, 2, "And then the moon o’er the sea")
    keep(page)
    press(page, "版本")
    expect(page.locator("#poem-versions [aria-current]")).to_have_count(1)
    told(page)
    theirs = set(" ".join(page.locator(".poem-version-line").all_text_contents()).split())
    theirs |= {word.strip(",.;:!?—“”’") for one in theirs for word in one.split("—")}
    left = english_left(page, "temperature", *theirs)
    assert [one for one in left if not one.startswith("原为：")] == []  # what a word was
    assert serious(page) == []
