"""What the words of a poem show: English for the signs of Tang verse, and qualities as words.

The list of signs is ours. It holds what can be painted: fruit and its trees, colours, sizes, and
the creatures and things of verse; a sign counts as a whole word, whatever stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["QUALITIES", "shown"]

SIGNS: Mapping[str, str] = {
    **{"桃": "peach", "李": "plum", "梅": "plum", "梨": "pear", "棃": "pear", "杏": "peach"},
    **{"橘": "orange", "橙": "orange", "柑": "orange", "柚": "grapefruit", "柿": "persimmon"},
    **{"櫻": "cherry", "葡": "grape", "萄": "grape", "蒲": "grape", "檎": "apple", "柰": "apple"},
    **{"果": "fruit", "實": "fruit", "子": "fruit", "葉": "leaves", "花": "blush"},
    **{"紅": "red", "朱": "red", "丹": "red", "赤": "red", "緋": "red", "霞": "pink"},
    **{"青": "green", "綠": "green", "翠": "green", "碧": "green", "蒼": "green"},
    **{"黃": "yellow", "金": "golden", "白": "white", "素": "white", "雪": "white"},
    **{"紫": "purple", "黑": "black", "玄": "black", "墨": "black"},
    **{"大": "large", "小": "small", "長": "long", "圓": "round", "半": "half", "獨": "one"},
    **{"龍": "dragon", "蛟": "dragon", "鬼": "undead", "魂": "undead", "骨": "undead"},
    **{"虎": "beast", "猿": "beast", "馬": "beast", "鹿": "beast", "鶴": "beast", "雁": "beast"},
    **{"草": "plant", "樹": "plant", "松": "plant", "竹": "plant", "柳": "plant"},
    **{"劍": "weapon", "弓": "weapon", "刀": "weapon", "戈": "weapon", "杖": "staff"},
    **{"甲": "armour", "玉": "jewel", "珠": "jewel", "書": "book", "卷": "book", "藥": "potion"},
    **{"人": "folk", "君": "folk", "客": "folk", "僧": "folk", "王": "folk"},
}
QUALITIES: Mapping[str, tuple[str, str]] = {
    "warmth": ("green", "red"),
    "lightness": ("dark", "light"),
    "saturation": ("faint", "vivid"),
    "size": ("small", "large"),
    "roundness": ("long", "round"),
}
"""By quality: the words for little and for much of it."""


def shown(text: str) -> str:
    """A text in words that models of pictures may know, in their order.

    >>> shown("一樹梨花落晚風。")
    'plant pear blush'
    >>> shown("A pear, ripe")
    'A pear, ripe'
    """
    if not any(sign in SIGNS for sign in text):
        return text
    return " ".join(SIGNS[sign] for sign in text if sign in SIGNS)
