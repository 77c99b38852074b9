"""First light, all of it in a browser, on a machine without any network but itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from tests.studio.serving import ROOT

STEPS = "tests/page/first_light.py"


def test_first_light_needs_no_network():
    alone = _alone()
    if alone is None and os.environ.get("CI"):
        pytest.fail("a network namespace cannot be made here")
    run = subprocess.run(
        [*(alone or ()), sys.executable, "-m", "pytest", STEPS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-3000:]
    assert "3 passed" in run.stdout
    if alone is None:
        pytest.skip("all passed, but with a network: unshare and ip (iproute2) are needed")


def _alone() -> list[str] | None:
    """A command that runs another with no network but the loopback, or None."""
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return None
    inside = 'ip link set lo up && exec "$@"'
    command = ["unshare", "--net", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    tried = subprocess.run([*command, "true"], capture_output=True, check=False)
    return [*command, "sh", "-c", inside, "sh"] if tried.returncode == 0 else None
