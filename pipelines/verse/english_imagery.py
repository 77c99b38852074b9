"""What can be measured of English verse: the words it is made of, by what they call up.

The attributes are those of Tang verse (`pipelines.verse.imagery`), so that a taste speaks of both:
with n words and |W| how many of them belong to a word list,

    warmth      (|warm| - |cold|) / n       summer, sun, fire against winter, frost, snow
    lightness   (|bright| - |dark|) / n     day, gold, white against night, shadow, black
    mood        (|glad| - |sad|) / n        joy, laugh, sing against grief, tears, death
    landscape   |mountain, water, sky, plant, beast| / n
    people      |person, family, friend, rank| / n
    repetition  1 - distinct words / n

The lists are ours. A word is looked up as it stands, and without a plural s.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipelines.latents import normal
from pipelines.verse.imagery import ATTRIBUTES as NAMES
from pipelines.verse.imagery import WIDTH

__all__ = ["ATTRIBUTES", "contrasts", "features", "measured", "words_of"]

Floats = NDArray[np.float32]
_WORD = re.compile(r"[^\W\d_]+(?:’[^\W\d_]+)*")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


WARM = _words(
    "warm warmth sun sunny sunlight sunshine summer spring april may june fire flame flames "
    "burn burning hearth glow glowing blossom bloom blooming rose roses red wine south ardent "
    "hot heat kindle golden"
)
COLD = _words(
    "cold chill winter autumn november december january frost frosty snow snows snowy ice icy "
    "freeze frozen north bleak bare wither withered pale grey gray hoar sleet hail wintry"
)
BRIGHT = _words(
    "bright brightness light day dawn morn morning noon star stars moon moonlight sun gold "
    "golden silver white shine shining shone gleam glitter sparkle clear lamp ray rays beam "
    "beams radiant dazzling fair"
)
DARK = _words(
    "dark darkness night midnight dusk gloom gloomy shadow shadows shade black dim evening "
    "twilight eve cloud clouds cloudy mist misty fog grave tomb blind deep sable murky"
)
GLAD = _words(
    "joy joyous joyful glad gladness happy happiness merry mirth laugh laughs laughed "
    "laughing laughter smile smiles smiled sing sang song songs delight sweet love loved "
    "bliss blest blessed dance dancing cheer play pleasure hope kiss gay feast"
)
SAD = _words(
    "sad sadness grief grieve sorrow sorrows tear tears weep weeping wept woe mourn mourning "
    "death dead die dies died dying pain anguish lonely alone lost despair sigh sighs sighed "
    "moan groan bitter grave fear care weary wretched misery broken farewell"
)
LANDSCAPE = _words(
    "mountain hill hillside moor vale valley dale field meadow plain rock stone cliff shore "
    "sand sea ocean wave water river stream brook lake spring fountain isle island sky heaven "
    "air wind breeze storm rain snow dew mist cloud star moon sun earth land wood forest tree "
    "leaf leaves bough branch oak pine elm willow flower rose lily daisy violet grass heather "
    "fern moss bird lark nightingale thrush swallow eagle dove owl robin bee butterfly horse "
    "sheep lamb hound deer wolf lion fish garden path"
)
PEOPLE = _words(
    "man men woman women child children boy girl maid maiden lady lord king queen knight "
    "prince soldier sailor father mother brother sister son daughter wife husband friend "
    "lover people folk priest monk poet stranger shepherd farmer master servant baby bride"
)
ORNATE = _words(
    "gold golden jewel jewels jewelled pearl pearls silk silken velvet marble purple crimson "
    "crown crowned throne silver ivory gem gems crystal rich diadem satin scarlet amber ruby "
    "emerald diamond sapphire splendour splendid glory glorious royal majestic ermine palace "
    "garland wreath perfume incense lute harp angel seraph radiant starry celestial"
)
FAR = _words(
    "far afar distant distance horizon ocean sea seas foreign wander wandering wandered away "
    "beyond yonder remote voyage sail sails ship east west world star stars heaven mountain "
    "mountains desert exile stranger eternal infinite vast skies"
)
NEAR = _words(
    "home house door hearth window room hand hands here near nigh bed chair table lamp garden "
    "gate floor lap kiss close beside cottage cradle arm arms breast cheek lips roof street "
    "fireside wall"
)
COMMON = _words(
    "the and of to a in that his he i with my for it is her on thy as but all thou not from "
    "by their no so they at she or we was me be this what when you him which thee where have "
    "our your then had are who an if nor o were will shall its upon there them how yet do "
    "like more one than"
)
"""Words that say nothing about which poems are alike."""


def words_of(text: str) -> list[str]:
    """The words of a poem, in small letters.

    >>> words_of("Yet know I how the heather looks,")
    ['yet', 'know', 'i', 'how', 'the', 'heather', 'looks']
    """
    return _WORD.findall(text.casefold().replace("'", "’"))


def _in(word: str, kind: frozenset[str]) -> bool:
    return word in kind or word.removesuffix("s") in kind


def _balance(more: frozenset[str], less: frozenset[str]) -> Callable[[Sequence[str]], float]:
    return lambda words: sum(_in(w, more) - _in(w, less) for w in words) / len(words)


def _share(kind: frozenset[str]) -> Callable[[Sequence[str]], float]:
    return lambda words: sum(_in(w, kind) for w in words) / len(words)


ATTRIBUTES: dict[str, Callable[[Sequence[str]], float]] = {
    "warmth": _balance(WARM, COLD),
    "lightness": _balance(BRIGHT, DARK),
    "mood": _balance(GLAD, SAD),
    "landscape": _share(LANDSCAPE),
    "people": _share(PEOPLE),
    "repetition": lambda words: 1 - len(set(words)) / len(words),
}
"""By name: the measure of a poem's words; the names and their order are those of Tang verse."""
CONTRASTS = {
    **{name: measure for name, measure in ATTRIBUTES.items() if name != "repetition"},
    "ornateness": _share(ORNATE),
    "distance": _balance(FAR, NEAR),
}
"""What poems are contrasted by for control vectors."""


def measured(text: str) -> dict[str, float]:
    r"""Every attribute of a poem; 0 of an empty one.

    >>> measured("The hill, the rivers and\nthe sea")["landscape"]
    0.42857142857142855
    """
    words = words_of(text)
    return {name: ATTRIBUTES[name](words) if words else 0.0 for name in NAMES}


def contrasts(text: str) -> dict[str, float]:
    """Every one of `CONTRASTS` of a poem; 0 of an empty one.

    >>> contrasts("The distant sea")["distance"]
    0.6666666666666666
    """
    words = words_of(text)
    return {name: measure(words) if words else 0.0 for name, measure in CONTRASTS.items()}


@lru_cache(maxsize=16384)
def _place(word: str) -> Floats:
    """A unit vector of its own for every word."""
    drawn = normal(zlib.crc32(word.encode()), (WIDTH,), "imagery")
    unit: Floats = drawn / np.linalg.norm(drawn)
    return unit


def features(poems: Sequence[str]) -> Floats:
    """Which words a poem is made of, shape [N, F]; see `pipelines.verse.imagery.features`."""
    rows = []
    for poem in poems:
        words = words_of(poem)
        told = [word for word in words if word not in COMMON] or words or [""]
        rows.append(np.sum([_place(word) for word in told], axis=0) / len(told) ** 0.5)
    return np.stack(rows).astype(np.float32)
