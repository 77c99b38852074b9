"""Recipes of every schema there has ever been still read, and still mean the same."""

import json
from pathlib import Path

import pytest

from pipelines.exports import open_bytes
from pipelines.request import SCHEMA, Request
from pipelines.timeline import SCHEMA as FILM_SCHEMA
from pipelines.timeline import Timeline

FOLDER = Path(__file__).parent / "data" / "requests"
DIGESTS = json.loads((FOLDER / "sha256.json").read_text("utf-8"))
WORKS = sorted(path.name for path in FOLDER.glob("v*.json"))
FILMS = sorted(path.name for path in FOLDER.glob("film-v*.json"))


def schema(name):
    return json.loads((FOLDER / name).read_text("utf-8"))["schema"]


def test_every_schema_is_kept():
    assert {schema(name) for name in WORKS} == set(range(1, SCHEMA + 1))
    assert {schema(name) for name in FILMS} == set(range(1, FILM_SCHEMA + 1))
    assert {*WORKS, *FILMS} == set(DIGESTS)


@pytest.mark.parametrize("name", WORKS)
def test_a_kept_recipe_reads(name):
    text = (FOLDER / name).read_text("utf-8")
    request = Request.from_json(text)
    assert request.schema == SCHEMA
    assert Request.from_json(request.to_json()) == request
    assert open_bytes(text.encode()).recipe == request
    if schema(name) == SCHEMA:
        assert request.sha256 == DIGESTS[name]
        assert json.loads(request.to_json()) == json.loads(text)


@pytest.mark.parametrize("name", FILMS)
def test_a_kept_film_reads(name):
    text = (FOLDER / name).read_text("utf-8")
    timeline = Timeline.from_json(text)
    assert timeline.schema == FILM_SCHEMA
    assert Timeline.from_json(timeline.to_json()) == timeline
    assert open_bytes(text.encode()).recipe == timeline
    if schema(name) == FILM_SCHEMA:
        assert timeline.sha256 == DIGESTS[name]


def test_what_a_kept_recipe_means_has_not_moved():
    request = Request.from_json((FOLDER / "v1-directions.json").read_text("utf-8"))
    assert (request.seed, request.sampler) == (7, 1)
    assert [(o.name, o.offset) for o in request.directions] == [("warmth", 1.5), ("mossy", -0.25)]
    point = Request.from_json((FOLDER / "v1-point-latent.json").read_text("utf-8")).point
    assert point.array().tolist() == [[-0.5, -0.375, -0.25, -0.125], [0.0, 0.125, 0.25, 0.375]]
