"""What lies in the folder of a job that makes a model of an artist's own pictures.

Nothing heavy is imported here: the studio reads these files too.
"""

from __future__ import annotations

from pathlib import Path

from pipelines.training.job_files import JobFolder

__all__ = [
    "CHECKED",
    "CHECKPOINT",
    "MAKING",
    "PICTURES",
    "PLAN",
    "SEARCH",
    "SHEETS",
    "WORK",
    "begun",
    "sheet",
]

PLAN, PICTURES, CHECKED = "own.json", "pictures", "checked.json"
"""The wish, the pictures, and what was found when they were looked at."""
MAKING, WORK = "making", "training"
"""Folder of the model in the making; in it that of checkpoints and growing sheets, which goes when
the model is whole."""
SEARCH, CHECKPOINT = "search", "checkpoint.pt"
"""In it, what a search for settings tried; and what a training goes on from."""
SHEETS = "sheets"
"""Folder with what the model painted on its way, also once the model is whole."""


def begun(folder: JobFolder, model: str) -> bool:
    """Whether there is anything to go on from."""
    return (folder.root / MAKING / model / WORK / CHECKPOINT).exists()


def sheet(folder: JobFolder, step: int) -> Path:
    """Where the sheet of a step is until the job is over."""
    return folder.root / SHEETS / f"{step}.png"
