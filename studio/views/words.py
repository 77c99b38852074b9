"""The sentences of the page: one JSON file per language, read by Python and by the browser."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import gradio as gr

__all__ = ["LANGUAGES", "LOCALES", "has", "sentences", "translations", "word"]

LOCALES = Path(__file__).parents[1] / "locales"
LANGUAGES = ("en", "zh")
SUBTITLES = ("zh-CN", "zh-TW", "zh-HK", "zh-SG")
"""Tags that browsers send for what our ``zh`` file holds."""


@cache
def sentences(language: str) -> Mapping[str, str]:
    """Every sentence of a language by its dotted key, such as ``views.studio``."""
    tree = json.loads((LOCALES / f"{language}.json").read_text("utf-8"))
    return dict(_flat(tree, ""))


def _flat(node: Mapping[str, object], prefix: str) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for key, value in node.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            pairs += _flat(value, f"{name}.")
        else:
            pairs.append((name, str(value)))
    return pairs


def has(key: str) -> bool:
    """Whether there is a sentence of this key."""
    return key in sentences("en")


def word(key: str) -> gr.I18nData:
    """A sentence that Gradio shows in the browser's language."""
    import gradio as gr

    return gr.I18n()(key.replace(".", "_"))


def translations() -> gr.I18n:
    """The sentences that Gradio's own components show, for `gr.mount_gradio_app`.

    Keys have underscores for dots, which Gradio would take for nesting.
    """
    import gradio as gr

    shown = ("views.", "controls.", "options.", "shape.")
    tables = {
        language: {
            key.replace(".", "_"): text
            for key, text in sentences(language).items()
            if key.startswith(shown)
        }
        for language in LANGUAGES
    }
    return gr.I18n(**tables, **dict.fromkeys(SUBTITLES, tables["zh"]))
