"""Coroutines in tests: Playwright keeps a loop running in the thread that tests run in."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

__all__ = ["run"]


def run(made: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine comes to, run by a loop of its own in another thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, made).result(60)  # noqa: TID251
