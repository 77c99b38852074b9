"""Steps of recipes: how they are checked, and what lies between two finishes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from pipelines.artifact import Medium
from pipelines.controls import Slider, Value, check_values, defaults
from pipelines.errors import RequestError
from pipelines.finishing.operations import OPERATIONS, Operation, Values
from pipelines.request import Step

__all__ = ["MAX_STEPS", "between", "check_steps"]

MAX_STEPS = 12
"""Most steps of a recipe."""


def check_steps(steps: Sequence[Step], medium: Medium) -> tuple[Step, ...]:
    """Steps with every value checked, in its canonical type and written out.

    Args:
        steps: Of a recipe.
        medium: Of the model.

    Raises:
        RequestError: ``too_many_steps`` or ``unknown_step``.
        ControlError: For a value that is refused, or has an unknown name.
    """
    if len(steps) > MAX_STEPS:
        raise RequestError(
            "too_many_steps",
            name="steps",
            value=len(steps),
            rule=f"over {MAX_STEPS}",
            remedy="take some away",
            details={"maximum": str(MAX_STEPS)},
        )
    return tuple(_checked(step, OPERATIONS[medium]) for step in steps)


def _checked(step: Step, known: Mapping[str, Operation]) -> Step:
    operation = known.get(step.name)
    if operation is None:
        raise RequestError(
            "unknown_step",
            name="steps",
            value=step.name,
            rule="not a way to finish a work of this model",
            remedy=f"use one of {', '.join(known)}" if known else "leave it out",
        )
    values = check_values(operation.controls, step.values, owner=f"the step {step.name}")
    return Step(step.name, defaults(operation.controls) | values)


def between(a: Sequence[Step], b: Sequence[Step], t: float, medium: Medium) -> tuple[Step, ...]:
    """The finish at ``t`` in [0, 1] between two: numbers go over, choices are the nearer one's.

    A step that only one of them has begins or ends at its defaults, where it does nothing. The
    order is that of ``a``, then what only ``b`` has. Ends are exact.

    Raises:
        PipelineError: See `check_steps`.
    """
    if t <= 0.0 or list(a) == list(b):
        return tuple(a)
    if t >= 1.0:
        return tuple(b)
    here, there = (_numbered(check_steps(steps, medium)) for steps in (a, b))
    found = []
    for key in [*here, *(key for key in there if key not in here)]:
        operation = OPERATIONS[medium][key[0]]
        starts = defaults(operation.controls)
        ends = [steps[key].values if key in steps else starts for steps in (here, there)]
        found.append(Step(key[0], _mixed(operation, ends[0], ends[1], t)))
    return tuple(found)


def _numbered(steps: Sequence[Step]) -> dict[tuple[str, int], Step]:
    """Steps by name and how often the name came before."""
    seen: Counter[str] = Counter()
    found = {}
    for step in steps:
        found[step.name, seen[step.name]] = step
        seen[step.name] += 1
    return found


def _mixed(operation: Operation, a: Values, b: Values, t: float) -> dict[str, Value]:
    mixed: dict[str, Value] = {}
    for control in operation.controls:
        x, y = a[control.name], b[control.name]
        if isinstance(control, Slider):
            value = float(x) + t * (float(y) - float(x))
            mixed[control.name] = round(value) if control.whole else value
        else:
            mixed[control.name] = x if t < 0.5 else y  # noqa: PLR2004 - the nearer one
    return mixed
