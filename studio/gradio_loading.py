"""Gradio, loaded without what only its own developers need.

Each time it is imported, Gradio 6 parses the source of every component to write an interface file
(``.pyi``) beside it: a third of its time to load. It leaves out a class whose file is not known,
and that is what it is told here while it loads.
"""

from __future__ import annotations

import inspect
import sys
from typing import Any

__all__ = ["load_gradio"]


def load_gradio() -> None:
    """Import Gradio; its files stay as they are.

    What other threads import meanwhile is not touched: only Gradio's classes have no file.
    """
    if "gradio" in sys.modules:
        return
    find = inspect.getfile

    def hidden(thing: Any) -> str:  # noqa: ANN401 - as `inspect.getfile`
        if isinstance(thing, type) and thing.__module__.startswith("gradio."):
            raise OSError("no interface file is needed")
        return find(thing)

    inspect.getfile = hidden  # type: ignore[assignment]
    try:
        import gradio  # noqa: F401
    finally:
        inspect.getfile = find
