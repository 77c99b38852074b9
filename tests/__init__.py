"""Tests, mirroring both packages."""

import os

# As in the server: threads that spin while they wait starve each other on a busy machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Two workers on two cores with two threads each wait for one another most of the time.
os.environ.setdefault("OMP_NUM_THREADS", "1")
