"""What a model's folder may ask for: checked before anything is made of it.

A folder may come from anywhere. Its ``config.json`` names the sizes of the networks, which are
built before their weights are looked at: a size that is absurd, by damage or on purpose, would
take all memory or build for hours. So every number of a configuration is looked at first, and
while a folder is read no more may be made than weights of its files' size can fill.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from pipelines.errors import DuetError, WeightsError, shorten, unfit

__all__ = ["bounded", "check_config", "check_folder"]

Call = Callable[..., object]
Args = tuple[Any, ...]
Kwargs = Mapping[str, Any]
LARGEST = 1 << 24
"""Of any number in a configuration; the base of rotary embeddings is the largest in use."""
DEEPEST, MOST, LONGEST = 16, 100_000, 10_000
"""Levels of a configuration, values in it, and characters of a text in it."""
FILE = 4 << 20
"""Bytes of a ``config.json``."""
LEAST_ELEMENTS = 1 << 22
"""That may be made for a model however small its files are."""
MOST_TENSORS = 20_000
"""That may be made; the largest pipelines of the Hub make about three thousand."""
MAKERS = (
    "empty",
    "zeros",
    "ones",
    "full",
    "rand",
    "randn",
    "randint",
    "eye",
    "arange",
    "linspace",
)
"""Functions of torch that make tensors of nothing, as the layers of every network do."""
DRAWERS = ("uniform_", "normal_", "kaiming_uniform_", "xavier_uniform_")
"""Functions of ``torch.nn.init`` that draw first weights, which those in the file replace."""


def check_config(config: object, name: str = "config") -> None:
    """Look at every value of a configuration.

    Raises:
        WeightsError: ``bad_config``, with the path of the value that no model has.
    """
    waiting: list[tuple[str, object, int]] = [(name, config, 0)]
    seen = 0
    while waiting:
        path, value, depth = waiting.pop()
        seen += 1
        if depth > DEEPEST or seen > MOST:
            raise _refused(path, "[…]", "too large or nested too deeply")
        if isinstance(value, Mapping):
            waiting += [(f"{path}.{key}", one, depth + 1) for key, one in value.items()]
        elif isinstance(value, list | tuple):
            waiting += [(f"{path}[{i}]", one, depth + 1) for i, one in enumerate(value)]
        elif isinstance(value, str):
            if len(value) > LONGEST:
                raise _refused(path, value, f"longer than {LONGEST} characters")
        elif isinstance(value, int | float) and not abs(value) <= LARGEST:  # NaN is not either
            raise _refused(path, value, f"outside [-{LARGEST}, {LARGEST}]")
        elif path.endswith("num_groups") and isinstance(value, int) and value < 1:
            raise _refused(path, value, "not a number of groups")  # torch looks when it paints


def check_folder(folder: Path) -> None:
    """Look at the configurations of all networks in a model's folder.

    Raises:
        WeightsError: ``bad_config``.
    """
    for file in sorted(folder.glob("**/config.json")):
        name = file.relative_to(folder).with_suffix("").as_posix()
        try:
            if file.stat().st_size > FILE:
                raise _refused(name, file.stat().st_size, f"larger than {FILE} bytes")
            config = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise _refused(name, type(error).__name__, "not readable") from error
        check_config(config, name)


@contextmanager
def bounded(folder: Path, shared: Mapping[str, Path]) -> Iterator[None]:
    """Let a model be read from its folder, and nothing larger be made than its files can fill.

    Whatever else the reading of a strange folder raises is a `WeightsError` too.

    Args:
        folder: Of the model.
        shared: Folders of the models that it may build on, by id.

    Raises:
        WeightsError: ``bad_config`` or ``bad_weights``.
    """
    try:
        check_folder(folder)
        built_on = [shared[name] for name in _names(folder) if name in shared]
        for one in built_on:
            check_folder(one)
        weights = [file for one in (folder, *built_on) for file in one.glob("**/*.safetensors")]
        room = sum(file.stat().st_size for file in weights)
        with _allowance(max(LEAST_ELEMENTS, room)):
            yield
    except DuetError:
        raise
    except Exception as error:  # a strange folder may make a reader fail in any way
        raise unfit(folder.name, error) from error


def _names(folder: Path) -> set[str]:
    """Texts at the top of a configuration, among them ids of shared models."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return {value for value in config.values() if isinstance(value, str)}


def _allowance(room: int) -> AbstractContextManager[object]:
    """On this thread, torch makes ``room`` elements at once, four times as many in all.

    First weights are not drawn: that took longer than to read those that replace them.
    """
    import torch
    from torch.nn import init
    from torch.overrides import TorchFunctionMode

    makers = {getattr(torch, name): name for name in MAKERS}
    drawers = {getattr(init, name) for name in DRAWERS}

    class Allowance(TorchFunctionMode):
        made = tensors = 0

        def __torch_function__(
            self, func: Call, _: object, args: Args = (), kwargs: Kwargs | None = None
        ) -> object:
            if func in drawers:
                return args[0] if args else (kwargs or {})["tensor"]
            if func in makers:
                elements = _elements(makers[func], args, kwargs or {})
                self.made += elements
                self.tensors += 1
                if elements > room or self.made > 4 * room or self.tensors > MOST_TENSORS:
                    raise _refused("network", elements, "larger than its weights")
            return func(*args, **(kwargs or {}))

    mode: AbstractContextManager[object] = Allowance()
    return mode


def _elements(maker: str, args: Args, kwargs: Kwargs) -> int:
    """How many elements a tensor has that one of `MAKERS` makes of these.

    >>> _elements("zeros", (2, 3), {}), _elements("full", ((2, 3), 9), {})
    (6, 6)
    >>> _elements("eye", (4,), {}), _elements("arange", (0, 100, 2), {})
    (16, 100)
    """
    given = (
        *args,
        *(kwargs[name] for name in ("size", "end", "steps", "n", "m") if name in kwargs),
    )
    for one in given:
        if isinstance(one, list | tuple) and all(isinstance(size, int) for size in one):
            return abs(math.prod(one))
    numbers = [
        int(abs(one)) for one in given if isinstance(one, int | float) and abs(one) < math.inf
    ]
    if maker in ("arange", "linspace"):
        return max(numbers, default=0)
    if maker == "eye":
        return numbers[0] * numbers[-1] if numbers else 0
    return math.prod(numbers)


def _refused(name: str, value: object, rule: str) -> WeightsError:
    return WeightsError(
        "bad_config",
        name=shorten(name),
        value=value,
        rule=rule,
        remedy="get the model again",
    )
