"""The worker of a teaching, in two processes also without a GPU: run it with ``FOLDER``."""

import functools
import sys

from pipelines.training.together import teach
from pipelines.training.worker import work

if __name__ == "__main__":
    sys.exit(work(functools.partial(teach, size=2)))
