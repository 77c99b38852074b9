"""What can be measured of a Tang poem: the words it is made of, by what they call up.

With n characters and |W| how many of them belong to a word list,

    warmth      (|warm| - |cold|) / n       spring, sun, blossom against autumn, frost, snow
    lightness   (|bright| - |dark|) / n     day, light, white against night, dusk, deep
    mood        (|glad| - |sad|) / n        laugh, drink, sing against grief, tears, parting
    landscape   |mountain, water, sky, plant, beast| / n
    people      |person, family, friend, office| / n
    repetition  1 - distinct characters / n

The lists are ours; a character counts as a whole word, whatever stands beside it. Two attributes
are named as those of pictures, so that a taste for warm or light works speaks of both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipelines.latents import normal
from pipelines.verse.forms import MARKS

__all__ = ["ATTRIBUTES", "contrasts", "features", "measured"]

Floats = NDArray[np.float32]
WIDTH = 96

WARM = frozenset("春暖陽日花桃李杏紅朱火夏晴芳酒柳鶯燕蓮荷")
COLD = frozenset("秋寒冷霜雪冰冬涼凍白露凜凋雁枯")
BRIGHT = frozenset("日月明光白晝朝曉晴星燈輝照皎金玉雪銀炎曙清")
DARK = frozenset("夜暮昏暗黑陰幽深冥烟煙霧雨晚宵影黯玄")
GLAD = frozenset("喜樂歡笑歌舞醉酒宴賞好佳愛春遊閑閒安")
SAD = frozenset("愁悲淚恨哀傷怨泣苦斷離別孤獨寂死哭病亡涕慘憶")
LANDSCAPE = frozenset(
    "山水江河海湖川溪泉波浪潭池洲浦岸峰嶺嵐巖石谷原野田天雲霞風雨雪霜露烟煙霧日月星虹雷"
    "花草樹木林竹松柳桃李梅蘭菊荷蓮桂苔葉枝鳥鶯燕雁鶴鷗烏鵲猿馬鹿魚龍蟬"
)
PEOPLE = frozenset("人君我吾子爾汝客僧翁郎妾王公侯臣將軍兵兒女母父兄弟友故主士民妻家翁姬仙漁樵童")


def _balance(more: frozenset[str], less: frozenset[str]) -> Callable[[str], float]:
    return lambda poem: sum((c in more) - (c in less) for c in poem) / len(poem)


def _share(words: frozenset[str]) -> Callable[[str], float]:
    return lambda poem: sum(c in words for c in poem) / len(poem)


ATTRIBUTES: dict[str, tuple[Callable[[str], float], str]] = {
    "warmth": (_balance(WARM, COLD), "spring and sun against autumn and frost"),
    "lightness": (_balance(BRIGHT, DARK), "day and light against night and dusk"),
    "mood": (_balance(GLAD, SAD), "gladness against grief"),
    "landscape": (_share(LANDSCAPE), "mountains, water, sky, plants and beasts"),
    "people": (_share(PEOPLE), "persons, kin and friends"),
    "repetition": (lambda poem: 1 - len(set(poem)) / len(poem), "the same words again"),
}
"""By name: the measure of a poem without marks, and what more of it reads like."""
ORNATE = frozenset("玉金珠錦繡羅翠瑤瓊綺寶鳳龍鸞紫朱綵彩璧琴瑟釵鏡仙殿宮樓臺鳴鈿綃紈")
FAR = frozenset("萬千里遠遙天涯海塞關邊長路望雲際極漠州國江渡征行客帆")
NEAR = frozenset("門窗簾庭院階牀床枕燈衣杯手前中家室堂籬井茅柴爐几席坐眠")
CONTRASTS = {
    **{name: measure for name, (measure, _) in ATTRIBUTES.items() if name != "repetition"},
    "ornateness": _share(ORNATE),
    "distance": _balance(FAR, NEAR),
}
"""What poems are contrasted by for control vectors: jade and brocade, far against near, too."""
_DROPPED = str.maketrans("", "", MARKS + "\n ")


def measured(text: str) -> dict[str, float]:
    r"""Every attribute of a poem; 0 of an empty one.

    >>> measured("春眠不覺曉，\n處處聞啼鳥。")["landscape"]
    0.1
    """
    poem = text.translate(_DROPPED)
    return {name: measure(poem) if poem else 0.0 for name, (measure, _) in ATTRIBUTES.items()}


def contrasts(text: str) -> dict[str, float]:
    r"""Every one of `CONTRASTS` of a poem; 0 of an empty one.

    >>> contrasts("欲窮千里目，\n更上一層樓。")["distance"]
    0.2
    """
    poem = text.translate(_DROPPED)
    return {name: measure(poem) if poem else 0.0 for name, measure in CONTRASTS.items()}


@lru_cache(maxsize=8192)
def _place(sign: str) -> Floats:
    """A unit vector of its own for every character."""
    drawn = normal(ord(sign), (WIDTH,), "imagery")
    unit: Floats = drawn / np.linalg.norm(drawn)
    return unit


def features(poems: Sequence[str]) -> Floats:
    """Which characters a poem is made of, shape [N, F]: near for poems that share many.

    The sum of fixed random vectors, one a character, over the root of their number (random
    indexing, Kanerva et al. 2000); poems with no character in common lie about 1.4 apart.
    """
    signs = [poem.translate(_DROPPED) for poem in poems]
    rows = [np.sum([_place(c) for c in one], axis=0) / len(one) ** 0.5 for one in signs]
    return np.stack(rows).astype(np.float32)
