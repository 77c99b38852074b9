"""The studio, whose worker makes models in seconds; otherwise as `app.py`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from studio.own import jobs
from studio.start import leave, main
from tests.studio import own_quick

if __name__ == "__main__":
    own_quick.shorten()
    jobs.WORKER = "tests.studio.own_quick"
    leave(main())
