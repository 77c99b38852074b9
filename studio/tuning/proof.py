"""The blind test: pairs from the same seeds, sides shuffled, and the card that comes of them.

Which side is which is drawn here and stays here until a pair is answered; addresses of pictures
say only left and right.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from pipelines.request import Request
from pipelines.training.proving import verdict, wilson
from studio.errors import TuningError
from studio.library import Proof, Version
from studio.tuning import versions

if TYPE_CHECKING:
    from studio.house import House
    from studio.library.taught_values import Verdict
    from studio.persons import Person

__all__ = ["Answer", "answer", "begin", "card_of", "more", "request_of", "told"]

PAIRS, MOST = 12, 96
"""Pairs to begin with, and in all."""
CHANGES = 6
"""Changes that the card names at most."""
Answer = Literal["left", "right", "neither"]
Side = Literal["left", "right"]


def begin(house: House, person: Person, version_id: str) -> tuple[Version, Proof]:
    """The blind test of a version as it stands, begun if it was not.

    Raises:
        TuningError: ``no_such_version``, ``original_fixed`` for the original.
    """
    version = versions.taught(house, person, version_id)
    found = house.library.proof(person, version_id)
    if found is None:
        found = Proof(version=version_id, pairs=tuple(_draw(PAIRS)))
        house.library.save_proof(person, found, None)
    return version, found


def _draw(count: int) -> list[dict[str, Any]]:
    """Fresh pairs: a seed, and the side that the taught model is on."""
    sides: tuple[Side, ...] = ("left", "right")
    return [
        {"seed": secrets.randbelow(2**32), "after": secrets.choice(sides), "answer": None}
        for _ in range(count)
    ]


def answer(
    house: House, person: Person, version_id: str, index: int, chosen: Answer
) -> tuple[Version, Proof]:
    """Answer a pair; the last answer gives the card.

    Raises:
        TuningError: ``no_such_pair``, or ``pair_answered``: an answer is given once.
    """
    version, proof = begin(house, person, version_id)
    if not 0 <= index < len(proof.pairs):
        raise TuningError(
            "no_such_pair",
            name="pair",
            value=index,
            rule=f"not one of {len(proof.pairs)}",
            remedy="answer one that is shown",
        )
    if proof.pairs[index]["answer"] is not None:
        raise TuningError(
            "pair_answered",
            name="pair",
            value=index + 1,
            rule="answered already",
            remedy="answer the next one",
        )
    pairs = list(proof.pairs)
    pairs[index] = {**pairs[index], "answer": chosen}
    return version, _save(house, person, version, pairs)


def more(house: House, person: Person, version_id: str, count: int) -> tuple[Version, Proof]:
    """Add pairs; the card waits until they are answered.

    Raises:
        TuningError: ``too_many_pairs``.
    """
    version, proof = begin(house, person, version_id)
    if len(proof.pairs) + count > MOST:
        raise TuningError(
            "too_many_pairs",
            name="pairs",
            value=len(proof.pairs) + count,
            rule=f"over {MOST}",
            remedy="decide with what you have seen",
            details={"maximum": str(MOST)},
        )
    return version, _save(house, person, version, [*proof.pairs, *_draw(count)])


def _save(house: House, person: Person, version: Version, pairs: list[Mapping[str, Any]]) -> Proof:
    whole = all(pair["answer"] for pair in pairs)
    card = card_of(version, pairs) if whole else None
    proof = Proof(version=version.id, pairs=tuple(pairs), card=card)
    found: Verdict | None = None if card is None else card["verdict"]
    house.library.save_proof(person, proof, found)
    return proof


def card_of(version: Version, pairs: list[Mapping[str, Any]]) -> dict[str, Any]:
    """The card: what was chosen, how sure that is, and what was measured."""
    won = [_won(pair) for pair in pairs]
    chosen, decided = won.count("after"), len(won) - won.count("neither")
    low, high = wilson(chosen, decided)
    measures = version.measures
    address = f"/studio/versions/{version.id}/proof"
    shown = []
    for index, (pair, winner) in enumerate(zip(pairs, won, strict=True)):
        after = pair["after"]
        before = "left" if after == "right" else "right"
        shown.append(
            {
                "seed": pair["seed"],
                "before": f"{address}/{index}/{before}",
                "after": f"{address}/{index}/{after}",
                "answer": winner,
            }
        )
    changed = list(measures.get("changed", {}).items())[:CHANGES]
    return {
        "version": version.id,
        "verdict": verdict(low, high),
        "low": round(low, 4),
        "high": round(high, 4),
        "chosen": chosen,
        "decided": decided,
        "neither": won.count("neither"),
        "held_out": measures.get("held_out"),
        "variety": measures.get("variety"),
        "drift": measures.get("drift"),
        "changed": [{"attribute": name, "effect": effect} for name, effect in changed],
        "pairs": shown,
        "nearest": [
            {**one, "image": f"/studio/works/{one['work']}/thumbnail"}
            for one in measures.get("nearest", [])
        ],
        "copies": measures.get("copies", False),
        "works": len(version.works),
        "seconds": measures.get("seconds", 0.0),
        "how": dict(version.how),
    }


def _won(pair: Mapping[str, Any]) -> str:
    """``after``, ``before`` or ``neither``."""
    if pair["answer"] == "neither":
        return "neither"
    return "after" if pair["answer"] == pair["after"] else "before"


def request_of(house: House, person: Person, version_id: str, index: int, side: str) -> Request:
    """The recipe of one side of a pair.

    Raises:
        TuningError: ``no_such_pair``.
    """
    version, proof = begin(house, person, version_id)
    if not 0 <= index < len(proof.pairs) or side not in ("left", "right"):
        raise TuningError(
            "no_such_pair",
            name="pair",
            value=f"{index} {side}",
            rule="not a side of a pair",
            remedy="answer one that is shown",
        )
    pair = proof.pairs[index]
    which = version.id if pair["after"] == side else version.parent
    return house.shelf.instrument(version.model, which).request(seed=pair["seed"])


def told(version: Version, proof: Proof) -> dict[str, Any]:
    """The test as the page reads it: no seed, no side, until the card says them."""
    address = f"/studio/versions/{version.id}/proof"
    pairs = [
        {
            "index": index,
            "left": f"{address}/{index}/left",
            "right": f"{address}/{index}/right",
            "answer": pair["answer"],
        }
        for index, pair in enumerate(proof.pairs)
    ]
    return {"version": version.id, "pairs": pairs, "card": proof.card}
