"""A taste as a small JSON: what one artist likes, for another day or another studio.

    {"duet": "taste", "schema": 1, "name": "spring", "heard": 31,
     "attributes": {"warmth": [0.41, 0.2], ...},
     "models": {"<sha256 of the weights>": {"atlas": "<id>", "place": [[...], [...]]}}}

Each pair is mean and standard deviation of a weight of the utility. Attributes speak of any model
and medium that has one of that name; a place speaks only of the model it was learnt on.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.errors import StudioError
from studio.taste.belief import Belief
from studio.taste.lens import Lens

__all__ = ["SCHEMA", "blended", "digest", "document", "read"]

Floats = NDArray[np.float64]
SCHEMA = 1
MAX_BYTES = 256 << 10
LARGEST = 1e3
_NAME = 60
_MANY = 512


def document(name: str, heard: int, lens: Lens, belief: Belief) -> dict[str, Any]:
    """What is exported of a belief; it holds no work and no event."""
    spread = np.sqrt(np.diag(belief.cov))
    pairs = [
        [round(float(m), 5), round(float(s), 5)] for m, s in zip(belief.mean, spread, strict=True)
    ]
    count = len(lens.atlas.names)
    means, spreads = zip(*pairs[count:], strict=True) if pairs[count:] else ((), ())
    return {
        "duet": "taste",
        "schema": SCHEMA,
        "name": name,
        "heard": heard,
        "attributes": dict(zip(lens.atlas.names, pairs[:count], strict=True)),
        "models": {
            lens.atlas.weights: {"atlas": lens.id, "place": [list(means), list(spreads)]},
        },
    }


def digest(values: Mapping[str, object]) -> str:
    """sha256 of a profile's canonical JSON."""
    from pipelines.request import canonical

    return hashlib.sha256(canonical(dict(values)).encode()).hexdigest()


def read(data: bytes) -> dict[str, Any]:
    """A profile from a file.

    Raises:
        StudioError: ``bad_profile`` with the field at fault, or ``profile_schema``.
    """
    if len(data) > MAX_BYTES:
        raise _bad("file", f"{len(data)} bytes", f"over {MAX_BYTES} bytes")
    try:
        found = json.loads(data.decode(), parse_constant=_constant)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise _bad("file", "", "not JSON") from error
    if not isinstance(found, dict) or found.get("duet") != "taste":
        raise _bad("file", "", "not a taste profile of Duet")
    if found.get("schema") != SCHEMA or isinstance(found.get("schema"), bool):
        raise StudioError(
            "profile_schema",
            name="schema",
            value=found.get("schema"),
            rule=f"not {SCHEMA}",
            remedy="import it with the Duet that made it, or a newer one",
        )
    name, heard = found.get("name"), found.get("heard", 0)
    if not isinstance(name, str) or not 1 <= len(name.strip()) <= _NAME or "\0" in name:
        raise _bad("name", name, f"not a name of 1 to {_NAME} characters")
    if isinstance(heard, bool) or not isinstance(heard, int) or not 0 <= heard < 10**9:
        raise _bad("heard", heard, "not a count")
    return {
        "duet": "taste",
        "schema": SCHEMA,
        "name": name.strip(),
        "heard": heard,
        "attributes": {k: _pair(k, v) for k, v in _table("attributes", found).items()},
        "models": {k: _model(k, v) for k, v in _table("models", found).items()},
    }


def _constant(text: str) -> float:
    raise _bad("file", text, "not a finite number")


def _table(name: str, found: Mapping[str, Any]) -> dict[str, Any]:
    table = found.get(name, {})
    if not isinstance(table, dict) or len(table) > _MANY:
        raise _bad(name, type(table).__name__, f"not values by name, at most {_MANY}")
    return table


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _bad(name, value, "not a number")
    if not math.isfinite(value) or abs(value) > LARGEST:
        raise _bad(name, value, f"not finite and within {LARGEST:g}")
    return float(value)


def _pair(name: str, value: object) -> list[float]:
    if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004 - mean and spread
        raise _bad(name, value, "not mean and spread")
    mean, spread = (_number(name, one) for one in value)
    if spread < 0:
        raise _bad(name, spread, "a spread below 0")
    return [mean, spread]


def _model(weights: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict) or not isinstance(value.get("atlas"), str):
        raise _bad("models", weights[:12], "without its atlas")
    place = value.get("place")
    if not isinstance(place, list) or len(place) != 2:  # noqa: PLR2004 - means and spreads
        raise _bad("place", weights[:12], "not means and spreads")
    sides: list[Sequence[object]] = [one for one in place if isinstance(one, list)]
    if len(sides) != 2 or len(sides[0]) != len(sides[1]) or len(sides[0]) > _MANY:  # noqa: PLR2004
        raise _bad("place", weights[:12], "not as many means as spreads")
    pairs = [_pair("place", [m, s]) for m, s in zip(*sides, strict=True)]
    columns = [[pair[0] for pair in pairs], [pair[1] for pair in pairs]]
    return {"atlas": value["atlas"][:64], "place": columns}


def blended(mine: Belief, lens: Lens, others: Sequence[tuple[Mapping[str, Any], float]]) -> Belief:
    """My belief and others', each by its share; what another says nothing of stays at 0.

    Weights are first brought to a common strength, so that half of each is half of each however
    much was heard.
    """
    given = sum(share for _, share in others)
    if given <= 0:
        return mine
    own = max(0.0, 1 - given)
    parts = [(mine.mean, own)] if own > 0 else []
    parts += [(_of(told, lens), share / max(1.0, given)) for told, share in others if share > 0]
    strength = max(float(np.linalg.norm(mean)) for mean, _ in parts)
    mean = np.zeros(lens.atlas.num_features)
    for one, share in parts:
        mean += share * _strong(one, strength)
    return Belief(mean, mine.cov * max(own, 0.1), mine.evidence)


def _strong(mean: Floats, strength: float) -> Floats:
    length = float(np.linalg.norm(mean))
    return mean * (strength / length) if length > 0 else mean


def _of(told: Mapping[str, Any], lens: Lens) -> Floats:
    """Mean weights of a profile for this lens, shape [F]."""
    names = lens.atlas.names
    mean = np.zeros(lens.atlas.num_features)
    mean[: len(names)] = [told["attributes"].get(name, [0.0, 0.0])[0] for name in names]
    model = told["models"].get(lens.atlas.weights)
    if model and model["atlas"] == lens.id and len(model["place"][0]) == len(lens.atlas.basis):
        mean[len(names) :] = model["place"][0]
    return mean


def _bad(name: str, value: object, rule: str) -> StudioError:
    return StudioError(
        "bad_profile",
        name=name,
        value=value,
        rule=rule,
        remedy="choose a file that Duet exported",
    )
