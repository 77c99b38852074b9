"""The card of a dataset: what the Hub and ``datasets`` read, and what a person reads."""

from __future__ import annotations

from collections.abc import Mapping

from studio.dataset.parquet import CONFIGS

__all__ = ["card"]

_TEXT = """
# What I like

Made with Duet, from the choices of one artist. Three configs:

- `pictures` ({pictures} rows): two pictures and which one was preferred (`label_0` is 1 where
  `jpg_0` is). Columns as diffusers' Diffusion-DPO script reads them. Questions answered with
  "can't say" are not in it: that script would take a `label_0` of 0.5 for a preference.
- `pairs` ({pairs} rows): the same for texts: `prompt, chosen, rejected`. Two poems of one model
  and form stand as that model's own tokenizer reads them, and TRL's `DPOTrainer` takes them so.
- `events` ({events} rows): the whole library, row by row: works with their recipes and files,
  feedback, profiles, what was taught. Duet imports this one.

```python
from datasets import load_dataset
load_dataset("this folder", "pictures", split="train")
```

A config without rows has its columns, but `datasets` opens it only with `streaming=True`.

`events` holds private notes and everything that was kept, deleted works too. Take it out before
you publish the rest. Weights of taught models, where there are any, lie in `versions/`.
"""


def card(rows: Mapping[str, int]) -> str:
    """``README.md`` of a dataset.

    Args:
        rows: Config -> rows.
    """
    lines = ["---", "pretty_name: What I like", "tags:", "- preference", "- dpo", "configs:"]
    for number, config in enumerate(CONFIGS):
        lines += [f"- config_name: {config}"]
        lines += ["  default: true"] if number == 0 else []
        lines += ["  data_files:", "  - split: train", f"    path: {config}/*.parquet"]
    return "\n".join([*lines, "---", _TEXT.format(**rows)])
