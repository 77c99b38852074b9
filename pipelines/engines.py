"""Which engine runs a network: torch for the reference and on a GPU, OpenVINO for fast frames.

Converted graphs are cached on disk under (weights, precision, form, engine version), so the second
start converts nothing.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pipelines.abilities import Drafting
from pipelines.compiling import (
    Compiled,
    FastNetwork,
    Outputs,
    compile_openvino,
    compile_torch,
    fast_precision,
    openvino,
)
from pipelines.errors import PipelineError
from pipelines.pace import Frame, Pace
from pipelines.pipeline import Pipeline
from pipelines.recent import Recent
from pipelines.run import Arrays, Interrupted, Network, Run, never

__all__ = ["Device", "Engines", "Quality", "choose_device"]

Device = Literal["auto", "cpu", "cuda"]
Quality = Literal["reference", "fast", "draft"]
FORM = "swift 1"
"""Version of `pipelines.networks.swift`; cached graphs of another one are not used."""
log = logging.getLogger(__name__)


def choose_device(device: Device) -> Literal["cpu", "cuda"]:
    """``auto`` is the GPU where there is one.

    Raises:
        PipelineError: If ``cuda`` is asked for and there is none.
    """
    if device == "cpu":
        return "cpu"
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if device == "cuda":
        raise PipelineError(
            "no_gpu", name="device", value="cuda", rule="not here", remedy="use auto or cpu"
        )
    return "cpu"


@dataclass
class Engines:
    """The compiled networks of a process, least recently used ones dropped.

    Args:
        device: Where fast frames are rendered.
        cache: Folder for converted graphs, or None to convert at each start.
        capacity: How many compiled networks are kept.
    """

    device: Device = "auto"
    cache: Path | None = None
    capacity: int = 12
    _compiled: Recent[tuple[str, str, str], Compiled] = field(init=False)
    _paces: Recent[str, Pace] = field(init=False)
    _pending: set[tuple[str, str, str]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _several: bool = False

    def __post_init__(self) -> None:
        """Make room."""
        self._compiled, self._paces = Recent(self.capacity), Recent(self.capacity)

    def run(
        self,
        pipeline: Pipeline,
        quality: Quality,
        *,
        previews: bool = True,
        stopped: Callable[[], bool] = never,
    ) -> Run:
        """A function that runs the pipeline's networks; fast may be torch until it is ready.

        Args:
            pipeline: Whose networks.
            quality: See `Instrument.stream`.
            previews: See `Run`.
            stopped: Asked before every network; once true, it ends with `Interrupted`.
        """
        kind = "torch-cpu-f32" if quality == "reference" else self._fast_kind()
        draft, drafts, frame = quality == "draft", _drafts(pipeline), Frame(draft=False)
        if draft and drafts:
            frame = self._paces.get(pipeline.weights.base, Pace).begin()
        drafts = drafts if frame.draft else {}
        names = [drafts.get(name, name) for name in pipeline.networks()]
        if kind.startswith("openvino") and not all(self._ready(pipeline, n, kind) for n in names):
            self._start(pipeline, kind)
            kind = "torch-cpu-f32"
        return _Runner(self, pipeline, kind, draft, previews, stopped, drafts, frame)

    def release(self, weights: str) -> None:
        """Let go of every compiled network of these weights; a render under way keeps its own."""
        for key in self._compiled:
            if key[0] == weights:
                self._compiled.drop(key)

    def expect_several(self) -> None:
        """From now on several persons may play at once: nobody should wait for what that needs."""
        self._several = True
        for key in self._compiled:
            self._prepare(self._compiled.find(key))

    def _prepare(self, compiled: Compiled | None) -> None:
        if self._several and isinstance(compiled, FastNetwork):
            compiled.expect_several()

    def warm(self, pipeline: Pipeline) -> str:
        """Compile the fast engine now, with what stands in; returns its name."""
        kind = self._fast_kind()
        for name in (*pipeline.networks(), *_drafts(pipeline).values()):
            self._prepare(self.compiled(pipeline, name, kind))
        return kind

    def compiled(self, pipeline: Pipeline, name: str, kind: str) -> Compiled:
        """The compiled network, compiling it where needed."""
        key = (pipeline.weights.base, name, kind)
        return self._compiled.get(key, lambda: self._compile(pipeline.network(name), key))

    def _compile(self, network: Network, key: tuple[str, str, str]) -> Compiled:
        kind = key[2]
        if kind.startswith("openvino"):
            return compile_openvino(network, self._graph(key), fast_precision())
        return compile_torch(network, "cuda" if "cuda" in kind else "cpu")

    def _fast_kind(self) -> str:
        if choose_device(self.device) == "cuda":
            return "torch-cuda-f32"
        return f"openvino-{fast_precision()}"

    def _graph(self, key: tuple[str, str, str]) -> Path | None:
        if self.cache is None:
            return None
        text = "\n".join((*key, FORM, openvino().get_version()))
        return self.cache / hashlib.sha256(text.encode()).hexdigest()[:32]

    def _ready(self, pipeline: Pipeline, name: str, kind: str) -> bool:
        return (pipeline.weights.base, name, kind) in self._compiled

    def _start(self, pipeline: Pipeline, kind: str) -> None:
        """Compile in the background, once."""
        key = (pipeline.weights.base, "*", kind)
        with self._lock:
            if key in self._pending:
                return
            self._pending.add(key)

        def work() -> None:
            try:
                self.warm(pipeline)
            except Exception:  # the reference goes on serving
                log.exception("the fast engine could not be compiled")
            finally:
                with self._lock:
                    self._pending.discard(key)

        # No daemon: Python waits for it at its end, which would otherwise break off inside torch.
        threading.Thread(target=work, name="compile").start()


@dataclass(frozen=True)
class _Runner:
    """See `Run`."""

    engines: Engines
    pipeline: Pipeline
    engine: str
    draft: bool
    previews: bool
    stopped: Callable[[], bool]
    drafts: Mapping[str, str]
    frame: Frame

    def pause(self) -> None:
        if self.stopped():
            raise Interrupted

    def __call__(self, network: str, inputs: Arrays) -> Outputs:
        self.pause()
        name = self.drafts.get(network, network)
        compiled = self.engines.compiled(self.pipeline, name, self.engine)
        begun = time.perf_counter()
        outputs = compiled(inputs)
        self.frame.spent += time.perf_counter() - begun
        return outputs


def _drafts(pipeline: Pipeline) -> Mapping[str, str]:
    """Networks that have one that stands in for them, with its name."""
    return pipeline.drafts if isinstance(pipeline, Drafting) else {}
