"""Several GPUs teach one model: each draws its own batch, and all step by their mean gradient.

That is synchronous data parallelism, as `torch.nn.parallel.DistributedDataParallel` does it, with
the mean taken by `Place.differentiate`: a teaching may have two networks and two optimisers. The
worker of the queue is the lead. It alone reads what the person wishes, writes checkpoints, paints
and exports; the companions that it starts do as it says at every step, write nothing, and end with
it.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from pipelines.training.job_files import JobFolder
from pipelines.training.worker import COMPANY, stand_back

if TYPE_CHECKING:
    from torch import Tensor

    from pipelines.training.plans import Plan

__all__ = ["LOST", "company", "main", "size_for", "teach"]

LOST = 4
"""Exit code when a companion is gone; the last checkpoint is whole."""


class _Read(JobFolder):
    """A job's folder as a companion has it: nothing is written."""

    def save_tensors(self, name: str, tensors: Mapping[str, Tensor], words: object) -> None:
        """See `JobFolder`; the lead writes the same."""


def size_for(plan: Plan) -> int:
    """How many processes teach a plan: one for each GPU where it asks for them, else one."""
    from pipelines.engines import choose_device

    if choose_device(plan.device) == "cpu":
        return 1
    import torch

    return max(torch.cuda.device_count(), 1)


def teach(folder: JobFolder, ending: Callable[[], bool], size: int | None = None) -> str:
    """Go on with a teaching on as many GPUs as there are; see `teaching.advance`.

    Args:
        folder: Of the job.
        ending: When it says yes, a checkpoint is the last thing that is written.
        size: Processes, instead of those that its plan is for.
    """
    from pipelines.training.teaching import advance

    with company(folder, size or size_for(folder.plan())):
        return advance(folder, ending=ending)


@contextmanager
def company(folder: JobFolder, size: int) -> Iterator[None]:
    """Companions for the time of a block: places (`placing.place_for`) then know of each other.

    A companion that is lost ends this process with `LOST`, since nobody could take another step.
    """
    if size < 2:  # noqa: PLR2004 - alone
        yield
        return
    from accelerate.state import AcceleratorState, PartialState
    from torch import distributed

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free.getsockname()[1])}
    ranks = [place | _named(rank, size) for rank in range(size)]
    command = [sys.executable, "-m", "pipelines.training.together", str(folder.root)]
    companions = [
        subprocess.Popen(command, stdin=subprocess.PIPE, env=os.environ | rank)  # noqa: S603
        for rank in ranks[1:]
    ]
    over = threading.Event()
    for one in companions:
        threading.Thread(target=_mind, args=(one, over), daemon=True).start()
    before = dict(os.environ)
    os.environ.update(ranks[0])
    try:
        yield
    except RuntimeError as error:  # a connection that broke may be heard of before its process
        if any(_gone(one) for one in companions):
            raise SystemExit(LOST) from error
        raise
    finally:
        over.set()
        for one in companions:
            one.kill()
        if distributed.is_initialized():
            distributed.destroy_process_group()
        for state in (AcceleratorState, PartialState):
            state._reset_state()  # so that the next place is alone again
        for name in ranks[0].keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)


def _named(rank: int, size: int) -> dict[str, str]:
    return {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(size), COMPANY: "1"}


def _gone(companion: subprocess.Popen[bytes]) -> bool:
    try:
        return companion.wait(1) != 0
    except subprocess.TimeoutExpired:
        return False


def _mind(companion: subprocess.Popen[bytes], over: threading.Event) -> None:
    if companion.wait() and not over.is_set():
        os._exit(LOST)


def main(arguments: list[str] | None = None) -> int:
    """Entry point of a companion: the folder, and its rank in the environment."""
    from pipelines.training.teaching import advance

    (root,) = sys.argv[1:] if arguments is None else arguments
    stand_back()
    advance(_Read(Path(root)))
    return 0


def _leave(code: int) -> NoReturn:
    """End at once: the interpreter's own way out aborts while gloo's threads still run."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    _leave(main())
