"""The loop every training shares: time, progress, checkpoints, sheets, resuming.

A family brings a :class:`Trainable`; the loop asks it for steps until the minutes are spent. The
schedule of a family depends only on the share of the minutes spent, so a run that was stopped
and resumed goes through the same schedule.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from PIL import Image
from torch import nn
from tqdm import tqdm

CHECKPOINT = "checkpoint.pt"
LOG = "training_log.json"


class Trainable(Protocol):
    """What the loop needs of a family."""

    def step(self, progress: float) -> dict[str, float]:
        """Take one optimiser step; ``progress`` is the share of the time spent, 0 to 1."""

    def state(self) -> dict[str, Any]:
        """Return weights, averages and optimisers as tensors and plain values."""

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what :meth:`state` returned."""

    def sheet(self) -> Image.Image | str:
        """Return a contact sheet of what the model does now: pictures, or a text to read."""

    def export(self, folder: Path) -> None:
        """Write the model folder: weights and config."""


def states_of(run: object, names: Iterable[str]) -> dict[str, Any]:
    """States of a run's networks and optimisers, by the names of its attributes."""
    return {name: getattr(run, name).state_dict() for name in names}


def take_back(run: object, state: Mapping[str, Any], names: Iterable[str]) -> None:
    """Load what `states_of` gave."""
    for name in names:
        getattr(run, name).load_state_dict(state[name])


def begin_from(
    start: Path, networks: Iterable[tuple[nn.Module, Callable[[Path], nn.Module]]]
) -> None:
    """Give networks the weights of those that are loaded from the model folder ``start``.

    Raises:
        ValueError: If they have other sizes.
    """
    for network, load in networks:
        try:
            network.load_state_dict(load(start).state_dict())
        except RuntimeError as error:
            raise ValueError(
                f"start={start} has other sizes than this run asks for; set them alike"
            ) from error


@dataclass(frozen=True)
class Schedule:
    """How long to train and how often to look.

    Attributes:
        minutes: Time for the whole run, earlier parts of a resumed run included.
        max_steps: Stop after this many steps in this call, whatever the time; 0 for no limit.
        save_every: Minutes between checkpoints, each with a sheet and an export.
        first_save: Minutes to the first one; from there the time between two doubles until it is
            ``save_every``. 0 for always that.
    """

    minutes: float
    max_steps: int = 0
    save_every: float = 4.0
    first_save: float = 0.0

    def due(self, saved: float) -> float:
        """Seconds of the run at which the checkpoint after the one at ``saved`` seconds is due."""
        wait = self.save_every
        if self.first_save:
            wait = min(wait, max(self.first_save, saved / 60))
        return saved + wait * 60


@dataclass
class Clock:
    """How far a run has come."""

    step: int = 0
    seconds: float = 0.0


class Listener:
    """Whoever wants to know of a run; this one hears nothing and asks for nothing."""

    def began(self, clock: Clock) -> None:
        """The run begins, or goes on."""

    def heard(self, figures: Mapping[str, float], clock: Clock) -> None:
        """A step was taken, with these figures; what this raises ends the run."""

    def saved(self, clock: Clock) -> None:
        """A checkpoint was written, with its sheet and its export."""

    def ending(self) -> bool:
        """Whether the run is to end, with a checkpoint; asked before every step."""
        return False


class Means:
    """Running means of named figures, each over the steps that reported it."""

    def __init__(self) -> None:
        self._sums: dict[str, tuple[float, int]] = {}

    def add(self, figures: dict[str, float]) -> None:
        """Count the figures of one step."""
        for name, value in figures.items():
            total, count = self._sums.get(name, (0.0, 0))
            self._sums[name] = (total + value, count + 1)

    def read(self) -> dict[str, float]:
        """Return the means so far."""
        return {name: round(total / count, 5) for name, (total, count) in self._sums.items()}


def train(
    model: Trainable,
    out: Path,
    schedule: Schedule,
    *,
    resume: bool = False,
    listener: Listener | None = None,
) -> Clock:
    """Train until the minutes are spent; write checkpoints, sheets, the export and the log.

    Args:
        model: What is trained.
        out: Where everything is written.
        schedule: How long.
        resume: Go on from the last checkpoint.
        listener: Is told of every step and checkpoint, and may end the run.

    Returns:
        How far the run has come.

    Raises:
        ValueError: If asked to resume where no checkpoint is.
    """
    out.mkdir(parents=True, exist_ok=True)
    clock = _load(model, out) if resume else Clock()
    log: list[dict[str, float]] = _read_log(out) if resume else []
    budget, first = schedule.minutes * 60, clock.step
    means, ear = Means(), listener or Listener()
    ear.began(clock)
    before, saved = time.perf_counter(), clock.seconds
    with tqdm(total=round(budget), initial=round(clock.seconds), unit="s") as bar:
        while clock.seconds < budget and (clock.step - first) < (schedule.max_steps or 1 << 62):
            if ear.ending():
                break
            figures = model.step(clock.seconds / budget)
            means.add(figures)
            clock.step += 1
            now = time.perf_counter()
            clock.seconds, before = clock.seconds + now - before, now
            ear.heard(figures, clock)
            bar.update(min(round(clock.seconds), round(budget)) - round(bar.n))
            if clock.step % 50 == 0:
                shown = {name: f"{value:.3g}" for name, value in means.read().items()}
                bar.set_postfix({"step": str(clock.step)} | shown, refresh=False)
            if clock.seconds >= schedule.due(saved):
                log.append(_entry(clock, means))
                _save(model, out, clock, log)
                ear.saved(clock)
                means, saved, before = Means(), clock.seconds, time.perf_counter()
    if not log or log[-1]["step"] < clock.step:
        log.append(_entry(clock, means))
        _save(model, out, clock, log)
        ear.saved(clock)
    return clock


def update_average(average: nn.Module, model: nn.Module, decay: float) -> None:
    """Move the exponential moving average of the weights one step towards the model."""
    with torch.no_grad():
        torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - decay)
        for kept, new in zip(average.buffers(), model.buffers(), strict=True):
            kept.copy_(new)


def _entry(clock: Clock, means: Means) -> dict[str, float]:
    return {"step": clock.step, "minutes": round(clock.seconds / 60, 2)} | means.read()


def _save(model: Trainable, out: Path, clock: Clock, log: list[dict[str, float]]) -> None:
    """Write everything beside its final name first, so that a kill leaves a whole checkpoint."""
    state = {
        "model": model.state(),
        "step": clock.step,
        "seconds": clock.seconds,
        "rng": torch.get_rng_state(),
    }
    torch.save(state, out / (CHECKPOINT + ".new"))
    (out / (CHECKPOINT + ".new")).replace(out / CHECKPOINT)
    (out / LOG).write_text(json.dumps(log, indent=1) + "\n", encoding="utf-8")
    model.export(out)
    sheet, name = model.sheet(), f"sheet-{clock.step:07d}"
    if isinstance(sheet, str):
        (out / f"{name}.txt").write_text(sheet, encoding="utf-8")
    else:
        sheet.save(out / f"{name}.png")


def _load(model: Trainable, out: Path) -> Clock:
    place = out / CHECKPOINT
    if not place.exists():
        raise ValueError(f"resume: no {CHECKPOINT} in {out}; start without --resume")
    state = torch.load(place, map_location="cpu", weights_only=True)
    model.restore(state["model"])
    torch.set_rng_state(state["rng"])
    return Clock(int(state["step"]), float(state["seconds"]))


def _read_log(out: Path) -> list[dict[str, float]]:
    place = out / LOG
    if not place.exists():
        return []
    entries: list[dict[str, float]] = json.loads(place.read_text(encoding="utf-8"))
    return entries
