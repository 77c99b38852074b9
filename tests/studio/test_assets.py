"""Files of the page: read at once, asked for again only where they changed; a quick start."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from studio import assets
from studio.views.dress import HEAD

CSS = sorted((Path(__file__).resolve().parents[2] / "assets" / "css").glob("*.css"))
MODULE = "/assets/js/main.js"
ASKED = r"(?:^|[\s,}])(?:body|#stage|#mat|\.gradio-container)(?:\.[\w-]+)*:has\("
"""What holds all that moves, asked what it holds."""


def test_a_file_comes_whole_and_is_not_sent_again(browser):
    plain = {"Accept-Encoding": "identity"}
    first = browser.get(MODULE, headers=plain)
    here = Path(__file__).resolve().parents[2] / MODULE.lstrip("/")
    assert first.content == here.read_bytes()
    assert int(first.headers["content-length"]) == len(first.content)
    assert first.headers["cache-control"] == "no-cache"
    again = browser.get(MODULE, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = browser.get(MODULE, headers={"If-None-Match": '"another"'})
    assert other.content == first.content


def test_what_the_page_names_is_kept_until_it_changes(browser):
    named = re.findall(r'(?:href|src)="(assets/at-[^"]+)"', browser.get("/").text)
    assert {Path(one).suffix for one in named} == {".css", ".js", ".woff2"}
    for one in (named[0], named[-1]):
        answer = browser.get(f"/{one}")
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        before = re.sub(r"at-[0-9a-f]+", "at-0123456789abcdef", one)
        assert browser.get(f"/{before}").headers["cache-control"] == "no-cache"


def test_another_state_has_another_name(tmp_path, monkeypatch):
    """A state is looked at once a second; here each time."""
    shutil.copytree(assets.ASSETS, tmp_path / "assets", ignore=shutil.ignore_patterns("models"))
    monkeypatch.setattr(assets, "ASSETS", tmp_path / "assets")

    def looked() -> str:
        assets._stamp.cache_clear()
        return assets.stamp()

    first = looked()
    assert looked() == first
    style = tmp_path / "assets" / "css" / "duet.css"
    style.write_text(style.read_text(encoding="utf-8") + "/* */", encoding="utf-8")
    changed = looked()
    assert changed != first
    (tmp_path / "assets" / "js" / "fresh.js").touch()
    assert looked() not in (first, changed)
    assets._stamp.cache_clear()


def test_a_part_a_head_and_nothing(browser):
    plain = {"Accept-Encoding": "identity"}
    whole = browser.get(MODULE).content
    part = browser.get(MODULE, headers={"Range": "bytes=0-9", **plain})
    assert (part.status_code, part.content) == (206, whole[:10])
    head = browser.request("HEAD", MODULE, headers=plain)
    assert (head.content, int(head.headers["content-length"])) == (b"", len(whole))
    for path in ("/assets/js/none.js", "/assets/js/", "/assets/js/" + "n" * 300):
        assert browser.get(path).status_code == 404
    assert browser.post(MODULE).status_code == 405


def test_gradio_does_not_wait_for_our_scripts():
    """Without ``async``, those after it would wait until it has all its parts."""
    (script,) = re.findall(r"<script[^>]*type=\"module\"[^>]*>", HEAD)
    assert " async " in script
    preloads = re.findall(r"<link rel=\"modulepreload\"[^>]*>", HEAD)
    assert len(preloads) > 50
    assert all('fetchpriority="low"' in one for one in preloads)


LOADING = """
import inspect, pathlib
from studio.gradio_loading import load_gradio
find = inspect.getfile
load_gradio()
assert inspect.getfile is find
import gradio
from gradio.components.slider import Slider
home = pathlib.Path(gradio.__file__).parent
assert pathlib.Path(inspect.getfile(Slider)) == home / "components" / "slider.py"
load_gradio()
"""
PARSES = """
import ast
parsed = []
parse = ast.parse
ast.parse = lambda code, *more, **ways: parsed.append(len(code)) or parse(code, *more, **ways)
"""


def test_gradio_is_loaded_without_its_interface_files():
    """Each component's source would be parsed twice."""
    script = PARSES + LOADING + "print(len(parsed))"
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120
    )
    assert int(told.stdout.split()[-1]) < 20


@pytest.mark.parametrize("path", CSS, ids=lambda path: path.stem)
def test_no_style_is_asked_of_what_holds_the_whole_page(path):
    """Such a rule has a hundred styles computed anew for each frame while a hand moves."""
    assert re.findall(ASKED, path.read_text(encoding="utf-8")) == []
