"""Annotated shapes hold: the tests of the networks once more, with every shape checked."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
NETWORKS = "not without_diffusers and not import_diffusers and not converted"
"""Without those that are about other processes, or about what is traced."""


def test_shapes_of_networks_are_what_they_say():
    command = [sys.executable, "-m", "pytest", "-p", "tests.shapes", "-k", NETWORKS]
    command.append(str(HERE / "networks"))
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent)}
    result = subprocess.run(
        command,
        check=False,
        env=environment,
        cwd=HERE.parent,
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert result.returncode == 0, result.stdout[-3000:]
    assert " passed" in result.stdout


def test_a_wrong_shape_is_seen():
    code = (
        "import tests.shapes, torch\n"
        "from pipelines.networks.style_gan2 import Generator, GeneratorSizes\n"
        "Generator(GeneratorSizes()).mapping(torch.zeros(2, 128, 1), torch.zeros(2).long())\n"
    )
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        check=False,
        cwd=HERE.parent,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode != 0
    assert "TypeCheckError" in result.stderr
