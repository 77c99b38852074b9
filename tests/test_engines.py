"""What the reference is worth: the same bits whatever the number of cores."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from pipelines.catalog import Catalog
from pipelines.compiling import FastNetwork
from pipelines.engines import Engines
from pipelines.run import steady

RENDER = """
import sys
from pathlib import Path
from pipelines.catalog import Catalog
model = Catalog((Path(sys.argv[1]),)).load("tiny")
for seed in range(3):
    request = model.request(seed=seed, wander=1.5, mix_seed=9, style_mixing=2)
    print(model.render(request).fingerprint)
"""


def rendered(root: Path, threads: int) -> str:
    environ = {**os.environ, "OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    done = subprocess.run(
        [sys.executable, "-c", RENDER, str(root)],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_the_number_of_cores_changes_no_bit(tiny_root: Path) -> None:
    assert len(rendered(tiny_root, 1).split()) == 3
    assert rendered(tiny_root, 1) == rendered(tiny_root, 3)


@pytest.mark.parametrize("threads", [1, 2])
def test_the_number_of_threads_is_put_back(threads: int) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with steady():
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)


ENDED_EARLY = """
import sys
from pathlib import Path
from pipelines.catalog import Catalog
from pipelines.engines import Engines
for _ in range(3):
    model = Catalog((Path(sys.argv[1]),)).load("tiny", Engines(device="cpu"))
    model.render(model.request(), quality="fast")
"""


def test_a_process_that_ends_while_networks_are_compiled_ends_well(tiny_root: Path) -> None:
    """A thread inside torch when Python ends would take it down: "terminate called"."""
    command = [sys.executable, "-c", ENDED_EARLY, str(tiny_root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_a_crowd_needs_is_made_for_what_is_compiled_and_for_what_comes(
    tiny_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[FastNetwork] = []

    def told(self: FastNetwork) -> None:
        made.append(self)

    monkeypatch.setattr(FastNetwork, "expect_several", told)
    engines = Engines(device="cpu")
    first = Catalog((tiny_root,)).load("tiny", engines).pipeline
    engines.warm(first)
    assert made == []  # one person alone pays for nobody else
    engines.expect_several()
    count = len(first.networks())
    assert len(made) == count
    engines.release(first.weights.base)
    engines.warm(first)
    assert len(set(made)) == 2 * count
