"""How a network is run: torch for the reference and on a GPU, OpenVINO for fast frames on a CPU.

An engine takes a network with an example input and gives a function from named arrays to named
arrays. Converted graphs are cached on disk under (weights, precision, form, engine version), so
the second start converts nothing.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import sys
import tempfile
import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import PipelineError
from pipelines.pipeline import Pipeline
from pipelines.run import Arrays, Interrupted, Network, Run

if TYPE_CHECKING:
    from torch import nn

__all__ = ["Device", "Engines", "Quality", "choose_device", "steady"]

Device = Literal["auto", "cpu", "cuda"]
Quality = Literal["reference", "fast", "draft"]
Outputs = dict[str, NDArray[np.float32]]
Compiled = Callable[[Arrays], Outputs]
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


@contextmanager
def steady() -> Iterator[None]:
    """One thread for torch inside the block, so that sums are taken in one order everywhere.

    With two threads the last bits differ from those of one, and "identical" would only mean
    "rendered on as many cores". One thread also does not wait for a core that others hold.
    """
    import torch

    before = torch.get_num_threads()
    if before != 1:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        if before != 1:
            torch.set_num_threads(before)


def compile_torch(network: Network, device: str) -> Compiled:
    """Run ``network`` with torch in float32 on ``device``; on the CPU with one thread."""
    import torch

    module = network.module if device == "cpu" else _on(network.module, device)

    def run(inputs: Arrays) -> Outputs:
        with torch.inference_mode(), steady() if device == "cpu" else nullcontext():
            tensors = [torch.from_numpy(inputs[name]).to(device) for name in network.example]
            result = module(*tensors)
            parts = result if isinstance(result, tuple) else (result,)
            arrays = [part.float().cpu().numpy() for part in parts]
        return dict(zip(network.outputs, arrays, strict=True))

    return run


def _on(module: nn.Module, device: str) -> nn.Module:
    """A copy on ``device``, so that the reference stays on the CPU."""
    import copy

    return copy.deepcopy(module).to(device)


@cache
def fast_precision() -> Literal["bf16", "f32"]:
    """What fast frames are computed in: bfloat16 where the processor multiplies it itself.

    It is about twice as fast there, and differs from the reference by a third of one of 255 on
    average; the exact picture replaces it when the hand rests.
    """
    found = _openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return "bf16" if "BF16" in found else "f32"


def compile_openvino(
    network: Network, graph: Path | None, precision: Literal["bf16", "f32"] = "f32"
) -> Compiled:
    """Run ``network`` with OpenVINO on the CPU; the folder ``graph`` caches it."""
    ov = _openvino()

    core = ov.Core()
    if graph is not None and (graph / "model.xml").exists():
        model = core.read_model(graph / "model.xml")
    else:
        model = _convert(network)
        if graph is not None:
            _store(model, graph)
    settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": precision}
    lock = threading.Lock()

    @cache
    def sized(batch: int) -> Any:  # noqa: ANN401 - openvino is untyped
        """An infer request for one item, whose known size makes it a third faster, or for any."""
        fitted = model.clone()
        fitted.reshape(_shapes(network, fitted, batch))
        return core.compile_model(fitted, "CPU", settings).create_infer_request()

    def run(inputs: Arrays) -> Outputs:
        with lock:  # an infer request holds its own buffers
            arrays = [inputs[name] for name in network.example]
            results = sized(1 if len(arrays[0]) == 1 else -1).infer(arrays)
            made = [np.array(results[index]) for index in range(len(network.outputs))]
        return dict(zip(network.outputs, made, strict=True))

    sized(1)

    return run


def _openvino() -> Any:  # noqa: ANN401 - a module
    """The library without its telemetry, which would call home at each conversion."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino


def _store(model: object, graph: Path) -> None:
    """Save a converted graph whole or not at all; another process may have been faster."""
    graph.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix="draft-", dir=graph.parent))
    try:
        _openvino().save_model(model, draft / "model.xml", compress_to_fp16=False)
        draft.replace(graph)
    except OSError:
        log.warning("the converted graph could not be cached in %s", graph.parent)
        shutil.rmtree(draft, ignore_errors=True)


def _convert(network: Network) -> object:
    """The OpenVINO graph of a torch module, with a dynamic batch."""
    ov = _openvino()
    import torch

    from pipelines.networks.swift import swift

    example = [torch.from_numpy(array) for array in network.example.values()]
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about shapes that the trace takes as constant
        model = ov.convert_model(swift(network.module), example_input=tuple(example))
    model.reshape(_shapes(network, model, -1))
    return model


def _shapes(network: Network, model: Any, batch: int) -> dict[Any, Any]:  # noqa: ANN401
    """Input -> shape; a batch of -1 may be any."""
    ov = _openvino()
    shapes = [ov.PartialShape([batch, *array.shape[1:]]) for array in network.example.values()]
    return dict(zip(model.inputs, shapes, strict=True))


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
    _compiled: OrderedDict[tuple[str, str, str], Compiled] = field(default_factory=OrderedDict)
    _pending: set[tuple[str, str, str]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(
        self,
        pipeline: Pipeline,
        quality: Quality,
        *,
        previews: bool = True,
        stopped: Callable[[], bool] = lambda: False,
    ) -> Run:
        """A function that runs the pipeline's networks; fast may be torch until it is ready.

        Args:
            pipeline: Whose networks.
            quality: See `Instrument.stream`.
            previews: See `Run`.
            stopped: Asked before every network; once true, it ends with `Interrupted`.
        """
        kind = "torch-cpu-f32" if quality == "reference" else self._fast_kind()
        names = pipeline.networks()
        if kind.startswith("openvino") and not all(self._ready(pipeline, n, kind) for n in names):
            self._start(pipeline, kind)
            kind = "torch-cpu-f32"
        return _Runner(self, pipeline, kind, quality == "draft", previews, stopped)

    def release(self, weights: str) -> None:
        """Let go of every compiled network of these weights; a render under way keeps its own."""
        with self._lock:
            for key in [key for key in self._compiled if key[0] == weights]:
                del self._compiled[key]

    def warm(self, pipeline: Pipeline) -> str:
        """Compile the fast engine now; returns its name."""
        kind = self._fast_kind()
        for name in pipeline.networks():
            self.compiled(pipeline, name, kind)
        return kind

    def compiled(self, pipeline: Pipeline, name: str, kind: str) -> Compiled:
        """The compiled network, compiling it where needed."""
        key = (pipeline.weights.base, name, kind)
        with self._lock:
            if key in self._compiled:
                self._compiled.move_to_end(key)
                return self._compiled[key]
        network = pipeline.network(name)
        if kind.startswith("openvino"):
            made = compile_openvino(network, self._graph(key), fast_precision())
        else:
            made = compile_torch(network, "cuda" if "cuda" in kind else "cpu")
        with self._lock:
            self._compiled[key] = made
            while len(self._compiled) > self.capacity:
                self._compiled.popitem(last=False)
        return made

    def _fast_kind(self) -> str:
        if choose_device(self.device) == "cuda":
            return "torch-cuda-f32"
        return f"openvino-{fast_precision()}"

    def _graph(self, key: tuple[str, str, str]) -> Path | None:
        if self.cache is None:
            return None
        ov = _openvino()

        text = "\n".join((*key, FORM, ov.get_version()))
        return self.cache / hashlib.sha256(text.encode()).hexdigest()[:32]

    def _ready(self, pipeline: Pipeline, name: str, kind: str) -> bool:
        with self._lock:
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

        threading.Thread(target=work, name="compile", daemon=True).start()


@dataclass(frozen=True)
class _Runner:
    """See `Run`."""

    engines: Engines
    pipeline: Pipeline
    engine: str
    draft: bool
    previews: bool
    stopped: Callable[[], bool]

    def pause(self) -> None:
        if self.stopped():
            raise Interrupted

    def __call__(self, network: str, inputs: Arrays) -> Outputs:
        self.pause()
        return self.engines.compiled(self.pipeline, network, self.engine)(inputs)
