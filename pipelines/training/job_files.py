"""The folder of one teaching: plan, checkpoint, progress, samples, result.

Every file is written beside its place, flushed to the disk and renamed, so that whatever kills the
process leaves the last whole one. ``wish`` is the only file that others write: ``go``, ``pause``,
``stop`` or ``drop``.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pipelines.training.plans import Plan

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["JobFolder", "Wish"]

Wish = Literal["go", "pause", "stop", "drop"]
"""Go on; rest; end and keep what was learnt; end and keep nothing."""
SAMPLED = 6
"""Steps whose samples are kept: a page on a busy machine fetches them late."""


@dataclass(frozen=True)
class JobFolder:
    """See the module's docstring.

    Attributes:
        root: The folder; made when something is first written.
    """

    root: Path

    @property
    def result(self) -> Path:
        """The model folder that the teaching made; it exists once it is whole."""
        return self.root / "result"

    @property
    def board(self) -> Path:
        """TensorBoard's files."""
        return self.root / "tensorboard"

    def plan(self) -> Plan:
        """What is to be taught."""
        return Plan.from_dict(self.noted("plan.json"))

    def noted(self, name: str) -> dict[str, Any]:
        """What `note` wrote; empty if there is nothing to read."""
        return self._read(name) or {}

    def note(self, name: str, values: Mapping[str, Any]) -> None:
        """Write plain values down."""
        self._write(name, _json(values))

    def save_plan(self, plan: Plan) -> None:
        """Write the plan."""
        self.note("plan.json", plan.to_dict())

    @property
    def wish(self) -> Wish:
        """What whoever asked for it wants now."""
        try:
            text = (self.root / "wish").read_text(encoding="ascii")
        except OSError:
            return "go"
        known: Mapping[str, Wish] = {"pause": "pause", "stop": "stop", "drop": "drop"}
        return known.get(text, "go")

    def want(self, wish: Wish) -> None:
        """Say what is wanted."""
        self._write("wish", wish.encode())

    def progress(self) -> dict[str, Any]:
        """The last report; empty before the first."""
        return self._read("progress.json") or {}

    def tell(self, report: Mapping[str, Any]) -> None:
        """Report."""
        self._write("progress.json", _json(report))

    def outcome(self) -> dict[str, Any]:
        """How the last run ended; empty if it was killed."""
        return self._read("outcome.json") or {}

    def end(self, outcome: Mapping[str, Any]) -> None:
        """Say how it ended."""
        self._write("outcome.json", _json(outcome))

    def begin(self) -> None:
        """Forget how an earlier run ended."""
        (self.root / "outcome.json").unlink(missing_ok=True)

    def save_tensors(self, name: str, tensors: Mapping[str, Tensor], words: object) -> None:
        """Write tensors, with plain values beside them, in one file."""
        from safetensors.torch import save

        plain = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
        self._write(name, save(plain, {"words": json.dumps(words)}))

    def load_tensors(self, name: str) -> tuple[dict[str, Tensor], Any] | None:
        """Read what `save_tensors` wrote; None if there is nothing yet."""
        from safetensors import safe_open

        path = self.root / name
        if not path.exists():
            return None
        with safe_open(path, "pt") as file:
            words = json.loads(file.metadata()["words"])
            return {key: file.get_tensor(key) for key in file.keys()}, words  # noqa: SIM118

    def save_samples(self, step: int, pictures: list[bytes]) -> None:
        """Write the samples of a step; a slow page may still be fetching those of steps before."""
        for index, picture in enumerate(pictures):
            self._write(f"samples/{step:06d}-{index}.webp", picture)
        there = sorted((self.root / "samples").glob("*.webp"))
        newest = sorted({int(path.name[:6]) for path in there})[-SAMPLED:]
        for path in there:
            if int(path.name[:6]) not in newest:
                path.unlink()

    def sample(self, step: int, index: int) -> Path:
        """Where a sample is."""
        return self.root / "samples" / f"{step:06d}-{index}.webp"

    def publish(self, draft: Path) -> None:
        """Make a finished model folder the result."""
        for path in draft.iterdir():
            _sync(path)
        shutil.rmtree(self.result, ignore_errors=True)
        draft.replace(self.result)
        _sync(self.root)

    def _read(self, name: str) -> dict[str, Any] | None:
        try:
            found = json.loads((self.root / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def _write(self, name: str, content: bytes) -> None:
        target = self.root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(target.name + ".part")
        try:
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
        except OSError:
            part.unlink(missing_ok=True)
            raise


def _json(values: object) -> bytes:
    return json.dumps(values, ensure_ascii=False, allow_nan=False).encode()


def _sync(path: Path) -> None:
    """Make a file or a rename survive a power cut (POSIX only)."""
    if os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
