"""``kill -9`` at any moment of teaching, of the studio or of its worker: nothing is lost."""

from __future__ import annotations

import contextlib
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]
KILLS = 50 if os.environ.get("DUET_SOAK") else 5


def start(library: Path, models: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.studio.tuning_alone", str(library), str(models)]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=env)


def told(process: subprocess.Popen[str]) -> dict:
    line = process.stdout.readline() if process.stdout else ""
    assert line.endswith("\n"), "it ended without a word"
    return json.loads(line)


def to_the_end(process: subprocess.Popen[str]) -> tuple[dict, dict]:
    """The last state of the job, and what was said at the end."""
    before: dict = {}
    while not (now := told(process)).get("over"):
        before = now
    process.communicate(timeout=60)
    assert process.returncode == 0
    return before, now


@pytest.mark.timeout(14400 if KILLS > 5 else 2400)
def test_a_killed_teaching_gives_what_an_undisturbed_one_gives(tiny_root, tmp_path):
    whole, _ = to_the_end(start(tmp_path / "whole", tiny_root))
    assert whole["state"] == "done", whole
    chance, reached = random.Random(7), 0
    for kill in range(KILLS):
        process = start(tmp_path / "killed", tiny_root)
        assert told(process)["problems"] == []
        until = chance.randint(0, 22)
        state = told(process)
        while state["step"] < min(until, reached + 8) and state["state"] != "done":
            state = told(process)
        time.sleep(chance.uniform(0, 0.3))
        if kill % 2 and (workers := psutil.Process(process.pid).children()):
            workers[0].kill()  # the worker alone: the studio starts another
            state = told(process)
        process.kill()
        process.communicate()
        saved = _saved(tmp_path / "killed")
        assert saved >= reached, "what was saved is never lost"
        reached = saved
    state, over = to_the_end(start(tmp_path / "killed", tiny_root))
    assert state["state"] == "done", state
    assert state["version"] == whole["version"], "the seed fixes the result"
    assert over["problems"] == []
    assert over["same"], "old works are painted as they were"
    with contextlib.suppress(psutil.NoSuchProcess):
        left = [p for p in psutil.Process().children(recursive=True) if "teaching" in p.name()]
        assert left == []


def _saved(library: Path) -> int:
    """Steps of the last checkpoint."""
    from safetensors import safe_open

    if any((library / "versions").glob("*/weights.safetensors")):
        return 1_000
    (job,) = (library / "jobs").iterdir()
    path = job / "checkpoint.safetensors"
    if not path.exists():
        return 0
    with safe_open(path, "pt") as file:
        return int(json.loads(file.metadata()["words"])["step"])
