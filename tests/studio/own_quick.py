"""The worker that makes a model, with fewer seeds and pictures: ``python -m`` this, ``FOLDER``."""

from __future__ import annotations

import dataclasses
import functools
import sys

from pipelines.training.own_model import KINDS

FEW = ("pipelines.training.directions", "--seeds", "8", "--held-out", "8", "--refining", "0")


def shorten() -> None:
    """Small models of few pictures; what a server and its worker both know."""
    KINDS["small"] = dataclasses.replace(KINDS["small"], needed=60, sliders=FEW)


def main() -> int:
    from pipelines import atlas
    from pipelines.training import own_card, own_hearing, own_making, own_working

    shorten()
    atlas.draw = functools.partial(atlas.draw, num=64)
    own_card.SAMPLES, own_hearing.VALIDATED = 32, 8
    own_making.FIRST = 0.01
    return own_working.main()


if __name__ == "__main__":
    sys.exit(main())
