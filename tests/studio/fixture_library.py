"""Makes the library that stays as a fixture: ``python -m tests.studio.fixture_library``.

Run once for each released schema; the folder it makes under ``tests/data/libraries`` is never
changed afterwards, so that every later migration is tested on what was really released.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from studio.library import Event, Library, Parent, Proof, TaughtSlider, Version
from studio.library.opening import newest_revision
from studio.persons import LOCAL, Person
from tests.studio.works import keep_of, recipe

FOLDER = Path(__file__).parents[1] / "data" / "libraries"
SKETCH = b"a sketch, since schema 0004"
PERSONS = (LOCAL, Person("6ad84ab5-4b86-4ed3-a0e5-2b7c1a7f6a10"))


def make(root: Path) -> None:
    """A little of everything that the schema can hold."""
    anna = PERSONS[1]
    with Library(root) as library:
        pear = library.keep(LOCAL, keep_of(1, weights="ab" * 32))
        plum = library.keep(LOCAL, keep_of(2, label="Plum, 50% ripe 李子", subject="plum"))
        parents = (
            Parent("breed", pear.id, side={"gave": "form"}),
            Parent("breed", plum.id, side={"gave": "colour"}),
            Parent("variation", request=recipe(77)),
        )
        child = library.keep(LOCAL, keep_of(3, parents=parents, shown=("ab" * 32, recipe(5))))
        keys = tuple(Parent("film", work.id) for work in (pear, child))
        timeline = json.dumps({"keys": [recipe(1), recipe(3)], "loop": True})
        library.keep(LOCAL, keep_of(1, timeline=timeline, parents=keys, label="Film"))
        library.rate(LOCAL, pear.id, 5)
        library.note(LOCAL, child.id, "für später 留着")
        library.attach(LOCAL, [SKETCH])
        library.delete(LOCAL, plum.id)
        library.record(LOCAL, Event("skip", request=recipe(9), payload={"ms": 310.5}))
        library.save_session(LOCAL, {"medium": "image", "locks": ["warmth"], "hints": []})
        library.keep(anna, keep_of(1))
        taught(root, library, (pear.id, child.id))


def taught(root: Path, library: Library, works: tuple[str, ...]) -> None:
    """A version with its proof, a job that waits, a slider."""
    name, parent = "cd" * 32, "ab" * 32
    folder = root / "versions" / name
    folder.mkdir(parents=True)
    (folder / "weights.safetensors").write_bytes(b"not read here")
    how = {"method": "prior", "strength": 0.5}
    version = Version(id=name, model="pomona", parent=parent, works=works, how=how)
    library.add_version(LOCAL, version)
    library.name_version(LOCAL, name, "Bolder 更大胆")
    library.play(LOCAL, "pomona", name)
    library.add_job(LOCAL, "pomona", {"method": "prior", "seed": 3})
    slider = TaughtSlider(
        id="ef" * 32, model="pomona", name="Dusk", vector="AACAPw==", effect={"warmth": 0.5}
    )
    library.add_slider(LOCAL, slider)
    pairs = ({"seed": 9, "after": "left", "answer": "left"},)
    library.save_proof(LOCAL, Proof(version=name, pairs=pairs, card={"low": 0.2}), "early")


def describe(library: Library) -> dict[str, Any]:
    """Everything that can be asked of the library, as plain JSON."""
    told: dict[str, Any] = {}
    for person in PERSONS:
        kept = library.works(person).works
        gone = library.works(person, deleted=True).works
        works = (*kept, *gone)
        told[person.id] = {
            "works": [asdict(work) for work in kept],
            "gone": [asdict(work) for work in gone],
            "parents": [[asdict(kin) for kin in library.parents(person, w.id)] for w in works],
            "children": [[asdict(kin) for kin in library.children(person, w.id)] for w in works],
            "files": [library.content(person, work.id, "original")[0].name for work in works],
            "events": [asdict(event) for event in library.events(person)],
            "session": library.load_session(person),
            "found": [library.count(person, word) for word in ("pear", "50% 李", "später", "x")],
            "facets": library.facets(person),
        }
        found = {
            "versions": [asdict(version) for version in library.versions(person, "pomona")],
            "proof": [asdict(p) for p in [library.proof(person, "cd" * 32)] if p],
            "jobs": [asdict(job) for job in library.jobs(person)],
            "sliders": [asdict(slider) for slider in library.sliders(person, "pomona")],
            "playing": library.playing(person, "pomona"),
        }
        if any(found.values()):  # schema 0003 and later
            told[person.id]["taught"] = found
    told["problems"] = library.problems()
    return dict(json.loads(json.dumps(told, default=str)))


if __name__ == "__main__":
    place = FOLDER / newest_revision()
    if place.exists():
        raise SystemExit(f"{place} was released; it is never made again")
    make(place)
    with Library(place) as made:
        written = json.dumps(describe(made), indent=1, ensure_ascii=False)
    (place / "expected.json").write_text(written + "\n", encoding="utf-8")
    (place / "duet.lock").unlink(missing_ok=True)
    (place / "files" / "incoming").rmdir()
