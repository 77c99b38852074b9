"""Tests, mirroring both packages."""

import os

# As in the server: threads that spin while they wait starve each other on a busy machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
