"""The configs as others read them: with `datasets`, and as a Diffusion-DPO script prepares them.

What the script does is told by ``preprocess_train`` and ``collate_fn`` in diffusers,
``examples/research_projects/diffusion_dpo/train_diffusion_dpo.py``; `prepare` and `collate` below
do the same steps with Pillow and torch, since torchvision is not among the house's libraries:
open the bytes as RGB, resize the shorter side, crop the middle, scale to -1..1, and put both
pictures of a pair into one tensor of six channels, the preferred one first.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from pipelines.artifact import Artifact
from pipelines.request import Request
from studio.dataset.comparing import pairs_of
from studio.dataset.parquet import CONFIGS
from studio.house import House
from studio.library import Event
from studio.persons import LOCAL
from tests.studio.boxes import ask, fill, house_of, keep, packed, request, sheet, show

SIDE = 64


@pytest.fixture
def house(tiny_root: Path, tmp_path: Path) -> Iterator[House]:
    with house_of(tiny_root, tmp_path / "library") as made:
        yield made


def prepare(examples: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Columns of a batch to what is trained on; see the module's docstring."""
    sides = [[as_tensor(data) for data in examples[name]] for name in ("jpg_0", "jpg_1")]
    pairs = zip(*sides, examples["label_0"], strict=True)
    examples["pixel_values"] = [
        torch.cat((other, one) if label == 0 else (one, other)) for one, other, label in pairs
    ]
    return examples


def as_tensor(data: bytes) -> torch.Tensor:
    image = Image.open(io.BytesIO(data)).convert("RGB")
    scale = SIDE / min(image.size)
    width, height = (round(side * scale) for side in image.size)
    image = image.resize((width, height), Image.Resampling.BILINEAR)
    left, top = (width - SIDE) // 2, (height - SIDE) // 2
    image = image.crop((left, top, left + SIDE, top + SIDE))
    return torch.from_numpy(np.array(image)).permute(2, 0, 1) / 255 * 2 - 1


def collate(examples: list[dict[str, Any]]) -> torch.Tensor:
    return torch.stack([one["pixel_values"] for one in examples]).contiguous().float()


def painted(house: House, seed: int) -> torch.Tensor:
    out = io.BytesIO()
    house.render(request(house, seed)).data.save(out, "PNG")
    return as_tensor(out.getvalue())


def test_the_preferred_picture_comes_first_as_diffusion_dpo_reads_it(house, load, tmp_path):
    shown = show(house, 1, 2, 3)
    keep(house, 1, shown=shown)
    answers = [(4, 5, "left"), (6, 7, "right"), (8, 9, "left"), (10, 11, "right")]
    for left, right, answer in answers:
        ask(house, left, right, answer)
    told = packed(house, tmp_path / "a.zip")
    assert told.left_out == {}
    data = load(tmp_path / "a.zip", "pictures")
    assert data.column_names == ["jpg_0", "jpg_1", "label_0", "caption"]
    assert set(data["label_0"]) == {0.0, 1.0}, "on either side"
    assert set(data["caption"]) >= {"Tiny fruit"} or all(
        "Tiny fruit" in c for c in data["caption"]
    )
    ready = data.with_transform(prepare)
    batch = collate([ready[index] for index in range(len(ready))])
    assert batch.shape == (6, 6, SIDE, SIDE)
    expected = [(1, 2), (1, 3), (4, 5), (7, 6), (8, 9), (11, 10)]
    for found, (better, worse) in zip(batch, expected, strict=True):
        assert torch.equal(found[:3], painted(house, better))
        assert torch.equal(found[3:], painted(house, worse))


def test_what_is_left_out_is_counted_with_its_reason(house, tmp_path):
    fill(house)
    library = house.library
    keep(house, 20)  # nothing beside it
    keep(house, 21, shown=("ab" * 32, *show(house, 22)))  # one that nobody remembers
    gone = replace(request(house, 23), pipeline="gone")
    library.record(LOCAL, pair_of(gone, request(house, 24)))
    told = packed(house, tmp_path / "a.zip")
    # Of fill's works, child, film, Nr 7 and the purged one stood alone; so did the one above.
    assert told.left_out == {"tie": 1, "alone": 5, "lost": 1, "unpainted": 1}
    assert told.rows["pictures"] == 2 + 2 + 2 + 1  # two keeps over two, two answers, one above
    library.save_taste(LOCAL, {"signals": {"keep": False}})
    told = packed(house, tmp_path / "b.zip")
    assert told.rows["pictures"] == 2
    assert told.left_out["off"] == 2 + 2 + 5 + 2


def pair_of(left: Request, right: Request) -> Event:
    sides = {"left": left.to_dict(), "right": right.to_dict()}
    return Event("pair", request=left.to_json(), payload={**sides, "answer": "left"})


def test_a_kept_file_is_taken_as_it_is_and_the_rest_painted(house, tmp_path):
    work = keep(house, 1, shown=show(house, 2))
    packed(house, tmp_path / "a.zip")
    (row,) = sheet(tmp_path / "a.zip", "pictures").to_pylist()
    path, _ = house.library.content(LOCAL, work.id, "original")
    better, worse = ("jpg_0", "jpg_1") if row["label_0"] else ("jpg_1", "jpg_0")
    assert row[better] == path.read_bytes()
    fresh = Image.open(io.BytesIO(row[worse]))
    assert np.array_equal(np.array(fresh), np.array(house.render(request(house, 2)).data))


def test_texts_go_into_pairs_by_the_kind_of_what_is_made(house, load, tmp_path, monkeypatch):
    """Of a model that does not read texts, as one of pictures: this one says its seed in words."""

    def verse(one: Request) -> Artifact:
        return Artifact("verse", f"verse {one.seed}", one)

    ask(house, 1, 2, "right")
    monkeypatch.setattr(house, "render", verse)
    told = packed(house, tmp_path / "a.zip")
    assert told.rows["pictures"] == 0
    data = load(tmp_path / "a.zip", "pairs")
    assert data.column_names == ["prompt", "chosen", "rejected"]
    assert [(row["chosen"], row["rejected"]) for row in data] == [("verse 2", "verse 1")]


@pytest.mark.parametrize("config", ["pictures", "pairs", "events"])
def test_an_empty_config_has_its_columns(house, load, tmp_path, config):
    """Without ``streaming``, `datasets` refuses a split that has no rows, whatever its schema."""
    packed(house, tmp_path / "a.zip")
    data = load(tmp_path / "a.zip", config, streaming=True)
    assert list(data) == []
    assert list(data.column_names) == list(CONFIGS[config])


def test_every_event_can_be_read_with_datasets(house, load, tmp_path):
    fill(house)
    told = packed(house, tmp_path / "a.zip")
    data = load(tmp_path / "a.zip", "events")
    assert Counter(data["table"]) == told.tables
    records = [json.loads(one["record"]) for one in data if one["table"] == "events"]
    assert [one["id"] for one in records] == [e.id for e in house.library.events(LOCAL)]


def test_a_prompt_is_the_caption(house):
    from studio.dataset.painting import Painter, Seen

    painter = Painter(house, LOCAL, [], set())
    plain = request(house, 1)
    asked = plain.but(controls={**plain.controls, "prompt": "a pear at dusk"})
    assert painter.caption(Seen(b"", asked), Seen(b"", plain)) == "a pear at dusk"
    assert painter.caption(Seen(b"", None), Seen(b"", None)) == ""


def test_large_libraries_are_not_held_in_memory(house, tmp_path):
    """A group of rows is written as soon as it is full."""
    import pyarrow.parquet as pq

    from studio.dataset.parquet import Sheet

    with Sheet(tmp_path / "a.parquet", "pictures") as pictures:
        for number in range(70):
            one = bytes([number]) * 1000
            pictures.add({"jpg_0": b"x" * 1000, "jpg_1": one, "label_0": 1.0, "caption": ""})
            assert len(pictures._rows) < 32
    told = pq.ParquetFile(tmp_path / "a.parquet")
    assert [told.metadata.row_group(n).num_rows for n in range(3)] == [32, 32, 6]


def test_pairs_come_from_the_comparisons_that_taste_learns_from(house):
    one, other = request(house, 1), request(house, 2)
    events = [replace(pair_of(one, other), id="a"), Event("skip", request=one.to_json())]
    pairs, left = pairs_of(events, {"keep": True, "pair": True})
    assert [(p.better, p.worse) for p in pairs] == [(one.sha256, other.sha256)]
    assert left == {}
