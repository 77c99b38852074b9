"""Traditional and simplified characters, by OpenCC (https://github.com/BYVoid/OpenCC)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

__all__ = ["simplified", "traditional"]


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
