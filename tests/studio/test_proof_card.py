"""The proof card as a picture: its words in either language, none outside it."""

import io

import numpy as np
import pytest
from fontTools.ttLib import TTFont
from PIL import Image

from studio.tuning import card
from studio.tuning.lettering import FONTS, length, wrapped
from studio.views.words import sentences

PROOF = {
    "verdict": "early",
    **{"low": 0.43, "high": 0.9, "chosen": 8, "decided": 11, "neither": 1},
    **{
        "held_out": 0.6,
        "variety": 0.95,
        "drift": 0.3,
        "copies": False,
        "works": 15,
        "seconds": 48,
    },
    "changed": [{"attribute": name, "effect": 0.4} for name in ("warmth", "mood", "landscape")],
}


def painted(language: str) -> np.ndarray:
    tile = Image.new("RGB", (8, 8), "#888888")
    data = card.paint(PROOF, [(tile, tile)] * 6, [tile] * 3, language)
    return np.asarray(Image.open(io.BytesIO(data)).convert("L")).astype(int)


def test_the_card_is_written_in_either_language_and_inside_its_edges():
    pages = {language: painted(language) for language in ("en", "zh")}
    assert (pages["en"] != pages["zh"]).mean() > 0.01
    for page in pages.values():
        paper = np.bincount(page.ravel()).argmax()
        assert (page[:, : card.EDGE - 2] == paper).all()
        assert (page[:, -card.EDGE + 4 :] == paper).all()


def test_every_character_of_the_chinese_page_is_in_the_font():
    known = TTFont(FONTS / "noto-serif-tc.woff2").getBestCmap()
    words = "".join(sentences("zh").values())
    missing = {sign for sign in words if sign >= "\u2e80" and ord(sign) not in known}
    assert missing == set()


@pytest.mark.parametrize("size", [13, 17])
def test_lines_fit_and_none_begins_with_a_mark(size):
    text = "11 次里你选了它 8 次；真实的比例大约在 43 到 90 % 之间。有一次你说不好，还有一次也是。"
    for width in range(150, 420, 7):
        lines = wrapped(text, "source-sans-3", size, width)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert all(length(line, "source-sans-3", size) <= width for line in lines)
        assert not any(line[0] in "，。；" for line in lines)
