"""Take it with you: a library leaves one studio by the page, and comes into another."""

import json
import re
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from playwright.sync_api import expect

from tests.page.conftest import PHONE, WIDE
from tests.page.test_access import serious
from tests.page.test_language import english_left
from tests.page.test_strip import keep
from tests.page.test_taste_view import taste
from tests.studio.boxes import rewritten, sealed
from tests.studio.serving import eventually, serving

pytestmark = pytest.mark.usefixtures("measured")


def line(page):
    return page.locator(".dataset-line")


def save(page, name="Save file: dataset...") -> Path:
    """Export by keyboard; the zip."""
    page.get_by_role("button", name=name).focus()
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename == "duet-dataset.zip"
    return Path(download.value.path())


def bring(page, file: Path, name="Import dataset..."):
    page.get_by_role("button", name=name).focus()
    with page.expect_file_chooser() as chooser:
        page.wait_for_timeout(500)  # a key is faster than the browser's word that it is awaited
        page.keyboard.press("Enter")
    chooser.value.set_files(file)
    page.wait_for_function("() => !document.querySelector('.dataset progress')")


def answer(page):
    page.keyboard.press("1")
    page.wait_for_function("() => window.duet.get().taste.heard.pair === 1")


@pytest.fixture(scope="module")
def second(tiny_root, tmp_path_factory):
    """Another studio, with an empty library, whose model is measured."""
    library = tmp_path_factory.mktemp("second") / "library"
    everyone = ("--host", "0.0.0.0")  # noqa: S104 - several persons, told apart by cookie
    with serving(library, tiny_root, *everyone, "--device", "cpu") as running:

        def ready() -> bool:
            with running.browser() as someone:
                return bool(someone.get("/studio/taste?model=tiny").json()["attributes"])

        eventually(ready, seconds=400)
        yield running


def test_works_and_taste_move_to_another_studio(page, browser, watched, second, tmp_path):
    keep(page, 5)
    taste(page)
    answer(page)
    liked = page.evaluate("window.duet.get().taste.attributes.map((one) => one.mean)")
    made = page.evaluate("window.duet.get().works.map((one) => one.request.seed)")
    expect(line(page)).to_contain_text("Everything you kept")
    zipped = tmp_path / "mine.zip"
    zipped.write_bytes(save(page).read_bytes())
    expect(line(page)).to_have_text(re.compile(r"Saved: \d+ pairs of pictures, 0 pairs of texts"))
    with zipfile.ZipFile(zipped) as archive:
        archive.extractall(tmp_path / "out")
    rows = pq.read_table(tmp_path / "out" / "pictures").to_pylist()
    assert rows
    assert all(row["jpg_0"] != row["jpg_1"] for row in rows)

    context = browser.new_context(viewport=WIDE, locale="en-US", reduced_motion="reduce")
    there = context.new_page()
    watched.watch(there)
    there.goto(second.address)
    there.wait_for_function("document.documentElement.dataset.duet === 'ready'")
    taste(there)
    assert there.evaluate("window.duet.get().total") == 0
    bring(there, zipped)
    expect(line(there)).to_contain_text("New here: 5 works, 10 answers and marks")
    there.wait_for_function("() => window.duet.get().taste.heard.pair === 1")
    assert there.evaluate("window.duet.get().works.map((one) => one.request.seed)") == made
    assert there.evaluate("window.duet.get().taste.heard.keep") == 5
    again = there.evaluate("window.duet.get().taste.attributes.map((one) => one.mean)")
    assert again == pytest.approx(liked, abs=0.05)
    assert any(again)
    there.evaluate("location.hash = '#/works'")
    expect(there.locator("#works img")).to_have_count(5)
    taste(there)
    bring(there, zipped)
    expect(line(there)).to_contain_text("Nothing new in it.")
    assert there.evaluate("window.duet.get().total") == 5
    context.close()


def spoil(rows):
    at = [index for index, row in enumerate(rows) if row["table"] == "events"]
    rows[at[0]] = sealed(rows[at[0]], "{no json")
    told = json.loads(rows[at[1]]["record"]) | {"kind": "dance"}
    rows[at[1]] = sealed(rows[at[1]], json.dumps(told))


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_broken_rows_are_listed_and_axe_finds_nothing(open_page, tmp_path, size):
    page = open_page(size=size)
    keep(page, 2)
    taste(page)
    spoilt = rewritten(save(page), tmp_path / "spoilt.zip", spoil)
    bring(page, spoilt)
    expect(line(page)).to_contain_text("2 rows could not be read")
    summary = page.locator(".dataset summary")
    expect(summary).to_have_text("2 broken rows")
    summary.focus()
    page.keyboard.press("Enter")
    items = page.locator(".dataset li")
    expect(items).to_have_count(2)
    expect(items.first).to_have_text(re.compile(r"Row \d+ is not JSON: \{no json"))
    expect(items.last).to_have_text(re.compile(r"Row \d+ is not accepted: event dance"))
    page.wait_for_timeout(300)
    assert serious(page) == []
    box = page.locator(".dataset-verbs").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= size["width"]
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    if size is PHONE:
        heights = page.locator(".dataset-verbs button").evaluate_all(
            "all => all.map((one) => one.getBoundingClientRect().height)"
        )
        assert min(heights) >= 44


def test_a_file_that_is_no_dataset_is_refused_in_words(open_page, tmp_path):
    page = open_page(locale="zh-CN")
    taste(page)
    file = tmp_path / "other.zip"
    file.write_bytes(b"GIF89a")
    bring(page, file, "导入数据集…")
    expect(page.locator(".taste-said")).to_have_class(re.compile("bad"))
    expect(page.locator(".taste-said")).to_contain_text("无法导入此文件")
    assert english_left(page, "Tiny", "file") == []
