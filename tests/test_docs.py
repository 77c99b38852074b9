"""What the documents show is there, and is what they say it is."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipelines import catalog

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("assets/**/card.md")])
SIZES = {"wide": (1440, 900), "phone": (390, 844)}
VIEWS = ("studio", "works", "models")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_into_the_house_leads_somewhere(path):
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text("utf-8"))
    ours = [link for link in links if not re.match(r"\w+:", link)]
    assert [link for link in ours if not (path.parent / link).exists()] == []


def pixels(size, theme, view):
    with Image.open(ROOT / f"docs/images/{size}-{theme}-{view}.webp") as shot:
        assert shot.size == SIZES[size]
        return np.asarray(shot.convert("L")).astype(int)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("size", SIZES)
def test_every_view_has_its_screenshots_light_and_dark(size, view):
    light, dark = (pixels(size, theme, view) for theme in ("light", "dark"))
    assert dark[2:6].mean() < 80  # the bare top of the page; pictures are light in both
    assert light[2:6].mean() > 170
    assert light.std() > 5  # not an empty page
    assert dark.std() > 5
    shown = (ROOT / "docs/screenshots.md").read_text("utf-8")
    assert all(f"images/{size}-{theme}-{view}.webp" in shown for theme in ("light", "dark"))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("model", [card.id for card in catalog.available()])
def test_every_model_is_seen_at_work(model, size):
    name = f"{size}-{model}.webp"
    with Image.open(ROOT / "docs/gallery" / name) as shot:
        assert shot.size == SIZES[size]
        assert np.asarray(shot.convert("L")).std() > 5
    assert f"gallery/{name}" in (ROOT / "docs/gallery.md").read_text("utf-8")


def test_the_readme_moves():
    with Image.open(ROOT / "docs/images/studio.webp") as film:
        assert film.n_frames > 10
