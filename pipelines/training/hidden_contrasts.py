"""Control vectors of a poet from contrasted poems.

With h_l(p) the mean over the places of poem p of what comes out of layer l, and s(p) what is
measured of it (`contrasts` of its language, each in its own deviations), the vectors are the
least squares of

    h_l(p) = b_l + sum_a s_a(p) v_a,l

so that joyful poems are contrasted with sorrowful ones that are otherwise alike (difference of
means, Zou et al. 2023, https://arxiv.org/abs/2310.01405, but for several contrasts at once).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from pipelines.networks.verse import PoemTransformer
from pipelines.verse import english_imagery, imagery
from pipelines.verse.forms import text_of
from pipelines.verse.poet import Poet
from pipelines.verse.script import is_english
from pipelines.verse.tang import Tang

__all__ = ["contrasts", "examples", "fit"]

Floats = NDArray[np.float32]
Poems = Sequence[tuple[str, str]]
TINY = 1e-9


def contrasts(text: str) -> dict[str, float]:
    """Everything that poems are contrasted by."""
    return english_imagery.contrasts(text) if is_english(text) else imagery.contrasts(text)


def fit(model: Poet, poems: Poems) -> dict[str, Floats]:
    """Fit the vector of every contrast, shape [layers, W].

    Args:
        model: The poet.
        poems: Texts and their forms, at least two.
    """
    table = [contrasts(text) for text, _ in poems]
    names = list(table[0])
    measured = np.array([[one[name] for name in names] for one in table])
    spread = measured.std(axis=0)
    standard = (measured - measured.mean(axis=0)) / np.where(spread > TINY, spread, 1.0)
    hidden = _hidden(model, poems)
    known = np.concatenate([standard, np.ones((len(poems), 1))], axis=1)
    found = np.linalg.lstsq(known, hidden.reshape(len(poems), -1), rcond=None)[0]
    return {
        name: found[i].reshape(hidden.shape[1:]).astype(np.float32)
        for i, name in enumerate(names)
        if spread[i] > TINY
    }


@torch.no_grad()
def _hidden(model: Poet, poems: Poems) -> NDArray[np.float64]:
    """Means over places of what comes out of every layer, shape [N, layers, W]."""
    seen: list[torch.Tensor] = []

    def hear(layer: object, given: object, made: torch.Tensor) -> None:
        seen.append(made[0, 1:].mean(dim=0))

    poet = model.poet
    if not isinstance(poet, PoemTransformer):
        raise ValueError("a recurrent network has no control vectors; give a Transformer")
    hooks = [layer.register_forward_hook(hear) for layer in poet.model.layers]
    found = []
    try:
        for text, form in poems:
            seen.clear()
            poet(torch.tensor([model.reading(text, form)[:-1]]))
            found.append(torch.stack(seen).double().numpy())
    finally:
        for hook in hooks:
            hook.remove()
    return np.stack(found)


def examples(poet: Poet, data: Path, count: int) -> Poems:
    """Poems of the training split in forms of the poet, evenly through the data."""
    found: list[tuple[str, str]]
    if isinstance(poet, Tang):
        from pipelines.training.verse_data import load_poems

        poems = [one for one in load_poems(data) if one.split == "train"]
        found = [(text_of(one.lines), one.form.name) for one in poems]
    else:
        from pipelines.training.stanza_data import load_stanzas
        from pipelines.verse.stanza_forms import FORMS

        names = {form.lines: name for name, form in FORMS.items()}
        stanzas = [one for one in load_stanzas(data) if one.split == "train"]
        found = [
            ("\n".join(one.lines), names[len(one.lines)])
            for one in stanzas
            if len(one.lines) in names
        ]
    return found[:: max(1, len(found) // count)]
