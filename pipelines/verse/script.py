"""How words are written: traditional and simplified characters, by OpenCC, or Latin letters.

OpenCC: https://github.com/BYVoid/OpenCC
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

__all__ = ["is_english", "simplified", "traditional"]


_LATIN = re.compile("[A-Za-zÀ-ÖØ-öø-ÿ]")
_CHINESE = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


@lru_cache(maxsize=2)
def _converter(name: str) -> Any:  # noqa: ANN401 - a library without types
    from opencc import OpenCC

    return OpenCC(name)


def simplified(text: str) -> str:
    """The same words in simplified characters.

    >>> simplified("黃河入海流")
    '黄河入海流'
    """
    return str(_converter("t2s").convert(text))


def traditional(text: str) -> str:
    """The same words in traditional characters, where there is more than one by what is usual.

    >>> traditional("黄河入海流")
    '黃河入海流'
    """
    return str(_converter("s2t").convert(text))


def is_english(text: str) -> bool:
    """Whether words are in Latin letters, and none in Chinese characters.

    >>> is_english("I never saw a moor"), is_english("黃河入海流"), is_english("")
    (True, False, False)
    """
    return bool(_LATIN.search(text)) and not _CHINESE.search(text)
