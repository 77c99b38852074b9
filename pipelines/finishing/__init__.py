"""What is done to a work after its model: colour, contrast, size, sharpness, grain, paper.

    finished = s_n(... s_1(work))

Each s is a `Step` of the recipe: a name and values, of an operation that declares its controls as
a model does. Operations are pure functions; order matters and is kept. A recipe without steps is
what it always was, to the byte.
"""

from __future__ import annotations

from pipelines.finishing.finisher import Finisher
from pipelines.finishing.operations import OPERATIONS, Operation
from pipelines.finishing.steps import MAX_STEPS, between, check_steps

__all__ = ["MAX_STEPS", "OPERATIONS", "Finisher", "Operation", "between", "check_steps"]
