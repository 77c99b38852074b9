"""The studio, whose teaching goes in turns of one step each; otherwise as `app.py --turns`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from studio.start import leave, main
from studio.tuning import lending

if __name__ == "__main__":
    lending.SECONDS = 0.0
    leave(main([*sys.argv[1:], "--turns"]))
