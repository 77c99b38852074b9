"""A tiny real model of Tang verse, and a few poems to train one on."""

import json
from pathlib import Path

import torch

from pipelines.latents import Direction, normal
from pipelines.networks.verse import PoemSizes, PoemTransformer
from pipelines.networks.verse_files import save_poet
from pipelines.training.dimensions import save_directions
from pipelines.training.verse_data import SPECIAL
from pipelines.verse.forms import FORMS
from pipelines.verse.tang_files import TABLES

__all__ = ["RHYMES", "SIGNS", "tiny_tang_folder", "with_control_vectors", "write_poems"]

SIGNS = "白日依山盡黃河入海流欲窮千里目更上一層樓春眠不覺曉處聞啼鳥夜來風雨聲花落知多少"
RHYMES = ("流樓多河花", "曉鳥少層聲", "山千眠聞")
CARD = """---
title: {en: Tiny verse, zh: 小小诗}
medium: verse
version: 1
license: Apache-2.0
credit: Random weights, no data
---
# Tiny verse

Random weights of the real classes, for tests.
"""


def tiny_tang_folder(root: Path, name: str = "tiny-tang", seed: int = 0) -> Path:
    """Write a poet of forty characters; returns its folder."""
    folder = root / name
    torch.manual_seed(seed)
    tokens = (*SPECIAL, *dict.fromkeys(SIGNS))
    poet = PoemTransformer(PoemSizes(len(tokens), width=32, hidden=48, num_layers=2, num_heads=2))
    with torch.no_grad():  # as trained: what was written before is heard
        for weight in poet.parameters():
            if weight.ndim > 1:
                weight.mul_(12)
    save_poet(poet, tokens, folder, {"family": "tang", "id": name})
    tables = {"rhymes": RHYMES, "begins": SIGNS[:20]}
    (folder / TABLES).write_text(json.dumps(tables, ensure_ascii=False), encoding="utf-8")
    with_control_vectors(folder, ("mood", "distance"), (2, 32))
    (folder / "card.md").write_text(CARD, encoding="utf-8")
    return folder


def with_control_vectors(folder: Path, names: tuple[str, ...], shape: tuple[int, int]) -> None:
    """Write control vectors that nobody fitted."""
    vectors = [
        Direction(name, 4 * normal(number, shape, "tiny control vectors"), {name: 1.0}, "control")
        for number, name in enumerate(names)
    ]
    save_directions(vectors, folder)


def write_poems(folder: Path, count: int = 120) -> Path:
    """Write ``tang.json`` with poems of every form that say the same few things."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = torch.Generator().manual_seed(0)
    forms = list(FORMS.values())
    poems = []
    for number in range(count):
        form = forms[number % len(forms)]
        begun = torch.randint(0, len(SIGNS), (form.lines,), generator=drawn).tolist()
        lines = [(SIGNS + SIGNS)[start : start + form.length] for start in begun]
        odd = torch.randint(0, len(SIGNS), (form.lines, 2), generator=drawn).tolist()
        lines = [
            SIGNS[a] + x[1:2] + SIGNS[b] + x[3:] for x, (a, b) in zip(lines, odd, strict=True)
        ]
        rhyme = RHYMES[number // len(forms) % len(RHYMES)]
        ends = [rhyme[(number + i // 2) % len(rhyme)] for i in range(form.lines)]
        lines = [
            x[:-1] + end if i % 2 else x
            for i, (x, end) in enumerate(zip(lines, ends, strict=True))
        ]
        couplets = [f"{a}，{b}。" for a, b in zip(lines[::2], lines[1::2], strict=True)]
        poems.append({"t": f"No. {number}", "a": "test", "p": couplets})
    text = json.dumps(poems, ensure_ascii=False)
    (folder / "tang.json").write_text(text, encoding="utf-8")
    return folder
