"""A teaching as the page reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio.library.taught_values import OPEN

if TYPE_CHECKING:
    from pipelines.training.job_files import JobFolder
    from studio.library import Job

__all__ = ["told"]


def told(job: Job, folder: JobFolder) -> dict[str, Any]:
    """A job as the page reads it."""
    report = folder.progress()
    step, steps = int(report.get("step", 0)), max(int(job.plan.get("steps", 1)), 1)
    sampled = report.get("sampled")
    place = f"/studio/jobs/{job.id}/samples/{sampled}"
    samples = [] if sampled is None else [f"{place}/{i}" for i in range(8)]
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
