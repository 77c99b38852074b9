"""A teaching as the page reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.training.teaching import SAMPLE_SEEDS
from studio.library.taught_values import OPEN

if TYPE_CHECKING:
    from pipelines.training.job_files import JobFolder
    from studio.library import Job

__all__ = ["told"]


def told(job: Job, folder: JobFolder) -> dict[str, Any]:
    """A job as the page reads it; its seeds are as its base draws them until it has drawn them."""
    report = folder.progress()
    step, steps = int(report.get("step", 0)), max(int(job.plan.get("steps", 1)), 1)
    sampled = report.get("sampled")
    place = f"/studio/jobs/{job.id}/samples/{sampled}"
    samples = [f"{place}/{index}" for index in range(len(SAMPLE_SEEDS))]
    if sampled is None:
        samples = [f"/studio/versions/{job.plan['base']}/samples/{s}" for s in SAMPLE_SEEDS]
    return {
        "id": job.id,
        "model": job.model,
        "method": job.plan.get("method"),
        "state": job.state,
        "progress": 1.0 if job.state == "done" else round(step / steps, 4),
        "step": step,
        "seconds": report.get("seconds", 0.0),
        "seconds_left": report.get("seconds_left") if job.state in OPEN else 0.0,
        "curve": report.get("curve", []),
        "samples": samples,
        "left_out": job.plan.get("left_out", []),
        "created_at": job.created_at.isoformat(),
        "version": job.version,
        "error": job.error,
    }
