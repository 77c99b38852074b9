"""``python -m pipelines.training.verse_font FONT OUT``: the font in which verse is set.

FONT is Noto Serif CJK (https://github.com/notofonts/noto-cjk, SIL Open Font License 1.1), as a
collection or one file. Kept are what the models write, the same in simplified characters, and the
commonest characters of both scripts (Big5 level 1, GB 2312 level 1), for what a person types, and
those of the page's own sentences (``--also studio/locales/zh.json``).
"""

from __future__ import annotations

import argparse
from pathlib import Path

from pipelines.networks.verse_files import read_tokens

FAMILY = "Noto Serif CJK TC"
MARKS = "，。、；：？！「」『』（）·—…〇\u3000"
PLANES = (("big5", range(0xA4, 0xC7)), ("gb2312", range(0xB0, 0xD8)))
"""Codec and first bytes of the characters of level 1."""


def common() -> set[str]:
    """The commonest characters of both scripts."""
    found: set[str] = set()
    for codec, firsts in PLANES:
        for first in firsts:
            for second in range(0x40, 0xFF):
                sign = bytes([first, second]).decode(codec, "ignore")
                found |= {sign} if "\u4e00" <= sign <= "\u9fff" else set()
    return found


def write(source: Path, out: Path, written: set[str]) -> int:
    """Write the characters of one face that are wanted; returns how many there are.

    Raises:
        ValueError: If the file has no face of that family.
    """
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTCollection, TTFont
    from opencc import OpenCC

    faces = TTCollection(source).fonts if source.suffix == ".ttc" else [TTFont(source)]
    face = next((one for one in faces if one["name"].getDebugName(1) == FAMILY), None)
    if face is None:
        raise ValueError(f"source={source}: has no face named {FAMILY}")
    simplified = OpenCC("t2s")
    wanted = common() | written | {simplified.convert(sign) for sign in written} | set(MARKS)
    options = Options(flavor="woff2", layout_features=["vert"], hinting=False, notdef_outline=True)
    cut = Subsetter(options)
    cut.populate(text="".join(sorted(wanted)))
    cut.subset(face)
    face.flavor = "woff2"
    face.save(out)
    return len(face.getBestCmap())


def main() -> None:
    """Read the command line and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("font", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--model", type=Path, required=True, help="folder of a verse model")
    parser.add_argument("--also", type=Path, help="text whose characters are wanted too")
    given = parser.parse_args()
    written = {token for token in read_tokens(given.model) if len(token) == 1}
    if given.also:
        written |= {sign for sign in given.also.read_text("utf-8") if sign >= "\u2e80"}
    print(f"{given.out}: {write(given.font, given.out, written)} characters")


if __name__ == "__main__":
    main()
