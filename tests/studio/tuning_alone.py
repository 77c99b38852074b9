"""A studio that only teaches, to be killed: ``python -m`` this, ``LIBRARY MODELS``.

The first time it keeps works and asks for a job; every time it goes on with what is open and
prints the job's state as a JSON line until it is over.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from pathlib import Path

from pipelines.request import Request
from studio.bodies import KeepWork
from studio.house import House, opened
from studio.keeping import keep
from studio.persons import LOCAL
from studio.settings import Settings
from studio.tuning.choosing import Choice, choose

STEPS = 24


def ask(house: House) -> None:
    """Keep what is needed, and put a job in line that saves often."""
    request = house.shelf.instrument("tiny").request()
    works = []
    for seed in range(12):
        body = KeepWork(request=request.but(seed=seed).to_dict(), shown=[])
        works.append(keep(house, LOCAL, body).id)
    choice = Choice("tiny", works, "few-shot", 0.5, 0.5, {"steps": STEPS})
    plan, _ = choose(house, LOCAL, choice)
    house.library.add_job(LOCAL, "tiny", replace(plan, save_every=0.0).to_dict())


def main(library: Path, models: Path) -> None:
    house = opened(Settings(library=library, models=(models,), device="cpu"))
    print(json.dumps({"problems": house.library.problems()}), flush=True)
    if not house.library.jobs(LOCAL):
        ask(house)
    house.tuning.open()
    while True:
        (job,) = house.library.jobs(LOCAL)
        step = house.tuning.folder(job.id).progress().get("step", 0)
        told = {"state": job.state, "step": step, "version": job.version, "error": job.error}
        print(json.dumps(told), flush=True)
        if job.state not in ("waiting", "running"):
            break
        time.sleep(0.05)
    works = house.library.works(LOCAL).works
    prints = [
        house.render(Request.from_json(w.request)).fingerprint == w.fingerprint for w in works
    ]
    told = {"over": True, "problems": house.library.problems(), "same": all(prints)}
    print(json.dumps(told), flush=True)
    house.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
