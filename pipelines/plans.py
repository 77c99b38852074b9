"""What several works are made into: a film, a triptych or a mix, told apart by their recipes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipelines.mix import Mix
from pipelines.schemas import refused
from pipelines.timeline import MAX_BYTES, Timeline
from pipelines.triptych import Triptych

if TYPE_CHECKING:
    from pipelines.artifact import Artifact

__all__ = ["PLANS", "Plan", "fingerprint_of", "plan_from_dict", "plan_from_json"]

Plan = Timeline | Triptych | Mix
PLANS: Mapping[str, type[Plan]] = {"timeline": Timeline, "triptych": Triptych, "mix": Mix}
"""By name, as a document has it."""
_FIELDS: Mapping[str, type[Plan]] = {"keys": Timeline, "works": Triptych, "tracks": Mix}
"""By a field that only one of them has."""


def plan_from_dict(values: Mapping[str, Any]) -> Plan | None:
    """A plan from plain values; None for what has none of the fields that tell them apart.

    Raises:
        RequestError: For anything else that is not one, with the field at fault.
        ControlError: For a value out of range.
    """
    found = next((kind for field, kind in _FIELDS.items() if field in values), None)
    return None if found is None else found.from_dict(values)


def plan_from_json(text: str | bytes) -> Plan:
    """What a work that is made of several is made from.

    Raises:
        RequestError: For anything that is none of them, with the field at fault.
        ControlError: For a value out of range.
    """
    from pydantic_core import from_json

    if len(text) <= MAX_BYTES:
        try:
            values = from_json(text, allow_inf_nan=False)
        except ValueError as error:
            raise refused("film", f"not JSON: {error}") from error
        plan = plan_from_dict(values) if isinstance(values, dict) else None
        if plan is not None:
            return plan
    return Timeline.from_json(text)


def fingerprint_of(works: Sequence[Artifact]) -> str | None:
    """sha256 of the works' fingerprints in order; None where a fast engine made one."""
    from pipelines.exports.documents import REFERENCE

    if any(work.engine != REFERENCE for work in works):
        return None
    return hashlib.sha256(b"".join(bytes.fromhex(one.fingerprint) for one in works)).hexdigest()
