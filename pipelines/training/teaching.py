"""Teach a model in steps that can be paused, stopped and killed at any moment.

    python -m pipelines.training.teaching FOLDER

``FOLDER`` holds ``plan.json`` (`pipelines.training.plans`). Every draw of step n depends on the
plan's seed and n alone and a checkpoint holds weights and optimisers, so that a run that was cut
short and went on gives the same weights as one that was not. Whoever reads the folder sees how far
it is; `pipelines.training.worker` has how the process ends.
"""

from __future__ import annotations

import importlib
import math
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import TrainingError
from pipelines.training.job_files import JobFolder, Wish
from pipelines.training.plans import Plan
from pipelines.training.worker import DISK_FULL, work

if TYPE_CHECKING:
    from torch import Tensor

    from pipelines.training.placing import Place

__all__ = ["DISK_FULL", "SAMPLE_SEEDS", "Teaching", "advance", "main"]

SAMPLE_SEEDS = tuple(range(101, 109))
"""Eight seeds that are drawn again as it learns."""
REPORT = 0.5
"""Seconds between reports."""
POINTS = 60
"""Points of the curve."""
APART = 25_000
"""Between the seeds of two processes that teach together: more than there are steps, and torch
draws by the lowest 32 bits alone."""
_MODULES = {
    "prior": "pipelines.training.prior",
    "few-shot": "pipelines.training.few_shot",
    "weighted-elbo": "pipelines.training.weighted_elbo",
    "gan-prior": "pipelines.training.weighted_elbo",
    "melody-elbo": "pipelines.training.melody_elbo",
    "groove-elbo": "pipelines.training.groove_elbo",
    "muse-prior": "pipelines.training.muse_prior",
    "code-dpo": "pipelines.training.code_preference",
    "diffusion-dpo": "pipelines.training.diffusion_preference",
    "verse-dpo": "pipelines.training.verse_preference",
}
Ended = Literal["done", "stopped", "paused", "slice"]


class Teaching(Protocol):
    """One way of teaching one model.

    Attributes:
        place: Where it runs.
    """

    place: Place

    def step(self, index: int) -> float:
        """Take a step; returns how well it fits the favourites, larger is better."""

    def state(self) -> dict[str, Tensor]:
        """Weights and optimisers."""

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take back what `state` returned."""

    def paint(self, seeds: tuple[int, ...]) -> NDArray[np.uint8]:
        """What seeds give now, RGB in 0..255, shape [N, H, W, 3]."""

    def export(self, folder: Path) -> None:
        """Write the model folder."""


@dataclass
class Run:
    """Where a teaching is.

    Attributes:
        step: Steps done.
        seconds: Spent on them, earlier runs included.
        curve: Pairs of step and value.
    """

    step: int = 0
    seconds: float = 0.0
    curve: list[list[float]] = field(default_factory=list)

    def words(self) -> dict[str, Any]:
        """Plain values for a checkpoint."""
        return {"step": self.step, "seconds": self.seconds, "curve": self.curve}


def prepare(plan: Plan, folder: JobFolder) -> Teaching:
    """Load the model and get its way of teaching ready.

    Raises:
        WeightsError: If the model is not here any more.
    """
    made: Teaching = importlib.import_module(_MODULES[plan.method]).prepare(plan, folder)
    return made


def advance(
    folder: JobFolder, *, seconds: float = math.inf, ending: Callable[[], bool] = lambda: False
) -> Ended:
    """Go on from the last checkpoint until it is done, told otherwise, or out of time.

    A companion of the lead (`pipelines.training.together`) writes nothing.

    Args:
        folder: Where it is.
        seconds: Time for this slice, loading included; at least one step is taken.
        ending: When it says yes, a checkpoint is the last thing that is written.

    Returns:
        Why it ended: ``slice`` when only the time was up, or the server ends.

    Raises:
        TrainingError: ``went_astray`` when a value is not finite; the model stays as it was.
        OSError: If a checkpoint could not be written; the one before it is whole.
    """
    plan, began = folder.plan(), time.monotonic()
    teaching = prepare(plan, folder)
    place, run = teaching.place, _begun(folder, teaching, plan)
    lead = place.rank == 0
    ended: Ended = "done"
    with _board(folder, run.step) if lead else nullcontext() as board:
        reported = saved = at = time.monotonic()
        first = run.step
        while run.step < plan.steps:
            late = run.step > first and at - began > seconds
            said: Ended | None = place.agree(_ended(folder.wish, late=late or ending()))
            if said is not None:
                ended = said
                break
            value = _one(teaching, run, plan, board)
            if not lead:
                continue
            at, before = time.monotonic(), at
            run.seconds += at - before
            if at - saved >= plan.save_every:
                _save(folder, teaching, run)
                saved = at
            if run.step % max(plan.steps // 8, 1) == 0 or run.step == 1:
                _show(folder, teaching, run, plan)
            if at - reported > REPORT:
                folder.tell(_report(run, plan, value))
                reported = at
    if lead:
        _save(folder, teaching, run)
        if ended == "done" or (ended == "stopped" and run.step):
            _finish(folder, teaching, run, plan)
    return ended


def _begun(folder: JobFolder, teaching: Teaching, plan: Plan) -> Run:
    """Go back to the last checkpoint, or begin: with the same first weights on every process."""
    place = teaching.place
    kept = place.agree(folder.load_tensors("checkpoint.safetensors"))
    if kept is not None:
        teaching.restore(kept[0])
        return Run(**kept[1])
    if not place.alone:
        drawn = {name: value.cpu() for name, value in teaching.state().items()}
        teaching.restore(place.agree(drawn))
    if place.rank == 0:
        _show(folder, teaching, Run(), plan)
    return Run()


def _ended(wish: Wish, *, late: bool) -> Ended | None:
    """Why to end now; None to go on."""
    if wish in ("stop", "pause"):
        return "stopped" if wish == "stop" else "paused"
    return "slice" if late or wish != "go" else None


def _one(teaching: Teaching, run: Run, plan: Plan, board: Any) -> float:  # noqa: ANN401
    """One step, its value in the curve and on the board."""
    import torch

    torch.manual_seed(plan.seed * 1_000_003 + run.step + APART * teaching.place.rank)
    value = teaching.step(run.step)
    run.step += 1
    if not math.isfinite(value):
        raise TrainingError(
            "went_astray",
            name="step",
            value=run.step,
            rule="where the numbers stopped being finite",
            remedy="teach again, gentler; the model is as it was",
        )
    if run.step == 1 or run.step % max(plan.steps // POINTS, 1) == 0:
        run.curve.append([run.step, round(value, 5)])
        if board is not None:
            board.add_scalar("better", value, run.step)
    return value


def _report(run: Run, plan: Plan, value: float | None = None) -> dict[str, Any]:
    per_step = run.seconds / max(run.step, 1)
    return {
        "step": run.step,
        "steps": plan.steps,
        "value": value,
        "seconds": round(run.seconds, 2),
        "seconds_left": round(per_step * (plan.steps - run.step), 1) if run.step else None,
        "curve": run.curve,
    }


def _save(folder: JobFolder, teaching: Teaching, run: Run) -> None:
    folder.save_tensors("checkpoint.safetensors", teaching.state(), run.words())
    folder.tell(folder.progress() | _report(run, folder.plan()))


def _show(folder: JobFolder, teaching: Teaching, run: Run, plan: Plan) -> None:
    """Draw the eight seeds again."""
    import io

    from PIL import Image

    pictures = []
    for pixels in teaching.paint(SAMPLE_SEEDS):
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "WEBP", quality=90, method=1)
        pictures.append(buffer.getvalue())
    folder.save_samples(run.step, pictures)
    folder.tell(_report(run, plan) | {"sampled": run.step})


def _finish(folder: JobFolder, teaching: Teaching, run: Run, plan: Plan) -> None:
    """Write the version and what can be measured of it."""
    import shutil

    from pipelines.training import proving

    draft = folder.root / "draft"
    shutil.rmtree(draft, ignore_errors=True)
    teaching.export(draft)
    if folder.progress().get("sampled") != run.step:
        _show(folder, teaching, run, plan)
    measures = proving.measure(plan, draft) | {"seconds": round(run.seconds, 1), "steps": run.step}
    (draft / "measures.json").write_text(_text(measures), encoding="utf-8")
    folder.publish(draft)


def _text(values: object) -> str:
    import json

    return json.dumps(values, indent=1, allow_nan=False) + "\n"


def _board(folder: JobFolder, step: int) -> AbstractContextManager[Any]:
    """TensorBoard's writer, where it is installed."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return nullcontext()
    writer: AbstractContextManager[Any] = SummaryWriter(
        str(folder.board), purge_step=step or None, flush_secs=10
    )
    return writer


def main(arguments: list[str] | None = None) -> int:
    """Entry point of the worker; see the module.

    Returns:
        0 with ``outcome.json`` written, or `DISK_FULL`.
    """
    from pipelines.training.together import teach

    return work(teach, arguments)


if __name__ == "__main__":
    sys.exit(main())
