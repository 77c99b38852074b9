"""The circle of the loop on melodies: keep, follow, ask why, teach, tell apart blind, go back.

Someone who likes many notes plays with a model on the server. They count the notes of what they
see, which is no code of taste or teaching.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import label

from pipelines.music.attributes import ATTRIBUTES
from pipelines.music.roll import INKS
from pipelines.request import Request
from tests.studio.serving import Served, eventually, serving
from tests.studio.speaking import keep, lines, refused

PATIENCE = 900
"""Seconds: a worker of low priority waits long where other work goes on."""
MODEL, KEPT, FRESH = "tiny-melody", 18, range(900, 906)


@pytest.fixture(scope="module")
def hall(melody_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    library = tmp_path_factory.mktemp("melodies") / "library"
    everyone = ("--host", "0.0.0.0")  # noqa: S104 - several persons, told apart by cookie
    with serving(library, melody_root, *everyone, "--device", "cpu") as running:
        yield running


@pytest.fixture(scope="module")
def fan(hall: Served, tiny_tunes) -> Iterator[httpx.Client]:
    """Someone who has kept the tune with most notes of each of some boards."""
    with hall.browser() as browser:
        eventually(lambda: taste(browser)["attributes"], seconds=PATIENCE)
        assert {tile["by"] for tile in board(browser, 1)} == {"prior"}
        for seed in range(KEPT):
            tiles = board(browser, seed, strength=0)
            best = max(tiles, key=lambda tile: count(tiny_tunes, tile))
            names = [Request.from_dict(tile["request"]).sha256 for tile in tiles]
            keep(browser, best["request"], shown=names)
        yield browser


def taste(browser: httpx.Client) -> dict:
    return browser.get("/studio/taste", params={"model": MODEL}).json()


def board(browser: httpx.Client, seed: int, **more: object) -> list[dict]:
    body = {"model": MODEL, "seed": seed, **more}
    return lines(browser.post("/studio/taste/suggest", json=body))


def count(tiny_tunes, tile: dict) -> int:
    """Notes of a tile."""
    score = tiny_tunes.render(Request.from_dict(tile["request"])).data
    return sum(len(track.notes) for track in score.tracks)


def test_taste_hears_what_a_tune_is_like(fan):
    told = taste(fan)["attributes"]
    assert [one["name"] for one in told] == list(ATTRIBUTES)
    best = max(told, key=lambda one: one["mean"] / one["spread"])
    assert best["name"] == "density"
    assert best["state"] == "sure"
    name = {"muted": True}
    assert refused(fan.put("/studio/taste/attributes/reverb", json=name), 404)


def test_what_will_be_chosen_is_foretold(fan, tiny_tunes):
    """Pairs of works that nobody kept: the one with more notes is expected to be liked more."""
    tiles = [tile for seed in FRESH for tile in board(fan, seed, strength=0.15)]
    tiles = [tile for tile in tiles if tile["by"] == "free"]  # what is judged, but not chosen
    notes = [count(tiny_tunes, tile) for tile in tiles]
    liked = [tile["utility"] for tile in tiles]
    assert all(tile["score"]["tracks"] for tile in tiles), "its notes lie beside it"
    every = itertools.combinations(range(len(tiles)), 2)
    pairs = [(a, b) for a, b in every if abs(notes[a] - notes[b]) > 2]
    right = [(liked[a] > liked[b]) == (notes[a] > notes[b]) for a, b in pairs]
    assert len(pairs) > 300
    assert np.mean(right) > 0.8


def test_what_is_suggested_follows(fan, tiny_tunes):
    tiles = [tile for seed in FRESH for tile in board(fan, seed, surprise=0)]
    by = {
        way: [count(tiny_tunes, t) for t in tiles if t["by"] == way] for way in ("taste", "free")
    }
    assert len(by["taste"]) >= 4 * 4
    spread = np.std(by["free"])
    assert np.mean(by["taste"]) > np.mean(by["free"]) + 0.6 * spread
    assert sum(np.array(by["taste"]) > np.median(by["free"])) > 0.65 * len(by["taste"])


def test_why_says_so(fan, tiny_tunes):
    tiles = [tile for seed in FRESH for tile in board(fan, seed, strength=0)]
    best = max(tiles, key=lambda tile: count(tiny_tunes, tile))
    told = fan.post("/studio/taste/why", json={"request": best["request"]}).json()
    first = told["because"][0]
    assert (first["attribute"], first["more"]) == ("density", True)
    assert len(told["works"]) == 2
    assert told["nearest"] == []


def blobs(browser: httpx.Client, address: str) -> int:
    """Notes in the picture of a tune, as someone counts them who is shown nothing else."""
    image = Image.open(io.BytesIO(browser.get(address).content)).convert("RGB")
    away = np.abs(np.asarray(image).astype(int) - INKS[0]).sum(axis=2)
    return int(label(away < 60)[1])


def test_kept_tunes_teach_and_the_proof_is_fair(fan, hall, tiny_tunes):
    works = fan.get("/studio/works", params={"kind": "work", "limit": 60}).json()["works"]
    bold = {"strength": 1.0, "keep_old": 0.2}
    body = {"model": MODEL, "works": [one["id"] for one in works][:KEPT], **bold}
    job = fan.post("/studio/jobs", json=body).json()

    def over() -> dict | None:
        now = fan.get(f"/studio/jobs/{job['id']}").json()
        return now if now["state"] in ("done", "failed", "stopped") else None

    done = eventually(over, PATIENCE)
    assert done["state"] == "done", done
    assert done["method"] == "melody-elbo"
    assert Image.open(io.BytesIO(fan.get(done["samples"][0]).content)).size == (512, 512)
    version, original = done["version"], tiny_tunes.pipeline.weights.base
    root, child = fan.get("/studio/versions", params={"model": MODEL}).json()["versions"]
    assert (root["id"], child["id"], child["parent"]) == (original, version, original)
    assert child["measures"]["changed"]["density"] > 0.2
    card = judged(fan, version)
    assert card["decided"] > 12, "the same seed sounds otherwise"
    assert card["chosen"] / card["decided"] > 0.55
    lefts = 0
    for index, pair in enumerate(card["pairs"]):
        for side, weights in (("before", original), ("after", version)):
            plain = f"/studio/versions/{weights}/samples/{pair['seed']}"
            if index < 3:
                assert fan.get(pair[side]).content == fan.get(plain).content
                assert fan.get(f"{pair[side]}/sound").content == sound(fan, weights, pair["seed"])
        lefts += pair["after"].endswith("left")
    assert 4 <= lefts <= 32, "a side that is always the taught one's would give it away"
    drawn = fan.get(f"/studio/versions/{version}/proof.png")
    assert Image.open(io.BytesIO(drawn.content)).size == (640, 800)
    with hall.browser() as stranger:
        assert refused(stranger.get(f"/studio/versions/{version}/proof"), 404)
    goes_back(fan, version, works[0])


def sound(fan: httpx.Client, weights: str, seed: int) -> bytes:
    """What a version makes of a seed, heard."""
    recipe = {"pipeline": MODEL, "seed": seed, "weights": {"base": weights, "adapters": []}}
    return fan.post("/studio/sound", json={"request": recipe}).content


def judged(fan: httpx.Client, version: str) -> dict:
    """Thirty-six pairs, told apart by their pictures alone."""
    address = f"/studio/versions/{version}/proof"
    proof = fan.post(address, json={"more": 24}).json()
    assert set(proof["pairs"][0]) == {"index", "left", "right", "answer"}, "no seed, no side"
    for pair in proof["pairs"]:
        left, right = blobs(fan, pair["left"]), blobs(fan, pair["right"])
        answer = "neither" if left == right else "left" if left > right else "right"
        body = {"pair": pair["index"], "answer": answer}
        proof = fan.post(address, json=body).json()
    return proof["card"]


def goes_back(fan: httpx.Client, version: str, work: dict) -> None:
    """The version is played, an old recipe gives its old tune, and the original comes back."""
    body = {"request": work["request"], "quality": "reference"}
    assert fan.post(f"/studio/versions/{version}/use").json() == {"model": MODEL}
    opening = fan.get(f"/studio/models/{MODEL}").json()["opening"]
    assert opening["weights"]["base"] == version
    kept = keep(fan, work["request"] | {"weights": opening["weights"]})
    assert kept["fingerprint"] != work["fingerprint"]
    again = fan.post("/studio/render", json=body)
    assert again.headers["x-duet-fingerprint"] == work["fingerprint"], "identical for ever"
    old = work["request"]["weights"]["base"]
    assert fan.post(f"/studio/versions/{old}/use").status_code == 200
