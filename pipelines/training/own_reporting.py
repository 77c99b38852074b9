"""How far the making of a model is, written for whoever reads the folder of its job."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipelines.training.job_files import JobFolder
from pipelines.training.loop import Clock, Means
from pipelines.training.own_files import sheet
from pipelines.training.own_hearing import measured
from pipelines.training.own_making import Ending, Stage, Watcher
from pipelines.training.own_model import Wish
from pipelines.training.own_searching import Search

__all__ = ["Reporter"]

REPORT = 0.5
"""Seconds between reports."""
POINTS = 120
"""Points of a curve, at most; from there on every second one is left out."""
Curves = dict[str, list[list[float]]]


class Reporter(Watcher):
    """See the module's docstring.

    Args:
        folder: Of the job.
        wish: What is being made.
        ending: Whether the server ends.
    """

    def __init__(self, folder: JobFolder, wish: Wish, ending: Callable[[], bool]) -> None:
        self._folder, self._wish, self._ending = folder, wish, ending
        self._report = folder.progress()
        self._curves: Curves = self._report.get("curves", {})
        self._means, self._told = Means(), 0.0
        self._busy, self._over = threading.Lock(), False
        self._board: Any = None
        self.left = ""

    def stage(self, name: Stage) -> None:
        """See `Watcher`. What follows the training asks nobody, so a thread listens for it."""
        if name == "sliders":
            threading.Thread(target=self._leave, name="leaving", daemon=True).start()
        self._tell(stage=name)

    def searching(self, found: Search) -> None:
        """See `Watcher`."""
        told = {"runs": found.runs, "score": found.score, "usual": found.usual}
        self._tell(search=told | {"settings": list(found.settings)}, **self._far(found.seconds))

    def began(self, clock: Clock) -> None:
        """See `Watcher`; of what was heard after the last checkpoint nothing stays."""
        for name, points in self._curves.items():
            self._curves[name] = [point for point in points if point[0] <= clock.step]
        self._board = _board(self._folder, clock.step)
        self._tell(**self._at(clock))

    def heard(self, figures: Mapping[str, float], clock: Clock) -> None:
        """See `Watcher`."""
        self._means.add(dict(figures))
        now = time.monotonic()
        if now - self._told < REPORT:
            return
        for name, value in self._means.read().items():
            points = self._curves.setdefault(name, [])
            points.append([clock.step, value])
            if len(points) > POINTS:
                del points[1:-1:2]
            self._draw(name, value, clock.step)
        self._means = Means()
        self._tell(**self._at(clock))

    def saved(self, work: Path, clock: Clock) -> None:
        """See `Watcher`."""
        found = {int(one.stem.removeprefix("sheet-")): one for one in work.glob("sheet-*.png")}
        for step, path in found.items():
            self._lay(path, sheet(self._folder, step))
        figures = measured(work)
        for name, value in figures[-1].items() if figures else ():
            if name != "step" and figures[-1]["step"] == clock.step:
                self._draw(f"kept out/{name}", value, clock.step)
        if self._board is not None:
            self._board.flush()
        self._tell(**self._at(clock), sheets=sorted(found), figures=figures)

    def _lay(self, path: Path, place: Path) -> None:
        """Copy a sheet to where it is shown, unless it is there."""
        if place.exists():
            return
        place.parent.mkdir(exist_ok=True)
        part = place.with_suffix(".part")
        shutil.copyfile(path, part)
        part.replace(place)

    def ending(self) -> Ending:
        """See `Watcher`."""
        wanted, ended = self._folder.wish, self._ending()
        if wanted == "stop" and not ended:
            return "enough"
        self.left = {"pause": "paused", "drop": "dropped"}.get(wanted, "slice" if ended else "")
        return "leave" if self.left else ""

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Nothing that is asked for now ends the work in the middle of this."""
        with self._busy:
            yield
            self._over = True

    def _leave(self) -> None:
        """End the process when it is wanted: all that is lost begins anew."""
        while not self._over:
            time.sleep(REPORT)
            with self._busy:
                if not self._over and self.ending() == "leave":
                    self._folder.end({"state": self.left})
                    os._exit(0)

    def _at(self, clock: Clock) -> dict[str, Any]:
        searched = self._wish.find * 60
        return {
            "step": clock.step,
            "seconds": round(clock.seconds, 1),
            "curves": self._curves,
            **self._far(searched + clock.seconds),
        }

    def _far(self, seconds: float) -> dict[str, float]:
        """How far so many seconds of searching and training are."""
        whole = (self._wish.find + self._wish.time) * 60
        return {
            "seconds_left": round(max(0.0, whole - seconds), 1),
            "share": round(min(1.0, seconds / whole), 4),
        }

    def _tell(self, **news: Any) -> None:  # noqa: ANN401 - any part of the report
        self._report = self._report | news
        self._told = time.monotonic()
        self._folder.tell(self._report)

    def _draw(self, name: str, value: float, step: int) -> None:
        if self._board is not None:
            self._board.add_scalar(name, value, step)


def _board(folder: JobFolder, step: int) -> Any:  # noqa: ANN401
    """TensorBoard's writer, None where it is not installed."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(folder.board), purge_step=step or None, flush_secs=10)
