"""A house with a library that has something in every table, for the tests of datasets."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from pipelines import exports
from pipelines.image.style_gan import load
from pipelines.request import Request
from pipelines.timeline import Timeline
from pipelines.training.plans import Plan
from studio import encoding
from studio.dataset.merging import Merged, merge
from studio.dataset.packing import Packed, pack
from studio.dataset.parquet import CONFIGS
from studio.house import House, opened
from studio.library import Event, Keep, Parent, Proof, TaughtSlider, Tile, Version, Work
from studio.library.tables import Base
from studio.persons import LOCAL, Person
from studio.settings import Settings

ANNA = Person("6ad84ab5-4b86-4ed3-a0e5-2b7c1a7f6a10")


@contextmanager
def house_of(models: Path, folder: Path) -> Iterator[House]:
    made = opened(Settings(library=folder, models=(models,), device="cpu"))
    try:
        yield made
    finally:
        made.close()


def request(house: House, seed: int, model: str = "tiny") -> Request:
    return house.shelf.instrument(model).request(seed=seed)


def keep(house: House, seed: int, *, person: Person = LOCAL, **changes: Any) -> Work:
    """Keep what the model really paints of a seed."""
    recipe = request(house, seed)
    artifact = house.render(recipe)
    values: dict[str, Any] = {
        "request": artifact.request.to_json(),
        "medium": "picture",
        "model": "tiny",
        "original": exports.encode(artifact, "png")[0],
        "thumbnail": encoding.thumbnail(artifact.data),
        "thumbnail_mime": "image/webp",
        "fingerprint": artifact.fingerprint,
        "weights": recipe.weights.base,
        "label": f"Pear {seed}",
    }
    return house.library.keep(person, Keep(**(values | changes)))


def show(house: House, *seeds: int, person: Person = LOCAL) -> tuple[str, ...]:
    """Names of works that were on screen, remembered as the studio does."""
    recipes = [request(house, seed) for seed in seeds]
    features = np.ones(4, "<f4").tobytes()
    tiles = [Tile(one.to_json(), {"warmth": 0.25}, "ab" * 32, features) for one in recipes]
    house.library.remember_tiles(person, tiles)
    return tuple(one.sha256 for one in recipes)


def ask(
    house: House, left: int, right: int, answer: str, person: Person = LOCAL, model: str = "tiny"
) -> Event:
    one, other = request(house, left, model), request(house, right, model)
    sides = {"left": one.to_dict(), "right": other.to_dict()}
    about = (one if answer == "left" else other).to_json()
    payload = {**sides, "answer": answer}
    return house.library.record(person, Event("pair", request=about, payload=payload))


def teach(house: House, works: tuple[str, ...]) -> str:
    """A true version of the tiny model: its own files with one number moved."""
    from safetensors.numpy import load_file, save

    catalog, trial = house.shelf.catalog, house.settings.library / "trial" / "tiny"
    start = catalog.folders()["tiny"]
    trial.mkdir(parents=True)
    for path in start.iterdir():
        if path.suffix in (".json", ".md", ".safetensors"):
            (trial / path.name).write_bytes(path.read_bytes())
    weights = load_file(trial / "weights.safetensors")
    name = sorted(weights)[0]
    weights[name] = weights[name] + np.asarray(1e-3, weights[name].dtype)
    (trial / "weights.safetensors").write_bytes(save(weights))
    told = {"schema": 1, "model": "tiny", "parent": "ab" * 32}
    (trial / "version.json").write_text(json.dumps(told))
    card = next(card for card in catalog.available() if card.id == "tiny")
    base = load(trial, card, catalog.folders()).weights.base
    place = house.settings.library / "versions" / base
    place.parent.mkdir(exist_ok=True)
    trial.rename(place)
    library = house.library
    library.add_version(LOCAL, Version(id=base, model="tiny", parent="ab" * 32, works=works))
    library.play(LOCAL, "tiny", base)
    pairs = ({"seed": 9, "after": "left", "answer": "left"},)
    library.save_proof(LOCAL, Proof(version=base, pairs=pairs, card={"low": 0.2}), "early")
    return base


def fill(house: House) -> None:
    """Something in every table of the local person, and a work of Anna's."""
    library = house.library
    shown = show(house, 1, 2, 3, 4)
    pear = keep(house, 1, shown=shown)
    plum = keep(house, 2, label="Plum 李子", shown=shown)
    parents = (Parent("breed", pear.id, side={"gave": "form"}), Parent("breed", plum.id))
    child = keep(house, 5, parents=(*parents, Parent("edit", request=request(house, 4).to_json())))
    keys = [request(house, seed) for seed in (1, 5)]
    film = Timeline.through(keys, seconds=2.0)
    keep(house, 1, timeline=film.to_json(), label="Film", parents=(Parent("film", pear.id),))
    library.rate(LOCAL, pear.id, 5)
    library.note(LOCAL, child.id, "für später 留着")
    ask(house, 3, 4, "left")
    ask(house, 1, 4, "right")
    ask(house, 2, 3, "neither")
    library.delete(LOCAL, plum.id)
    keep(house, 7)
    library.purge(LOCAL, library.delete(LOCAL, keep(house, 8).id).id)
    library.attach(LOCAL, [b"a sketch"])
    library.save_session(LOCAL, {"medium": "picture", "locks": ["warmth"], "n": 0.1})
    liking = {"warmth": {"correction": -1.25, "muted": False}}
    library.save_taste(LOCAL, {"signals": {"undo": True}, "attributes": liking})
    document = {"duet": "taste", "schema": 1, "name": "spring", "heard": 3}
    document |= {"attributes": {"warmth": [0.4, 0.2]}, "models": {}}
    profile = library.add_profile(LOCAL, "spring", document)
    library.change_profile(LOCAL, profile.id, share=0.4)
    vector = np.arange(4, dtype="<f4").tobytes()
    slider = TaughtSlider(
        id=hashlib.sha256(vector).hexdigest(),
        model="tiny",
        name="Dusk",
        vector=base64.b64encode(vector).decode(),
        effect={"warmth": 0.5},
    )
    library.add_slider(LOCAL, slider)
    version = teach(house, (pear.id, child.id))
    plan = Plan("tiny", "ab" * 32, (), "", "", "prior", 3, 0.1, 1.0).to_dict() | {"left_out": []}
    library.move_job(library.add_job(LOCAL, "tiny", plan), "done", version=version)
    library.add_job(LOCAL, "tiny", plan)
    keep(house, 6, person=ANNA)


def tables(house: House, person: Person = LOCAL) -> dict[str, list[dict[str, Any]]]:
    """Every row of a person, as the database has it."""
    found = {}
    engine = sa.create_engine(f"sqlite:///{house.settings.library / 'duet.db'}")
    with engine.connect() as connection:
        for name, table in Base.metadata.tables.items():
            if name == "persons":
                continue
            mine = sa.select(table).where(table.c.person_id == person.id)
            rows = connection.execute(mine.order_by(*table.primary_key)).mappings()
            found[name] = [{k: v for k, v in row.items() if k != "person_id"} for row in rows]
    engine.dispose()
    found["jobs"] = [one for one in found["jobs"] if one["state"] == "done"]
    return found


def still(_done: int, _of: int) -> None:
    """No progress."""


def packed(house: House, target: Path, person: Person = LOCAL) -> Packed:
    return pack(house, person, target, still)


def brought(house: House, source: Path, person: Person = LOCAL) -> Merged:
    return merge(house, person, source, still)


def sheet(source: Path, config: str) -> pa.Table:
    """A config of a zip."""
    with zipfile.ZipFile(source) as archive:
        return pq.read_table(io.BytesIO(archive.read(f"{config}/train-00000.parquet")))


def written(rows: list[dict[str, Any]], leave: str = "") -> bytes:
    """Rows of events as a Parquet file, without the column ``leave``."""
    kinds = {n: pa.type_for_alias(k) for n, k in CONFIGS["events"].items() if n != leave}
    out = io.BytesIO()
    kept = [{k: v for k, v in row.items() if k != leave} for row in rows]
    pq.write_table(pa.Table.from_pylist(kept, pa.schema(list(kinds.items()))), out)
    return out.getvalue()


def rewritten(source: Path, target: Path, change: Callable[[list[dict[str, Any]]], None]) -> Path:
    """The same zip with other rows of events."""
    rows = sheet(source, "events").to_pylist()
    change(rows)
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for told in old.infolist():
            ours = told.filename == "events/train-00000.parquet"
            new.writestr(told.filename, written(rows) if ours else old.read(told))
    return target


def sealed(row: dict[str, Any], record: str) -> dict[str, Any]:
    """A row that says something else, with the sha256 of that."""
    return row | {"record": record, "sha256": hashlib.sha256(record.encode()).hexdigest()}
