"""Which characters rhyme, learnt from the poems.

In a regulated poem the second lines of all couplets end on one rhyme. Characters are the nodes of
a graph, joined as often as they stand at the ends of second lines in one poem; its communities
(Louvain, Blondel et al. 2008, https://arxiv.org/abs/0803.0476) are the rhymes. They are those of
Tang Chinese, level and oblique tones apart, which the sounds of modern Chinese no longer tell.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from pathlib import Path

from pipelines.training.verse_data import Poem
from pipelines.verse.tang_files import TABLES

__all__ = ["endings", "groups", "rhyming_share", "save_tables"]

RESOLUTION = 2.0
"""Of the modularity: above 1 for more and smaller groups."""


def endings(poem: Poem) -> list[str]:
    """The characters at the ends of the second lines."""
    return [line[-1] for line in poem.lines[1::2]]


def groups(poems: Iterable[Poem]) -> list[str]:
    """The rhymes, each as its characters, those of most characters first."""
    import networkx

    together = Counter(
        tuple(sorted(pair))
        for poem in poems
        for pair in combinations(endings(poem), 2)
        if pair[0] != pair[1]
    )
    graph = networkx.Graph()
    for (one, other), count in sorted(together.items()):
        graph.add_edge(one, other, weight=count)
    if not graph:
        return []
    found = networkx.community.louvain_communities(graph, resolution=RESOLUTION, seed=0)
    signs = ["".join(sorted(community)) for community in found]
    return sorted(signs, key=lambda group: (-len(group), group))


def rhyming_share(poems: Sequence[Sequence[str]], rhymes: Sequence[str]) -> float:
    """The share of poems, given as lines, whose second lines all end on one rhyme."""
    group: Mapping[str, int] = {sign: i for i, signs in enumerate(rhymes) for sign in signs}
    held = 0
    for lines in poems:
        ends = {group.get(line[-1], -1) for line in lines[1::2]}
        held += len(ends) == 1 and -1 not in ends
    return held / len(poems)


def save_tables(poems: Sequence[Poem], folder: Path) -> None:
    """Write what `pipelines.verse.tang_files.read` reads beside the network."""
    begins = sorted({line[0] for poem in poems for line in poem.lines})
    tables = {"rhymes": groups(poems), "begins": "".join(begins)}
    text = json.dumps(tables, ensure_ascii=False, indent=1) + "\n"
    (folder / TABLES).write_text(text, encoding="utf-8")
