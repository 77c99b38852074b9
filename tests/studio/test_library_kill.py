"""What was reported as kept survives ``kill -9`` at any moment."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

from studio.library import Library
from studio.persons import LOCAL
from tests.studio.works import keep_of, png, refused

ROOT = Path(__file__).parents[2]
SOAK = bool(os.environ.get("DUET_SOAK"))
KEEPS, KILLS = (100, 10) if SOAK else (20, 5)


def start(what: str, root: Path, first: int = 0) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.studio.provoke", what, str(root), str(first)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def kill(process: subprocess.Popen[str]) -> list[dict[str, object]]:
    """Kill -9, and what it had still told."""
    process.kill()
    rest, _ = process.communicate()
    return [json.loads(line) for line in rest.splitlines() if line.endswith("}")]


def told(process: subprocess.Popen[str]) -> dict[str, object]:
    assert process.stdout is not None
    return dict(json.loads(process.stdout.readline()))


def check(root: Path, reported: dict[str, int]) -> None:
    with Library(root) as library:
        assert library.problems() == []
        assert not list((root / "files" / "incoming").iterdir())
        for work_id, seed in reported.items():
            assert library.work(LOCAL, work_id).request == keep_of(seed).request
            path, _ = library.content(LOCAL, work_id, "original")
            assert path.read_bytes() == png(seed, 24)
        events = library.events(LOCAL, kinds=["keep"])
        assert reported.keys() <= {event.work_id for event in events}
        gone = library.works(LOCAL, deleted=True, limit=1000).works
        assert library.count(LOCAL) + len(gone) == len(events)


def test_everything_reported_as_kept_survives_kill_9(tmp_path: Path) -> None:
    chance = random.Random(5)
    reported: dict[str, int] = {}
    for round_ in range(KILLS):
        process = start("keep", tmp_path, round_ * 100_000)
        told(process)
        lines = [told(process) for _ in range(KEEPS // KILLS)]
        time.sleep(chance.uniform(0, 0.06))  # anywhere within the next keeps
        lines += kill(process)
        reported |= {str(line["id"]): int(str(line["seed"])) for line in lines}
        check(tmp_path, reported)
    assert len(reported) >= KEEPS


def test_a_kill_while_the_library_is_made_leaves_one_that_opens(tmp_path: Path) -> None:
    chance = random.Random(6)
    for round_ in range(10 if SOAK else 3):
        root = tmp_path / str(round_)
        process = start("keep", root)
        told(process)
        time.sleep(chance.uniform(0, 0.25))
        lines = kill(process)
        check(root, {str(line["id"]): int(str(line["seed"])) for line in lines})


def test_a_second_server_is_refused_until_the_first_is_killed(tmp_path: Path) -> None:
    process = start("hold", tmp_path)
    try:
        told(process)
        with refused("library_in_use"):
            Library(tmp_path)
    finally:
        kill(process)
    with Library(tmp_path) as library:
        library.keep(LOCAL, keep_of(1))
        with refused("library_in_use"):
            Library(tmp_path)
        assert library.count(LOCAL) == 1
