"""Two processes that teach one model, as two GPUs would: real ones, over gloo."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys

import psutil
import torch

from pipelines.training.job_files import JobFolder
from pipelines.training.placing import Place, place_for
from pipelines.training.teaching import advance
from pipelines.training.together import LOST, size_for
from tests.studio.serving import eventually
from tests.training.test_teaching import ROOT, house, job_of, plan_for, weights_of

__all__ = ["house"]  # a fixture

COMMAND = [sys.executable, "-m", "tests.training.two_together"]
MEAN = """
import os, sys, torch
from pipelines.training.placing import place_for
place = place_for("cpu")
assert (place.rank, place.alone) == (int(os.environ["RANK"]), False)
weight = torch.nn.Parameter(torch.zeros(2))
optimiser = torch.optim.SGD([weight], lr=1.0)
for _ in range(3):
    place.differentiate((weight * (place.rank + 1)).sum(), optimiser)
    optimiser.step()
print(place.rank, weight.tolist(), place.agree(f"said by {place.rank}"), flush=True)
"""


def started(folder: JobFolder) -> subprocess.Popen:
    return subprocess.Popen([*COMMAND, str(folder.root)], cwd=ROOT, stdin=subprocess.PIPE)


def companions(worker: subprocess.Popen) -> list[psutil.Process]:
    below = psutil.Process(worker.pid).children()
    return [one for one in below if "pipelines.training.together" in " ".join(one.cmdline())]


def test_alone_there_is_nobody_to_ask():
    place = Place(torch.device("cpu"))
    assert (place.rank, place.alone, place.agree("as said")) == (0, True, "as said")
    assert place_for("cpu") == place


def test_gradients_are_the_mean_over_the_processes():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    shared = os.environ | {
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": port,
        "WORLD_SIZE": "2",
        "DUET_COMPANY": "1",
    }
    both = [
        subprocess.Popen(
            [sys.executable, "-c", MEAN],
            cwd=ROOT,
            env=shared | {"RANK": rank, "LOCAL_RANK": rank},
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in "01"
    ]
    said = sorted(one.communicate(timeout=120)[0].strip() for one in both)
    assert said == [f"{rank} [-4.5, -4.5] said by 0" for rank in range(2)]


def test_two_teach_one_version(house, tmp_path):
    plan = plan_for(house, "few-shot", figures={"steps": 3})
    both, alone = job_of(tmp_path / "both", plan), job_of(tmp_path / "alone", plan)
    with started(both) as worker:
        assert worker.wait(240) == 0
    assert both.outcome() == {"state": "done"}
    assert both.progress()["sampled"] == 3
    assert advance(alone) == "done"
    assert weights_of(alone) != weights_of(both), "the companion's batches counted for nothing"


def test_a_companion_ends_with_the_lead_and_the_lead_with_it(house, tmp_path):
    folder = job_of(tmp_path / "a", plan_for(house, "prior", figures={"steps": 20_000}))
    with started(folder) as worker:
        eventually(lambda: folder.progress().get("step"), 120)
        (companion,) = companions(worker)
        companion.kill()
        assert worker.wait(60) == LOST
    with started(folder) as worker:
        (companion,) = eventually(lambda: companions(worker), 120)
        worker.send_signal(signal.SIGKILL)
        companion.wait(60)


def test_pausing_holds_and_it_goes_on_from_there(house, tmp_path):
    whole = job_of(tmp_path / "whole", plan_for(house, "prior", figures={"steps": 30}))
    with started(whole) as worker:
        assert worker.wait(240) == 0
    folder = job_of(tmp_path / "paused", plan_for(house, "prior", figures={"steps": 30}))
    with started(folder) as worker:
        eventually(lambda: folder.progress().get("step"), 120)
        folder.want("pause")
        assert worker.wait(60) == 0
    assert folder.outcome()["state"] in ("paused", "done")
    folder.want("go")
    with started(folder) as worker:
        assert worker.wait(240) == 0
    assert weights_of(folder) == weights_of(whole)


def test_a_plan_for_the_cpu_is_for_one(house):
    assert size_for(plan_for(house, "prior")) == 1
