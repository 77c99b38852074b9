"""Networks compiled: torch for the reference and on a GPU, OpenVINO for fast frames on a CPU.

A compiled network is a function from named arrays to named arrays.
"""

from __future__ import annotations

import logging
import shutil
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipelines.run import Arrays, Network, steady

if TYPE_CHECKING:
    from torch import nn

__all__ = [
    "Compiled",
    "FastNetwork",
    "Outputs",
    "compile_openvino",
    "compile_torch",
    "fast_precision",
    "openvino",
]

Outputs = dict[str, NDArray[np.float32]]
Compiled = Callable[[Arrays], Outputs]
log = logging.getLogger(__name__)
FEW = 2
"""Items of a picture at most: two where it is guided away from something."""
CROWD = 1.0
"""Seconds without a wait after which there is no crowd any more."""
_converting = threading.Lock()  # torch names the modules of a trace in one place of a process


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
    found = openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return "bf16" if "BF16" in found else "f32"


class FastNetwork:
    """A network that OpenVINO runs on the CPU; callable with named arrays.

    One or two items run in a graph of known size, which is faster, on every core, and in a crowd
    (see `_Turns`) on one. The graphs for a crowd are made on a thread of their own and need some
    30 MB for each ten million parameters; until they are there, all are served as one hand is.

    Args:
        core: OpenVINO's.
        model: The converted graph, with a dynamic batch.
        network: What it was converted from.
        precision: In which it computes.
    """

    def __init__(
        self,
        core: Any,  # noqa: ANN401 - openvino is untyped
        model: Any,  # noqa: ANN401
        network: Network,
        precision: Literal["bf16", "f32"],
    ) -> None:
        self._core, self._model, self._network = core, model, network
        self._settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": precision}
        self._turns = _Turns()
        self._wide: dict[int, Any] = {}
        self._narrow: dict[int, Any] = {}
        self._begun: set[int] = set()
        self._beginning = threading.Lock()
        self._chosen(1, crowded=False)

    def __call__(self, inputs: Arrays) -> Outputs:
        """Named arrays of any number of items -> named arrays."""
        with self._turns.taken() as crowded:  # an infer request holds its own buffers
            arrays = [inputs[name] for name in self._network.example]
            results = self._chosen(len(arrays[0]), crowded=crowded).infer(arrays)
            made = [np.array(results[index]) for index in range(len(self._network.outputs))]
        return dict(zip(self._network.outputs, made, strict=True))

    def expect_several(self) -> None:
        """Have the graph for a crowd made before there is one."""
        self._begin(1)

    def _chosen(self, count: int, *, crowded: bool) -> Any:  # noqa: ANN401
        """The infer request for so many items; one caller at a time."""
        batch = count if count <= FEW else -1
        if crowded and batch > 0:
            self._begin(batch)
            if batch in self._narrow:
                return self._narrow[batch]
        if batch not in self._wide:
            self._wide[batch] = self._request(batch)
        return self._wide[batch]

    def _begin(self, batch: int) -> None:
        """Make the graph for a crowd on another thread, once."""
        with self._beginning:
            if batch in self._begun:
                return
            self._begun.add(batch)
        # No daemon: see `Engines`.
        threading.Thread(target=self._work, args=(batch,), name="compile").start()

    def _work(self, batch: int) -> None:
        try:
            self._narrow[batch] = self._request(batch, INFERENCE_NUM_THREADS=1)
        except Exception:  # every core goes on serving
            log.exception("the graph for a crowd could not be compiled")

    def _request(self, batch: int, **told: int) -> Any:  # noqa: ANN401
        fitted = self._model.clone()
        fitted.reshape(_shapes(self._network, fitted, batch))
        settings = self._settings | told
        return self._core.compile_model(fitted, "CPU", settings).create_infer_request()


def compile_openvino(
    network: Network, graph: Path | None, precision: Literal["bf16", "f32"] = "f32"
) -> FastNetwork:
    """Run ``network`` with OpenVINO on the CPU; the folder ``graph`` caches it."""
    core = openvino().Core()
    with _converting:
        if graph is not None and (graph / "model.xml").exists():
            model = core.read_model(graph / "model.xml")
        else:
            model = _convert(network)
            if graph is not None:
                _store(model, graph)
    return FastNetwork(core, model, network, precision)


class _Turns:
    """One caller at a time, who is told whether there is a crowd: somebody had to wait lately.

    Alone, a picture is made on every core and is there sooner. In a crowd one core each makes more
    pictures: threads that wait for one another's parts wait long where browsers hold the cores.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waited = float("-inf")

    @contextmanager
    def taken(self) -> Iterator[bool]:
        """Hold the turn; whether there is a crowd."""
        if not self._lock.acquire(blocking=False):
            self._waited = time.monotonic()
            self._lock.acquire()
        try:
            yield time.monotonic() - self._waited < CROWD
        finally:
            self._lock.release()


def openvino() -> Any:  # noqa: ANN401 - a module
    """The library without its telemetry, which would call home at each conversion."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino


def _store(model: object, graph: Path) -> None:
    """Save a converted graph whole or not at all; another process may have been faster."""
    graph.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix="draft-", dir=graph.parent))
    try:
        openvino().save_model(model, draft / "model.xml", compress_to_fp16=False)
        draft.replace(graph)
    except OSError:
        log.warning("the converted graph could not be cached in %s", graph.parent)
        shutil.rmtree(draft, ignore_errors=True)


def _convert(network: Network) -> object:
    """The OpenVINO graph of a torch module, with a dynamic batch."""
    ov = openvino()
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
    ov = openvino()
    shapes = [ov.PartialShape([batch, *array.shape[1:]]) for array in network.example.values()]
    return dict(zip(model.inputs, shapes, strict=True))
